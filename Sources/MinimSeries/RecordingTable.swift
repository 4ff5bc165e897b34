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
    let isTimed = try table.beginsWithTimes()
    let hasTimes = labelColumn != 0 && isTimed
    let columns = names.indices.filter { $0 != labelColumn && !(hasTimes && $0 == 0) }
    try table.check(channels: columns)

    var values: [Float] = []
    values.reserveCapacity(table.count * columns.count)
    var resolution = FloatResolution(columns: columns.count)
    var labels: [Bool] = [], times: [ArraySlice<UInt8>] = []
    for row in 0..<table.count {
      let fields = try table.fields(row)
      try table.append(
        row, of: columns, fields, missing: (expected: "a number; fill it before", advice: ""),
        to: &values, noting: &resolution)
      if let labelColumn {
        guard let flag = labelValue(fields[labelColumn]) else {
          throw DataError(
            file: path, line: table.line(of: row), field: "column \(table.names[labelColumn])",
            found: shown(fields[labelColumn]), expected: "0, 1, true or false")
        }
        labels.append(flag)
      }
      if hasTimes { times.append(fields[0]) }
    }
    try resolution.check(file: path) { "column \(table.names[columns[$0]])" }
    recording = Recording(
      name: path, channels: columns.count, channelNames: columns.map { table.names[$0] },
      values: values, labels: labelColumn == nil ? nil : labels)
    timeColumn = hasTimes ? table.names[0] : nil
    self.times = times
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
