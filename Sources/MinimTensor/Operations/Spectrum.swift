// SPDX-License-Identifier: Apache-2.0
internal import RealModule

extension Tensor {
  /// The amplitudes of the real Fourier transform of the last axis: (…, n) gives (…, n / 2 + 1).
  ///
  /// A_k = |Σ_t x_t e^(-2πi kt/n)| = √(re² + im²), not divided by n; n is at least 1. A transform is one matrix
  /// product of n (n + 2) multiply-adds a row. Where A_k is 0 its gradient is 0.
  @specialized(where Scalar == Float)
  public func spectrumAmplitudes() -> Tensor {
    guard let width = shape.last, width > 0 else {
      preconditionFailure("shape \(shape) has no elements on its last axis to transform")
    }
    let rows = count / width, bins = width / 2 + 1
    let basis = Tensor.fourierBasis(width)
    let parts = detached().reshapedValue(to: [rows, width]).productValue(basis)
    let value = Tensor.make(shape.dropLast() + [bins], from: parts) { z, y in
      inRows(rows, width: 2 * bins) { row in
        let re = z + row * 2 * bins, im = re + bins, y = y + row * bins
        for k in 0..<bins { y[k] = (re[k] * re[k] + im[k] * im[k]).squareRoot() }
      }
    }
    return Tensor.recorded(value, inputs: [self]) { gradient in
      let ofParts = Tensor.make(parts.shape, from: parts, value, gradient) { z, y, g, d in
        inRows(rows, width: 2 * bins) { row in
          let z = z + row * 2 * bins, d = d + row * 2 * bins
          for k in 0..<bins {
            let amplitude = y[row * bins + k]
            let share = amplitude == 0 ? 0 : g[row * bins + k] / amplitude
            d[k] = share * z[k]
            d[bins + k] = share * z[bins + k]
          }
        }
      }
      return [ofParts.productValue(basis, otherTransposed: true).reshapedValue(to: shape)]
    }
  }

  /// cos(2πkt/n) for the n / 2 + 1 frequencies k, then -sin(2πkt/n): shape (n, 2 (n / 2 + 1)), row t, column k.
  @specialized(where Scalar == Float)
  private static func fourierBasis(_ width: Int) -> Tensor {
    let bins = width / 2 + 1
    let quarters: [Scalar] = [1, 0, -1, 0]
    // Cosines, then negative sines, of the n fractions of a turn.
    var wave = [Scalar](repeating: 0, count: 2 * width)
    for t in 0..<width {
      let angle = 2 * Double.pi * Double(t) / Double(width)
      let exact = 4 * t % width == 0
      wave[t] = exact ? quarters[4 * t / width] : Scalar(Double.cos(angle))
      wave[width + t] = exact ? quarters[(4 * t / width + 1) % 4] : Scalar(-Double.sin(angle))
    }
    return Tensor(uninitialised: [width, 2 * bins]) { out in
      wave.withUnsafeBufferPointer { wave in
        for t in 0..<width {
          let row = out + t * 2 * bins
          var turn = 0
          for k in 0..<bins {
            row[k] = wave[turn]
            row[bins + k] = wave[width + turn]
            turn += t
            if turn >= width { turn -= width }
          }
        }
      }
    }
  }
}
