// SPDX-License-Identifier: Apache-2.0

/// The rows to come by the theta method (methods, timedistill 8).
///
/// The season, if there is one, is taken away; what is left is the mean of two lines. Line 0 is the straight line of least
/// squares with slope b, line 2 is 2 y less it, forecast by exponential smoothing: together ℓ_n + b/2 (h - 1 + (1 - (1 - α)ⁿ) /
/// α) with the level ℓ of smoothing with the α of least squares and ℓ_1 = y_1. Source: Hyndman and Billah, "Unmasking the
/// Theta method" (2003).
package func thetaForecast(_ history: [Double], horizon: Int, season: Int) -> [Double] {
  let n = history.count, indices = SeasonalIndices(history, season: season)
  let y = indices?.removed(from: history) ?? history
  let middle = Double(n - 1) / 2, mean = y.reduce(0, +) / Double(n)
  var product = 0.0, squares = 0.0
  for (row, value) in y.enumerated() {
    let distance = Double(row) - middle
    product += distance * (value - mean)
    squares += distance * distance
  }
  let slope = product / squares
  let alpha = smoothingRate(of: y), level = smoothed(y, rate: alpha).level
  var keep = 1.0
  for _ in 0..<n { keep *= 1 - alpha }
  return (0..<horizon).map { step in
    let value = level + slope / 2 * (Double(step) + (1 - keep) / alpha)
    return indices?.restored(value, row: n + step) ?? value
  }
}

/// Simple exponential smoothing from ℓ = y_1: the last level, and the sum of squared one-step errors.
private func smoothed(_ y: [Double], rate: Double) -> (level: Double, squares: Double) {
  var level = y[0], squares = 0.0
  for value in y.dropFirst() {
    let error = value - level
    squares += error * error
    level += rate * error
  }
  return (level, squares)
}

/// The rate within 0.0001 … 1 of the least squared one-step errors: the best of 51, then the golden section around it.
private func smoothingRate(of y: [Double]) -> Double {
  func squares(_ rate: Double) -> Double { smoothed(y, rate: rate).squares }
  let grid = (0...50).map { max(1e-4, Double($0) / 50) }
  let heights = grid.map(squares)
  let best = heights.indices.min { heights[$0] < heights[$1] } ?? 0
  var low = grid[max(0, best - 1)], high = grid[min(50, best + 1)]
  let golden = (5.0.squareRoot() - 1) / 2
  while high - low > 1e-7 {
    let left = high - golden * (high - low), right = low + golden * (high - low)
    if squares(left) <= squares(right) { high = right } else { low = left }
  }
  let found = (low + high) / 2
  return squares(found) < heights[best] ? found : grid[best]
}

/// What the rows of a season differ by, from classical decomposition.
///
/// The trend is the centred moving average of a season (of an even one with half weights at both ends); the index of a phase is the
/// mean of y / trend, or of y - trend, over its rows, brought to the mean 1, or 0.
struct SeasonalIndices {
  /// The index of each row of the season, from row 0 of the history.
  let values: [Double]
  /// Whether rows are multiplied by their index; otherwise it is added.
  let isMultiplicative: Bool

  /// The indices of a history whose autocorrelation r at the season is sure at 90 %; multiplicative where all rows are above 0.
  ///
  /// |r_m| > 1.645 √((1 + 2 Σ_{k < m} r_k²) / n). Nil where it is not, for a season of 1 row and fewer than 2 seasons.
  init?(_ history: [Double], season m: Int) {
    let n = history.count
    guard m > 1, n >= 2 * m else { return nil }
    let mean = history.reduce(0, +) / Double(n)
    let centred = history.map { $0 - mean }
    func covariance(_ lag: Int) -> Double {
      var sum = 0.0
      for row in lag..<n { sum += centred[row] * centred[row - lag] }
      return sum
    }
    let variance = covariance(0)
    guard variance > 0 else { return nil }
    let others = (1..<m).reduce(0.0) { sum, lag in
      let r = covariance(lag) / variance
      return sum + r * r
    }
    let limit = 1.645 * ((1 + 2 * others) / Double(n)).squareRoot()
    guard abs(covariance(m) / variance) > limit else { return nil }
    self.init(of: history, season: m, isMultiplicative: history.allSatisfy { $0 > 0 })
  }

  /// The indices of a history of at least 2 seasons, tested or not.
  init(of history: [Double], season m: Int, isMultiplicative: Bool) {
    let half = m / 2, ends = m % 2 == 0 ? 0.5 : 1.0
    var sums = [Double](repeating: 0, count: m), counts = sums
    for row in half..<history.count - half {
      var trend = (history[row - half] + history[row + half]) * ends
      for near in row - half + 1..<row + half { trend += history[near] }
      trend /= Double(m)
      sums[row % m] += isMultiplicative ? history[row] / trend : history[row] - trend
      counts[row % m] += 1
    }
    let means = zip(sums, counts).map { $0 / $1 }, mean = means.reduce(0, +) / Double(m)
    values = means.map { isMultiplicative ? $0 / mean : $0 - mean }
    self.isMultiplicative = isMultiplicative
  }

  /// A history without its season.
  func removed(from history: [Double]) -> [Double] {
    history.enumerated().map { row, value in
      let index = values[row % values.count]
      return isMultiplicative ? value / index : value - index
    }
  }

  /// A row with its season again.
  func restored(_ value: Double, row: Int) -> Double {
    let index = values[row % values.count]
    return isMultiplicative ? value * index : value + index
  }
}
