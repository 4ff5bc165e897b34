// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// A transformer that makes of a window the row at its end: for reconstruction, or to predict it from the
/// rows before (methods, sbt 1 and 3).
///
/// decoder(relu(encoder's last step)). To predict, the last row is taken as zeros on the way in.
public struct StepTransformer<Scalar: TensorScalar>: ParameterTree {
  /// Windows to steps of the encoder's width.
  public var encoder: TransformerEncoder<Scalar>
  /// The encoder's width to a row.
  public var decoder: Linear<Scalar>
  /// Whether the last row is hidden.
  public let predicts: Bool

  /// A network of random weights; the configuration must be valid, without batch norm.
  public init(
    _ configuration: TransformerConfiguration, predicts: Bool,
    using generator: inout SeededGenerator
  ) {
    encoder = TransformerEncoder(configuration, using: &generator)
    decoder = Linear(
      inputs: configuration.width, outputs: configuration.inputs, using: &generator)
    self.predicts = predicts
  }

  /// The row (batch, inputs) that windows (batch, steps, inputs) end with, as the network has it.
  public func callAsFunction(_ windows: Tensor<Scalar>) -> Tensor<Scalar> {
    var windows = windows
    if predicts {
      let steps = windows.shape[1]
      windows = windows.sliced(0..<steps - 1, along: 1).padded(along: 1, before: 0, after: 1)
    }
    return decoder(encoder.last(of: windows))
  }

  /// Visits `encoder` and `decoder`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try encoder.visitParameters(under: path.appending("encoder"), visit)
    try decoder.visitParameters(under: path.appending("decoder"), visit)
  }
}
