// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// A transformer that makes of a window the row at its end: for reconstruction, or to predict it, and perhaps some more, from
/// the rows before (methods, sbt 1 and 3).
///
/// decoder(relu(encoder's last step)). To predict, the last row is taken as zeros on the way in.
public struct StepTransformer<Scalar: TensorScalar>: ParameterTree {
  /// Windows to steps of the encoder's width.
  public var encoder: TransformerEncoder<Scalar>
  /// The encoder's width to a row, or to some rows channel by channel.
  public var decoder: Linear<Scalar>
  /// Whether the last row is hidden.
  public let predicts: Bool

  /// A network of random weights that makes `rows` rows, 1 or more; the configuration must be valid, without batch norm.
  public init(
    _ configuration: TransformerConfiguration, predicts: Bool, rows: Int = 1,
    using generator: inout SeededGenerator
  ) {
    encoder = TransformerEncoder(configuration, using: &generator)
    decoder = Linear(
      inputs: configuration.width, outputs: configuration.inputs * rows, using: &generator)
    self.predicts = predicts
  }

  /// The row (batch, inputs) that windows (batch, steps, inputs) end with, as the network has it; for networks of one row.
  public func callAsFunction(_ windows: Tensor<Scalar>) -> Tensor<Scalar> {
    decoder(encoder.last(of: shown(windows)))
  }

  /// The rows (batch, inputs · rows), channel by channel, that come after rows (batch, steps - 1, inputs), the last of which
  /// stands for the unknown one as well.
  public func next(after rows: Tensor<Scalar>) -> Tensor<Scalar> {
    decoder(encoder.last(of: rows.repeatingLastRow()))
  }

  /// Calls `visit` with what the maps of the encoder's layers read of windows (batch, steps, inputs), a layer's number
  /// with it.
  package func visitInputs(
    _ windows: Tensor<Scalar>, _ visit: (Int, TransformerInput, Tensor<Scalar>) -> Void
  ) { encoder.visitInputs(shown(windows), lengths: nil, lastAlone: true, visit) }

  /// Windows as the encoder has them.
  private func shown(_ windows: Tensor<Scalar>) -> Tensor<Scalar> {
    guard predicts else { return windows }
    return windows.sliced(0..<windows.shape[1] - 1, along: 1).padded(along: 1, before: 0, after: 1)
  }

  /// Visits `encoder` and `decoder`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try encoder.visitParameters(under: path.appending("encoder"), visit)
    try decoder.visitParameters(under: path.appending("decoder"), visit)
  }
}

extension Tensor {
  /// Rows (batch, count, inputs) with the last of them once more.
  package func repeatingLastRow() -> Tensor {
    .concatenated([self, sliced(shape[1] - 1..<shape[1], along: 1)], along: 1)
  }

  /// Whether all entries along axis 0 are the same, of two or more.
  package var entriesAreEqual: Bool {
    let numbers = scalars, size = shape[0] > 0 ? numbers.count / shape[0] : 0
    return shape[0] > 1
      && (size..<numbers.count).allSatisfy { numbers[$0] == numbers[$0 - size] }
  }
}
