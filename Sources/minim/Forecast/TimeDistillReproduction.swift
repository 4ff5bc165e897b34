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
    /// Seeds whose training stopped at a NaN or infinity.
    let failures: Int
  }

  let set: String
  let horizon: Int
  let rows: [Row]
  /// Methods without training: their figures by name.
  let yardsticks: [String: [String: Double]]
}

/// TimeDistill's experiments as trials: a teacher, and every student alone and taught.
struct TimeDistillReproduction {
  /// The folder of all data.
  let data: String
  let seeds: Int
  let pool: TrialPool
  let store: TrialStore
  let say: (String) -> Void

  /// Does all trials of a series at one horizon that are not done.
  func run(_ set: ForecastSet, horizon: Int, entries: [ForecastEntry]) throws -> ForecastSetResult {
    let path = "\(data)/forecast/\(set.file)"
    let hash = fingerprint(of: try readFile(at: path))
    func trained(_ entry: ForecastEntry, _ seed: Int) throws -> Trial {
      var options = [
        "task": "forecast", "data": path, "model": entry.model, "horizon": "\(horizon)",
        "seed": "\(seed)", "every": "\(set.every)",
      ]
      var contents = ["data": hash]
      if let period = set.period { options.merge(["times": "ignore", "period": period]) { $1 } }
      if entry.model == "itransformer" { options["hidden"] = "\(set.teacherWidth)" }
      if entry.learns {
        let teacher = try trained(ForecastEntry.all[0], seed)
        options["teacher"] = store.folder(of: teacher)
        options["alpha"] = set.alpha
        options["beta"] = set.beta
        contents["teacher"] = teacher.id
      }
      return try .resolved(command: "train", options: options, contents: contents)
    }
    func evaluated(_ training: Trial, yardsticks: Bool) throws -> Trial {
      var options = ["data": path, "forecaster": store.folder(of: training)]
      if set.period != nil { options["times"] = "ignore" }
      if yardsticks { options["yardsticks"] = "all" }
      return try .resolved(
        command: "evaluate-forecaster", options: options,
        contents: ["data": hash, "forecaster": training.id])
    }
    let teachers = try (1...seeds).map { try trained(ForecastEntry.all[0], $0) }
    var rows: [ForecastSetResult.Row] = [], simple: [String: [String: Double]] = [:]
    for entry in entries {
      let pairs = try (1...seeds).map { seed in
        let training = try trained(entry, seed)
        return (
          training: training,
          evaluation: try evaluated(training, yardsticks: seed == 1 && rows.isEmpty)
        )
      }
      say("\(set.name)-\(horizon): \(entry.name)")
      let waiting = pairs.filter { store.record(of: $0.evaluation) == nil }
      if entry.learns, waiting.contains(where: { !store.hasWeights(of: $0.training) }) {
        try pool.run(teachers, needsWeights: true)
      }
      try pool.run(waiting.map(\.training), needsWeights: true)
      let finished = waiting.filter { store.record(of: $0.training)?.failure == nil }
      try pool.run(finished.map(\.evaluation))
      let records = pairs.map {
        (training: store.record(of: $0.training), evaluation: store.record(of: $0.evaluation))
      }
      func values(_ name: String, _ record: TrialRecord?) -> Double? { record?.measures?[name] }
      var figures: [String: [Double]] = [:]
      for name in ["mse", "mae", "mase", "coverage_80", "coverage_95", "parameters"] {
        figures[name] = records.compactMap { values(name, $0.evaluation) }
      }
      for name in ["validation_mse", "epochs", "train_peak_bytes"] {
        figures[name] = records.compactMap { values(name, $0.training) }
      }
      figures["train_seconds"] = records.compactMap { $0.training?.seconds }
      if rows.isEmpty {
        simple = DetectionSetResult.trivial(
          records.prefix(1).compactMap { $0.evaluation?.measures })
      }
      rows.append(
        ForecastSetResult.Row(
          model: entry.name, figures: figures,
          failures: records.count { $0.training?.failure != nil }))
    }
    return ForecastSetResult(set: set.name, horizon: horizon, rows: rows, yardsticks: simple)
  }
}
