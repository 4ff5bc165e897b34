// SPDX-License-Identifier: Apache-2.0

/// A recording from a CSV file, and the column of times before it.
struct RecordingTable {
  /// The numeric columns, with labels where a column has them.
  let recording: Recording
  /// The name of the first column where it was left out, else nil.
  let timeColumn: String?
  /// The texts of that column, one for each row, or none.
  let times: [ArraySlice<UInt8>]

  /// The names of label columns, in lower case.
  private static let labelNames = ["label", "anomaly", "is_anomaly"]
  /// The names of time columns, in lower case.
  private static let timeNames = ["time", "timestamp", "date", "datetime"]

  /// Reads a CSV file of numeric columns.
  ///
  /// One column may be named `label`, `anomaly` or `is_anomaly`, of any case. The first column is
  /// left out where it is named `time`, `timestamp`, `date` or `datetime`, of any case, or is not
  /// numeric in the first row. Throws `DataError` with line and column.
  init(_ path: String) throws(DataError) {
    let table = try CommaSeparated(path)
    let names = table.names.map { $0.lowercased() }
    let labelColumns = names.indices.filter { Self.labelNames.contains(names[$0]) }
    guard labelColumns.count < 2 else {
      throw DataError(
        file: path, line: 1,
        found: "columns \(labelColumns.map { table.names[$0] }.joined(separator: " and "))",
        expected: "one column of labels")
    }
    let labelColumn = labelColumns.first
    let first = try Cell(table.fields(0)[0])
    let hasTimes = labelColumn != 0 && (Self.timeNames.contains(names[0]) || first == .text)
    let columns = names.indices.filter { $0 != labelColumn && !(hasTimes && $0 == 0) }
    try Self.check(columns: columns, of: table)

    var values: [Float] = []
    values.reserveCapacity(table.count * columns.count)
    var labels: [Bool] = [], times: [ArraySlice<UInt8>] = []
    for row in 0..<table.count {
      let fields = try table.fields(row)
      func problem(_ column: Int, _ found: String, _ expected: String) -> DataError {
        DataError(
          file: path, line: table.line(of: row), field: "column \(table.names[column])",
          found: found, expected: expected)
      }
      for column in columns {
        switch Cell(fields[column]) {
        case .number(let value): values.append(value)
        case .missing: throw problem(column, "a missing value", "a number; fill it before")
        case .infinite, .text:
          throw problem(column, shown(fields[column]), "a finite number that float32 can hold")
        }
      }
      if let labelColumn {
        guard let flag = labelValue(fields[labelColumn]) else {
          throw problem(labelColumn, shown(fields[labelColumn]), "0, 1, true or false")
        }
        labels.append(flag)
      }
      if hasTimes { times.append(fields[0]) }
    }
    recording = Recording(
      name: path, channels: columns.count, channelNames: columns.map { table.names[$0] },
      values: values, labels: labelColumn == nil ? nil : labels)
    timeColumn = hasTimes ? table.names[0] : nil
    self.times = times
  }

  /// Refuses a table without channels, and a first line of numbers: it would be lost as a header.
  private static func check(columns: [Int], of table: CommaSeparated) throws(DataError) {
    guard !columns.isEmpty else {
      throw DataError(
        file: table.file, line: 1, found: "columns \(table.names.joined(separator: ", "))",
        expected: "a column of numbers")
    }
    for (channel, column) in columns.enumerated() {
      let name = table.names[column]
      guard Cell(Array(name.utf8)[...]) == .text || name == String(channel) else {
        throw DataError(
          file: table.file, line: 1, field: "column \(column + 1)", found: "the name \"\(name)\"",
          expected: "a header of names", advice: "put a line of column names on top")
      }
    }
  }
}

/// What a cell of a table holds.
private enum Cell: Equatable {
  case number(Float)
  case missing
  case infinite
  case text

  /// Understands a field: blank, `?`, `nan`, `na`, `n/a` and `null` of any case are missing; a
  /// number too large for float32 counts as infinite.
  init(_ field: ArraySlice<UInt8>) {
    let text = trimmed(field)
    switch fieldValue(text) {
    case .number(let value):
      self = Float(value).isFinite ? .number(Float(value)) : .infinite
    case .missing: self = .missing
    case .invalid:
      let word = String(decoding: text, as: UTF8.self).lowercased()
      self =
        ["", "na", "n/a", "null"].contains(word)
        ? .missing : Double(word)?.isInfinite == true ? .infinite : .text
    }
  }
}

/// What a label's text says: 0 or 1 as a number, `true` or `false` of any case; else nil.
private func labelValue(_ field: ArraySlice<UInt8>) -> Bool? {
  switch fieldValue(field) {
  case .number(0): return false
  case .number(1): return true
  default:
    switch String(decoding: trimmed(field), as: UTF8.self).lowercased() {
    case "true": return true
    case "false": return false
    default: return nil
    }
  }
}
