// SPDX-License-Identifier: Apache-2.0

/// The lines of a comma-separated file: a header of names, if it has one, and rows of as many fields.
///
/// Semicolons separate where the first line has them and no comma, tabs where it has neither.
struct CommaSeparated {
  /// The file, for messages.
  let file: String
  /// The names of the columns, blanks around them left out; without a header "0", "1", …, behind
  /// "time" where the first row begins with text.
  let names: [String]
  private let hasHeader: Bool
  private let separator: UInt8
  /// The lines after the header, without empty ones at the end.
  private let lines: ArraySlice<ArraySlice<UInt8>>

  /// Reads a file, gzip or not.
  ///
  /// A byte order mark is passed over. Throws `DataError` for a file without rows, or with a header
  /// that has a name twice or none in a column.
  init(_ path: String, hasHeader: Bool = true) throws(DataError) {
    file = path
    self.hasHeader = hasHeader
    var bytes = try readInput(path)[...]
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    var all = MinimSeries.lines(of: Array(bytes))
    while let last = all.last, last.allSatisfy(isBlank) { all.removeLast() }
    guard let header = all.first, all.count > (hasHeader ? 1 : 0) else {
      throw DataError(
        file: path, found: all.isEmpty ? "an empty file" : "a header alone",
        expected: hasHeader ? "a header and rows" : "rows")
    }
    lines = all.dropFirst(hasHeader ? 1 : 0)
    let separators = [",", ";", "\t"].map { $0.utf8[$0.utf8.startIndex] }
    separator = separators.first(where: header.contains) ?? separators[0]
    guard let fields = fieldsBetween(separator, of: header) else {
      throw Self.unclosed(path, line: 1)
    }
    guard hasHeader else {
      let isTimed = Cell(fields[0]) == .text
      let channels = fields.count - (isTimed ? 1 : 0)
      names = (isTimed ? ["time"] : []) + (0..<channels).map(String.init)
      return
    }
    names = fields.map { String(decoding: trimmed($0), as: UTF8.self) }
    for (place, name) in names.enumerated() {
      guard !name.isEmpty else {
        throw DataError(
          file: path, line: 1, field: "column \(place + 1)", found: "no name",
          expected: "a name for each column",
          advice: place == 0
            ? "if it counts rows, leave it out (index=False in pandas) or name it \"time\"" : "")
      }
      guard names.firstIndex(of: name) == place else {
        throw DataError(
          file: path, line: 1, field: "column \(place + 1)", found: "\"\(name)\" again",
          expected: "different names",
          advice: Double(name) == nil ? "" : "put a line of column names on top")
      }
    }
  }

  /// The number of rows.
  var count: Int { lines.count }

  /// The line of the file that a row stands in.
  func line(of row: Int) -> Int { row + (hasHeader ? 2 : 1) }

  /// The fields of a row.
  ///
  /// Throws `DataError` where they are not as many as the header's.
  func fields(_ row: Int) throws(DataError) -> [ArraySlice<UInt8>] {
    let text = lines[lines.startIndex + row]
    guard let fields = fieldsBetween(separator, of: text) else {
      throw Self.unclosed(file, line: line(of: row))
    }
    guard fields.count == names.count else {
      throw DataError(
        file: file, line: line(of: row),
        found: text.allSatisfy(isBlank) ? "an empty line" : "\(fields.count) fields",
        expected: "\(names.count) as in the \(hasHeader ? "header" : "first line")",
        advice: row == count - 1 ? "the file seems cut off; copy it again" : "")
    }
    return fields
  }

  private static func unclosed(_ file: String, line: Int) -> DataError {
    DataError(
      file: file, line: line, found: "a quotation mark inside a field",
      expected: "fields with quotation marks around them or none")
  }
}

/// The fields of a line between separators; in a field within quotation marks a separator is text, and two
/// marks are one.
///
/// Nil where a mark opens or closes inside a field, or does not close on the line.
private func fieldsBetween(_ separator: UInt8, of line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
  let mark = UInt8(ascii: "\"")
  guard line.contains(mark) else {
    return line.split(separator: separator, omittingEmptySubsequences: false)
  }
  var fields: [ArraySlice<UInt8>] = []
  var field: [UInt8] = []
  var isInside = false, isClosed = false
  for byte in line {
    if isInside {
      if byte == mark { (isInside, isClosed) = (false, true) } else { field.append(byte) }
    } else if byte == separator {
      fields.append(field[...])
      (field, isClosed) = ([], false)
    } else if byte == mark, isClosed {
      field.append(mark)
      (isInside, isClosed) = (true, false)
    } else if byte == mark, field.allSatisfy(isBlank) {
      field = []
      isInside = true
    } else if isClosed {
      return nil
    } else {
      if byte == mark { return nil }
      field.append(byte)
    }
  }
  return isInside ? nil : fields + [field[...]]
}
