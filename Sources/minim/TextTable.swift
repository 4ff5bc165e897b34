// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimScores

/// Rows of cells under a header, for a terminal or a Markdown page.
struct TextTable {
  let header: [String]
  let rows: [[String]]
  /// Columns that begin, rather than end, one below the other in `text`.
  let flushLeft: Set<Int>

  init(_ header: [String], rows: [[String]], flushLeft: Set<Int> = [0]) {
    self.header = header
    self.rows = rows
    self.flushLeft = flushLeft
  }

  /// Columns side by side.
  var text: String {
    let table = [header] + rows
    let widths = header.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
    func line(_ cells: [String]) -> String {
      let padded = cells.enumerated().map { column, cell in
        let pad = String(repeating: " ", count: widths[column] - cell.count)
        return flushLeft.contains(column) ? cell + pad : pad + cell
      }
      return padded.joined(separator: "  ").trimmingCharacters(in: .whitespaces)
    }
    let rule = String(repeating: "-", count: widths.reduce(0, +) + 2 * (widths.count - 1))
    return ([line(header), rule] + rows.map(line)).joined(separator: "\n")
  }

  /// The table in Markdown.
  var markdown: String {
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
    return ([line(header), "|" + header.map { _ in "---|" }.joined()] + rows.map(line))
      .joined(separator: "\n")
  }
}

/// A score over seeds, as tables print it.
struct Spread {
  private let values: [Double]

  /// Fractions; none gives "-".
  init(_ values: [Double]) { self.values = values }

  /// Mean and standard deviation in percent, such as "71.3 ± 2.0".
  var percent: String {
    guard let summary = try? Summary(values.map { $0 * 100 }) else { return "-" }
    let spread = summary.standardDeviation.map { String(format: " ± %.1f", $0) } ?? ""
    return String(format: "%.1f", summary.mean) + spread
  }

  /// The same, with how many seeds have no result.
  func percent(failed: Int) -> String { percent + (failed > 0 ? " (\(failed) failed)" : "") }

  /// The mean, a failed seed counting as 0; 0 where there is no seed.
  func mean(failed: Int) -> Double {
    values.reduce(0, +) / Double(max(1, values.count + failed))
  }
}
