// SPDX-License-Identifier: Apache-2.0
internal import MinimLayers
internal import MinimTensor

extension Trainer {
  /// Runs as `run(from:)`, saving the state to a run folder as it goes, at most twice a second.
  ///
  /// With `resume` it goes on from what the folder holds: the end is the same bit for bit as without the stop. `identity` is
  /// text that must agree for that. Throws `TrainingError`, `FileError`, `SafetensorsError`.
  package func run(
    from start: TrainingState<Model>, in folder: RunFolder?, resume: Bool, identity: String,
    progress: Progress?
  ) throws -> TrainingState<Model> {
    var state = start
    if resume, let folder, folder.exists("last.safetensors") {
      let path = folder.file("last.safetensors")
      try state.restore(from: SafetensorsFile(contentsOf: path), path: path, identity: identity)
      try folder.trimLog(to: state.epoch)
    } else {
      try folder?.trimLog(to: 0)
    }
    var unsaved: [EpochRecord] = []
    var saved = ContinuousClock.now
    func save(_ state: TrainingState<Model>) throws {
      guard let folder else { return }
      try folder.appendLog(unsaved)
      unsaved = []
      try state.file(identity: identity).write(to: folder.file("last.safetensors"))
      saved = .now
    }
    var trainer = self
    trainer.afterEpoch = { state, record in
      unsaved.append(record)
      progress?.show(state.epoch, "(validation loss \(Float(record.validationLoss)))")
      if saved.duration(to: .now) > .milliseconds(500) { try save(state) }
    }
    let end = try trainer.run(from: state)
    progress?.finish()
    try save(end)
    return end
  }
}
