// SPDX-License-Identifier: Apache-2.0
import MinimLayers
import MinimScores
import MinimSeries
import MinimTrials

/// One model of the table on one problem: its figures by name, one value for each seed that has a result.
struct SBTRow: Encodable {
  let model: String
  let figures: [String: [Double]]
  /// Seeds, or problems times seeds, whose training stopped at a NaN or infinity, or whose teacher's did.
  let failures: Int
  /// Detectors and forecasters, of all seeds, that make the same of every window; nil where that was not looked at.
  var constants: Int?

  /// The model, and how many failed or are constant.
  var label: String {
    let notes = [(failures, "failed"), (constants ?? 0, "constant")].filter { $0.0 > 0 }
      .map { "\($0.0) \($0.1)" }
    return model + (notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))")
  }
}

/// What the models came to on one problem.
struct SBTResult: Encodable {
  /// "classification", "detection" or "forecast".
  let task: String
  let name: String
  let problems: Int
  let rows: [SBTRow]
  /// The figures of scores and forecasts that take no training, by name; none for classification.
  var trivial: [String: [String: Double]] = [:]
}

/// The sparse binary transformer's experiments as trials: dense and binary, alone and taught.
struct SBTReproduction {
  /// The folder of all data.
  let data: String
  let seeds: Int
  let pool: TrialPool
  let store: TrialStore
  let say: (String) -> Void

  /// Classification: the learning rate of each model by validation loss, the weight of the teacher's logits
  /// likewise, then all seeds.
  func run(_ set: SBTClassificationSet) throws -> SBTResult {
    let path = "\(data)/uea/\(set.name)"
    let trials = TrialSet(
      data: path, problem: try ClassificationProblem(contentsOf: path), seeds: seeds, pool: pool,
      store: store, length: set.length, say: say)
    let rates = ["0.0003", "0.001", "0.003"]
    func options(_ entry: SBTEntry, _ rate: String) -> [String: String] {
      [
        "model": "transformer", "layers": "2", "hidden": set.width, "batch": set.batch,
        "normalise": "train", "epochs": "200", "patience": "40", "learning-rate": rate,
      ].merging(entry.keep.map { ["keep": $0] } ?? [:]) { $1 }
    }
    func trained(_ entry: SBTEntry, _ rate: String, _ seed: Int) throws -> Trial {
      try trials.trained(options(entry, rate), seed: seed)
    }
    let alone = SBTEntry.all.filter { !$0.learns }
    say("\(set.name): learning rates")
    let grid = try alone.map { entry in
      try rates.map { rate in
        try (1...trials.choosingSeeds).map { try trained(entry, rate, $0) }
      }
    }
    try pool.run(grid.flatMap { $0.flatMap { $0 } })
    let chosen = Dictionary(
      uniqueKeysWithValues: zip(alone, grid).map { ($0.keep, rates[trials.best($1, by: .loss)]) })
    say("\(set.name): all seeds")
    let dense = try (1...seeds).map { try trained(alone[0], chosen[nil] ?? rates[1], $0) }
    func taught(_ entry: SBTEntry, _ factor: String, _ seed: Int) throws -> Trial {
      let own = ["method": "kd", "weight": factor]
      return try trials.distilled(
        options(entry, chosen[entry.keep] ?? rates[1]).merging(own) { $1 },
        teacher: dense[seed - 1], seed: seed)
    }
    let factors = ["0.1", "1"]
    let groups = try SBTEntry.all.map { entry in
      guard entry.learns else {
        return try (1...seeds).map { try trained(entry, chosen[entry.keep] ?? rates[1], $0) }
      }
      let grid = try factors.map { factor in
        try (1...trials.choosingSeeds).map { try taught(entry, factor, $0) }
      }
      try run(grid.flatMap { $0 }, from: dense)
      let factor = factors[trials.best(grid, by: .loss)]
      return try (1...seeds).map { try taught(entry, factor, $0) }
    }
    for (entry, group) in zip(SBTEntry.all, groups) {
      if entry.learns { try run(group, from: dense) } else { try pool.run(group) }
    }
    let rows = try zip(SBTEntry.all, groups).map { entry, group in
      let records = try group.map { try trials.tested($0) }
      return SBTRow(
        model: entry.name,
        figures: [
          "accuracy": records.compactMap { $0.test?.accuracy },
          "auc_prc": records.compactMap { $0.test?.aucPRC },
        ], failures: records.count { $0.failure != nil })
    }
    return SBTResult(task: "classification", name: set.name, problems: 1, rows: rows)
  }

  /// Does trials that learn from others, which are done again where one of the former is missing and their weights are
  /// elsewhere.
  private func run(_ taught: [Trial], from teachers: [Trial]) throws {
    if taught.contains(where: { store.record(of: $0) == nil }) {
      try pool.run(teachers, needsWeights: true)
    }
    try pool.run(taught)
  }

  /// Detection: one model for all channel files or machines, as in the paper, each scaled by its own training rows.
  func run(_ set: SBTDetectionSet) throws -> SBTResult {
    let entries = SBTEntry.all.map { entry in
      DetectorEntry(
        name: entry.name,
        options: [
          "model": entry.keep == nil ? "transformer" : "sbt", "window": set.window,
          "hidden": set.width, "epochs": set.epochs,
        ].merging(entry.keep.map { ["keep": $0] } ?? [:]) { $1 },
        teacher: entry.learns ? "dense" : nil)
    }
    let result = try DetectionReproduction(
      set: set.set, data: "\(data)/\(set.set.path)", joinedEvery: 1, entries: entries,
      judging: ["alarm-share": set.alarmShare], seeds: seeds, pool: pool, store: store, say: say
    ).run()
    let rows = result.rows.map { row in
      let names = Set(row.seeds.flatMap(\.keys))
      return SBTRow(
        model: row.model,
        figures: Dictionary(uniqueKeysWithValues: names.map { ($0, row.figure($0)) }),
        failures: row.failures, constants: row.constants)
    }
    return SBTResult(
      task: "detection", name: set.set.name, problems: result.problems, rows: rows,
      trivial: result.trivial)
  }

  /// Forecasts of the next row from the 199 before.
  func run(_ set: SBTForecastSet) throws -> SBTResult {
    let entries = SBTEntry.all.map { entry in
      ForecasterEntry(
        name: entry.name,
        options: entry.keep.map { ["model": "sbt", "keep": $0] }
          ?? ["model": "transformer"],
        learns: entry.learns)
    }
    let result = try ForecastReproduction(
      set: set.name, horizon: 1, path: "\(data)/forecast/\(set.file)", reading: [:],
      options: [
        "lookback": "199", "hidden": set.width, "epochs": set.epochs, "patience": "5",
        "split": set.split,
      ], teacher: entries[0], seeds: seeds, pool: pool, store: store, say: say
    ).run(entries)
    let rows = result.rows.map {
      SBTRow(
        model: $0.model, figures: $0.figures, failures: $0.failures,
        constants: $0.figures["constant_output"]?.count { $0 == 1 })
    }
    return SBTResult(
      task: "forecast", name: set.name, problems: 1, rows: rows, trivial: result.yardsticks)
  }
}
