// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimLayers
import MinimLearning
import MinimScores

/// The results of LTA-MSCRED beside the paper's.
struct LTAReport {
  let results: [DetectionSetResult]
  /// The paper's point-adjusted F1 by set and model.
  let published: [String: [String: Double]]
  let seeds: Int
  let epochs: Int
  /// The command that gave them.
  let command: String
  /// What machine and version did the trials.
  let machine: String

  /// Writes `results.json` and `report.md`.
  ///
  /// Throws `FileError`.
  func write(to folder: String) throws {
    try writeJSON(results, to: "\(folder)/results.json")
    let page =
      ["# LTA-MSCRED", "`\(command)`, \(machine).", note]
      + results.flatMap { result in
        [
          "## \(result.set)",
          "Channel files, by their names every so many-th: \((result.joined ?? []).joined(separator: ", ")); \(result.testRows) test rows.",
          table(result).markdown,
        ]
      }
    try writeAtomically(
      Array((page.joined(separator: "\n\n") + "\n").utf8), to: "\(folder)/report.md")
  }

  /// All tables, for a terminal.
  var text: String {
    results.map { "\($0.set)\n\(table($0).text)" }.joined(separator: "\n\n")
  }

  private var note: String {
    """
    Test split, mean ± standard deviation over \(seeds) seeds, percent. The channel files that are taken are one detector's streams, each scaled by its own \
    training rows; at most \(epochs) epochs of windows 50 rows apart, five without less error on the rows kept apart end it (on the windows learned from where those rows \
    hold no whole window); Adam at 0.001 for all (the paper: 0.0002 for students), λ = 0.5 and T = 4 for all (the paper: sought in each run), the memory's cell shared by channels, \
    the last layer linear, a score at every gap. Published: point-adjusted F1 on all channel files, by a threshold that the paper does not give; \
    beside it, and in the difference, ours on these files by the best threshold for the test rows (oracle). The other figures at a threshold are at 1.5 times the \
    largest score of the training rows kept apart, beside point-adjusted F1 of random scores with as many alarms; a count of broken entries never exceeds \
    that of channels, so a high threshold may let no alarm through. Point adjustment counts a whole segment as found by one alarm: look at random scores.
    """
  }

  private func table(_ result: DetectionSetResult) -> TextTable {
    let figures = [
      "oracle_point_adjusted_f1", "oracle_f1", "vus_pr", "auc_pr", "point_adjusted_f1",
      "random_point_adjusted_f1", "f1", "affiliation_f1",
    ]
    // Trivial scores have no threshold here: 1.5 times the largest is beyond most of them.
    let withoutThreshold = figures.prefix(4)
    let own = result.rows.map { row -> [String] in
      let best = row.figure("oracle_point_adjusted_f1")
      let mean = best.reduce(0, +) / Double(max(1, best.count))
      let published = published[result.set]?[row.model]
      return [
        row.model + (row.failures > 0 ? " (\(row.failures) failed)" : ""),
        String(format: "%.0f", row.numbers),
        published.map { String(format: "%.0f", $0 * 100) } ?? "",
        best.isEmpty ? "" : published.map { String(format: "%+.1f", (mean - $0) * 100) } ?? "",
      ] + figures.map { Spread(row.figure($0)).percent }
        + [
          String(format: "%.0f", row.trainSeconds), String(format: "%.0f", row.scoreSeconds),
          String(format: "%.0f", row.peakBytes / 1_048_576),
        ]
    }
    let trivial = TrivialDetector.names.map { name in
      [name, "", "", ""]
        + withoutThreshold.map { figure in
          result.trivial[name]?[figure].map { String(format: "%.1f", $0 * 100) } ?? "-"
        } + [String](repeating: "", count: figures.count - withoutThreshold.count + 3)
    }
    return TextTable(
      [
        "model, span", "numbers", "published", "oracle - published", "point-adjusted F1 (oracle)",
        "F1 (oracle)", "VUS-PR", "AUC-PR", "point-adjusted F1", "the same of random alarms", "F1",
        "affiliation F1",
        "train s", "score s", "MiB",
      ], rows: own + trivial)
  }
}
