// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimTensor

/// The rule by which gradients change parameters.
public enum OptimiserKind: String, Codable, CaseIterable, Sendable {
  /// Adam (β₁ 0.9, β₂ 0.999, ε 1e-8), as PyTorch.
  case adam
  /// Adam with decoupled weight decay: w ← w - rate · 0.01 · w before each step, as PyTorch.
  case adamw
  /// Stochastic gradient descent with momentum 0.9: b ← 0.9 b + g, w ← w - rate · b, as PyTorch.
  case sgd
}

/// An optimiser with what it remembers of the steps before: a value that can be saved and restored.
public struct Optimiser: Sendable {
  /// The rule.
  public let kind: OptimiserKind
  /// Steps taken.
  public internal(set) var steps = 0
  /// Adam's first moments, or the momentum; one tensor a parameter.
  var first: [Tensor<Float>]
  /// Adam's second moments; none for SGD.
  var second: [Tensor<Float>]

  /// An optimiser for the parameters of a tree, at rest.
  public init(_ kind: OptimiserKind, for tree: some ParameterTree<Float>) {
    self.kind = kind
    first = tree.parameters.map { Tensor(zeros: $0.shape) }
    second = kind == .sgd ? [] : first
  }

  /// Takes one step: gradients in the tree's order, of the parameters' shapes.
  public mutating func update(
    _ tree: inout some ParameterTree<Float>, gradients: [Tensor<Float>], rate: Double
  ) {
    steps += 1
    var place = 0
    tree.visitParameters(under: .root) { _, tensor in
      switch kind {
      case .adam, .adamw:
        tensor.adamStep(
          gradient: gradients[place], first: &first[place], second: &second[place], step: steps,
          rate: Float(rate), decay: kind == .adamw ? Float(rate * 0.01) : 0)
      case .sgd:
        first[place].scale(by: 0.9)
        first[place].add(gradients[place])
        tensor.add(first[place], scaledBy: Float(-rate))
      }
      place += 1
    }
  }
}

/// Scales gradients so that their common norm is at most `limit`: g ← g · limit / (norm + 1e-6), as
/// PyTorch.
///
/// Returns the norm before. A norm that is not finite changes nothing.
package func clip(_ gradients: inout [Tensor<Float>], to limit: Double) -> Double {
  let norm = gradients.reduce(0) { $0 + $1.sumOfSquares }.squareRoot()
  if norm.isFinite, norm > limit {
    let factor = Float(limit / (norm + 1e-6))
    for index in gradients.indices { gradients[index].scale(by: factor) }
  }
  return norm
}

extension [Tensor<Float>] {
  /// Adds rate · w to the gradient of each weight w, as PyTorch's Adam with `weight_decay`: the decay
  /// goes through the optimiser's moments.
  ///
  /// The gradients are those of the tree's parameters, in its order.
  package mutating func addWeightDecay(_ rate: Float, of tree: some ParameterTree<Float>) {
    for (index, weight) in tree.parameters.enumerated() {
      self[index].add(weight, scaledBy: rate)
    }
  }
}
