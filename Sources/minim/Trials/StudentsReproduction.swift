// SPDX-License-Identifier: Apache-2.0
import MinimPacking
import MinimScores
import MinimSeries
package import MinimTrials

/// A model of the size and quality table.
struct StudentEntry: Sendable {
  /// The name in tables.
  let name: String
  /// The options of `minim train` that choose it.
  let options: [String: String]
  /// Learning rates to choose from; none for what is fitted.
  let rates: [String]
  /// Whether it also learns from the teacher, by MemKD.
  let learns: Bool
}

/// Students of several architectures, plain and taught by MemKD, beside their teacher and yardsticks,
/// on one data set, as trials.
///
/// Each model's learning rate by validation loss, and MemKD's weight and rate likewise; then all seeds.
/// The teacher is that of `MemKDReproduction`.
struct StudentsReproduction {
  static let recurrentRates = ["0.01", "0.02", "0.05"]
  static let convolutionRates = ["0.01", "0.03"]
  static let entries = [
    StudentEntry(name: "LSTM 1x8", options: [:], rates: recurrentRates, learns: true),
    StudentEntry(name: "LSTM 1x16", options: ["hidden": "16"], rates: recurrentRates, learns: true),
    StudentEntry(name: "GRU 1x8", options: ["model": "gru"], rates: recurrentRates, learns: true),
    StudentEntry(name: "MGU 1x8", options: ["model": "mgu"], rates: recurrentRates, learns: true),
    StudentEntry(
      name: "TCN 4x8", options: ["model": "tcn", "layers": "4", "epochs": "300"],
      rates: convolutionRates, learns: true),
    StudentEntry(
      name: "LITE 8", options: ["model": "lite", "epochs": "300"], rates: convolutionRates,
      learns: true),
    StudentEntry(
      name: "linear", options: ["model": "linear"], rates: convolutionRates, learns: false),
    StudentEntry(
      name: "MiniRocket 504", options: ["model": "minirocket", "features": "504"], rates: [],
      learns: false),
    StudentEntry(
      name: "MiniRocket 9996", options: ["model": "minirocket"], rates: [], learns: false),
  ]
  static let factors = [0.1, 1, 10]

  let set: TrialSet

  /// Does all trials of the set that are not done, scores the chosen ones on the test split and measures
  /// the first seed's packed files.
  func run() throws -> [StudentRow] {
    set.say("\(set.problem.name): teacher and plain students")
    let plain = try Self.entries.map { entry in
      try (entry.rates.isEmpty ? [nil] : entry.rates.map(Optional.some)).map { rate in
        try (1...set.choosingSeeds).map { try set.trained(options(entry, rate), seed: $0) }
      }
    }
    let teachers = try set.teachers(beside: plain.flatMap { $0.flatMap { $0 } })
    let used = teachers.all[teachers.used]
    let rates = zip(Self.entries, plain).map { entry, groups in
      entry.rates.isEmpty ? nil : entry.rates[set.best(groups, by: .loss)]
    }
    typealias Setting = (factor: Double, rate: String)
    func taught(
      _ entry: StudentEntry, _ setting: Setting, _ seeds: ClosedRange<Int>
    ) throws -> [Trial] {
      let own = options(entry, setting.rate).merging(["weight": "\(setting.factor)"]) { $1 }
      return try seeds.map { try set.distilled(own, teacher: used, seed: $0) }
    }
    let learners = Self.entries.filter(\.learns)
    set.say("\(set.problem.name): MemKD's weights and rates")
    let settings = learners.map { entry in
      Self.factors.flatMap { factor in entry.rates.map { Setting(factor: factor, rate: $0) } }
    }
    let grid = try zip(learners, settings).map { entry, settings in
      try settings.map { try taught(entry, $0, 1...set.choosingSeeds) }
    }
    try set.pool.run(grid.flatMap { $0.flatMap { $0 } })
    set.say("\(set.problem.name): all seeds")
    var groups = try Self.entries.indices.map { index in
      (
        name: Self.entries[index].name,
        trials: try (1...set.seeds).map {
          try set.trained(options(Self.entries[index], rates[index]), seed: $0)
        }
      )
    }
    for (index, entry) in learners.enumerated() {
      let setting = settings[index][set.best(grid[index], by: .loss)]
      groups.append(
        (name: "\(entry.name), MemKD", trials: try taught(entry, setting, 1...set.seeds)))
    }
    groups.insert((name: "teacher, LSTM 3x100", trials: teachers.all), at: 0)
    try set.pool.run(groups.flatMap { $0.trials })
    return try groups.map { try row($0.name, $0.trials) }
  }

  private func options(_ entry: StudentEntry, _ rate: String?) -> [String: String] {
    entry.options.merging(rate.map { ["learning-rate": $0] } ?? [:]) { $1 }
  }

  private func row(_ name: String, _ trials: [Trial]) throws -> StudentRow {
    let records = try trials.map { try set.tested($0) }
    var row = StudentRow(model: name, records: records)
    guard let index = records.firstIndex(where: { $0.failure == nil }) else { return row }
    try set.pool.run([trials[index]], needsWeights: true)
    let run = try ComparedRun(path: set.store.folder(of: trials[index]), data: set.data)
    let wide = try? run.packed(.float32).get(), narrow = try? run.packed(.int8).get()
    row.bytesFloat32 = wide?.count
    row.bytesInt8 = narrow?.count
    row.microseconds = try wide.map { try run.microseconds($0, on: .test) }
    return row
  }
}

/// One model of the table on one data set; sizes and speed are of the first seed that has a result, nil
/// where none has or a device cannot run the model.
package struct StudentRow: Encodable {
  /// The name in tables.
  package let model: String
  /// Trained numbers.
  package let parameters: Int?
  /// Bytes of the packed model file in float32, without provenance and self-test.
  package var bytesFloat32: Int?
  /// Bytes of the same in int8.
  package var bytesInt8: Int?
  /// For a case, by the runtime of devices, float32, on one thread.
  package var microseconds: Double?
  /// Fractions of the test split, one for each seed that has a result.
  package let aucPRC: [Double]
  /// Likewise.
  package let accuracy: [Double]
  /// Seeds whose training stopped at a NaN or infinity.
  package let failedSeeds: Int

  /// A row of the scores in records, one for each seed, without what is measured of packed files.
  package init(model: String, records: [TrialRecord]) {
    self.model = model
    parameters = records.first { $0.failure == nil }?.parameters
    aucPRC = records.compactMap { $0.test?.aucPRC }
    accuracy = records.compactMap { $0.test?.accuracy }
    failedSeeds = records.count { $0.failure != nil }
  }
}
