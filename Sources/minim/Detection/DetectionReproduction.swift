// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimDetection
import MinimLayers
import MinimSeries
import MinimTrials

/// Problems that a table speaks of as one data set.
struct DetectionSet: Sendable {
  /// The name in tables.
  let name: String
  /// The folder, below that of all data.
  let path: String
  /// Problems that are not counted.
  var leftOut: Set<String> = []
  /// What the GON paper says of its own detector.
  var published: (pointAdjustedF1: Double, gigabytes: Double)?

  /// The sets of the GON paper, then others.
  ///
  /// `gon_msds` is called MSDS there, and is a part of a machine
  /// of SMD (methods, gon 0.5). SMAP's P-2 is listed twice with other anomalies; nobody counts it (methods, gon 4).
  static let all = [
    DetectionSet(name: "FTSAD-1", path: "ftsad/FTSAD-1", published: (0.8143, 0.2134)),
    DetectionSet(name: "FTSAD-25", path: "ftsad/FTSAD-25", published: (0.9819, 0.5103)),
    DetectionSet(name: "FTSAD-55", path: "ftsad/FTSAD-55", published: (0.9462, 1.4083)),
    DetectionSet(name: "gon_smd", path: "gon_smd", published: (0.8238, 2.5042)),
    DetectionSet(name: "gon_msds", path: "gon_msds", published: (0.8258, 2.0839)),
    DetectionSet(name: "NAB", path: "nab"),
    DetectionSet(name: "MSL", path: "msl"),
    DetectionSet(name: "SMAP", path: "smap", leftOut: ["P-2"]),
    DetectionSet(name: "SMD", path: "smd"),
  ]
}

/// A detector of a table.
struct DetectorEntry: Sendable {
  /// The name in the table.
  let name: String
  /// The options of `minim train --task detect` that choose it.
  let options: [String: String]
  /// The entry above it from which it learns, of the same seed.
  var teacher: String?
}

/// Detectors on the problems of one data set, as trials: each is trained on each problem with each seed
/// and judged on its test rows.
struct DetectionReproduction {
  let set: DetectionSet
  /// The folder of the set.
  let data: String
  /// Of every so many-th problem, from the first on, in the order of their names, one joined problem
  /// (`DetectionProblem.joined`); nil: each for itself.
  var joinedEvery: Int?
  let entries: [DetectorEntry]
  /// The options of `evaluate-detector`.
  var judging: [String: String] = [:]
  let seeds: Int
  let pool: TrialPool
  let store: TrialStore
  /// Hears what is going on, and how many of how many trials are finished.
  let say: (String) -> Void

  /// Does all trials that are not done; `show` gets the table whenever a detector has all its results.
  func run(
    show: (DetectionSetResult) throws -> Void = { _ in }
  ) throws -> DetectionSetResult {
    let places = try places()
    let trivial = try places.map { place in
      try Trial.resolved(
        command: "evaluate-detector", options: place.options.merging(judging) { $1 },
        contents: ["data": place.hash])
    }
    func trained(_ entry: DetectorEntry, _ place: Place, _ seed: Int) throws -> Trial {
      var own = entry.options.merging(["task": "detect", "seed": "\(seed)"]) { $1 }
      var contents = ["data": place.trainHash]
      if let teacher = entries.first(where: { $0.name == entry.teacher }) {
        let trial = try trained(teacher, place, seed)
        own["teacher"] = store.folder(of: trial)
        contents["teacher"] = trial.id
      }
      return try .resolved(
        command: "train", options: place.options.merging(own) { $1 }, contents: contents)
    }
    func evaluation(of training: Trial, _ place: Place) throws -> Trial {
      try .resolved(
        command: "evaluate-detector",
        options: place.options.merging(judging) { $1 }
          .merging(["detector": store.folder(of: training)]) { $1 },
        contents: ["data": place.hash, "detector": training.id])
    }
    try pool.run(trivial)
    var result = DetectionSetResult(
      set: set.name, problems: places.flatMap(\.names).count,
      joined: joinedEvery == nil ? nil : places.flatMap(\.names),
      testRows: places.map(\.testRows).reduce(0, +),
      legacyGigabytes: Dictionary(
        uniqueKeysWithValues: LegacyMemory.allCases.map { model in
          (
            model.rawValue,
            places.map { model.gigabytes(channels: $0.channels, testRows: $0.testRows) }.max() ?? 0
          )
        }),
      rows: [],
      trivial: DetectionSetResult.trivial(trivial.compactMap { store.record(of: $0)?.measures }))
    for entry in entries {
      let teacher = entries.first { $0.name == entry.teacher }
      let trials = try (1...seeds).map { seed in
        try places.map { place in
          let training = try trained(entry, place, seed)
          return (
            training: training, evaluation: try evaluation(of: training, place),
            teacher: try teacher.map { try trained($0, place, seed) }
          )
        }
      }
      // What learns from a teacher that failed has no result.
      let waiting = trials.flatMap { $0 }.filter { trial in
        store.record(of: trial.evaluation) == nil
          && trial.teacher.flatMap { store.record(of: $0)?.failure } == nil
      }
      func progress(_ what: String) -> (Int) -> Void {
        { done in
          if done == waiting.count || done % 10 == 0 {
            say("\(set.name), \(entry.name): \(done) of \(waiting.count) \(what)")
          }
        }
      }
      let teachers = waiting.filter { !store.hasWeights(of: $0.training) }.compactMap(\.teacher)
      try pool.run(teachers, needsWeights: true)
      try pool.run(waiting.map(\.training), needsWeights: true, progress: progress("trained"))
      let trained = waiting.filter { store.record(of: $0.training)?.failure == nil }
      try pool.run(trained.map(\.evaluation), progress: progress("judged"))
      result.rows.append(
        DetectionSetResult.Row(
          model: entry.name,
          seeds: trials.map { seed in
            seed.map { (store.record(of: $0.training), store.record(of: $0.evaluation)) }
          }))
      try show(result)
    }
    return result
  }

