// SPDX-License-Identifier: Apache-2.0

/// The pinball loss of forecasts of a quantile: the mean of max(level · e, (level - 1) · e), with
/// e = actual - forecast.
///
/// It is 0 or more, and least in the mean for the true quantile; at a level of 0.5 it is half the mean
/// absolute error. Throws ``ScoreError`` for a level outside 0...1 or at its ends, lists that are empty
/// or differ in length, and values that are not finite.
public func pinballLoss(
  forecast: ArraySlice<Float>, actual: ArraySlice<Float>, level: Double
) throws(ScoreError) -> Double {
  guard level > 0, level < 1 else {
    throw ScoreError.outOfRange(
      what: "quantile level", found: level, expected: "a number above 0 and below 1, such as 0.9")
  }
  try checkPair(forecast, actual, list: "forecast")
  var sum = 0.0
  for (guess, truth) in zip(forecast, actual) {
    let error = Double(truth) - Double(guess)
    sum += max(level * error, (level - 1) * error)
  }
  return sum / Double(actual.count)
}

/// How often intervals hold what they forecast, and how wide they are.
public struct IntervalScores: Equatable, Sendable {
  /// The share of values from lower to upper end, both included; in 0...1.
  public let coverage: Double
  /// The mean of upper - lower, 0 or more.
  public let meanWidth: Double

  /// Scores of intervals.
  ///
  /// Throws ``ScoreError`` where lists are empty or differ in length, a value is not finite, or an
  /// upper end lies below the lower one.
  public init(
    lower: ArraySlice<Float>, upper: ArraySlice<Float>, actual: ArraySlice<Float>
  ) throws(ScoreError) {
    try checkPair(lower, actual, list: "lower")
    try checkPair(upper, actual, list: "upper")
    var covered = 0, widths = 0.0
    for ((low, high), truth) in zip(zip(lower, upper), actual) {
      guard low <= high else {
        throw ScoreError.outOfRange(
          what: "upper end", found: Double(high), expected: "at least its lower end, \(low)")
      }
      covered += low <= truth && truth <= high ? 1 : 0
      widths += Double(high) - Double(low)
    }
    coverage = Double(covered) / Double(actual.count)
    meanWidth = widths / Double(actual.count)
  }
}
