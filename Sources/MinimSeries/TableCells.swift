// SPDX-License-Identifier: Apache-2.0

extension CommaSeparated {
  /// The names of time columns, in lower case.
  private static let timeNames = ["time", "timestamp", "date", "datetime"]

  /// Whether the first column is one of times: named so, of any case, or no number in the first row.
  ///
  /// Throws `DataError` where the first row is damaged.
  func beginsWithTimes() throws(DataError) -> Bool {
    let first = try Cell(fields(0)[0])
    return Self.timeNames.contains(names[0].lowercased()) || first == .text
  }

  /// Refuses a table without channels, and a first line of numbers: it would be lost as a header.
  ///
  /// Throws `DataError`.
  func check(channels columns: [Int]) throws(DataError) {
    guard !columns.isEmpty else {
      throw DataError(
        file: file, line: 1, found: "columns \(names.joined(separator: ", "))",
        expected: "a column of numbers")
    }
    for (channel, column) in columns.enumerated() {
      let name = names[column]
      guard Cell(Array(name.utf8)[...]) == .text || name == String(channel) else {
        throw DataError(
          file: file, line: 1, field: "column \(column + 1)", found: "the name \"\(name)\"",
          expected: "a header of names", advice: "put a line of column names on top")
      }
    }
  }

  /// Appends the numbers in some columns of a row's fields, and notes what they lose.
  ///
  /// A missing value becomes NaN where `missing` is nil, else an error that says it. Throws
  /// `DataError` with line and column.
  func append(
    _ row: Int, of columns: [Int], _ fields: [ArraySlice<UInt8>],
    missing: (expected: String, advice: String)?, to values: inout [Float],
    noting resolution: inout FloatResolution
  ) throws(DataError) {
    for (place, column) in columns.enumerated() {
      switch Cell(fields[column]) {
      case .number(let value):
        resolution.note(value, column: place)
        values.append(Float(value))
      case .missing:
        if let missing {
          throw DataError(
            file: file, line: line(of: row), field: "column \(names[column])",
            found: "a missing value", expected: missing.expected, advice: missing.advice)
        }
        values.append(.nan)
      case .infinite, .text:
        throw DataError(
          file: file, line: line(of: row), field: "column \(names[column])",
          found: shown(fields[column]), expected: "a finite number that float32 can hold",
          advice: isDecimalComma(fields[column])
            ? "write decimals with a point"
            : TimeStamp(fields[column]) == nil ? "" : "put the column of times first")
      }
    }
  }
}

/// Whether a field is a number but for a comma where its point should be.
private func isDecimalComma(_ field: ArraySlice<UInt8>) -> Bool {
  let comma = UInt8(ascii: ",")
  guard field.count(where: { $0 == comma }) == 1 else { return false }
  guard case .number = Cell(field.map { $0 == comma ? UInt8(ascii: ".") : $0 }[...]) else {
    return false
  }
  return true
}

/// What a cell of a table holds.
enum Cell: Equatable {
  /// A number that float32 can hold, not yet rounded to it.
  case number(Double)
  case missing
  case infinite
  case text

  /// Understands a field: blank, `?`, `nan`, `na`, `n/a` and `null` of any case are missing; a
  /// number too large for float32 counts as infinite.
  init(_ field: ArraySlice<UInt8>) {
    let text = trimmed(field)
    switch fieldValue(text) {
    case .number(let value):
      self = Float(value).isFinite ? .number(value) : .infinite
    case .missing: self = .missing
    case .invalid:
      let word = String(decoding: text, as: UTF8.self).lowercased()
      self =
        ["", "na", "n/a", "null"].contains(word)
        ? .missing : Double(word)?.isInfinite == true ? .infinite : .text
    }
  }
}
