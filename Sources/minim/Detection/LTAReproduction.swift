// SPDX-License-Identifier: Apache-2.0
import MinimLayers
import MinimSeries
import MinimTrials

/// A set of LTA-MSCRED's table: some channels of a spacecraft, joined.
struct LTASet: Sendable {
  let set: DetectionSet
  /// Every so many-th channel file is taken, from the first on, in the order of their names.
  let every: Int
  /// Rows of a sample: the teacher's, and the students'.
  let teacherSpan: Int
  let spans: [Int]
  /// Point-adjusted F1 in the paper: the teacher's, and by span those of the student alone and with each memory (methods, gon 3.3).
  let publishedTeacher: Double
  let published: [Int: [String: Double]]

  static let all: [LTASet] = [
    (
      "SMAP", 9, 100, [100, 50, 25], 0.81,
      [
        100: ["": 0.79, "rnn": 0.83, "lstm": 0.82, "gru": 0.83],
        50: ["": 0.77, "rnn": 0.81, "lstm": 0.81, "gru": 0.82],
        25: ["": 0.76, "rnn": 0.80, "lstm": 0.80, "gru": 0.81],
      ]
    ),
    (
      "MSL", 5, 800, [800, 400, 200, 100], 0.79,
      [
        800: ["": 0.77, "rnn": 0.90, "lstm": 0.89, "gru": 0.88],
        400: ["": 0.70, "rnn": 0.81, "lstm": 0.75, "gru": 0.80],
        200: ["": 0.66, "rnn": 0.73, "lstm": 0.69, "gru": 0.73],
        100: ["": 0.63, "rnn": 0.67, "lstm": 0.65, "gru": 0.66],
      ]
    ),
  ].compactMap { name, every, teacherSpan, spans, teacher, published in
    DetectionSet.all.first { $0.name == name }.map {
      LTASet(
        set: $0, every: every, teacherSpan: teacherSpan, spans: spans, publishedTeacher: teacher,
        published: published)
    }
  }
}

/// A model of the table.
struct LTAEntry: Sendable {
  /// The name in tables.
  let name: String
  let model: String
  let span: Int
  /// The cell of its memory; nil for none.
  var accumulator: String?
  /// Whether it learns from the teacher.
  var learns = false
  /// The paper's point-adjusted F1.
  var published: Double?

  /// The teacher, then for each span the student alone, taught, with each memory, with each and taught, and the device's
  /// taught with a memory.
  static func all(of set: LTASet, spans: [Int]) -> [LTAEntry] {
    let cells = ["rnn", "lstm", "gru"]
    let teacher = LTAEntry(
      name: "Base", model: "mscred", span: set.teacherSpan, published: set.publishedTeacher)
    return [teacher]
      + spans.flatMap { span -> [LTAEntry] in
        let published = set.published[span] ?? [:]
        return [
          LTAEntry(name: "Base_small", model: "mscred-small", span: span, published: published[""]),
          LTAEntry(name: "taught", model: "mscred-small", span: span, learns: true),
        ]
          + cells.map {
            LTAEntry(
              name: "memory \($0)", model: "mscred-small", span: span, accumulator: $0)
          }
          + cells.map {
            LTAEntry(
              name: "memory \($0), taught", model: "mscred-small", span: span, accumulator: $0,
              learns: true, published: published[$0])
          }
          + [
            LTAEntry(
              name: "device, memory gru, taught", model: "mscred-device", span: span,
              accumulator: "gru", learns: true)
          ]
      }
  }
}

/// One row of the table: figures by name, one value for each seed that has a result.
struct LTARow: Encodable {
  let model: String
  let span: Int
  let published: Double?
  let numbers: Double
  let figures: [String: [Double]]
  /// Seeds whose training stopped at a NaN or infinity.
  let failures: Int
  /// Processor seconds of training and of scoring the test rows, means over seeds.
  let trainSeconds: Double
  let scoreSeconds: Double
  /// The most memory of a training above its start.
  let peakBytes: Double
}

/// The table of one set.
struct LTAResult: Encodable {
  let set: String
  /// The channel files that were taken, and how many the set has.
  let channels: [String]
  let files: Int
  let testRows: Int
  var rows: [LTARow]
  /// The figures of scores that take no training, by name.
  let trivial: [String: [String: Double]]
}

