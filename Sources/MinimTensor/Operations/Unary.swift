// SPDX-License-Identifier: Apache-2.0
internal import CMinimKernels

extension Tensor {
  /// y = f(x) for each element, with f and f' from the kernels; p and q are f's constants.
  private func map(
    _ operation: minim_unary, _ p: Scalar = 0, _ q: Scalar = 0, name: StaticString = #function
  ) -> Tensor {
    let value = Tensor.make(shape, from: self) { x, y in
      inPieces(of: count) { start, length in
        Scalar.kernels.unary(operation, length, p, q, x + start, y + start)
      }
    }
    return Tensor.recorded(value, inputs: [self], name: name) { gradient in
      [
        Tensor.make(shape, from: self, value, gradient) { x, y, g, d in
          inPieces(of: count) { start, length in
            Scalar.kernels.unaryBackward(
              operation, length, p, q, x + start, y + start, g + start, d + start)
          }
        }
      ]
    }
  }

  /// -x for each element.
  public static prefix func - (x: Tensor) -> Tensor { x.map(MINIM_NEGATE) }

  /// e^x for each element; infinity past the largest finite result.
  public func exp() -> Tensor { map(MINIM_EXP) }

  /// The natural logarithm of each element; -infinity at 0, NaN below.
  public func log() -> Tensor { map(MINIM_LOG) }

  /// The square root of each element; NaN below 0.
  ///
  /// The gradient at 0 is infinite.
  public func squareRoot() -> Tensor { map(MINIM_SQRT) }

  /// x² for each element.
  public func squared() -> Tensor { map(MINIM_SQUARE) }

  /// The hyperbolic tangent of each element.
  public func tanh() -> Tensor { map(MINIM_TANH) }

  /// 1 / (1 + e^-x) for each element.
  public func sigmoid() -> Tensor { map(MINIM_SIGMOID) }

  /// max(x, 0) for each element; the gradient at 0 is 0.
  public func relu() -> Tensor { map(MINIM_RELU) }

  /// x where x > 0, slope · x elsewhere; the gradient at 0 is the slope.
  public func leakyRelu(slope: Scalar = 0.01) -> Tensor { map(MINIM_LEAKY_RELU, slope) }

  /// x · Φ(x) with the normal distribution function Φ (the erf form, not the tanh approximation).
  public func gelu() -> Tensor { map(MINIM_GELU) }

  /// λ x where x > 0, λ α (e^x - 1) elsewhere, λ = 1.0507…, α = 1.6733….
  public func selu() -> Tensor { map(MINIM_SELU) }

  /// log(1 + e^x) for each element, without overflow.
  public func softplus() -> Tensor { map(MINIM_SOFTPLUS) }

  /// |x| for each element; the gradient at 0 is 0.
  public func absolute() -> Tensor { map(MINIM_ABS) }

  /// Each element held inside the range; the gradient is 1 on the range, its ends included, and 0
  /// outside.
  public func clamped(to range: ClosedRange<Scalar>) -> Tensor {
    map(MINIM_CLAMP, range.lowerBound, range.upperBound)
  }
}
