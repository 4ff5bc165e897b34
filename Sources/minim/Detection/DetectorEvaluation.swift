// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MinimDetection
import MinimHost
import MinimLayers
import MinimRuntime
import MinimScores
import MinimSeries

/// The options of `eval` that detectors alone have.
struct DetectorEvaluationOptions: ParsableArguments {
  @Option(
    help:
      "Of a detector: the problem, where the folder holds several; of one trained with --joined some of them, comma-separated."
  )
  var only: String?
  @OptionGroup var peaks: PeakOptions
  @Option(help: "Of a detector: a file to write the scores of the test rows to.")
  var scoresOut: String?

  /// Refuses all of them, by one line that names the option.
  func refuseAny() throws(OptionError) {
    let own = [("only", only != nil), ("scores-out", scoresOut != nil)]
    for (name, isGiven) in own + peaks.given where isGiven {
      throw OptionError(
        "--\(name): found it, expected none but with the run of a detector")
    }
  }

  /// Prints the figures of the detector in a run folder.
  func evaluate(
    _ run: String, data: String, startBytes: Int, output: OutputOptions
  ) throws {
    let rule = try peaks.rule(), threshold = peaks.threshold
    if DetectorFleet.isOne(path: run) {
      for (name, isGiven) in [
        ("only", only != nil), ("threshold", threshold != nil), ("scores-out", scoresOut != nil),
      ] where isGiven {
        throw OptionError("--\(name): found it, expected none with a fleet of detectors")
      }
      let result = try FleetEvaluation(path: run, data: data, rule: rule, startBytes: startBytes)
      if output.json { try output.printJSON(result) } else { print(result.text) }
      return
    }
    let problem = try SavedDetector(run: run).problem(at: data, only: only)
    if let scoresOut, problem.test?.labels == nil {
      let result = try ScoredRows(
        run: run, rows: problem.test ?? problem.train, rule: rule, given: threshold, out: scoresOut)
      if output.json { try output.printJSON(result) } else { print(result.text) }
      return
    }
    let (result, scores) = try DetectorEvaluation.of(
      run: run, problem: problem, rule: rule, given: threshold, startBytes: startBytes)
    if let scoresOut { try writeScores(scores, to: scoresOut) }
    if output.json { try output.printJSON(result) } else { print(result.text) }
  }
}

/// What `eval` says of a detector: its figures on the test split beside those of scores that take no
/// training.
struct DetectorEvaluation: Encodable {
  let split = "test"
  let model: String
  let data: String
  let parameters: Int
  /// The threshold's origin: "pot of N calibration scores", or "given".
  let thresholdRule: String
  /// The number of calibration scores, where the threshold is from them.
  let calibrationScores: Int?
  /// Values of the test recording that were clipped.
  let clippedValues: Int
  /// The detector first, then random scores, distance from the training mean, distance outside the
  /// training range; the trivial ones have thresholds by the same rule from all training rows.
  let table: AnomalyTable
  /// Random scores that raise as many alarms as the detector.
  let randomAlarms: AnomalyReport
  let expense: Expense
  /// Why no alarm can come; nil where one can.
  let warning: String?

  enum CodingKeys: String, CodingKey {
    case split, model, data, parameters, table, expense, warning
    case randomAlarms = "random_alarms"
    case thresholdRule = "threshold_rule"
    case clippedValues = "clipped_values"
    case calibrationScores = "calibration_scores"
  }
}

/// A problem whose test rows are labelled: what scores of them are judged by.
struct LabelledProblem {
  let problem: DetectionProblem
  let test: Recording
  let labels: [Bool]
  /// The longest buffer of the volumes, from the autocorrelation of the first channel.
  let buffer: Int

  /// Throws `DataError` without test rows or labels.
  init(_ problem: DetectionProblem) throws {
    guard let test = problem.test, let labels = test.labels else {
      throw DataError(
        file: problem.name, found: problem.test == nil ? "no test part" : "no labels",
        expected: "a labelled test recording")
    }
    self.problem = problem
    self.test = test
    self.labels = labels
    buffer = try bufferLength(
      fromAutocorrelationOf: (0..<test.count).map { Double(test.values[$0 * test.channels]) })
  }

  /// All figures of scores of the test rows.
  func report(_ scores: [Double], threshold: Double?) throws -> AnomalyReport {
    // A threshold beyond all numbers raises no alarm, as the largest number does.
    let finite = threshold.map { min($0, Double.greatestFiniteMagnitude) }
    return try AnomalyReport(
      LabelledScores(scores: scores, labels: labels), threshold: finite, maximumBuffer: buffer)
  }

