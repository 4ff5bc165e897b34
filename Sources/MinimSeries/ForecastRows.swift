// SPDX-License-Identifier: Apache-2.0

/// The rows of a series as its file has them: values may be missing, times may have gaps.
struct ForecastRows {
  /// The file.
  let name: String
  /// The name of each channel.
  let channelNames: [String]
  /// The values row after row; NaN where one is missing.
  let values: [Float]
  /// The time of each row, never before that of the row above; nil without times, or where they are row numbers: 0, 1, … or
  /// 1, 2, ….
  let seconds: [Int]?
  /// Whether the times are Unix seconds.
  let isUnix: Bool
  /// The name of the column of times, for messages.
  let timeColumn: String?
  /// The line of the first row; nil in an array.
  private let firstLine: Int?

  /// Channels in every row.
  var channels: Int { channelNames.count }
  /// The number of rows.
  var count: Int { values.count / channels }
  /// The line that a row stands in.
  func line(of row: Int) -> Int? { firstLine.map { $0 + row } }

  /// Reads an array; NaN is a missing value where those are kept, else an error.
  init(array path: String, keepsMissing: Bool) throws(DataError) {
    let (values, channels) = try arrayRows(
      path, keepsMissing: keepsMissing, advice: FillPolicy.advice)
    name = path
    channelNames = (0..<channels).map(String.init)
    self.values = values
    seconds = nil
    isUnix = false
    timeColumn = nil
    firstLine = nil
  }

  /// How the times of a table must follow each other.
  enum Order {
    /// Each after the one above.
    case rising
    /// None before the one above.
    case notFalling
  }

  /// Reads comma-separated text; missing values are errors unless kept, times out of order are, and
  /// without `order` times are passed over.
  init(table path: String, keepsMissing: Bool, order: Order?) throws(DataError) {
    let table = try CommaSeparated(path, hasHeader: !plainName(path).hasSuffix(".txt"))
    let isTimed = try table.beginsWithTimes()
    let columns = Array(table.names.indices.dropFirst(isTimed ? 1 : 0))
    try table.check(channels: columns)
    var values: [Float] = []
    values.reserveCapacity(table.count * columns.count)
    var resolution = FloatResolution(columns: columns.count)
    var clock = order.map { StampReader(table, order: $0) }
    for row in 0..<table.count {
      let fields = try table.fields(row)
      if isTimed { try clock?.append(fields[0], row: row) }
      try table.append(
        row, of: columns, fields,
        missing: keepsMissing ? nil : (expected: "a number", advice: FillPolicy.advice),
        to: &values, noting: &resolution)
    }
    try resolution.check(file: path) { "column \(table.names[columns[$0]])" }
    name = path
    channelNames = columns.map { table.names[$0] }
    self.values = values
    seconds = isTimed && clock?.isRowNumber == false ? clock?.seconds : nil
    isUnix = clock?.isUnix ?? false
    timeColumn = isTimed ? table.names[0] : nil
    firstLine = table.line(of: 0)
  }

  /// Throws `DataError` for fewer rows than 2.
  func checkCount(_ count: Int, _ advice: String) throws(DataError) {
    guard count > 1 else {
      throw DataError(file: name, found: "1 row", expected: "at least 2 rows", advice: advice)
    }
  }
}

/// Understands a column of times, row by row.
private struct StampReader {
  private let table: CommaSeparated
  private let order: ForecastRows.Order
  private var first: (text: ArraySlice<UInt8>, form: TimeStamp.Form)?
  /// Whether the times are Unix seconds.
  var isUnix: Bool { first.map { $0.form.mark == nil } ?? false }
  /// Whether the times are the numbers of the rows from 0 or 1 on.
  var isRowNumber: Bool {
    guard isUnix, let start = seconds.first, start == 0 || start == 1 else { return false }
    return seconds.indices.allSatisfy { seconds[$0] == start + $0 }
  }
  /// The times so far.
  private(set) var seconds: [Int] = []

  init(_ table: CommaSeparated, order: ForecastRows.Order) {
    self.table = table
    self.order = order
  }

  /// Takes the time of the next row.
  ///
  /// Throws `DataError` where it cannot be read, has another form than the first, or does not lie
  /// after the time above.
  mutating func append(_ text: ArraySlice<UInt8>, row: Int) throws(DataError) {
    func problem(_ found: String, _ expected: String, _ advice: String) -> DataError {
      DataError(
        file: table.file, line: table.line(of: row), field: "column \(table.names[0])",
        found: found, expected: expected, advice: advice)
    }
    guard let stamp = TimeStamp(text) else {
      let digits = trimmed(text)
      let isWhole = Int(String(decoding: digits, as: UTF8.self)) != nil
      throw problem(
        shown(text), "a time as \(TimeStamp.forms)",
        isWhole && digits.count > 8
          ? "divide milliseconds by 1000"
          : "write it so, in whole seconds, or leave the column out")
    }
    if let first, first.form != stamp.form {
      var form = first.form
      form.zone = stamp.form.zone
      throw problem(
        shown(text), "a time in the form of \(shown(first.text)) in line \(table.line(of: 0))",
        form == stamp.form ? "write all in one zone" : "write all times alike")
    }
    if let above = seconds.last {
      guard stamp.seconds >= above else {
        throw problem(
          "\(shown(text)), before the time of line \(table.line(of: row - 1))",
          "times that rise", "sort the rows")
      }
      guard stamp.seconds > above || order == .notFalling else {
        throw problem(
          "\(shown(text)) again", "times that rise",
          "keep one of the rows, or take means with --resample STEP")
      }
    }
    if first == nil { first = (text, stamp.form) }
    seconds.append(stamp.seconds)
  }
}
