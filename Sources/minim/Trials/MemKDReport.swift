// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimLayers

/// The results of the MemKD protocol as JSON and tables.
struct MemKDReport {
  let results: [MemKDSetResult]
  let seeds: Int
  let data: String

  /// The table for a terminal.
  var text: String { table.text }

  private var table: TextTable {
    let methods = results.first?.rows.map(\.method) ?? []
    let rows = methods.map { method in
      [method] + results.map { result in
        let row = result.rows.first { $0.method == method }
        return Spread(row?.aucPRC ?? []).percent
      }
    }
    return TextTable(["AUC-PRC %"] + results.map(\.set), rows: rows)
  }

  /// Writes `results.json` and `table.md`.
  func write(to folder: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    try writeAtomically([UInt8](encoder.encode(results)) + [0x0A], to: "\(folder)/results.json")
    try writeAtomically(Array((table.markdown + "\n").utf8), to: "\(folder)/table.md")
  }
}