/// LTA-MSCRED's experiments as trials.
struct LTAReproduction {
  let set: LTASet
  /// The folder of the set.
  let data: String
  let spans: [Int]
  let seeds: Int
  /// Passes over the windows.
  let epochs: Int
  let pool: TrialPool
  let store: TrialStore
  let say: (String) -> Void

  /// Does what is not done; `show` gets the table whenever a model has all its seeds.
  func run(show: (LTAResult) throws -> Void) throws -> LTAResult {
    let sources = try detectionSources(at: data).filter { !set.set.leftOut.contains($0.name) }
    let chosen = stride(from: 0, to: sources.count, by: set.every).map { sources[$0] }
    let problem = try DetectionProblem.joined(chosen.map { try $0.read() })
    let contents = ["data": dataHash(of: problem.train)], all = ["data": dataHash(of: problem)]
    let names = chosen.map(\.name)
    let place = ["data": data, "joined": names.joined(separator: ",")]
    let judging = place.merging(["times-largest": "1.5"]) { $1 }
    let trivial = try Trial.resolved(
      command: "evaluate-detector", options: judging, contents: all)
    try pool.run([trivial])
    let entries = LTAEntry.all(of: set, spans: spans)
    func training(_ entry: LTAEntry, _ seed: Int) throws -> Trial {
      var options = place.merging([
        "task": "detect", "model": entry.model, "window": "\(entry.span)", "stride": "50",
        "epochs": "\(epochs)", "seed": "\(seed)",
      ]) { $1 }
      var contents = contents
      options["accumulator"] = entry.accumulator
      if entry.learns {
        let teacher = try training(entries[0], seed)
        options["teacher"] = store.folder(of: teacher)
        contents["teacher"] = teacher.id
      }
      return try .resolved(command: "train", options: options, contents: contents)
    }
    var result = LTAResult(
      set: set.set.name, channels: names, files: sources.count, testRows: problem.test?.count ?? 0,
      rows: [],
      trivial: DetectionSetResult.trivial(
        [store.record(of: trivial)?.measures].compactMap { $0 }))
    for entry in entries {
      say("\(set.set.name): \(entry.name), \(entry.span)")
      let trials = try (1...seeds).map { seed in
        let own = try training(entry, seed)
        return (
          training: own,
          evaluation: try Trial.resolved(
            command: "evaluate-detector",
            options: judging.merging(["detector": store.folder(of: own)]) { $1 },
            contents: all.merging(["detector": own.id]) { $1 })
        )
      }
      // A seed whose teacher failed has no result.
      let waiting = try trials.enumerated().filter { index, trial in
        guard store.record(of: trial.evaluation) == nil else { return false }
        return try !entry.learns
          || store.record(of: training(entries[0], index + 1))?.failure == nil
      }.map(\.element)
      if entry.learns, !waiting.isEmpty {
        try pool.run((1...seeds).map { try training(entries[0], $0) }, needsWeights: true)
      }
      try pool.run(waiting.map(\.training), needsWeights: true)
      try pool.run(
        waiting.filter { store.record(of: $0.training)?.failure == nil }.map(\.evaluation))
      result.rows.append(row(entry, trials.map { ($0.training, $0.evaluation) }))
      try show(result)
    }
    return result
  }

  private func row(_ entry: LTAEntry, _ trials: [(Trial, Trial)]) -> LTARow {
    let trained = trials.compactMap { store.record(of: $0.0) }
    let judged = trials.compactMap { store.record(of: $0.1) }
    let names = Set(judged.flatMap { $0.measures.map { Array($0.keys) } ?? [] })
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }
    func values(_ name: String, _ records: [TrialRecord]) -> [Double] {
      records.compactMap { $0.measures?[name] }
    }
    return LTARow(
      model: entry.name, span: entry.span, published: entry.published,
      numbers: mean(values("numbers", trained)),
      figures: Dictionary(uniqueKeysWithValues: names.map { ($0, values($0, judged)) }),
      failures: trials.count - judged.count,
      trainSeconds: mean(trained.map(\.seconds)), scoreSeconds: mean(judged.map(\.seconds)),
      peakBytes: values("train_peak_bytes", trained).max() ?? 0)
  }
}
