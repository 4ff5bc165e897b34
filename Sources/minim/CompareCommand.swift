// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MinimLayers
import MinimScores
import MinimSeries

/// What runs are compared by.
enum ComparedMetric: String, CaseIterable, Encodable, ExpressibleByArgument {
  case aucPRC = "auc-prc"
  case accuracy

  /// The metric's value, a fraction.
  func value(of scores: ClassificationScores) -> Double {
    switch self {
    case .aucPRC: scores.aucPRC
    case .accuracy: scores.accuracy
    }
  }

  /// The head of its column.
  var title: String { self == .aucPRC ? "AUC-PRC %" : "accuracy %" }
}

/// The cases that runs are scored on.
enum ComparedSplit: String, CaseIterable, Encodable, ExpressibleByArgument {
  case validation, test
}

/// `minim compare`.
struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Hold runs on the same data against each other: score, size and time.",
    discussion: """
      Sizes and times are of model files without provenance and self-test, times of those in float32.
      A run is on the front if no other run is at least as good in both and better in one.
      Example: minim compare runs/teacher runs/student --svg compare.svg
      """)

  @Argument(help: "The run folders.")
  var runs: [String]
  @Option(help: "The folder of the problem; by default the one each run was trained on.")
  var data: String?
  @Option(help: "What is compared.")
  var metric = ComparedMetric.aucPRC
  @Option(help: "The cases to score on.")
  var split = ComparedSplit.validation
  @Option(help: "A file for a picture of metric against bytes and against time.")
  var svg: String?
  @OptionGroup var output: OutputOptions

  func run() throws {
    let sources = try runs.map { try ComparedRun(path: $0, data: data) }
    for other in sources where other.dataHash != sources[0].dataHash {
      throw DataError(
        file: other.path, found: "other training cases than those of \(sources[0].path)",
        expected: "runs on the same data")
    }
    let comparison = try Comparison(sources, metric: metric, split: split)
    if let svg { try writeAtomically(Array(comparison.chart.svg.utf8), to: svg) }
    if output.json { return try output.printJSON(comparison) }
    print(comparison.text)
    if let svg { print("picture: \(svg)") }
  }
}
