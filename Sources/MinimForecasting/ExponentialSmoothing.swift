// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A state-space model of exponential smoothing with additive errors (ETS: A, trend, season).
///
/// e = y - (ℓ + φ b + s), then ℓ ← ℓ + φ b + α e, b ← φ b + β e, s ← s + γ e, s the seasonal state of the row's phase; without
/// trend b = 0, without season s = 0. Source: Hyndman, Koehler, Ord and Snyder, "Forecasting with Exponential Smoothing" (2008).
package struct ExponentialSmoothing: Sendable {
  /// How the trend goes on.
  package enum Trend: CaseIterable, Sendable {
    /// There is none.
    case none
    /// φ = 1.
    case additive
    /// φ is within 0.8 … 0.98.
    case damped
  }

  /// The trend.
  package let trend: Trend
  /// α, within 0 … 1.
  package var alpha: Double
  /// β, within 0 … α; 0 without trend.
  package var beta = 0.0
  /// γ, within 0 … 1 - α; 0 without season.
  package var gamma = 0.0
  /// φ; 1 but for a damped trend.
  package var phi = 1.0
  /// ℓ before row 0.
  package var level = 0.0
  /// b before row 0.
  package var slope = 0.0
  /// s of each phase before the first season, from row 0; empty without season.
  package var seasons: [Double] = []

  /// A model from its parameters and states.
  package init(
    trend: Trend, alpha: Double, beta: Double = 0, gamma: Double = 0, phi: Double = 1,
    level: Double = 0, slope: Double = 0, seasons: [Double] = []
  ) {
    self.trend = trend
    self.alpha = alpha
    self.beta = beta
    self.gamma = gamma
    self.phi = phi
    self.level = level
    self.slope = slope
    self.seasons = seasons
  }

  /// The states after some rows, and the sum of their squared one-step errors.
  private func run(_ rows: [Double]) -> (end: ExponentialSmoothing, squares: Double) {
    var end = self, squares = 0.0
    for (row, value) in rows.enumerated() {
      let phase = seasons.isEmpty ? 0 : row % seasons.count
      let level = end.level + phi * end.slope
      let error = value - level - (seasons.isEmpty ? 0 : end.seasons[phase])
      squares += error * error
      end.level = level + alpha * error
      end.slope = phi * end.slope + beta * error
      if !seasons.isEmpty { end.seasons[phase] += gamma * error }
    }
    return (end, squares)
  }

  /// -n / 2 (ln(2π Σ e² / n) + 1): the logarithm of the likelihood, the errors' variance at its best.
  package func logLikelihood(of rows: [Double]) -> Double {
    let n = Double(rows.count)
    return -n / 2 * (log(2 * .pi * run(rows).squares / n) + 1)
  }

  /// The expected rows to come behind some.
  package func forecast(after rows: [Double], horizon: Int) -> [Double] {
    let end = run(rows).end
    var level = end.level, slope = end.slope
    return (0..<horizon).map { step in
      slope *= phi
      level += slope
      return level + (seasons.isEmpty ? 0 : end.seasons[(rows.count + step) % seasons.count])
    }
  }

  /// Akaike's criterion with its correction for few rows: -2 ln L + 2 k + 2 k (k + 1) / (n - k - 1), k of parameters, free
  /// states and variance; infinite without enough rows.
  package func criterion(of rows: [Double]) -> Double {
    let ofTrend = trend == .none ? 0 : trend == .additive ? 2 : 3
    let k = Double(3 + ofTrend + seasons.count), n = Double(rows.count)
    guard n - k - 1 > 0 else { return .infinity }
    return -2 * logLikelihood(of: rows) + 2 * k + 2 * k * (k + 1) / (n - k - 1)
  }

  /// The model of the lowest criterion: every trend, each without season and with one where there are at least 2 seasons of
  /// 2 rows or more; the first of equals.
  package static func chosen(for rows: [Double], season: Int) -> ExponentialSmoothing {
    let seasons = season > 1 && rows.count >= 2 * season ? [1, season] : [1]
    let models = seasons.flatMap { season in
      Trend.allCases.map { ExponentialSmoothing(fitting: rows, trend: $0, season: season) }
    }
    let criteria = models.map { $0.criterion(of: rows) }
    return models[criteria.indices.min { criteria[$0] < criteria[$1] } ?? 0]
  }

  /// The model of the least squared errors of at least 2 rows; a season of 1 row is none.
  ///
  /// Parameters are searched within their bounds by Nelder and Mead's simplex from the best three of some starts; for each trial
  /// the states before row 0 follow by least squares. Those of seasons over 24 rows are the indices of classical decomposition.
  package init(fitting rows: [Double], trend: Trend, season: Int) {
    let indices =
      season > 24
      ? SeasonalIndices(of: rows, season: season, isMultiplicative: false).values
      : Array(repeating: 0, count: season)
    let states = InitialStates(
      rows, hasTrend: trend != .none, seasons: indices, areFree: season <= 24)
    func model(_ place: [Double]) -> ExponentialSmoothing {
      func within(_ index: Int) -> Double { 1e-4 + place[index] * (1 - 2e-4) }
      var model = ExponentialSmoothing(trend: trend, alpha: within(0))
      var next = 1
      if trend != .none {
        model.beta = model.alpha * within(next)
        next += 1
      }
      if trend == .damped {
        model.phi = 0.8 + 0.18 * place[next]
        next += 1
      }
      if season > 1 { model.gamma = (1 - model.alpha) * within(next) }
      return model
    }
    var starts = [0.1, 0.5, 0.9].map { [$0] }
    if trend != .none {
      starts = starts.flatMap { start in [0.02, 0.3, 0.95].map { start + [$0] } }
    }
    if trend == .damped { starts = starts.map { $0 + [0.8] } }
    if season > 1 { starts = starts.flatMap { start in [0.05, 0.5].map { start + [$0] } } }
    func squares(_ place: [Double]) -> Double { states.solved(model(place)).squares }
    let trials = starts.map { ($0, squares($0)) }.sorted { $0.1 < $1.1 }
    let ends = trials.prefix(3).map {
      simplexMinimum(from: $0, trials: 12 * starts[0].count, of: squares)
    }
    let best = ends.min { $0.value < $1.value }?.point ?? starts[0]
    self = states.solved(model(best)).model
  }
}

