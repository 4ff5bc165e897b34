// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimLayers
import MinimLearning
import MinimScores

/// The results of dense and sparse binary transformers beside the paper's.
struct SBTReport {
  let results: [SBTResult]
  let seeds: Int
  /// The command that gave them.
  let command: String
  /// What machine and version did the trials.
  let machine: String

  /// Writes `results.json` and `report.md`.
  ///
  /// Throws `FileError`.
  func write(to folder: String) throws {
    try writeJSON(results, to: "\(folder)/results.json")
    var page = [
      "# Sparse binary transformers beside dense ones", "`\(command)`, \(machine).",
      """
      Test split, mean ± standard deviation over \(seeds) seeds. keep is the share of weights under the masks (the \
      paper's p is 1 - keep). A distilled model also learns from the dense one of the same seed.
      """,
    ]
    for (task, title) in [
      ("classification", "Classification, accuracy in percent"),
      ("detection", "Detection, percent"), ("forecast", "Forecast of the next row, MSE and MAE"),
    ] {
      let own = results.filter { $0.task == task }
      guard !own.isEmpty else { continue }
      page.append("## \(title)")
      switch task {
      case "classification":
        page += [classification(own).markdown, Self.classificationNote]
      case "detection":
        page += [Self.detectionNote]
        for result in own {
          page += ["### \(result.name), \(result.problems) files", detection(result).markdown]
        }
      default: page += [forecast(own).markdown, Self.forecastNote]
      }
    }
    try writeAtomically(
      Array((page.joined(separator: "\n\n") + "\n").utf8), to: "\(folder)/report.md")
  }

  /// All tables, for a terminal.
  var text: String {
    let tables: [(String, (SBTResult) -> TextTable)] = [
      ("classification", { classification([$0]) }), ("detection", detection),
      ("forecast", { forecast([$0]) }),
    ]
    return results.compactMap { result in
      tables.first { $0.0 == result.task }.map { "\(result.name)\n\($0.1(result).text)" }
    }.joined(separator: "\n\n")
  }

  private static let classificationNote = """
    Learning rates 0.0003, 0.001 or 0.003 by the validation loss of each model, the weight of the teacher's logits \
    (temperature 4) 0.1 or 1 likewise, at the rate of the same model alone; at most 200 epochs, batch norm, two \
    layers, two heads, channels scaled by the training cases. The mean is over the sets. Published: JapaneseVowels \
    dense 98.0, keep 0.5 95.3, with a padding mask that lets only the padding through (methods, sbt 1).
    """
  private static let detectionNote = """
    One model for all channel files or machines, as in the paper, here with windows of one file alone and each file scaled \
    by its own training rows; at most 20 epochs (SMD: 5) of 4,096 to 8,191 windows in batches of 32, others in each (the paper: 50 to 200 of all windows, batches of 128). Dense: every \
    row looks everywhere, binary: step-t attention; both reconstruct the last row. Thresholds: the paper's quantile, of \
    validation rows alone (the paper's code takes test rows too). Published point-adjusted F1 (keep 0.25): SMAP 70.6, \
    MSL 79.3, SMD 88.0 (28 machines). A constant detector makes the same row of every window. Point adjustment counts a whole segment as found by one alarm: look at random \
    alarms beside it.
    """
  private static let forecastNote = """
    From the 199 rows before, all channels together, as a change of the last row, which also stands in place of the next, in units of the deviations of the rows learned \
    from, all windows of the test rows; passes over the training windows, in batches of 32: \
    \(SBTForecastSet.all.map { "\($0.name) \($0.epochs)" }.joined(separator: ", ")); best weights by a tenth of the paper's training rows. The paper: \
    up to 50 epochs (dense on WTH 25, binary 100), the checkpoint of the least training loss, norms over time instead of each step, and the \
    row itself, from zeros in its place, instead of its change. Published MSE: ETTm1 dense 0.070, keep 0.5 0.059; Weather (WTH) 0.173 and 0.166. \
    Last value and seasonal-naive take no training.
    """

  private func classification(_ results: [SBTResult]) -> TextTable {
    let names = results.first?.rows.map(\.model) ?? []
    let rows = names.map { name -> [String] in
      let own = results.map { $0.rows.first { $0.model == name } }
      let cells = own.map { row in
        row.map { Spread($0.figures["accuracy"] ?? []).percent(failed: $0.failures) } ?? "-"
      }
      let means = own.compactMap { row in
        row.map { Spread($0.figures["accuracy"] ?? []).mean(failed: $0.failures) }
      }
      let mean = means.reduce(0, +) / Double(max(1, means.count))
      return [name] + cells + [String(format: "%.1f", 100 * mean)]
    }
    return TextTable(["model"] + results.map(\.name) + ["mean"], rows: rows)
  }

  private func detection(_ result: SBTResult) -> TextTable {
    let figures = [
      "vus_pr", "auc_pr", "affiliation_f1", "f1", "oracle_f1", "point_adjusted_f1",
      "random_point_adjusted_f1",
    ]
    let own = result.rows.map { row in
      [row.label]
        + figures.map { Spread(row.figures[$0] ?? []).percent }
    }
    let trivial = TrivialDetector.names.map { name in
      [name]
        + figures.map { figure in
          result.trivial[name]?[figure].map { String(format: "%.1f", $0 * 100) } ?? "-"
        }
    }
    return TextTable(
      [
        "model", "VUS-PR", "AUC-PR", "affiliation F1", "F1", "best F1 (oracle)",
        "point-adjusted F1", "the same of random alarms",
      ], rows: own + trivial)
  }

  private func forecast(_ results: [SBTResult]) -> TextTable {
    func cell(_ values: [Double]) -> String {
      guard let summary = try? Summary(values) else { return "-" }
      return String(format: "%.4f ± %.4f", summary.mean, summary.standardDeviation ?? 0)
    }
    let names = results.first?.rows.map(\.model) ?? [], figures = ["mse", "mae"]
    let trained = names.map { name in
      let own = results.compactMap { $0.rows.first { $0.model == name } }
      let all = SBTRow(
        model: name, figures: [:], failures: own.reduce(0) { $0 + $1.failures },
        constants: own.reduce(0) { $0 + ($1.constants ?? 0) })
      return [all.label]
        + results.flatMap { result -> [String] in
          let row = result.rows.first { $0.model == name }
          return figures.map { cell(row?.figures[$0] ?? []) }
        }
    }
    let simple = [("last", "last value"), ("seasonal", "seasonal-naive")].map { key, name in
      [name]
        + results.flatMap { result in
          figures.map { figure in
            result.trivial[key]?[figure].map { String(format: "%.4f", $0) } ?? "-"
          }
        }
    }
    return TextTable(
      ["model"] + results.flatMap { ["\($0.name) MSE", "\($0.name) MAE"] },
      rows: trained + simple)
  }
}