  /// What one detector learns and is judged on: a problem, or several joined.
  private struct Place {
    let names: [String]
    /// The options that choose it.
    let options: [String: String]
    /// The contents that training and judging depend on.
    let trainHash: String
    let hash: String
    let channels: Int
    let testRows: Int
  }

  private func places() throws -> [Place] {
    let sources = try detectionSources(at: data)
    let counted = sources.filter { !set.leftOut.contains($0.name) }
    if let joinedEvery {
      let chosen = stride(from: 0, to: counted.count, by: joinedEvery).map { counted[$0] }
      let problem = try DetectionProblem.joined(chosen.map { try $0.read() })
      let names = chosen.map(\.name)
      return [
        Place(
          names: names, options: ["data": data, "joined": names.joined(separator: ",")],
          trainHash: dataHash(of: problem.train), hash: dataHash(of: problem),
          channels: problem.train.channels, testRows: problem.test?.count ?? 0)
      ]
    }
    return try counted.map { source in
      let problem = try source.read(), hash = dataHash(of: problem)
      return Place(
        names: [source.name],
        options: ["data": data].merging(sources.count == 1 ? [:] : ["only": source.name]) { $1 },
        trainHash: hash, hash: hash, channels: problem.train.channels,
        testRows: problem.test?.count ?? 0)
    }
  }
}

/// What detectors came to on one data set.
///
/// Figures are fractions of the test split.
struct DetectionSetResult: Encodable {
  /// One detector.
  struct Row: Encodable {
    let model: String
    /// For each seed the means of each figure over the problems that have it.
    let seeds: [[String: Double]]
    /// Problems times seeds without a result: the training met a NaN.
    let failures: Int
    /// Problems times seeds whose transformer makes the same row of every window; nil where that was not looked at.
    let constants: Int?
    /// The most of any problem and seed, of training or scoring, above the process's start.
    let peakBytes: Double
    /// Numbers that the detector is made of: the mean over problems.
    let numbers: Double
    /// Seconds of processor time of training and of scoring all problems, the mean over seeds.
    let trainSeconds: Double
    let scoreSeconds: Double

    enum CodingKeys: String, CodingKey {
      case model, seeds, failures, constants, numbers
      case peakBytes = "peak_bytes"
      case trainSeconds = "train_seconds"
      case scoreSeconds = "score_seconds"
    }

    init(model: String, seeds: [[(training: TrialRecord?, evaluation: TrialRecord?)]]) {
      self.model = model
      self.seeds = seeds.map { problems in
        meanFigures(of: problems.compactMap { $0.evaluation?.measures })
      }
      let all = seeds.flatMap { $0 }
      failures = all.count { $0.evaluation?.measures == nil }
      func values(_ name: String, _ record: TrialRecord?) -> Double? { record?.measures?[name] }
      let constant = all.compactMap { values("constant_output", $0.training) }
      constants = constant.isEmpty ? nil : constant.count { $0 == 1 }
      peakBytes =
        all.flatMap {
          [values("train_peak_bytes", $0.training), values("score_peak_bytes", $0.evaluation)]
        }.compactMap { $0 }.max() ?? 0
      let sizes = all.compactMap { values("numbers", $0.training) }
      numbers = sizes.reduce(0, +) / Double(max(1, sizes.count))
      let count = Double(max(1, seeds.count))
      trainSeconds = all.reduce(0) { $0 + ($1.training?.seconds ?? 0) } / count
      scoreSeconds = all.reduce(0) { $0 + ($1.evaluation?.seconds ?? 0) } / count
    }

    /// A figure of each seed that has it.
    func figure(_ name: String) -> [Double] { seeds.compactMap { $0[name] } }
  }

  let set: String
  let problems: Int
  /// The names of problems that are one detector's streams; nil where each has a detector of its own.
  let joined: [String]?
  let testRows: Int
  /// The memory figure of the GON paper for its models, of the largest problem.
  let legacyGigabytes: [String: Double]
  var rows: [Row]
  /// The scores that take no training: their figures by name, means over problems.
  let trivial: [String: [String: Double]]

  enum CodingKeys: String, CodingKey {
    case set, problems, joined, rows, trivial
    case testRows = "test_rows"
    case legacyGigabytes = "legacy_gigabytes"
  }

  /// Splits measures named "SCORE: FIGURE" by score.
  static func trivial(_ problems: [[String: Double]]) -> [String: [String: Double]] {
    var table: [String: [String: Double]] = [:]
    for (name, value) in meanFigures(of: problems) {
      guard let colon = name.range(of: ": ") else { continue }
      table[String(name[..<colon.lowerBound]), default: [:]][String(name[colon.upperBound...])] =
        value
    }
    return table
  }
}

/// The mean of each figure over the lists that have it.
func meanFigures(of lists: [[String: Double]]) -> [String: Double] {
  var sums: [String: (total: Double, count: Int)] = [:]
  for (name, value) in lists.joined() {
    let known = sums[name] ?? (0, 0)
    sums[name] = (known.total + value, known.count + 1)
  }
  return sums.mapValues { $0.total / Double($0.count) }
}
