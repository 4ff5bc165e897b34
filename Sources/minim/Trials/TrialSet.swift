// SPDX-License-Identifier: Apache-2.0
import MinimLayers
import MinimLearning
import MinimSeries
import MinimTrials

/// Trials on one data set, as the protocols of `minim reproduce` put them together.
struct TrialSet {
  /// The folder of the problem.
  let data: String
  let problem: ClassificationProblem
  /// Seeds of every model.
  let seeds: Int
  let pool: TrialPool
  let store: TrialStore
  /// How series of different length become one.
  let length: String
  /// Hears what is going on.
  let say: (String) -> Void
  private let identity: [String: String]
  /// The test part with its fingerprint.
  private let test: (set: SeriesSet, hash: String)?

  /// Trials on a problem, which was read from the folder `data`.
  init(
    data: String, problem: ClassificationProblem, seeds: Int, pool: TrialPool, store: TrialStore,
    length: String = "resample:100", say: @escaping (String) -> Void
  ) {
    self.data = data
    self.problem = problem
    self.seeds = seeds
    self.pool = pool
    self.store = store
    self.length = length
    self.say = say
    identity = ["data": dataHash(of: problem.train)]
    test = problem.test.map { ($0, dataHash(of: $0)) }
  }

  /// Seeds that the choice of a rate or weight rests on.
  var choosingSeeds: Int { min(3, seeds) }

  /// `minim train` on the series.
  func trained(_ options: [String: String], seed: Int) throws -> Trial {
    try trial("train", options, seed: seed, contents: identity)
  }

  /// `minim distill`, likewise.
  func distilled(_ options: [String: String], teacher: Trial, seed: Int) throws -> Trial {
    let own = ["teacher": store.folder(of: teacher)]
    return try trial(
      "distill", options.merging(own) { $1 }, seed: seed,
      contents: identity.merging(["teacher": teacher.id]) { $1 })
  }

  private func trial(
    _ command: String, _ options: [String: String], seed: Int, contents: [String: String]
  ) throws -> Trial {
    let shared = ["data": data, "length": length, "seed": "\(seed)"]
    return try .resolved(
      command: command, options: shared.merging(options) { $1 }, contents: contents)
  }

  /// The index of the group of finished trials that validation likes best; the first where none has a
  /// result.
  func best(_ groups: [[Trial]], by rule: ChoiceRule) -> Int {
    let summaries = groups.map { group in TrialSummary(group.compactMap { store.record(of: $0) }) }
    return rule.best(of: summaries) ?? 0
  }

  /// The teacher of the MemKD paper: 3 LSTM layers of 100; its rate by the validation AUC-PRC of one
  /// seed each, then all seeds, of which validation AUC-PRC picks the one to learn from.
  ///
  /// `beside` are trials to do meanwhile. The picked teacher's weights are here afterwards. Throws
  /// `TrialError`, also where no teacher's training ended well.
  func teachers(beside: [Trial]) throws -> (all: [Trial], used: Int, rate: String) {
    let rates = ["0.001", "0.003", "0.01"]
    func teacher(_ rate: String, _ seed: Int) throws -> Trial {
      try trained(["layers": "3", "hidden": "100", "learning-rate": rate], seed: seed)
    }
    let first = try rates.map { [try teacher($0, 1)] }
    try pool.run(first.flatMap { $0 } + beside)
    let rate = rates[best(first, by: .aucPRC)]
    let all = try (1...seeds).map { try teacher(rate, $0) }
    try pool.run(all)
    let used = best(all.map { [$0] }, by: .aucPRC)
    if let failure = store.record(of: all[used])?.failure {
      throw TrialError.failed(id: all[used].id, message: "no teacher has a result: \(failure)")
    }
    try pool.run([all[used]], needsWeights: true)
    return (all, used, rate)
  }

  /// The record of a chosen trial with its test scores, which are found now where they are not known
  /// or are of another test part.
  func tested(_ trial: Trial) throws -> TrialRecord {
    guard var record = store.record(of: trial) else { preconditionFailure("the trial was done") }
    guard let test else {
      throw DataError(file: data, found: "no test part", expected: "a NAME_TEST file")
    }
    guard record.failure == nil, !record.isTested(on: test.hash) else { return record }
    try pool.run([trial], needsWeights: true)
    let saved = try SavedClassifier(run: store.folder(of: trial))
    try saved.check(test.set)
    let found = try scores(of: saved.model, on: saved.preparation.apply(to: test.set))
    record.add(test: TrialScores(found), on: test.hash)
    try store.add(record)
    return record
  }
}
