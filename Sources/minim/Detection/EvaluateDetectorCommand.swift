// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MinimLayers
import MinimLearning
import MinimScores
import MinimSeries
import MinimTensor
import MinimTrials

/// `minim evaluate-detector`: what `eval` says of a detector, or of the scores that take no training, as
/// a trial of a reproduction.
struct EvaluateDetector: TrialCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate-detector", abstract: "Evaluate a detector into a folder.",
    shouldDisplay: false)
  static let required = ["data"]

  @Option(help: "The run folder; without it the scores that take no training.")
  var detector: String?
  @Option(help: "The folder or CSV file of the problem.")
  var data: String
  @Option(help: "The problem, where the folder holds several.")
  var only: String?
  @Option(help: "Several problems of the folder as one, comma-separated, or all.")
  var joined: String?
  // Not `eval`'s default, which goes by the number of scores: reproductions keep to one risk.
  @Option(parsing: .unconditional, help: "The share of scores that may exceed the POT threshold.")
  var risk = 1e-4
  @Option(parsing: .unconditional, help: "The share of scores up to POT's initial threshold.")
  var level = 0.98
  @Option(
    parsing: .unconditional,
    help: "In place of POT: the share of calibration scores above the threshold.")
  var alarmShare: Double?
  @Option(
    parsing: .unconditional,
    help: "In place of POT: the threshold is this multiple of the largest calibration score.")
  var timesLargest: Double?
  @Option(parsing: .unconditional, help: "Threads.")
  var threads: Int?
  @Option(help: "The folder of the result.")
  var out = "evaluation"
  @Flag(help: "Begin anew what is not finished.")
  var resume = false
  @OptionGroup var output: OutputOptions

  var resolvedRecipe: [(key: String, value: String)] {
    (detector.map { [("detector", $0)] } ?? []) + [("data", data)]
      + (only.map { [("only", $0)] } ?? []) + (joined.map { [("joined", $0)] } ?? [])
      + [("risk", "\(risk)"), ("level", "\(level)")]
      + (alarmShare.map { [("alarm-share", "\($0)")] } ?? [])
      + (timesLargest.map { [("times-largest", "\($0)")] } ?? [])
  }

  func run() throws {
    let startBytes = peakResidentBytes()
    if let threads {
      guard (1...64).contains(threads) else {
        throw OptionError("--threads: found \(threads), expected 1 to 64")
      }
      threadCount = threads
    }
    let rule = ThresholdRule(
      level: level, risk: risk, alarmShare: alarmShare, timesLargest: timesLargest)
    try rule.check()
    let problem = try DetectionProblem.chosen(at: data, only: only, joined: joined)
    let folder = try RunFolder(path: out, resume: false)
    guard let detector else {
      let (rows, expense) = try Expense.measuring(above: startBytes) {
        try LabelledProblem(problem).trivialRows(rule)
      }
      let figures = rows.flatMap { row in
        row.report.measures.map { ("\(row.name): \($0.key)", $0.value) }
      }
      return try folder.writeJSON(
        TrialMeasures(
          processorSeconds: expense.processorSeconds, kernelLevel: kernelLevel,
          measures: Dictionary(figures) { $1 }), to: "measures.json")
    }
    let (result, _) = try DetectorEvaluation.of(
      run: detector, problem: problem, rule: rule, given: nil, startBytes: startBytes)
    try folder.writeJSON(result, to: "evaluation.json")
    try folder.writeJSON(
      TrialMeasures(
        processorSeconds: result.expense.processorSeconds, kernelLevel: kernelLevel,
        measures: result.measures), to: "measures.json")
  }
}

extension DetectorEvaluation {
  /// The figures that tables are made of, by name; those that are undefined are left out.
  var measures: [String: Double] {
    var measures = table.rows[0].report.measures
    measures["random_point_adjusted_f1"] =
      randomAlarms.atThreshold?.points.pointAdjusted.f1.value
    measures["score_seconds"] = expense.seconds
    measures["score_peak_bytes"] = Double(expense.peakBytes)
    measures["numbers"] = Double(parameters)
    return measures
  }
}

extension AnomalyReport {
  /// The figures that tables are made of, by name; those that are undefined are left out.
  var measures: [String: Double] {
    let at = atThreshold
    let figures: [String: Figure?] = [
      "vus_pr": volumePrecisionRecall, "vus_roc": volumeROC, "auc_pr": averagePrecision,
      "auc_roc": areaUnderROC, "f1": at?.points.unadjusted.f1,
      "precision": at?.points.unadjusted.precision, "recall": at?.points.unadjusted.recall,
      "affiliation_f1": at?.affiliationF1, "event_f1": at?.events.f1,
      "point_adjusted_f1": at?.points.pointAdjusted.f1,
      "false_alarms_per_thousand": at?.falseAlarmsPerThousand,
      "oracle_f1": oracle.points.unadjusted.f1,
      "oracle_point_adjusted_f1": oracle.points.pointAdjusted.f1,
    ]
    return figures.compactMapValues { $0?.value }
  }
}
