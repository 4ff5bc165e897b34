// SPDX-License-Identifier: Apache-2.0
internal import MinimLearning
internal import MinimTensor

/// Training by epochs and batches of windows for networks that play against each other, where no
/// single loss says how good they are.
struct AdversarialSteps {
  let plan: TrainingPlan
  /// Whether windows come in the order of time rather than shuffled anew for each epoch.
  let inOrder: Bool
  let progress: Progress

  /// Calls `step` with each batch, the epoch from 0 and the generator; it returns the batch's loss.
  ///
  /// `epochEnded` is called after each epoch. Throws `TrainingError.notFinite` for the first loss that is
  /// not finite.
  func run(
    _ windows: Windows,
    epochEnded: () -> Void = {},
    step: (Tensor<Float>, Int, inout SeededGenerator) throws -> Double
  ) throws {
    var generator = SeededGenerator(seed: plan.seed ^ 0x5EED)
    for epoch in 0..<plan.epochs {
      let order =
        inOrder ? Array(0..<windows.count) : generator.permutation(of: windows.count)
      var total = 0.0
      for (batch, start) in stride(from: 0, to: windows.count, by: plan.batch).enumerated() {
        let rows = order[start..<min(start + plan.batch, windows.count)]
        let loss = try step(windows.tensor(of: rows), epoch, &generator)
        guard loss.isFinite else {
          throw TrainingError.notFinite(epoch: epoch + 1, batch: batch + 1, tensor: "the loss")
        }
        total += loss * Double(rows.count)
      }
      epochEnded()
      progress.show(epoch + 1, "loss \(total / Double(max(1, windows.count)))")
    }
    progress.finish()
  }
}
