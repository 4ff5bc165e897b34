// SPDX-License-Identifier: Apache-2.0
internal import MinimLayers
internal import MinimLearning
internal import MinimTensor

/// What of each weight the detectors add to its gradient (methods, gon 1.4 and 1.12).
let weightDecay: Float = 1e-5

extension Optimiser {
  /// One step down a loss of `tracked`, whose values are those of `tree`; returns the loss.
  mutating func descend<Tree: ParameterTree<Float>>(
    _ loss: consuming Tensor<Float>, of tracked: Tree, changing tree: inout Tree, rate: Double
  ) -> Double {
    let height = Double(loss.item)
    var found = gradients(of: loss, for: tracked.parameters)
    found.addWeightDecay(weightDecay, of: tree)
    update(&tree, gradients: found, rate: rate)
    return height
  }
}

extension Tensor<Float> {
  /// BCE(σ(l), y) = softplus(l) - y l of each logit l.
  ///
  /// Of y = 1 it is softplus(-l), whose slope keeps its digits where σ(l) is nearly 1.
  func binaryCrossEntropy(with target: Float) -> Tensor {
    target == 1 ? (-1 * self).softplus() : softplus() - target * self
  }
}
