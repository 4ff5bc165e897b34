// SPDX-License-Identifier: Apache-2.0
public import MinimSeries
public import MinimTensor

/// Forecasts by rules that learn nothing from other rows than those of the window, one channel at a time: what every model
/// has to beat.
public enum Yardstick: String, CaseIterable, Sendable {
  /// ŷ_h = x_L.
  case last
  /// ŷ_h = x_{L + h - m ⌈h / m⌉}: the last season of m rows, again and again.
  case seasonal
  /// ŷ_h = x_L + h (x_L - x_1) / (L - 1).
  case drift
  /// The theta method: a straight line and exponential smoothing of what is left without season.
  case theta
  /// Exponential smoothing with the trend and season of the lowest AICc.
  case ets

  /// Whether numbers are fitted to every window, which takes milliseconds for each channel.
  public var isFitted: Bool { self == .theta || self == .ets }

  /// The rows to come, `horizon` of them, after a history.
  ///
  /// A season that is longer than the history is cut to it. After one row all say that row again.
  public func forecast(_ history: [Float], horizon: Int, season: Int) -> [Float] {
    precondition(
      !history.isEmpty && season > 0, "\(history.count) rows, a season of \(season)")
    let last = history[history.count - 1]
    switch history.count > 1 ? self : .last {
    case .last: return Array(repeating: last, count: horizon)
    case .seasonal:
      let m = min(season, history.count)
      return (0..<horizon).map { history[history.count - m + $0 % m] }
    case .drift:
      let slope = (last - history[0]) / Float(history.count - 1)
      return (1...horizon).map { last + Float($0) * slope }
    case .theta:
      return thetaForecast(history.map(Double.init), horizon: horizon, season: season)
        .map { Float($0) }
    case .ets:
      let rows = history.map(Double.init)
      return ExponentialSmoothing.chosen(for: rows, season: season)
        .forecast(after: rows, horizon: horizon).map { Float($0) }
    }
  }

  /// The same for standardised windows: (batch, channels, horizon).
  ///
  /// Theta, whose season is a factor where all rows are above 0, sees them in the units before `scaler`.
  public func forecasts(
    _ windows: LookBack<Float>, horizon: Int, season: Int, scaler: Scaler
  ) -> Tensor<Float> {
    let shape = windows.values.shape, length = shape[2]
    let values = windows.values.scalars
    let all = parallelMap(shape[0] * shape[1]) { line in
      let rows = Array(values[line * length..<(line + 1) * length])
      guard self == .theta else { return forecast(rows, horizon: horizon, season: season) }
      let (mean, deviation) = (
        scaler.means[line % shape[1]], scaler.deviations[line % shape[1]]
      )
      return forecast(rows.map { $0 * deviation + mean }, horizon: horizon, season: season)
        .map { ($0 - mean) / deviation }
    }
    return Tensor(all.flatMap { $0 }, shape: [shape[0], shape[1], horizon])
  }
}
