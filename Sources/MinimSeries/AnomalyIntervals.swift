// SPDX-License-Identifier: Apache-2.0
#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Anomalies as intervals of rows, by the name of the recording: `labeled_anomalies.csv` of the SMAP
/// and MSL telemetry.
///
/// Columns: `chan_id`, `anomaly_sequences` as `"[[first, last], …]"`, rows from 0 and both ends
/// anomalous, and perhaps `num_values`, the rows of the test recording. A name listed twice (P-2 of
/// SMAP) has the anomalies of both lines. Source: methods, gon 4.
struct AnomalyIntervals {
  private struct Entry {
    let line: Int
    let intervals: [[Int]]
    let count: Int?
  }
  private let file: String
  private var entries: [String: [Entry]] = [:]

  /// Reads a file.
  ///
  /// Throws `DataError`.
  init(_ path: String) throws(DataError) {
    file = path
    let table = try CommaSeparated(path)
    guard let name = table.names.firstIndex(of: "chan_id"),
      let sequences = table.names.firstIndex(of: "anomaly_sequences")
    else {
      throw DataError(
        file: path, line: 1, found: "columns \(table.names.joined(separator: ", "))",
        expected: "chan_id and anomaly_sequences")
    }
    let counts = table.names.firstIndex(of: "num_values")
    for row in 0..<table.count {
      let fields = try table.fields(row)
      let line = table.line(of: row)
      guard let found = try? JSONDecoder().decode([[Int]].self, from: Data(fields[sequences])),
        found.allSatisfy({ $0.count == 2 && $0[0] >= 0 && $0[0] <= $0[1] })
      else {
        throw DataError(
          file: path, line: line, field: "anomaly_sequences", found: shown(fields[sequences]),
          expected: "[[first, last], …] with first not after last")
      }
      var count: Int?
      if let counts {
        guard case .number(let value) = fieldValue(fields[counts]), let whole = Int(exactly: value)
        else {
          throw DataError(
            file: path, line: line, field: "num_values", found: shown(fields[counts]),
            expected: "a number of rows")
        }
        count = whole
      }
      let key = String(decoding: trimmed(fields[name]), as: UTF8.self)
      entries[key, default: []].append(Entry(line: line, intervals: found, count: count))
    }
  }

  /// The labels of a recording's rows; nil where the file does not name it.
  ///
  /// Throws `DataError` where an interval goes beyond the rows, or the file counts other rows.
  func labels(_ name: String, rows: Int) throws(DataError) -> [Bool]? {
    guard let entries = entries[name] else { return nil }
    var flags = [Bool](repeating: false, count: rows)
    for entry in entries {
      if let count = entry.count, count != rows {
        throw DataError(
          file: file, line: entry.line, field: "num_values", found: "\(count)",
          expected: "\(rows), the rows of the test recording \(name)")
      }
      for interval in entry.intervals {
        guard interval[1] < rows else {
          throw DataError(
            file: file, line: entry.line, field: "anomaly_sequences", found: "row \(interval[1])",
            expected: "rows 0 to \(rows - 1) of the test recording \(name)")
        }
        for row in interval[0]...interval[1] { flags[row] = true }
      }
    }
    return flags
  }
}
