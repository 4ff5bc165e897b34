// SPDX-License-Identifier: Apache-2.0
internal import MinimTensor

/// What a difference u between student and teacher costs.
///
/// Source: methods, memkd 1.4.
public enum Penalty: String, CaseIterable, Codable, Sendable {
  /// u² / (2β) where |u| < β, |u| - β/2 elsewhere.
  case smoothL1 = "smooth-l1"
  /// u².
  case squares = "mse"
  /// |u|.
  case magnitudes = "l1"

  /// The cost of u; `beta`, above 0, is Smooth L1's β.
  func value<Scalar: TensorScalar>(_ u: Scalar, beta: Scalar) -> Scalar {
    let size = u.magnitude
    return switch self {
    case .smoothL1: size < beta ? size * size / (2 * beta) : size - beta / 2
    case .squares: u * u
    case .magnitudes: size
    }
  }

  /// The derivative of `value` by u; 0 for |u| at 0.
  func slope<Scalar: TensorScalar>(_ u: Scalar, beta: Scalar) -> Scalar {
    let sign: Scalar = u > 0 ? 1 : (u < 0 ? -1 : 0)
    return switch self {
    case .smoothL1: u.magnitude < beta ? u / beta : sign
    case .squares: 2 * u
    case .magnitudes: sign
    }
  }

  /// The cost of each element.
  @specialized(where Scalar == Float)
  func values<Scalar: TensorScalar>(_ u: Tensor<Scalar>, beta: Scalar = 1) -> Tensor<Scalar> {
    var value = u.detached(), slopes = u.detached()
    value.withUnsafeMutableScalars { for i in $0.indices { $0[i] = self.value($0[i], beta: beta) } }
    slopes.withUnsafeMutableScalars { for i in $0.indices { $0[i] = slope($0[i], beta: beta) } }
    return Tensor.recorded(value, inputs: [u]) { [slopes] in [slopes * $0] }
  }
}
