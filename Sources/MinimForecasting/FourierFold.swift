// SPDX-License-Identifier: Apache-2.0
internal import MinimLayers
package import MinimTensor

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// cos(2πkt/n) and sin(2πkt/n) for rows t and frequencies k, (rows, frequencies) each.
struct WaveTable<Scalar: TensorScalar> {
  let cosines: Tensor<Scalar>
  let sines: Tensor<Scalar>

  init(rows: Range<Int>, of n: Int, frequencies: Int) {
    func table(_ wave: (Double) -> Double) -> Tensor<Scalar> {
      let turn = (0..<n).map { Scalar(wave(2 * .pi * Double($0) / Double(n))) }
      return Tensor(
        rows.flatMap { t in (0..<frequencies).map { k in turn[k * t % n] } },
        shape: [rows.count, frequencies])
    }
    cosines = table { cos($0) }
    sines = table { sin($0) }
  }
}

extension FourierForecaster.Configuration {
  /// What each frequency of the inverse transform counts: k > 0 for itself and its mirror image, over the rows of the
  /// look-back.
  func factors<Number: TensorScalar>() -> Tensor<Number> {
    Tensor(
      (0..<outputs).map { k -> Number in
        (k == 0 || 2 * k == lookback + horizon ? 1 : 2) / Number(lookback)
      }, shape: [outputs])
  }
}

extension FourierForecaster {
  /// The same forecast as one map M x̃ + m of the windows without level and deviation, in float64: M (horizon, look-back), m
  /// (horizon).
  ///
  /// With C + i S the waves of the look-back and C' + i S' those of the horizon, f the factors: M = C' f (W_r Cᵀ + W_i Sᵀ)
  /// - S' f (W_i Cᵀ - W_r Sᵀ), m = C' f b_r - S' f b_i.
  package var folded: (matrix: Tensor<Double>, bias: Tensor<Double>) {
    func double(_ x: Tensor<Scalar>) -> Tensor<Double> {
      Tensor(x.scalars.map { Double($0) }, shape: x.shape)
    }
    let (l, h) = (configuration.lookback, configuration.horizon)
    let waves = WaveTable<Double>(rows: 0..<l, of: l, frequencies: configuration.frequencies)
    let back = WaveTable<Double>(
      rows: l..<l + h, of: l + h, frequencies: configuration.outputs)
    let factors: Tensor<Double> = configuration.factors()
    let (real, imaginary) = (double(weight.real), double(weight.imaginary))
    let cosines = back.cosines * factors, sines = back.sines * factors
    let ofReal =
      real.product(waves.cosines, otherTransposed: true)
      + imaginary.product(waves.sines, otherTransposed: true)
    let ofImaginary =
      imaginary.product(waves.cosines, otherTransposed: true)
      - real.product(waves.sines, otherTransposed: true)
    let ofBias = [double(bias.real), double(bias.imaginary)].map {
      $0.reshaped(to: [configuration.outputs, 1])
    }
    return (
      cosines.product(ofReal) - sines.product(ofImaginary),
      (cosines.product(ofBias[0]) - sines.product(ofBias[1])).reshaped(to: [h])
    )
  }
}
