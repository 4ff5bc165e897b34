// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimLayers
import MinimLearning
import MinimSeries
import MinimTrials

/// A distillation method of the MemKD paper's table, with the scale of its weight.
struct DistillationEntry: Sendable {
  /// The name in tables.
  let name: String
  /// The options of `minim distill` that choose it.
  let options: [String: String]
  /// The published weight that the grid's factors multiply (methods, memkd 2).
  let unit: Double
}

/// The protocol of the MemKD paper (methods, memkd 1.5 and 1.8) on one data set, as trials.
///
/// Teacher: 3 LSTM layers of 100; its rate by validation AUC-PRC of one seed each, then five seeds, of
/// which validation AUC-PRC picks the teacher. Student: one LSTM layer of 8; its rate by the validation
/// loss of the plain student, the same for all methods. Each method: its weight by validation loss from
/// one grid of factors, then five seeds. Control: the same with a teacher that was never trained.
struct MemKDReproduction {
  static let methods = [
    DistillationEntry(name: "kd", options: ["method": "kd"], unit: 1),
    DistillationEntry(name: "dkd", options: ["method": "dkd"], unit: 1),
    DistillationEntry(name: "at", options: ["method": "at"], unit: 1000),
    DistillationEntry(name: "rkd-distance", options: ["method": "rkd-distance"], unit: 25),
    DistillationEntry(name: "rkd-angle", options: ["method": "rkd-angle"], unit: 50),
    DistillationEntry(name: "rkd-both", options: ["method": "rkd"], unit: 1),
    DistillationEntry(name: "fitnet", options: ["method": "fitnet"], unit: 100),
    DistillationEntry(name: "dt2w", options: ["method": "dt2w"], unit: 0.01),
    DistillationEntry(name: "memkd", options: ["method": "memkd"], unit: 1),
  ]
  static let factors = [0.01, 0.1, 1, 10, 100]
  static let teacherRates = ["0.001", "0.003", "0.01"]
  static let studentRates = ["0.01", "0.02", "0.05"]

  let data: String
  let name: String
  let seeds: Int
  let pool: TrialPool
  let store: TrialStore
  /// What is going on, and how far.
  let say: (String) -> Void
  private let dataIdentity: [String: String]
  private let problem: ClassificationProblem

  init(
    data: String, seeds: Int, pool: TrialPool, store: TrialStore,
    say: @escaping (String) -> Void
  ) throws {
    self.data = data
    self.seeds = seeds
    self.pool = pool
    self.store = store
    self.say = say
    problem = try ClassificationProblem(contentsOf: data)
    name = problem.name
    dataIdentity = ["data": dataHash(of: problem.train)]
  }

  /// Seeds that the choice of a weight or rate rests on.
  private var choosingSeeds: Int { min(3, seeds) }

  private func trial(
    _ command: String, _ options: [String: String], seed: Int, teacher: Trial? = nil
  ) throws -> Trial {
    var all = ["data": data, "length": "resample:100", "seed": "\(seed)"]
    var contents = dataIdentity
    if let teacher {
      all["teacher"] = store.folder(of: teacher)
      contents["teacher"] = teacher.id
    }
    return try .resolved(
      command: command, options: all.merging(options) { $1 }, contents: contents)
  }

  private func teacher(rate: String, seed: Int) throws -> Trial {
    try trial("train", ["layers": "3", "hidden": "100", "learning-rate": rate], seed: seed)
  }

  private func plain(rate: String, seed: Int) throws -> Trial {
    try trial("train", ["learning-rate": rate], seed: seed)
  }

  private func distilled(
    _ entry: DistillationEntry, factor: Double, rate: String, teacher: Trial, seed: Int
  ) throws -> Trial {
    let own = ["weight": "\(entry.unit * factor)", "learning-rate": rate]
    return try trial("distill", entry.options.merging(own) { $1 }, seed: seed, teacher: teacher)
  }

  private func summary(_ trials: [Trial]) -> TrialSummary {
    TrialSummary(trials.compactMap { store.record(of: $0) })
  }

