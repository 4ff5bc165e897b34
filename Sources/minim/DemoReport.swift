// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimLayers
import MinimLearning
import MinimScores
import MinimSeries

/// What the demo prints and writes: a table as text, and a page with the table and a picture of the
/// data.
struct DemoReport {
  let problem: ClassificationProblem
  let rows: [DemoRow]
  let seconds: Double

  private static let header = [
    "model", "parameters", "bytes", "AUC-PRC %", "accuracy %", "µs a step",
  ]

  private var cells: [[String]] {
    rows.map { row in
      [
        row.model, "\(row.parameters)", "\(row.bytes)", Spread(row.aucPRC).percent,
        Spread(row.accuracy).percent, String(format: "%.2f", row.microsecondsPerStep),
      ]
    }
  }

  private var caption: String {
    let test = problem.test?.cases.count ?? 0
    return
      "Test split (\(test) cases), mean ± standard deviation over \(rows.map(\.aucPRC.count).map(String.init).joined(separator: ", ")) seeds; "
      + "bytes of the model file in float32; steps by the runtime, one series on one thread. "
      + String(format: "%.0f seconds in all.", seconds)
  }

  /// The table for a terminal.
  var text: String {
    TextTable(Self.header, rows: cells).text + "\n\n" + caption
  }

  /// Writes `report.html` and `results.json`.
  ///
  /// Throws `FileError`.
  func write(to folder: String) throws {
    try writeAtomically(Array(page.utf8), to: "\(folder)/report.html")
    try writeJSON(rows, to: "\(folder)/results.json")
  }

  private var page: String {
    func row(_ cells: [String], _ tag: String) -> String {
      "<tr>" + cells.map { "<\(tag)>\($0)</\(tag)>" }.joined() + "</tr>"
    }
    return """
      <!doctype html><meta charset="utf-8"><title>Minim demo</title>
      <style>
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; color: #222 }
      table { border-collapse: collapse } td, th { padding: .3rem .8rem; text-align: right }
      td:first-child, th:first-child { text-align: left } tr + tr { border-top: 1px solid #ddd }
      </style>
      <h1>Minim demo: machine vibration</h1>
      <p>Made-up vibration of a rotating machine in six conditions. A teacher learns to tell them apart; a student of a
      few hundred numbers learns the same by itself, and with the teacher's memory (MemKD).</p>
      \(picture)
      <table>\(row(Self.header, "th"))\(cells.map { row($0, "td") }.joined())</table>
      <p>\(caption)</p>
      """
  }

  /// One training series of each class as a small plot.
  private var picture: String {
    let names = problem.train.classNames
    let plots = names.indices.compactMap { label -> String? in
      guard let item = problem.train.cases.first(where: { $0.label == label }) else { return nil }
      let low = item.values.min() ?? 0, high = item.values.max() ?? 1
      let points = item.values.enumerated().map { step, value in
        let x = 10 + Double(step) * 260 / Double(max(item.length - 1, 1))
        let y = 100 - (value - low) / max(high - low, 1e-9) * 80
        return String(format: "%.1f,%.1f", x, y)
      }
      let shift = "translate(\(label % 3 * 290),\(label / 3 * 130))"
      return """
        <g transform="\(shift)"><text x="10" y="14" font-size="13">\(names[label])</text>\
        <polyline fill="none" stroke="#2563a8" points="\(points.joined(separator: " "))"/></g>
        """
    }
    return "<svg viewBox=\"0 0 870 260\" width=\"870\" height=\"260\">\(plots.joined())</svg>"
  }
}
