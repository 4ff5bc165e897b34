// SPDX-License-Identifier: Apache-2.0

/// The first rows of a series to learn from, the next to validate on, the next to test on.
public struct ForecastSplit: Equatable, Sendable {
  /// A part of the rows.
  public enum Part: String, CaseIterable, Sendable {
    /// The rows to learn from.
    case train
    /// The rows to choose by.
    case validation
    /// The rows to score on.
    case test
  }

  /// Rows to learn from, from row 0.
  public let trainRows: Int
  /// Rows to validate on, behind those.
  public let validationRows: Int
  /// Rows to test on, behind those; later ones are not used.
  public let testRows: Int

  /// A split from its counts.
  ///
  /// A count below 1 traps.
  public init(trainRows: Int, validationRows: Int, testRows: Int) {
    precondition(
      min(trainRows, validationRows, testRows) > 0,
      "a split of \(trainRows), \(validationRows) and \(testRows) rows")
    self.trainRows = trainRows
    self.validationRows = validationRows
    self.testRows = testRows
  }

  /// 12, 4 and 4 months of 30 days, as the ETT sets are split.
  ///
  /// Nil where a day (86,400 s) has no whole number of steps (seconds), or there are fewer than 600
  /// days of rows. Source: methods, timedistill 5.
  public init?(monthsOf rows: Int, step: Int) {
    precondition(step > 0, "a step of \(step) seconds")
    let month = 86_400 / step * 30
    guard 86_400 % step == 0, rows >= 20 * month else { return nil }
    self.init(trainRows: 12 * month, validationRows: 4 * month, testRows: 4 * month)
  }

  /// Shares of all rows: train · n and test · n rounded down, the rest to validate on.
  ///
  /// Nil where a part would have no row. Source: methods, timedistill 5.
  public init?(rows: Int, train: Double = 0.7, test: Double = 0.2) {
    precondition(
      rows >= 0 && train > 0 && test > 0 && train + test < 1, "shares of \(train) and \(test)")
    let trainRows = Int(Double(rows) * train), testRows = Int(Double(rows) * test)
    guard min(trainRows, testRows, rows - trainRows - testRows) > 0 else { return nil }
    self.init(
      trainRows: trainRows, validationRows: rows - trainRows - testRows, testRows: testRows)
  }

  /// The usual split of a series: by months where its file's name begins with ETTh or ETTm and it has
  /// times, else 0.7, 0.1 and 0.2 of its rows.
  ///
  /// Throws `DataError` for a series too short for that.
  public init(_ series: ForecastSeries) throws(DataError) {
    let name = lastComponent(series.recording.name), rows = series.recording.count
    let isMonthly = name.hasPrefix("ETTh") || name.hasPrefix("ETTm")
    guard isMonthly, let step = series.times?.step else {
      guard let split = ForecastSplit(rows: rows) else {
        throw DataError(
          file: series.recording.name, found: "\(rows) rows",
          expected: "rows for shares of 0.7, 0.1 and 0.2")
      }
      self = split
      return
    }
    guard let split = ForecastSplit(monthsOf: rows, step: step) else {
      throw DataError(
        file: series.recording.name, found: "\(rows) rows at a step of \(durationText(step))",
        expected: "20 months of 30 days, the split of the ETT sets",
        advice: "name a split, such as 0.7,0.1,0.2")
    }
    self = split
  }

  /// A split from its text: three counts of rows as `8640,2880,2880`, or three shares of `rows` that
  /// add up to 1 as `0.6,0.2,0.2`.
  ///
  /// Throws `OptionError`.
  public init(parsing text: String, rows: Int) throws(OptionError) {
    let fields = text.split(separator: ",", omittingEmptySubsequences: false)
    let counts = fields.compactMap { Int($0) }, shares = fields.compactMap { Double($0) }
    if counts.count == 3, fields.count == 3, counts.allSatisfy({ $0 > 0 && $0 <= rows }),
      counts.reduce(0, +) <= rows
    {
      self.init(trainRows: counts[0], validationRows: counts[1], testRows: counts[2])
    } else if shares.count == 3, fields.count == 3, shares.allSatisfy({ $0 > 0 && $0 < 1 }),
      abs(shares.reduce(0, +) - 1) < 1e-9, shares[0] + shares[2] < 1,
      let split = ForecastSplit(rows: rows, train: shares[0], test: shares[2])
    {
      self = split
    } else {
      throw OptionError(
        "split: found \"\(text)\", expected rows to learn from, validate and test on that are "
          + "\(rows) at most, as 8640,2880,2880, or shares that add up to 1, as 0.7,0.1,0.2")
    }
  }

  /// The rows that a part's forecasts are of.
  public func rows(_ part: Part) -> Range<Int> {
    let validation = trainRows + validationRows
    return switch part {
    case .train: 0..<trainRows
    case .validation: trainRows..<validation
    case .test: validation..<(validation + testRows)
    }
  }

  /// The rows of a part with those before it that its first window looks back on, where there are
  /// as many.
  public func rows(_ part: Part, lookback: Int) -> Range<Int> {
    let own = rows(part)
    return max(0, own.lowerBound - lookback)..<own.upperBound
  }

  /// Windows of `lookback` rows and `horizon` rows behind them that a part has, one from each row.
  ///
  /// The first forecast of the parts behind the first begins with their first row. Lengths below 1
  /// trap. Source: methods, timedistill 5.
  public func windowCount(_ part: Part, lookback: Int, horizon: Int) -> Int {
    precondition(lookback > 0 && horizon > 0, "windows of \(lookback) and \(horizon) rows")
    return max(0, rows(part, lookback: lookback).count - lookback - horizon + 1)
  }
}
