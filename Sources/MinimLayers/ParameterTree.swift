// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// A value whose numbers can be trained: a tree of named parameters.
///
/// A layer or model is a struct of tensors and static configuration. It names its parameters by
/// visiting them in a fixed order; saving, loading, counting, tracking and optimising all follow
/// from that one function.
public protocol ParameterTree<Scalar>: Sendable {
  /// The number type of the parameters.
  associatedtype Scalar: TensorScalar

  /// Calls `visit` with the dotted path and the tensor of every parameter, always in the same
  /// order.
  ///
  /// `path` is the tree's own place, "" at the root; use `path.appending(_:)` from this module to
  /// go down.
  mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows

  /// Calls `visit` likewise for every buffer: numbers that are saved with the parameters but found
  /// otherwise than by gradients, such as the means of a batch norm. None unless a tree says so.
  mutating func visitBuffers(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows
}

extension ParameterTree {
  /// No buffers.
  public mutating func visitBuffers(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {}
}

/// The dotted name of a parameter in a tree, such as `head.weight`.
public struct ParameterPath: Sendable, Hashable, CustomStringConvertible {
  /// The dotted name; empty at the root.
  public let description: String

  /// The root of a tree.
  public static let root = ParameterPath(description: "")

  /// The path one level down.
  public func appending(_ name: String) -> ParameterPath {
    ParameterPath(description: description.isEmpty ? name : "\(description).\(name)")
  }
}

extension ParameterTree {
  /// Every parameter with its path, in the tree's order.
  public var namedParameters: [(name: String, tensor: Tensor<Scalar>)] {
    var copy = self
    var result: [(name: String, tensor: Tensor<Scalar>)] = []
    copy.visitParameters(under: .root) { path, tensor in result.append((path.description, tensor)) }
    return result
  }

  /// Every parameter, in the tree's order.
  public var parameters: [Tensor<Scalar>] { namedParameters.map { $0.tensor } }

  /// How many numbers the tree holds.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }

  /// The same tree with every parameter a variable of the tape.
  public func tracked() -> Self {
    var copy = self
    copy.visitParameters(under: .root) { _, tensor in tensor = tensor.variable() }
    return copy
  }

  /// The same tree with parameters replaced, in the tree's order; count and shapes must agree.
  public func replacingParameters(_ tensors: [Tensor<Scalar>]) -> Self {
    var copy = self
    var place = 0
    copy.visitParameters(under: .root) { path, tensor in
      precondition(
        place < tensors.count, "\(tensors.count) tensors do not fill the tree: \(path) is left")
      precondition(
        tensors[place].shape == tensor.shape,
        "\(path): shape \(tensors[place].shape) cannot replace shape \(tensor.shape)")
      tensor = tensors[place].detached()
      place += 1
    }
    precondition(
      place == tensors.count, "the tree holds \(place) tensors, \(tensors.count) were given")
    return copy
  }
}