  /// Does all trials of the set that are not done, and scores on the test split those that validation
  /// has chosen.
  func run() throws -> MemKDSetResult {
    say("\(name): teacher and plain student")
    let rates = try Self.teacherRates.map { try teacher(rate: $0, seed: 1) }
    let plains = try Self.studentRates.map { rate in
      try (1...seeds).map { try plain(rate: rate, seed: $0) }
    }
    try pool.run(rates + plains.flatMap { $0 })
    guard let rate = ChoiceRule.aucPRC.best(of: rates.map { summary([$0]) }),
      let studentChoice = ChoiceRule.loss.best(of: plains.map(summary))
    else { preconditionFailure("there are rates to choose from") }
    let teachers = try (1...seeds).map {
      try teacher(rate: Self.teacherRates[rate], seed: $0)
    }
    try pool.run(teachers)
    guard let bestTeacher = ChoiceRule.aucPRC.best(of: teachers.map { summary([$0]) }) else {
      preconditionFailure("there are teachers to choose from")
    }
    let untrained = try trial(
      "train", ["layers": "3", "hidden": "100", "epochs": "0"], seed: 1)
    let used = teachers[bestTeacher]
    try pool.run([used, untrained], needsWeights: true)

    let studentRate = Self.studentRates[studentChoice]
    say("\(name): weights of \(Self.methods.count) methods")
    let grid = try Self.methods.map { entry in
      try Self.factors.map { factor in
        try (1...choosingSeeds).map {
          try distilled(entry, factor: factor, rate: studentRate, teacher: used, seed: $0)
        }
      }
    }
    try pool.run(grid.flatMap { $0.flatMap { $0 } })
    let weights = grid.map { ChoiceRule.loss.best(of: $0.map(summary)) ?? 0 }
    func students(_ teacher: Trial) throws -> [[Trial]] {
      try zip(Self.methods, weights).map { entry, choice in
        try (1...seeds).map {
          try distilled(
            entry, factor: Self.factors[choice], rate: studentRate, teacher: teacher, seed: $0)
        }
      }
    }
    say("\(name): all seeds, and the control")
    let final = try students(used), control = try students(untrained)
    try pool.run((final + control).flatMap { $0 })

    var rows: [MemKDSetResult.Row] = []
    func add(_ name: String, _ trials: [Trial], weight: Double?, learningRate: String) throws {
      rows.append(
        try MemKDSetResult.Row(
          method: name, weight: weight, learningRate: learningRate,
          records: trials.map { try tested($0) }))
    }
    try add("teacher", teachers, weight: nil, learningRate: Self.teacherRates[rate])
    try add("plain", plains[studentChoice], weight: nil, learningRate: studentRate)
    for (index, entry) in Self.methods.enumerated() {
      try add(
        entry.name, final[index], weight: entry.unit * Self.factors[weights[index]],
        learningRate: studentRate)
    }
    for (index, entry) in Self.methods.enumerated() {
      try add(
        "\(entry.name), untrained teacher", control[index],
        weight: entry.unit * Self.factors[weights[index]], learningRate: studentRate)
    }
    return MemKDSetResult(
      set: name, classes: problem.train.classNames.count, trainCases: problem.train.cases.count,
      testCases: problem.test?.cases.count ?? 0, usedTeacherSeed: bestTeacher + 1, rows: rows)
  }

  /// The record of a chosen trial with its test scores.
  private func tested(_ trial: Trial) throws -> TrialRecord {
    guard var record = store.record(of: trial) else { preconditionFailure("the trial was done") }
    guard record.test == nil, record.failure == nil else { return record }
    guard let test = problem.test else {
      throw DataError(file: data, found: "no test part", expected: "a NAME_TEST file")
    }
    try pool.run([trial], needsWeights: true)
    let saved = try SavedClassifier(run: store.folder(of: trial))
    try saved.check(test)
    record.test = TrialScores(
      try scores(of: saved.model, on: saved.preparation.apply(to: test)))
    try store.add(record)
    return record
  }
}

/// What the protocol found on one data set; scores are of the test split.
struct MemKDSetResult: Encodable {
  struct Row: Encodable {
    let method: String
    /// The weight that validation chose.
    let weight: Double?
    let learningRate: String
    /// Fractions, one for each seed that has a result.
    let aucPRC: [Double]
    let aucROC: [Double]
    let accuracy: [Double]
    let parameters: Int
    /// Seconds of training, all seeds together, on one thread.
    let seconds: Double
    let failedSeeds: Int

    init(method: String, weight: Double?, learningRate: String, records: [TrialRecord]) {
      self.method = method
      self.weight = weight
      self.learningRate = learningRate
      aucPRC = records.compactMap { $0.test?.aucPRC }
      aucROC = records.compactMap { $0.test?.aucROC }
      accuracy = records.compactMap { $0.test?.accuracy }
      parameters = records.first?.parameters ?? 0
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
}
