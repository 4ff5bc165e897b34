// SPDX-License-Identifier: Apache-2.0
internal import CMinimKernels

extension Tensor {
  /// The mean over all elements of (prediction - target)².
  public static func meanSquaredError(_ prediction: Tensor, _ target: Tensor) -> Tensor {
    requireSameShape("meanSquaredError", prediction, target)
    return (prediction - target).squared().mean()
  }

  /// The mean over all elements of u² / (2β) where |u| < β, |u| - β/2 elsewhere, u = prediction -
  /// target.
  public static func smoothL1(_ prediction: Tensor, _ target: Tensor, beta: Scalar = 1) -> Tensor {
    requireSameShape("smoothL1", prediction, target)
    precondition(beta > 0, "smoothL1 needs a positive beta, not \(beta)")
    let size = (prediction - target).absolute()
    let near = size.clamped(to: 0...beta)
    // u²/(2β) for near, and β·(|u| - near) / β beyond: near²/(2β) + (|u| - near).
    return (near.squared() * (1 / (2 * beta)) + (size - near)).mean()
  }

  /// Cross-entropy of logits (cases, classes) with class indices: the mean over cases of -log
  /// softmax(z)[y].
  ///
  /// Gradient: (softmax(z) - onehot(y)) / cases. No cases give NaN.
  public static func crossEntropy(logits: Tensor, labels: [Int]) -> Tensor {
    precondition(
      logits.rank == 2 && logits.shape[0] == labels.count,
      "crossEntropy: logits \(logits.shape) for \(labels.count) labels")
    let classes = logits.shape[1]
    precondition(
      labels.allSatisfy { $0 >= 0 && $0 < classes }, "a label is outside 0..<\(classes)")
    var targets = Tensor(zeros: logits.shape)
    targets.withUnsafeMutableScalars { out in
      for (row, label) in labels.enumerated() { out[row * classes + label] = 1 }
    }
    return crossEntropy(logits: logits, probabilities: targets)
  }

  /// Cross-entropy of logits (cases, classes) with class probabilities: the mean over cases of -Σ p
  /// log softmax(z).
  ///
  /// Gradient: (softmax(z) Σp - p) / cases; `probabilities` are constants.
  public static func crossEntropy(logits: Tensor, probabilities: Tensor) -> Tensor {
    requireSameShape("crossEntropy", logits, probabilities)
    precondition(logits.rank == 2, "crossEntropy wants (cases, classes), not \(logits.shape)")
    let logProbabilities = logits.logSoftmax()
    return -(logProbabilities * probabilities.detached()).sum() / Scalar(logits.shape[0])
  }

  private static func requireSameShape(_ name: String, _ a: Tensor, _ b: Tensor) {
    precondition(a.shape == b.shape, "\(name): shapes \(a.shape) and \(b.shape) differ")
  }
}
