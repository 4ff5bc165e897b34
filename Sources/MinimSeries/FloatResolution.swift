// SPDX-License-Identifier: Apache-2.0

/// Watches what columns lose as they become 32-bit numbers: of values about 1e8 these keep steps of 8 alone.
struct FloatResolution {
  /// Of each column the least and the largest value and the largest rounding error.
  private var columns: [(least: Double, largest: Double, loss: Double)]

  init(columns count: Int) {
    columns = Array(repeating: (.infinity, -.infinity, 0), count: count)
  }

  /// Takes a value of a column; NaN is passed over.
  mutating func note(_ value: Double, column: Int) {
    guard !value.isNaN else { return }
    columns[column].least = min(columns[column].least, value)
    columns[column].largest = max(columns[column].largest, value)
    columns[column].loss = max(columns[column].loss, abs(value - Double(Float(value))))
  }

  /// Refuses a column of values beyond 2^20 that lie so close together that rounding takes more than a 256th of their span.
  ///
  /// Spans below 1e-13 of the values are left alone: that is noise of double precision. Throws `DataError`, which names the
  /// column.
  func check(file: String, named name: (Int) -> String) throws(DataError) {
    for (place, column) in columns.enumerated() {
      let size = max(abs(column.least), abs(column.largest)), span = column.largest - column.least
      guard size >= 1_048_576, span > 1e-13 * size, column.loss * 256 > span else { continue }
      throw DataError(
        file: file, field: name(place),
        found:
          "values from \(column.least) to \(column.largest), of which 32-bit numbers keep steps of \(Float(size).ulp) alone",
        expected: "values that can be told apart in 32 bits",
        advice: "subtract \(column.least.rounded(.down)) from the column")
    }
  }
}
