// SPDX-License-Identifier: Apache-2.0
internal import MinimLearning
internal import MinimTensor

extension Detector {
  /// Trains by a loss that says how good the detector is, and keeps the weights of the least error on
  /// the held windows, or on the windows themselves where none are held.
  ///
  /// Of the windows every `step`-th is looked at; where it `shifts`, in each epoch from another one on. `loss` is of the
  /// tracked detector on a batch, `error` a mean over windows without randomness. Throws `TrainingError.notFinite`.
  mutating func learn(
    from windows: Windows, held: Windows, every step: Int = 1, shifts: Bool = false,
    plan: TrainingPlan,
    progress: Progress, weightDecay: Float = weightDecay,
    loss: @escaping (Self, Tensor<Float>, inout SeededGenerator) -> Tensor<Float>,
    error: @escaping (Self, Tensor<Float>) -> Tensor<Float>
  ) throws {
    let watched = held.count > 0 ? held : windows
    let rows = Array(stride(from: 0, to: windows.count, by: step))
    let watchedRows = Array(stride(from: 0, to: watched.count, by: step))
    let trainer = Trainer<Self>(
      plan: plan, caseCount: rows.count, weightDecay: weightDecay,
      loss: { tracked, indices, epoch, generator in
        let shift = shifts ? firstPlace(inEpoch: epoch, of: step) : 0
        let own = indices.map { min(rows[$0] + shift, windows.count - 1) }
        return loss(tracked, windows.tensor(of: own), &generator)
      },
      validationLoss: { model in
        var total = 0.0
        for start in stride(from: 0, to: watchedRows.count, by: plan.batch) {
          let part = watchedRows[start..<min(start + plan.batch, watchedRows.count)]
          total += Double(error(model, watched.tensor(of: part)).item) * Double(part.count)
        }
        return total / Double(watchedRows.count)
      },
      afterEpoch: { state, record in
        progress.show(state.epoch, "held loss \(Float(record.validationLoss))")
      })
    let start = TrainingState(
      model: self, plan: plan, generator: SeededGenerator(seed: plan.seed ^ 0x5EED))
    self = try trainer.run(from: start).best
    progress.finish()
  }
}

/// A place below `step` for each epoch, counted from 1; 0 for the first; those of successive epochs lie far apart and spread evenly.
///
/// The fraction of (epoch - 1) (√5 - 1) / 2, times step.
package func firstPlace(inEpoch epoch: Int, of step: Int) -> Int {
  let turn = Double(epoch - 1) * 0.618_033_988_749_894_8
  return Int((turn - turn.rounded(.down)) * Double(step))
}
