// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimLayers
import MinimLearning

/// What `reproduce students` found: a table of means over the sets, and one for each set.
package struct StudentsReport {
  let sets: [(name: String, rows: [StudentRow])]
  let seeds: Int
  /// The command that gave them, and what did the trials.
  let command: String

  /// A report from its parts.
  package init(sets: [(name: String, rows: [StudentRow])], seeds: Int, command: String) {
    self.sets = sets
    self.seeds = seeds
    self.command = command
  }

  /// Writes `students.json` and `students.md`.
  ///
  /// Throws `FileError`.
  package func write(to folder: String) throws {
    let values = Dictionary(uniqueKeysWithValues: sets.map { ($0.name, $0.rows) })
    try writeJSON(values, to: "\(folder)/students.json")
    var page = [
      "# Students by size and quality", "`\(command)`.",
      """
      Test split, \(seeds) seeds; rates and weights were chosen on validation cases. Bytes of the packed file without \
      provenance and self-test, microseconds of a case of 100 steps by the runtime of devices in float32 on one \
      thread, both of the first seed that has a result; "-" where devices cannot run the model, or where int8 would \
      change its probabilities by more than `pack` lets pass. The mean of int8 is over the sets that have one, their \
      number behind it, and not to be compared with that of float32 where there are fewer. A seed whose training \
      failed counts as 0 in the means over sets.
      """,
      "## Means over \(sets.count) sets", overview.markdown,
    ]
    for (name, rows) in sets { page += ["## \(name)", table(rows).markdown] }
    try writeAtomically(
      Array((page.joined(separator: "\n\n") + "\n").utf8), to: "\(folder)/students.md")
  }

  /// The means over the sets, for a terminal.
  package var text: String { overview.text }

  private static let header = [
    "model", "parameters", "bytes float32", "bytes int8", "µs a case", "AUC-PRC %", "accuracy %",
  ]

  private func cell(_ value: Double?, _ format: String) -> String {
    value.map { String(format: format, $0) } ?? "-"
  }

  private func table(_ rows: [StudentRow]) -> TextTable {
    TextTable(
      Self.header,
      rows: rows.map { row in
        [
          row.model, row.parameters.map(String.init) ?? "-",
          row.bytesFloat32.map(String.init) ?? "-", row.bytesInt8.map(String.init) ?? "-",
          cell(row.microseconds, "%.1f"),
          Spread(row.aucPRC).percent(failed: row.failedSeeds),
          Spread(row.accuracy).percent(failed: row.failedSeeds),
        ]
      })
  }

  /// The mean int8 bytes of those sets that have a file, and how many they are.
  private func narrow(_ rows: [StudentRow]) -> String {
    let known = rows.compactMap(\.bytesInt8)
    guard !known.isEmpty else { return "-" }
    let mean = Double(known.reduce(0, +)) / Double(known.count)
    return String(format: "%.0f", mean) + (known.count < rows.count ? " (\(known.count))" : "")
  }

  private var overview: TextTable {
    let models = sets.first?.rows.map(\.model) ?? []
    let rows = models.map { model in
      let own = sets.compactMap { $0.rows.first { $0.model == model } }
      func mean(_ value: (StudentRow) -> Double?) -> Double? {
        let known = own.compactMap(value)
        return known.count == own.count ? known.reduce(0, +) / Double(known.count) : nil
      }
      func score(_ values: KeyPath<StudentRow, [Double]>) -> String {
        let means = own.map { Spread($0[keyPath: values]).mean(failed: $0.failedSeeds) }
        let failed = own.reduce(0) { $0 + $1.failedSeeds }
        return cell(100 * means.reduce(0, +) / Double(means.count), "%.1f")
          + (failed > 0 ? " (\(failed) failed)" : "")
      }
      return [
        model, cell(mean { $0.parameters.map(Double.init) }, "%.0f"),
        cell(mean { $0.bytesFloat32.map(Double.init) }, "%.0f"),
        narrow(own), cell(mean(\.microseconds), "%.1f"),
        score(\.aucPRC), score(\.accuracy),
      ]
    }
    return TextTable(Self.header, rows: rows)
  }
}
