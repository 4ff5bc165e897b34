// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// Recurrent layers on top of each other; each reads the hidden states of the one below.
public struct RecurrentStack<Scalar: TensorScalar>: ParameterTree {
  /// The kind of cell.
  public let cell: RecurrentCell
  /// The weights of each layer, bottom first.
  public var layers: [RecurrentWeights<Scalar>]

  /// `layers` layers of `hidden` units over `inputs` features, all numbers uniform in ±1/√hidden
  /// (PyTorch's start).
  ///
  /// All three sizes must be positive.
  public init(
    cell: RecurrentCell, inputs: Int, hidden: Int, layers: Int,
    using generator: inout SeededGenerator
  ) {
    precondition(
      inputs > 0 && hidden > 0 && layers > 0,
      "\(layers) layers of \(hidden) units over \(inputs) inputs")
    let bound = 1 / Scalar(hidden).squareRoot(), rows = cell.gateCount * hidden
    self.cell = cell
    var stack: [RecurrentWeights<Scalar>] = []
    for layer in 0..<layers {
      let width = layer == 0 ? inputs : hidden
      stack.append(
        RecurrentWeights(
          input: .uniform(in: -bound...bound, shape: [rows, width], using: &generator),
          recurrent: .uniform(in: -bound...bound, shape: [rows, hidden], using: &generator),
          inputBias: .uniform(in: -bound...bound, shape: [rows], using: &generator),
          recurrentBias: .uniform(in: -bound...bound, shape: [rows], using: &generator)))
    }
    self.layers = stack
  }

  /// Every state of every layer, bottom first, over a batch (batch, time, inputs), right-padded
  /// where `lengths` say.
  public func callAsFunction(
    _ input: Tensor<Scalar>, lengths: [Int]? = nil
  ) -> [RecurrentStates<Scalar>] {
    var states: [RecurrentStates<Scalar>] = []
    for weights in layers {
      let below = states.last?.hidden ?? input
      states.append(below.recurrent(cell, weights: weights, lengths: lengths))
    }
    return states
  }

  /// Visits the four tensors of each layer under PyTorch's names, such as `weight_ih_l0`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    for index in layers.indices {
      try visit(path.appending("weight_ih_l\(index)"), &layers[index].input)
      try visit(path.appending("weight_hh_l\(index)"), &layers[index].recurrent)
      try visit(path.appending("bias_ih_l\(index)"), &layers[index].inputBias)
      try visit(path.appending("bias_hh_l\(index)"), &layers[index].recurrentBias)
    }
  }
}
