// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MinimLayers
import MinimScores
import MinimSeries

/// `minim metrics`.
struct Metrics: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compute metrics of scores in files.", subcommands: [AnomalyMetrics.self])
}

/// `minim metrics anomaly`.
struct AnomalyMetrics: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "anomaly",
    abstract: "Metrics of anomaly scores against labels, beside those of random scores.",
    discussion: """
      Files hold one number a line, a header allowed; labels are 0 or 1, higher scores more anomalous.
      Example: minim metrics anomaly --labels labels.csv --scores scores.csv --threshold 0.4 --json
      """)

  @Option(help: "The file of labels.")
  var labels: String
  @Option(help: "The file of scores.")
  var scores: String
  @Option(
    parsing: .unconditional, help: "A threshold found without these labels; scores above it alarm.")
  var threshold: Double?
  @Option(
    parsing: .unconditional,
    help: "The longest buffer of VUS and that of range areas, in rows; 0 to 10000.")
  var buffer = 100
  @OptionGroup var output: OutputOptions

  func run() throws {
    guard (0...10_000).contains(buffer) else {
      throw OptionError("--buffer: found \(buffer), expected 0 to 10000")
    }
    if let threshold, !threshold.isFinite {
      throw OptionError("--threshold: found \(threshold), expected a finite number")
    }
    let truth = try readScores(at: labels).enumerated().map { row, value in
      guard value == 0 || value == 1 else {
        throw DataError(
          file: labels, field: "label \(row + 1)", found: "\(value)", expected: "a label, 0 or 1")
      }
      return value == 1
    }
    let found = try readScores(at: scores)
    guard found.count == truth.count else {
      throw DataError(
        file: scores, found: "\(found.count) scores", expected: "\(truth.count), as many as labels")
    }
    func report(_ scores: [Double], _ threshold: Double?) throws -> AnomalyReport {
      try AnomalyReport(
        LabelledScores(scores: scores, labels: truth), threshold: threshold, maximumBuffer: buffer)
    }
    let chance = RandomAlarms(like: found, threshold: threshold)
    let table = AnomalyTable(
      rows: [
        .init(name: "scores", report: try report(found, threshold)),
        .init(name: "random", report: try report(chance.scores, chance.threshold)),
      ])
    if output.json { return try output.printJSON(table) }
    print(table.text)
    print(
      "\nPercent. \(table.bufferText) Random scores raise as many alarms. Point adjustment counts a whole segment as found by one alarm."
    )
  }
}

/// Random scores that raise as many alarms as given ones.
struct RandomAlarms {
  let scores: [Double]
  /// Nil where there is none of the given scores.
  let threshold: Double?

  init(like given: [Double], threshold: Double?) {
    let chance = randomScores(count: given.count, seed: 1)
    scores = chance
    self.threshold = threshold.map { limit in
      let alarms = given.count { $0 > limit }
      return alarms < chance.count ? chance.sorted(by: >)[alarms] : -1
    }
  }
}

/// Reports one below the other.
struct AnomalyTable: Encodable {
  /// One score series.
  struct Row: Encodable {
    let name: String
    let report: AnomalyReport
  }
  let rows: [Row]

  /// To which buffer VUS goes, a sentence.
  var bufferText: String { "VUS goes to a buffer of \(rows[0].report.maximumBuffer) rows." }

  /// The table for a terminal, in percent.
  var text: String {
    func percent(_ figure: Figure?) -> String {
      figure?.value.map { String(format: "%.1f", $0 * 100) } ?? "-"
    }
    let header = [
      "test split", "VUS-PR", "AUC-PR", "AUC-ROC", "F1", "affiliation F1", "event F1",
      "point-adjusted F1", "best F1 (oracle)", "false alarms / 1,000",
    ]
    let cells = rows.map { row in
      let at = row.report.atThreshold
      return [
        row.name, percent(row.report.volumePrecisionRecall), percent(row.report.averagePrecision),
        percent(row.report.areaUnderROC), percent(at?.points.unadjusted.f1),
        percent(at?.affiliationF1), percent(at?.events.f1), percent(at?.points.pointAdjusted.f1),
        percent(row.report.oracle.points.unadjusted.f1),
        at?.falseAlarmsPerThousand.value.map { String(format: "%.1f", $0) } ?? "-",
      ]
    }
    let first = rows[0].report
    return
      "\(counted(first.pointCount, "row")), \(first.anomalousCount) anomalous in \(counted(first.segmentCount, "segment"))\n"
      + TextTable(header, rows: cells).text
  }
}
