// SPDX-License-Identifier: Apache-2.0
import MinimSeries
package import MinimTrials

/// A distillation method of the MemKD paper's table.
struct DistillationEntry: Sendable {
  /// The name, in tables and of `minim distill`.
  let method: String
  /// The published weight, which the grid's factors multiply (methods, memkd 2).
  let unit: Double
}

/// The protocol of the MemKD paper (methods, memkd 1.5 and 1.8) on one data set, as trials.
///
/// Student: one LSTM layer of 8, its rate by validation loss. Each method: its weight and rate by
/// validation loss from one grid, then all seeds. Control: the same with a teacher that was never
/// trained.
struct MemKDReproduction {
  static let methods = [
    DistillationEntry(method: "kd", unit: 1),
    DistillationEntry(method: "dkd", unit: 1),
    DistillationEntry(method: "at", unit: 1000),
    DistillationEntry(method: "rkd-distance", unit: 25),
    DistillationEntry(method: "rkd-angle", unit: 50),
    DistillationEntry(method: "rkd", unit: 1),
    DistillationEntry(method: "fitnet", unit: 100),
    DistillationEntry(method: "dt2w", unit: 0.01),
    DistillationEntry(method: "memkd", unit: 1),
  ]
  static let factors = [0.01, 0.1, 1, 10, 100]
  static let studentRates = ["0.01", "0.02", "0.05"]

  let set: TrialSet

  /// Does all trials of the set that are not done, and scores on the test split those that validation
  /// has chosen.
  func run() throws -> MemKDSetResult {
    let name = set.problem.name, seeds = 1...set.seeds
    set.say("\(name): teacher and plain student")
    let plains = try Self.studentRates.map { rate in
      try seeds.map { try set.trained(["learning-rate": rate], seed: $0) }
    }
    let teachers = try set.teachers(beside: plains.flatMap { $0 })
    let plainChoice = set.best(plains, by: .loss)
    let untrained = try set.trained(["layers": "3", "hidden": "100", "epochs": "0"], seed: 1)
    try set.pool.run([untrained], needsWeights: true)

    typealias Setting = (weight: Double, rate: String)
    func students(
      _ entry: DistillationEntry, _ setting: Setting, _ teacher: Trial, _ seeds: ClosedRange<Int>
    ) throws -> [Trial] {
      let options = [
        "method": entry.method, "weight": "\(setting.weight)", "learning-rate": setting.rate,
      ]
      return try seeds.map { try set.distilled(options, teacher: teacher, seed: $0) }
    }
    let used = teachers.all[teachers.used]
    set.say("\(name): weights and rates of \(Self.methods.count) methods")
    let settings = Self.methods.map { entry in
      Self.factors.flatMap { factor in
        Self.studentRates.map { Setting(weight: entry.unit * factor, rate: $0) }
      }
    }
    let grid = try zip(Self.methods, settings).map { entry, settings in
      try settings.map { try students(entry, $0, used, 1...set.choosingSeeds) }
    }
    try set.pool.run(grid.flatMap { $0.flatMap { $0 } })
    let chosen = zip(settings, grid).map { $0[set.best($1, by: .loss)] }
    set.say("\(name): all seeds, and the control")
    func all(_ teacher: Trial) throws -> [[Trial]] {
      try zip(Self.methods, chosen).map { try students($0, $1, teacher, seeds) }
    }
    let final = try all(used), control = try all(untrained)
    try set.pool.run((final + control).flatMap { $0 })

    var rows: [MemKDSetResult.Row] = []
    func add(_ name: String, _ trials: [Trial], weight: Double?, rate: String) throws {
      rows.append(
        MemKDSetResult.Row(
          method: name, weight: weight, learningRate: rate,
          records: try trials.map { try set.tested($0) }))
    }
    try add("teacher", teachers.all, weight: nil, rate: teachers.rate)
    try add("plain", plains[plainChoice], weight: nil, rate: Self.studentRates[plainChoice])
    for (suffix, groups) in [("", final), (", untrained teacher", control)] {
      for (index, entry) in Self.methods.enumerated() {
        let setting = chosen[index]
        try add(entry.method + suffix, groups[index], weight: setting.weight, rate: setting.rate)
      }
    }
    return MemKDSetResult(
      set: name, classes: set.problem.train.classNames.count,
      trainCases: set.problem.train.cases.count, testCases: set.problem.test?.cases.count ?? 0,
      usedTeacherSeed: teachers.used + 1, rows: rows)
  }
}

/// What the protocol found on one data set; scores are of the test split.
package struct MemKDSetResult: Encodable {
  /// One method.
  package struct Row: Encodable {
    let method: String
    /// The weight that validation chose.
    let weight: Double?
    let learningRate: String
    /// Fractions, one for each seed that has a result.
    let aucPRC: [Double]
    let aucROC: [Double]
    let accuracy: [Double]
    let parameters: Int
    let failedSeeds: Int
    /// Seconds of training, all seeds together, on one thread; not encoded, so that two reproductions
    /// have the same results.
    let seconds: Double

    enum CodingKeys: CodingKey {
      case method, weight, learningRate, aucPRC, aucROC, accuracy, parameters, failedSeeds
    }

    /// A row of the test scores in records, one for each seed.
    package init(method: String, weight: Double?, learningRate: String, records: [TrialRecord]) {
      self.method = method
      self.weight = weight
      self.learningRate = learningRate
      aucPRC = records.compactMap { $0.test?.aucPRC }
      aucROC = records.compactMap { $0.test?.aucROC }
      accuracy = records.compactMap { $0.test?.accuracy }
      parameters = records.map(\.parameters).max() ?? 0
      seconds = records.reduce(0) { $0 + $1.seconds }
      failedSeeds = records.count { $0.failure != nil }
    }
  }
  let set: String
  let classes: Int
  let trainCases: Int
  let testCases: Int
  /// The seed of the teacher that the students learned from.
  let usedTeacherSeed: Int
  let rows: [Row]

  /// A result from its parts.
  package init(
    set: String, classes: Int, trainCases: Int, testCases: Int, usedTeacherSeed: Int, rows: [Row]
  ) {
    self.set = set
    self.classes = classes
    self.trainCases = trainCases
    self.testCases = testCases
    self.usedTeacherSeed = usedTeacherSeed
    self.rows = rows
  }
}
