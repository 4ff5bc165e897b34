// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimForecasting
import MinimLayers
import MinimLearning
import MinimScores

/// The errors of forecasters beside the paper's.
struct TimeDistillReport {
  let results: [ForecastSetResult]
  let seeds: Int
  let teacher: TableTeacher
  /// The command that gave them.
  let command: String
  /// What machine and version did the trials.
  let machine: String

  /// Writes `results.json` and `report.md`.
  ///
  /// Throws `FileError`.
  func write(to folder: String) throws {
    try writeJSON(results, to: "\(folder)/results.json")
    var page = ["# Forecasters alone and taught", "`\(command)`, \(machine).", note]
    for result in results {
      page.append("## \(result.set), horizon \(result.horizon)")
      if let line = teaching(result) { page.append(line) }
      page.append(table(result).markdown)
      if let line = published(result) { page.append(line) }
    }
    if let table = means { page += ["## Means over horizons, MSE", table.markdown] }
    try writeAtomically(
      Array((page.joined(separator: "\n\n") + "\n").utf8), to: "\(folder)/report.md")
  }

  /// All tables, for a terminal.
  var text: String {
    results.map { "\($0.set), horizon \($0.horizon)\n\(table($0).text)" }.joined(separator: "\n\n")
  }

  private var note: String {
    let strides = ForecastSet.all.filter { $0.every > 1 }
      .map { "\($0.name) \($0.every)" }.joined(separator: ", ")
    return """
      Test split, all windows of stride 1, look-back 720, standardised units, mean ± standard deviation over \(seeds) \
      seeds. A distilled model also learns from the \(teacher.name) of the same seed. Best weights and end by the \
      validation windows' error. Rows between windows that are learned from, where not 1: \(strides). Intervals: \
      the share of test rows inside those of 80 and 95 %, found from validation windows. Theta and ETS are fitted to each \
      of at most 100 evenly spread test windows, and seasonal is the seasonal-naive forecast.
      """
  }

  private func cell(_ values: [Double]?) -> String {
    guard let values, let summary = try? Summary(values) else { return "-" }
    return String(format: "%.4f", summary.mean)
      + (summary.standardDeviation.map { String(format: " ± %.4f", $0) } ?? "")
  }

  /// The errors of teacher and perceptron over the horizons of a series, seed by seed; nil where none has several.
  private var means: TextTable? {
    let models = ["\(teacher.name) (teacher)", "mlp", "mlp, distilled"]
    let rows = ForecastSet.all.compactMap { set -> [String]? in
      let own = results.filter { $0.set == set.name }
      guard own.count > 1 else { return nil }
      let errors = models.map { model -> [Double]? in
        let all = own.compactMap { $0.rows.first { $0.model == model }?.figures["mse"] }
        guard all.count == own.count, all.allSatisfy({ $0.count == seeds }) else { return nil }
        return (0..<seeds).map { seed in
          all.reduce(0) { $0 + $1[seed] } / Double(all.count)
        }
      }
      return [set.name, own.map { "\($0.horizon)" }.joined(separator: ", ")] + errors.map(cell)
        + [set.publishedMean.map { "\($0)" } ?? "-"]
    }
    let published = "published, distilled from ModernTCN, 96, 192, 336, 720"
    return rows.isEmpty
      ? nil : TextTable(["series", "horizons"] + models + [published], rows: rows)
  }

  private func table(_ result: ForecastSetResult) -> TextTable {
    func share(_ values: [Double]?) -> String {
      guard let values, let summary = try? Summary(values) else { return "-" }
      return String(format: "%.1f", summary.mean * 100)
    }
    let own = result.rows.map { row in
      [
        row.model + (row.failures > 0 ? " (\(row.failures) failed)" : ""),
        cell(row.figures["mse"]), cell(row.figures["mae"]), cell(row.figures["mase"]),
        (row.figures["parameters"]?.first).map { "\(Int($0))" } ?? "-",
        share(row.figures["coverage_80"]), share(row.figures["coverage_95"]),
        (row.figures["train_seconds"]?.max()).map { String(format: "%.0f", $0) } ?? "-",
      ]
    }
    let simple = Yardstick.allCases.map { yardstick in
      [yardstick.rawValue]
        + ["mse", "mae", "mase"].map { figure in
          result.yardsticks[yardstick.rawValue]?[figure].map { String(format: "%.4f", $0) } ?? "-"
        } + ["0", "-", "-", "-"]
    }
    return TextTable(
      [
        "model", "MSE", "MAE", "MASE", "parameters", "in 80 %", "in 95 %", "training at most, s",
      ], rows: own + simple)
  }

  private func teaching(_ result: ForecastSetResult) -> String? {
    ForecastSet.all.first { $0.name == result.set }.map { set in
      let (alpha, beta) = set.factors(with: teacher)
      let width = teacher == .itransformer ? " of width \(set.teacherWidth)" : ""
      return "Taught by \(teacher.name)\(width) with α = \(alpha), β = \(beta)."
    }
  }

  private func published(_ result: ForecastSetResult) -> String? {
    guard let set = ForecastSet.all.first(where: { $0.name == result.set }) else { return nil }
    var words: [String] = []
    if let error = set.publishedDLinear[result.horizon] {
      words.append("DLinear at this look-back and horizon: MSE \(error)")
    }
    if let error = set.publishedMean {
      words.append("TimeDistill, the mean over horizons 96, 192, 336 and 720: MSE \(error)")
    }
    return words.isEmpty ? nil : "Published: \(words.joined(separator: "; "))."
  }
}