  /// Random scores, distance from the training mean and outside the training range, with thresholds by
  /// a rule from all training rows.
  func trivialRows(_ rule: ThresholdRule) throws -> [AnomalyTable.Row] {
    try TrivialDetector.all(problem.train).map { trivial in
      AnomalyTable.Row(
        name: trivial.name,
        report: try report(
          trivial.scores(test, 1),
          threshold: rule.threshold(from: trivial.scores(problem.train, 2))))
    }
  }
}

extension DetectorEvaluation {
  /// Scores the test recording of a problem; the result and the scores.
  ///
  /// `given` replaces the detector's threshold. Throws `DataError` without test rows or labels.
  static func of(
    run: String, problem: DetectionProblem, rule: ThresholdRule, given: Double?, startBytes: Int
  ) throws -> (result: DetectorEvaluation, scores: [Double]) {
    let judged = try LabelledProblem(problem)
    let saved = try SavedDetector(run: run)
    let (scored, expense) = try Expense.measuring(above: startBytes) {
      try saved.scores(of: judged.test)
    }
    let scores = scored.rows.scores
    let threshold = try given ?? rule.threshold(from: saved.calibration)
    let own = AnomalyTable.Row(
      name: "detector", report: try judged.report(scores, threshold: threshold))
    let chance = RandomAlarms(like: scores, threshold: threshold)
    let result = DetectorEvaluation(
      model: saved.name, data: problem.name,
      parameters: saved.detector.storedCount,
      thresholdRule: given == nil ? rule.text(for: saved.calibration.count) : "given",
      calibrationScores: given == nil ? saved.calibration.count : nil,
      clippedValues: scored.clipped,
      table: AnomalyTable(rows: [own] + (try judged.trivialRows(rule))),
      randomAlarms: try judged.report(chance.scores, threshold: chance.threshold), expense: expense,
      warning: saved.reachWarning(threshold))
    return (result, scores)
  }

  /// The table for a terminal.
  var text: String {
    """
    \(data): \(table.text)

    Percent; threshold \(table.rows[0].report.atThreshold.map { "\($0.threshold)" } ?? "none"), \(thresholdRule). \
    \(table.bufferText) Point adjustment counts a whole segment as found by one alarm: look at random.
    \(String(format: "%.2f s, %.1f MiB above the start", expense.seconds, Double(expense.peakBytes) / 1_048_576))
    """ + (calibrationScores.flatMap(fewScoresWarning).map { "\n\($0)" } ?? "")
      + (warning.map { "\n\($0)" } ?? "")
  }
}

/// What `eval --scores-out` says of rows without labels, of which there are no figures.
struct ScoredRows: Encodable {
  let split = "unlabelled"
  let model: String
  let rows: Int
  let threshold: Double
  let thresholdRule: String
  /// Scores above the threshold.
  let alarms: Int
  let out: String

  enum CodingKeys: String, CodingKey {
    case split, model, rows, threshold, alarms, out
    case thresholdRule = "threshold_rule"
  }

  /// Scores the rows and writes the scores.
  init(
    run: String, rows recording: Recording, rule: ThresholdRule, given: Double?, out: String
  ) throws {
    let saved = try SavedDetector(run: run)
    let scores = try saved.scores(of: recording).rows.scores
    let threshold = try given ?? rule.threshold(from: saved.calibration)
    model = saved.name
    rows = scores.count
    self.threshold = threshold
    thresholdRule = given == nil ? rule.text(for: saved.calibration.count) : "given"
    alarms = scores.count { $0 > threshold }
    self.out = out
    try writeScores(scores, to: out)
  }

  /// One line for a terminal.
  var text: String {
    "\(out): scores of \(counted(rows, "row")) without labels, \(alarms) above the threshold \(threshold), \(thresholdRule)"
  }
}

/// A score that takes no training: the least that a detector has to beat.
struct TrivialDetector {
  /// The names of all, in the order of tables.
  static let names = ["random", "distance from mean", "outside range"]

  let name: String
  /// The scores of a recording; the number seeds what is random.
  let scores: (Recording, UInt64) throws -> [Double]

  /// Random scores, the distance from the mean and that outside the range of training rows, channels
  /// scaled by their training range.
  static func all(_ train: Recording) throws -> [TrivialDetector] {
    let scaler = try RangeScaler(train)
    func values(_ recording: Recording) throws -> [Double] {
      try scaler.apply(to: recording).recording.values.map(Double.init)
    }
    let own = try values(train)
    return [
      TrivialDetector(name: names[0]) { randomScores(count: $0.count, seed: $1) },
      TrivialDetector(name: names[1]) { recording, _ in
        try distancesFromTrainingMean(
          train: own, test: try values(recording), channelCount: recording.channels)
      },
      TrivialDetector(name: names[2]) { recording, _ in
        try distancesOutsideTrainingRange(
          train: own, test: try values(recording), channelCount: recording.channels)
      },
    ]
  }
}
