// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimTensor

/// FITS: a complex linear map from the low frequencies of the look-back to those of look-back and horizon (methods,
/// timedistill 8).
///
/// x̃ = (x - μ) / σ with the variance of n - 1; X = rfft(x̃)[..K]; Y = W X + b complex with K' = ⌊K (L + H) / L⌋ outputs, at
/// most all frequencies of L + H rows; y = irfft of Y, zeros above, over L + H rows, times (L + H) / L; the forecast is the
/// last H of y, with σ and μ again.
public struct FourierForecaster<Scalar: TensorScalar>: Forecaster {
  /// The sizes of a FITS.
  public struct Configuration: ForecasterConfiguration {
    /// Channels of the rows.
    public var channels: Int
    /// Rows that a forecast looks at.
    public var lookback: Int
    /// Rows that are forecast.
    public var horizon: Int
    /// K: frequencies that are kept, the mean's among them.
    public var frequencies: Int

    /// Sizes; K = (⌊L / period⌋ + 1) · harmonics + 10, at most all frequencies of the look-back.
    public init(
      channels: Int, lookback: Int, horizon: Int, period: Int = 24, harmonics: Int = 6
    ) {
      self.channels = channels
      self.lookback = lookback
      self.horizon = horizon
      frequencies = min((lookback / max(1, period) + 1) * harmonics + 10, lookback / 2 + 1)
    }

    /// K' = ⌊K (L + H) / L⌋, at most the ⌊(L + H) / 2⌋ + 1 frequencies that L + H rows have.
    public var outputs: Int {
      min(frequencies * (lookback + horizon) / lookback, (lookback + horizon) / 2 + 1)
    }

    /// Whether every size is in its range.
    public var isValid: Bool {
      channels > 0 && lookback > 1 && horizon > 0 && frequencies > 0
        && frequencies <= lookback / 2 + 1 && max(lookback, horizon) <= 1 << 16
        && 2 * (frequencies * lookback + outputs * horizon) <= 1 << 28
    }

    /// 2 (K K' + K'): complex numbers count twice.
    public var storedCount: Double {
      2 * (Double(frequencies) * Double(outputs) + Double(outputs))
    }
  }

  /// The name in files.
  public static var name: String { "fits" }
  /// Its sizes.
  public let configuration: Configuration
  /// The real and imaginary parts of W, (K', K) each.
  public var weight: (real: Tensor<Scalar>, imaginary: Tensor<Scalar>)
  /// The real and imaginary parts of b, (K') each.
  public var bias: (real: Tensor<Scalar>, imaginary: Tensor<Scalar>)
  /// Rows to the real and imaginary parts of the lowest frequencies: (2 K, look-back).
  private let analysis: Tensor<Scalar>
  /// Real and imaginary parts to the rows to come: (horizon, 2 K').
  private let synthesis: Tensor<Scalar>

  /// A forecaster of random weights; an invalid configuration traps.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "an impossible FITS: \(configuration)")
    self.configuration = configuration
    let bound = 1 / Scalar(configuration.frequencies).squareRoot()
    func random(_ shape: [Int]) -> Tensor<Scalar> {
      .uniform(in: -bound...bound, shape: shape, using: &generator)
    }
    let shape = [configuration.outputs, configuration.frequencies]
    weight = (random(shape), random(shape))
    bias = (random([configuration.outputs]), random([configuration.outputs]))
    let (l, all) = (configuration.lookback, configuration.lookback + configuration.horizon)
    let waves = WaveTable<Scalar>(rows: 0..<l, of: l, frequencies: configuration.frequencies)
    analysis = .concatenated([waves.cosines, -waves.sines], along: 1).transposed()
    let back = WaveTable<Scalar>(rows: l..<all, of: all, frequencies: configuration.outputs)
    let factors: Tensor<Scalar> = configuration.factors()
    synthesis = .concatenated([back.cosines * factors, -back.sines * factors], along: 1)
  }

  /// The pass of windows; nothing in it is random.
  public func pass(
    _ windows: LookBack<Scalar>, training: Bool, using generator: inout SeededGenerator
  ) -> ForecastPass<Scalar> {
    let window = WindowScale(windows.values, unbiased: true), k = configuration.frequencies
    let parts = window.values.linear(weight: analysis)
    let real = parts.sliced(0..<k, along: 2), imaginary = parts.sliced(k..<2 * k, along: 2)
    let ofReal =
      real.linear(weight: weight.real, bias: bias.real)
      - imaginary.linear(weight: weight.imaginary)
    let ofImaginary =
      real.linear(weight: weight.imaginary, bias: bias.imaginary)
      + imaginary.linear(weight: weight.real)
    let y = Tensor.concatenated([ofReal, ofImaginary], along: 2).linear(weight: synthesis)
    return ForecastPass(output: window.restored(y))
  }

  /// Visits `weight.real`, `weight.imaginary`, `bias.real` and `bias.imaginary`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    let ofWeight = path.appending("weight"), ofBias = path.appending("bias")
    try visit(ofWeight.appending("real"), &weight.real)
    try visit(ofWeight.appending("imaginary"), &weight.imaginary)
    try visit(ofBias.appending("real"), &bias.real)
    try visit(ofBias.appending("imaginary"), &bias.imaginary)
  }
}
