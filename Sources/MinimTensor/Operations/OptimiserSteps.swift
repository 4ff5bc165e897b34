// SPDX-License-Identifier: Apache-2.0
internal import RealModule

extension Tensor {
  /// One Adam step in place.
  ///
  /// m ← β₁m + (1-β₁)g, v ← β₂v + (1-β₂)g², w ← (1-decay)w - rate·m̂ / (√v̂ + ε), where m̂ and v̂
  /// are m and v divided by 1 - βᵗ for `step` t, counted from 1. All four tensors have one shape.
  package mutating func adamStep(
    gradient: Tensor, first: inout Tensor, second: inout Tensor, step: Int, rate: Scalar,
    beta1: Scalar = 0.9, beta2: Scalar = 0.999, epsilon: Scalar = 1e-8, decay: Scalar = 0
  ) {
    precondition(
      shape == gradient.shape && shape == first.shape && shape == second.shape,
      "adamStep: shapes \(shape), \(gradient.shape), \(first.shape), \(second.shape) differ")
    let corrected = rate / (1 - Scalar.pow(beta1, step))
    let correction2 = 1 / (1 - Scalar.pow(beta2, step))
    let count = count
    withUnsafeMutableScalars { weights in
      first.withUnsafeMutableScalars { m in
        second.withUnsafeMutableScalars { v in
          gradient.withUnsafeScalars { g in
            guard let w = weights.baseAddress, let m = m.baseAddress, let v = v.baseAddress,
              let g = g.baseAddress
            else { return }
            inPieces(of: count) { start, count in
              Scalar.kernels.adam(
                count, corrected, beta1, beta2, epsilon, decay, correction2, g + start, m + start,
                v + start, w + start)
            }
          }
        }
      }
    }
    profile(#function, .update)
  }

  /// The sum of squares of all elements, in Double.
  package var sumOfSquares: Double {
    @_specialize(where Scalar == Float) get {
      withUnsafeScalars { $0.reduce(0) { $0 + Double($1) * Double($1) } }
    }
  }

  /// Multiplies every element in place.
  @_specialize(where Scalar == Float)
  package mutating func scale(by factor: Scalar) {
    withUnsafeMutableScalars { for index in $0.indices { $0[index] *= factor } }
  }
}
