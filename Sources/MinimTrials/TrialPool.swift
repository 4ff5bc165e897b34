// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import MinimLayers
internal import MinimLearning
internal import MinimTensor

/// Does trials and keeps what they came to.
public struct TrialPool {
  private let store: TrialStore
  private let executor: any TrialExecutor

  /// A pool that keeps its results in a store.
  public init(store: TrialStore, executor: any TrialExecutor) {
    self.store = store
    self.executor = executor
  }

  /// Does those of the trials that are not finished, in order, as many at once as the executor takes.
  ///
  /// `needsWeights` also does again what is finished elsewhere, so that its run folder is here; its
  /// record stays. A checkpoint that cannot be gone on from, of another version or of a folder that was
  /// moved, is dropped, and its trial begins anew.
  /// `progress` hears how many of all are finished. Throws `TrialError.failed` for the first trial that
  /// ends without a result, once those that run beside it have ended; a NaN is a result.
  public func run(
    _ trials: [Trial], needsWeights: Bool = false, progress: (Int) -> Void = { _ in }
  ) throws {
    var seen: Set<String> = []
    let unique = trials.filter { seen.insert($0.id).inserted }
    var waiting = unique.filter { trial in
      guard let record = store.record(of: trial) else { return true }
      if needsWeights, record.failure == nil, !store.hasWeights(of: trial) { return true }
      // Left by a process that was killed between the record and this.
      removeCheckpoint(of: trial)
      return false
    }
    .makeIterator()
    let mailbox = Mailbox<(Trial, TrialExit, resumed: Bool)>()
    var running = 0, failure: (any Error)?
    var finished = unique.count { store.record(of: $0) != nil }
    progress(finished)
    while true {
      do {
        while failure == nil, running < executor.capacity, let trial = waiting.next() {
          try start(trial, mailbox)
          running += 1
        }
        guard running > 0 else { break }
        let (trial, exit, resumed) = mailbox.take()
        running -= 1
        if resumed, let code = exit.code, ![0, 70].contains(code), failure == nil {
          try FileManager.default.removeItem(atPath: "\(store.folder(of: trial))/run.json")
          removeCheckpoint(of: trial)
          try start(trial, mailbox)
          running += 1
          continue
        }
        try keep(try result(of: trial, exit))
        finished = unique.count { store.record(of: $0) != nil }
        progress(finished)
      } catch {
        failure = failure ?? error
        guard running > 0 else { break }
      }
    }
    if let failure { throw failure }
  }

  private func start(
    _ trial: Trial, _ mailbox: Mailbox<(Trial, TrialExit, resumed: Bool)>
  ) throws {
    let folder = store.folder(of: trial)
    // A process whose pool was killed a moment ago may still be at work there.
    if FileManager.default.fileExists(atPath: folder) {
      guard try FileHold(path: folder, seconds: 5) != nil else {
        throw TrialError.held(path: folder)
      }
    }
    let resumes = FileManager.default.fileExists(atPath: "\(folder)/run.json")
    try executor.start(trial.arguments(out: folder, resume: resumes)) {
      mailbox.put((trial, $0, resumed: resumes))
    }
  }

  /// Adds a record where there is none, and lets go of what only a resume needs.
  private func keep(_ record: TrialRecord) throws {
    if let known = store.record(of: record.trial) {
      guard record.failure == nil || known.failure != nil else {
        throw TrialError.failed(id: record.id, message: record.failure ?? "")
      }
    } else {
      try store.add(record)
    }
    removeCheckpoint(of: record.trial)
  }

  private func removeCheckpoint(of trial: Trial) {
    try? FileManager.default.removeItem(atPath: "\(store.folder(of: trial))/last.safetensors")
  }

  /// Reads what a trial's run folder holds.
  private func result(of trial: Trial, _ exit: TrialExit) throws -> TrialRecord {
    let folder = store.folder(of: trial)
    func read<Value: Decodable>(_ name: String) throws -> Value {
      let bytes = try readFile(at: "\(folder)/\(name)")
      guard let value = try? JSONDecoder().decode(Value.self, from: Data(bytes)) else {
        throw TrialError.failed(id: trial.id, message: "\(folder)/\(name) cannot be read")
      }
      return value
    }
    switch exit.code {
    case 0 where FileManager.default.fileExists(atPath: "\(folder)/measures.json"):
      let found: TrialMeasures = try read("measures.json")
      return TrialRecord(
        trial: trial, version: minimVersion, kernelLevel: found.kernelLevel,
        seconds: found.processorSeconds, measures: found.measures)
    case 0:
      let run: RunRecord = try read("run.json"), report: ValidationReport = try read("scores.json")
      return TrialRecord(
        trial: trial, version: run.version, kernelLevel: run.kernelLevel,
        parameters: report.parameters, epochs: report.epochs,
        seconds: run.processorSeconds ?? run.seconds,
        loss: report.loss, validation: TrialScores(report.metrics))
    case 70:
      return TrialRecord(
        trial: trial, version: minimVersion, kernelLevel: kernelLevel, failure: exit.message)
    case let code:
      let end = code.map { "exit code \($0)" } ?? "ended by a signal"
      throw TrialError.failed(
        id: trial.id, message: exit.message.isEmpty ? end : "\(end): \(exit.message)")
    }
  }
}
