// SPDX-License-Identifier: Apache-2.0

/// Half the width of split-conformal intervals, one for each column of residuals.
///
/// The k-th smallest |residual| of a column of n rows, k = ceil((n + 1) · level): around forecasts of
/// cases exchangeable with these the interval holds at least that share of them in the mean. What
/// rounding adds to the product (1e-9) does not count. Nil where k > n: n residuals cannot promise the
/// level, n >= level / (1 - level) can. `residuals` lie row after row, a row for each window, a column
/// for each step of the horizon or for each step and channel, from data that the model has not
/// learnt from. Source: Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random World" (2005).
///
/// Throws ``ScoreError`` for a level outside 0...1 or at its ends, no rows, incomplete rows and values
/// that are not finite; fewer columns than 1 trap.
public func conformalHalfWidths(
  residuals: [Float], columns: Int, level: Double
) throws(ScoreError) -> [Float]? {
  precondition(columns > 0, "rows of \(columns) columns")
  guard level > 0, level < 1 else {
    throw ScoreError.outOfRange(
      what: "coverage level", found: level, expected: "a number above 0 and below 1, such as 0.9")
  }
  guard !residuals.isEmpty else { throw ScoreError.empty }
  let rows = residuals.count / columns
  guard residuals.count % columns == 0 else {
    throw ScoreError.lengthMismatch(
      list: "residuals", found: residuals.count, expected: (rows + 1) * columns)
  }
  for (index, value) in residuals.enumerated() where !value.isFinite {
    throw ScoreError.notFiniteInSeries(
      list: "residuals", row: index / columns, channel: index % columns)
  }
  let rank = Int((Double(rows + 1) * level - 1e-9).rounded(.up))
  guard rank <= rows else { return nil }
  return (0..<columns).map { column in
    stride(from: column, to: residuals.count, by: columns).map { abs(residuals[$0]) }
      .sorted()[max(rank, 1) - 1]
  }
}
