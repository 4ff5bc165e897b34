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
  /// BCE(σ(l), y) = y softplus(-l) + (1 - y) softplus(l) of each logit l.
  ///
  /// The slope keeps its digits where σ(l) is nearly y, which softplus(l) - y l does not.
  func binaryCrossEntropy(with target: Float) -> Tensor {
    if target == 0 { return softplus() }
    let real = (-1 * self).softplus()
    return target == 1 ? real : target * real + (1 - target) * softplus()
  }
}
