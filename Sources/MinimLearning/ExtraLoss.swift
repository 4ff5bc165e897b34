// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimTensor

/// A batch in the middle of a training step, as an extra loss sees it.
public struct TrainingBatch: Sendable {
  /// The pass of the classifier that is trained.
  public let forward: Forward<Float>
  /// Which training cases the batch holds.
  public let indices: [Int]
  /// Their classes.
  public let labels: [Int]
  /// Their valid steps, where some are padded.
  public let lengths: [Int]?
  /// The epoch, from 1.
  public let epoch: Int

  /// A batch from its parts.
  public init(
    forward: Forward<Float>, indices: [Int], labels: [Int], lengths: [Int]?, epoch: Int
  ) {
    self.forward = forward
    self.indices = indices
    self.labels = labels
    self.lengths = lengths
    self.epoch = epoch
  }
}

/// Parameters that are trained beside a model and dropped with the last step: the regressors of
/// distillation losses.
public struct Adapters: ParameterTree {
  /// Names, unique, and tensors.
  public var tensors: [(name: String, tensor: Tensor<Float>)]

  /// Adapters of given names; none by default.
  public init(_ tensors: [(name: String, tensor: Tensor<Float>)] = []) { self.tensors = tensors }

  /// The tensor of a name, which must be among them.
  public subscript(name: String) -> Tensor<Float> {
    guard let found = tensors.first(where: { $0.name == name }) else {
      preconditionFailure("no adapter \(name) among \(tensors.map(\.name))")
    }
    return found.tensor
  }

  /// Visits the tensors in order.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    for index in tensors.indices {
      try visit(path.appending(tensors[index].name), &tensors[index].tensor)
    }
  }
}

/// A term added to the cross-entropy, and what it trains for itself.
public struct ExtraLoss: Sendable {
  /// The adapters at their start.
  public let adapters: Adapters
  /// The loss of a batch, given the adapters as they are by then, and randomness.
  public let value:
    @Sendable (TrainingBatch, Adapters, inout SeededGenerator) throws -> Tensor<Float>

  /// A term; without adapters by default.
  public init(
    adapters: Adapters = Adapters(),
    _ value:
      @escaping @Sendable (TrainingBatch, Adapters, inout SeededGenerator) throws -> Tensor<
        Float
      >
  ) {
    self.adapters = adapters
    self.value = value
  }
}

/// A model and the adapters that are trained with it.
package struct Assisted<Model: ParameterTree<Float>>: ParameterTree {
  package var model: Model
  package var adapters: Adapters

  package init(model: Model, adapters: Adapters) {
    self.model = model
    self.adapters = adapters
  }

  package mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    try model.visitParameters(under: path, visit)
    try adapters.visitParameters(under: path.appending("adapters"), visit)
  }

  package mutating func visitBuffers(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    try model.visitBuffers(under: path, visit)
  }
}