/// A point of [0, 1]ᵏ and its value.
private typealias Trial = (point: [Double], value: Double)

/// The point of [0, 1]ᵏ with the lowest value that Nelder and Mead's simplex finds from a start.
///
/// Points outside are moved to the bounds. It ends after so many trials, or when its values agree to 1e-8.
private func simplexMinimum(
  from start: Trial, trials: Int, of value: ([Double]) -> Double
) -> Trial {
  func trial(_ point: [Double]) -> Trial {
    let point = point.map { min(1, max(0, $0)) }
    return (point, value(point))
  }
  var corners = [start]
  for axis in start.point.indices {
    var point = start.point
    point[axis] += point[axis] > 0.5 ? -0.1 : 0.1
    corners.append(trial(point))
  }
  var left = trials
  while left > 0 {
    corners.sort { $0.value < $1.value }
    let low = corners[0], high = corners[corners.count - 1]
    if high.value - low.value <= 1e-8 * abs(low.value) { break }
    let centre = start.point.indices.map { axis in
      corners.dropLast().reduce(0) { $0 + $1.point[axis] } / Double(corners.count - 1)
    }
    func along(_ factor: Double) -> Trial {
      left -= 1
      return trial(zip(centre, high.point).map { $0 + factor * ($0 - $1) })
    }
    let mirrored = along(1)
    if mirrored.value < low.value {
      let further = along(2)
      corners[corners.count - 1] = further.value < mirrored.value ? further : mirrored
    } else if mirrored.value < corners[corners.count - 2].value {
      corners[corners.count - 1] = mirrored
    } else {
      let nearer = along(mirrored.value < high.value ? 0.5 : -0.5)
      if nearer.value < min(mirrored.value, high.value) {
        corners[corners.count - 1] = nearer
      } else {
        for place in 1..<corners.count {
          corners[place] = trial(zip(corners[place].point, low.point).map { ($0 + $1) / 2 })
        }
        left -= corners.count - 1
      }
    }
  }
  return corners.min { $0.value < $1.value } ?? start
}
