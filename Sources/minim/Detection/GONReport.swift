// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimLayers
import MinimLearning

/// The results of many detectors on many sets, beside what the GON paper says of its own.
struct GONReport {
  let results: [DetectionSetResult]
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
      [
        "# Detectors of anomalies compared", "`\(command)`, \(machine).",
        """
        Percent on the test split: the mean over the problems of a set, ± standard deviation over seeds; "-" where a set \
        has no such figure, * where only some of the seeds have it. Thresholds are POT's (level 0.98, risk 1e-4) of the \
        scores of the last fifth of the training rows, which training keeps apart, if these are 1,000 or more, as of the \
        GON paper's sets gon_smd alone has them; otherwise, and of gon-compat always, of all training rows with a whole \
        window. Best F1 is an oracle's, its threshold chosen by the test labels. Point adjustment counts a whole segment as found by one alarm; beside it stands what \
        random alarms, as many, get by it. Memory is the highest resident memory of training or scoring above \
        the process's start, data included, of the largest problem; seconds are processor time on one thread for all \
        problems of a set.
        """,
        "## Means over \(results.count) sets", overview.markdown, best,
      ] + published
      + results.flatMap { ["## \($0.set), \($0.problems) problems", table($0).markdown] }
    try writeAtomically(
      Array((page.joined(separator: "\n\n") + "\n").utf8), to: "\(folder)/report.md")
  }

  /// The means over the sets, for a terminal.
  var text: String { overview.text }

  private static let trivialNames = TrivialDetector.names

  private func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  private func percent(_ value: Double?) -> String {
    value.map { String(format: "%.1f", $0 * 100) } ?? "-"
  }

  private func mebibytes(_ bytes: Double) -> String { String(format: "%.1f", bytes / 1_048_576) }

  /// Of a figure that only some seeds have.
  private func mark(_ row: DetectionSetResult.Row, _ figure: String) -> String {
    (1..<row.seeds.count).contains(row.figure(figure).count) ? " *" : ""
  }

  private func table(_ result: DetectionSetResult) -> TextTable {
    let figures = [
      "vus_pr", "auc_pr", "affiliation_f1", "f1", "oracle_f1", "point_adjusted_f1",
      "random_point_adjusted_f1",
    ]
    let own = result.rows.map { row in
      [row.model + (row.failures > 0 ? " (\(row.failures) failed)" : "")]
        + figures.map { Spread(row.figure($0)).percent + mark(row, $0) }
        + [
          mebibytes(row.peakBytes), String(format: "%.0f", row.numbers),
          String(format: "%.1f", row.trainSeconds), String(format: "%.1f", row.scoreSeconds),
        ]
    }
    let trivial = Self.trivialNames.map { name in
      [name] + figures.map { percent(result.trivial[name]?[$0]) } + ["-", "-", "-", "-"]
    }
    return TextTable(
      [
        "detector", "VUS-PR", "AUC-PR", "affiliation F1", "F1", "best F1 (oracle)",
        "point-adjusted F1", "the same of random alarms", "MiB", "numbers", "train s", "score s",
      ], rows: own + trivial)
  }

  private struct Summary {
    let name: String
    let volume: Double?
    let cells: [String]
    let peakBytes: Double?
  }

  /// One line for each detector that all sets have, and for the trivial scores.
  private var summaries: [Summary] {
    let names = results.first?.rows.map(\.model) ?? []
    let figures = ["vus_pr", "auc_pr", "affiliation_f1", "f1", "point_adjusted_f1"]
    let own = names.map { name in
      let rows = results.compactMap { $0.rows.first { $0.model == name } }
      func overall(_ figure: String) -> Double? {
        let means = rows.compactMap { mean($0.figure(figure)) }
        return means.count == results.count ? mean(means) : nil
      }
      func cell(_ figure: String) -> String {
        guard let value = overall(figure) else { return "-" }
        return percent(value) + (rows.contains { !mark($0, figure).isEmpty } ? " *" : "")
      }
      let peak = rows.map(\.peakBytes).max() ?? 0
      let volume = overall("vus_pr")
      return Summary(
        name: name, volume: volume,
        cells: figures.map(cell) + [cell("random_point_adjusted_f1")]
          + [
            mebibytes(peak),
            volume.map { String(format: "%.1f", $0 * 100 / (peak / 1_048_576)) } ?? "-",
            String(format: "%.0f", rows.reduce(0) { $0 + $1.trainSeconds }),
            String(format: "%.0f", rows.reduce(0) { $0 + $1.scoreSeconds }),
          ], peakBytes: peak)
    }
    let trivial = Self.trivialNames.map { name in
      let values = figures.map { figure in
        let means = results.compactMap { $0.trivial[name]?[figure] }
        return means.count == results.count ? mean(means) : nil
      }
      return Summary(
        name: name, volume: values[0], cells: values.map(percent) + ["-", "-", "-", "-", "-"],
        peakBytes: nil)
    }
    return own + trivial
  }

  private var overview: TextTable {
    TextTable(
      [
        "detector", "VUS-PR", "AUC-PR", "affiliation F1", "F1", "point-adjusted F1",
        "the same of random alarms", "MiB", "VUS-PR / MiB", "train s", "score s",
      ], rows: summaries.map { [$0.name] + $0.cells })
  }

  /// Which detector has the most volume under the surface, and which the most for its memory.
  private var best: String {
    let own = summaries.filter { $0.peakBytes != nil && $0.volume != nil }
    guard let first = own.max(by: { ($0.volume ?? 0) < ($1.volume ?? 0) }),
      let leanest = own.max(by: {
        ($0.volume ?? 0) / ($0.peakBytes ?? 1) < ($1.volume ?? 0) / ($1.peakBytes ?? 1)
      })
    else { return "" }
    return "Most VUS-PR: \(first.name). Most VUS-PR for each MiB: \(leanest.name)."
  }

  /// On the sets of the paper; nothing without them or without GON.
  private var published: [String] {
    let rows = results.compactMap { result -> [String]? in
      guard let set = DetectionSet.all.first(where: { $0.name == result.set }),
        let paper = set.published,
        let compat = result.rows.first(where: { $0.model == "gon-compat" }),
        let clean = result.rows.first(where: { $0.model == "gon" })
      else { return nil }
      let gigabytes = clean.peakBytes / 0x1p30
      let adjusted = mean(clean.figure("point_adjusted_f1"))
      let paperRatio = paper.pointAdjustedF1 / paper.gigabytes
      let ratio = adjusted.map { $0 / gigabytes }
      return [
        result.set, percent(paper.pointAdjustedF1),
        Spread(compat.figure("point_adjusted_f1")).percent,
        Spread(clean.figure("point_adjusted_f1")).percent,
        Spread(clean.figure("random_point_adjusted_f1")).percent,
        Spread(compat.figure("f1")).percent, Spread(clean.figure("f1")).percent,
        Spread(compat.figure("auc_pr")).percent, Spread(clean.figure("auc_pr")).percent,
        String(format: "%.4f", paper.gigabytes),
        String(format: "%.4f", result.legacyGigabytes["gon"] ?? 0),
        String(format: "%.4f", gigabytes), String(format: "%.2f", paperRatio),
        ratio.map { String(format: "%.1f", $0) } ?? "-",
        ratio.map { String(format: "%.0f", $0 / paperRatio) } ?? "-",
      ]
    }
    guard !rows.isEmpty else { return [] }
    let heading = """
      ## GON: published, as its reference code, clean

      compat is the reference code with its errors, at 5 epochs and a rate of 5e-4 on every set; the code itself has \
      one epoch on gon_smd and gon_msds, and 1e-4 on gon_smd. clean is the preset `gon`.
      """
    let table = TextTable(
      [
        "set", "published point-adjusted F1", "compat point-adjusted F1", "clean point-adjusted F1",
        "random alarms", "compat F1", "clean F1", "compat AUC-PR", "clean AUC-PR", "published GB",
        "legacyGB", "measured GB", "published F1 / GB", "ours", "times",
      ], rows: rows)
    return [heading, table.markdown]
  }
}
