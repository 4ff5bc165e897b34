// SPDX-License-Identifier: Apache-2.0
import MinimTensor

/// The norm after each residual connection of a transformer (methods, sbt 1).
public enum TransformerNorm: String, Codable, CaseIterable, Sendable {
  /// None.
  case none
  /// Batch norm of each channel, over all valid steps of all cases.
  case batch
  /// Layer norm of each step, over its channels.
  case token
  /// Layer norm of each channel, over the steps of its window; the paper's code has it for forecasts.
  case time
}

/// A residual connection and the norm after it.
struct ResidualNorm<Scalar: TensorScalar>: ParameterTree {
  let kind: TransformerNorm
  /// Gain and bias of a layer norm, over `width` channels or `steps` steps; empty otherwise.
  var weight: Tensor<Scalar>
  var bias: Tensor<Scalar>
  var batch: BatchNorm<Scalar>?

  init(_ kind: TransformerNorm, width: Int, steps: Int) {
    self.kind = kind
    let count = kind == .token ? width : kind == .time ? steps : 0
    weight = Tensor(repeating: 1, shape: [count])
    bias = Tensor(zeros: [count])
    batch = kind == .batch ? BatchNorm(channels: width) : nil
  }

  /// The norm of x + y, both (batch, steps, width).
  func callAsFunction(
    _ x: Tensor<Scalar>, adding y: Tensor<Scalar>, lengths: [Int]?, training: Bool
  ) -> Tensor<Scalar> {
    switch kind {
    case .none: x + y
    case .batch: batch.map { $0(x + y, lengths: lengths, training: training) } ?? x + y
    case .token: x.layerNorm(adding: y, scale: weight, shift: bias)
    case .time: (x + y).transposed().layerNorm(scale: weight, shift: bias).transposed()
    }
  }

  mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    if weight.count > 0 {
      try visit(path.appending("weight"), &weight)
      try visit(path.appending("bias"), &bias)
    }
    try batch?.visitParameters(under: path, visit)
  }

  mutating func visitBuffers(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows { try batch?.visitBuffers(under: path, visit) }
}
