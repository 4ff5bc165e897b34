// SPDX-License-Identifier: Apache-2.0
package import MinimLayers
package import MinimTensor

/// Everything a training run knows between two epochs.
///
/// Saved and restored, the run goes on bit for bit.
package struct TrainingState<Model: ParameterTree<Float>>: Sendable {
  var model: Model
  /// The model after the epoch of the best validation loss, or at the start.
  package internal(set) var best: Model
  var optimiser: Optimiser
  var schedule: Schedule
  var generator: SeededGenerator
  /// Epochs done.
  package internal(set) var epoch = 0
  /// The best validation loss, and the epoch it is from; 0 for none.
  package internal(set) var bestLoss = Double.infinity
  package internal(set) var bestEpoch = 0

  /// The state before the first epoch.
  package init(model: Model, plan: TrainingPlan, generator: SeededGenerator) {
    self.model = model
    best = model
    optimiser = Optimiser(plan.optimiser, for: model)
    schedule = Schedule(plan)
    self.generator = generator
  }

  /// The state as a checkpoint file.
  ///
  /// `identity` says what run it belongs to.
  func file(identity: String) -> SafetensorsFile {
    var entries = model.entries(prefix: "model.") + best.entries(prefix: "best.")
    for (index, named) in model.namedParameters.enumerated() {
      entries.append(.init(name: "first.\(named.name)", optimiser.first[index]))
      if !optimiser.second.isEmpty {
        entries.append(.init(name: "second.\(named.name)", optimiser.second[index]))
      }
    }
    entries.append(.init(name: "state.generator", shape: [4], values: generator.words))
    entries.append(
      .init(
        name: "state.counts", shape: [4],
        values: [epoch, bestEpoch, optimiser.steps, schedule.waited].map { Int64($0) }))
    entries.append(
      .init(
        name: "state.numbers", shape: [3], values: [bestLoss, schedule.factor, schedule.best]))
    return SafetensorsFile(metadata: ["identity": identity], entries: entries)
  }

  /// Restores what `file(identity:)` saved.
  ///
  /// Throws `SafetensorsError`, or `TrainingError.otherRun` when the checkpoint is of a run with
  /// another recipe, data or version.
  mutating func restore(from file: SafetensorsFile, path: String, identity: String) throws {
    guard file.metadata["identity"] == identity else { throw TrainingError.otherRun(path: path) }
    model = try model.loading(from: file, prefix: "model.")
    best = try best.loading(from: file, prefix: "best.")
    for (index, named) in model.namedParameters.enumerated() {
      let first = try file.required("first.\(named.name)").values(as: Float.self)
      optimiser.first[index] = Tensor(first, shape: named.tensor.shape)
      if !optimiser.second.isEmpty {
        let second = try file.required("second.\(named.name)").values(as: Float.self)
        optimiser.second[index] = Tensor(second, shape: named.tensor.shape)
      }
    }
    let words = try file.required("state.generator").values(as: UInt64.self)
    let counts = try file.required("state.counts").values(as: Int64.self).map { Int($0) }
    let numbers = try file.required("state.numbers").values(as: Double.self)
    guard let restored = SeededGenerator(state: words), counts.count == 4, numbers.count == 3 else {
      throw SafetensorsError(
        .otherContents, file: path, tensor: "state", found: "an incomplete training state",
        expected: "four generator words, four counts and three numbers")
    }
    generator = restored
    (epoch, bestEpoch, optimiser.steps, schedule.waited) = (
      counts[0], counts[1], counts[2], counts[3]
    )
    (bestLoss, schedule.factor, schedule.best) = (numbers[0], numbers[1], numbers[2])
  }
}
