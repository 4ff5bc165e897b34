// SPDX-License-Identifier: Apache-2.0
import MinimLayers
import MinimSeries
import MinimTrials

/// What the forecasters came to on one series at one horizon.
struct ForecastSetResult: Encodable {
  /// One forecaster: its figures by name, one value for each seed that has a result.
  struct Row: Encodable {
    let model: String
    let figures: [String: [Double]]
    /// Seeds whose training stopped at a NaN or infinity, or whose teacher's did.
    let failures: Int
  }

  let set: String
  let horizon: Int
  let rows: [Row]
  /// Methods without training: their figures by name.
  let yardsticks: [String: [String: Double]]
}

/// A forecaster of a table.
struct ForecasterEntry: Sendable {
  /// The name in the table.
  let name: String
  /// What `train --task forecast` is told of it.
  let options: [String: String]
  /// Whether it also learns from the teacher of the same seed.
  var learns = false
}

/// Forecasters on one series at one horizon as trials, each alone or taught.
struct ForecastReproduction {
  /// The name of the series in tables.
  let set: String
  let horizon: Int
  /// The file.
  let path: String
  /// How the file is read.
  let reading: [String: String]
  /// What every training is told beside.
  let options: [String: String]
  let teacher: ForecasterEntry
  let seeds: Int
  let pool: TrialPool
  let store: TrialStore
  let say: (String) -> Void

  /// Does all trials that are not done.
  func run(_ entries: [ForecasterEntry]) throws -> ForecastSetResult {
    let hash = fingerprint(of: try readFile(at: path))
    let teachers = try (1...seeds).map { try training(teacher, $0, hash) }
    var rows: [ForecastSetResult.Row] = [], simple: [String: [String: Double]] = [:]
    for entry in entries {
      let pairs = try (1...seeds).map { seed in
        let training = try training(entry, seed, hash)
        return (
          training: training,
          evaluation: try evaluation(training, hash, yardsticks: seed == 1 && rows.isEmpty)
        )
      }
      say("\(set)-\(horizon): \(entry.name)")
      var waiting = pairs.filter { store.record(of: $0.evaluation) == nil }
      if entry.learns, waiting.contains(where: { !store.hasWeights(of: $0.training) }) {
        try pool.run(teachers, needsWeights: true)
        let failed = teachers.filter { store.record(of: $0)?.failure != nil }.map(\.id)
        waiting.removeAll { pair in failed.contains { $0 == pair.training.contents["teacher"] } }
      }
      try pool.run(waiting.map(\.training), needsWeights: true)
      let finished = waiting.filter { store.record(of: $0.training)?.failure == nil }
      try pool.run(finished.map(\.evaluation))
      let records = pairs.map {
        (training: store.record(of: $0.training), evaluation: store.record(of: $0.evaluation))
      }
      if rows.isEmpty {
        simple = DetectionSetResult.trivial(
          records.prefix(1).compactMap { $0.evaluation?.measures })
      }
      rows.append(row(entry, records))
    }
    return ForecastSetResult(set: set, horizon: horizon, rows: rows, yardsticks: simple)
  }

  private func training(_ entry: ForecasterEntry, _ seed: Int, _ hash: String) throws -> Trial {
    var options = [
      "task": "forecast", "data": path, "horizon": "\(horizon)", "seed": "\(seed)",
    ].merging(reading) { $1 }.merging(self.options) { $1 }.merging(entry.options) { $1 }
    var contents = ["data": hash]
    if entry.learns {
      let teacher = try training(teacher, seed, hash)
      options["teacher"] = store.folder(of: teacher)
      contents["teacher"] = teacher.id
    }
    return try .resolved(command: "train", options: options, contents: contents)
  }

  private func evaluation(_ training: Trial, _ hash: String, yardsticks: Bool) throws -> Trial {
    var options = ["data": path, "forecaster": store.folder(of: training)]
      .merging(reading) { $1 }
    if yardsticks { options["yardsticks"] = "all" }
    return try .resolved(
      command: "evaluate-forecaster", options: options,
      contents: ["data": hash, "forecaster": training.id])
  }

  private func row(
    _ entry: ForecasterEntry, _ records: [(training: TrialRecord?, evaluation: TrialRecord?)]
  ) -> ForecastSetResult.Row {
    func values(_ name: String, _ record: TrialRecord?) -> Double? { record?.measures?[name] }
    var figures: [String: [Double]] = [:]
    for name in ["mse", "mae", "mase", "coverage_80", "coverage_95", "parameters"] {
      figures[name] = records.compactMap { values(name, $0.evaluation) }
    }
    for name in ["validation_mse", "epochs", "train_peak_bytes", "constant_output"] {
      let own = records.compactMap { values(name, $0.training) }
      if name != "constant_output" || !own.isEmpty { figures[name] = own }
    }
    figures["train_seconds"] = records.compactMap { $0.training?.seconds }
    return ForecastSetResult.Row(
      model: entry.name, figures: figures, failures: records.count { $0.evaluation == nil })
  }
}
