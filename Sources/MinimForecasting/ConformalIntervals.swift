// SPDX-License-Identifier: Apache-2.0
internal import MinimLearning
internal import MinimScores
public import MinimTensor

/// Intervals around forecasts from the errors on windows that were kept apart (split-conformal prediction).
///
/// Half-width of step h, channel c: σ s_c q_h. σ = √(variance + 0.04) of the channel over the look-back: where the rows are calm,
/// so are the errors, but a sensor that stands still does not promise to go on so. With e = |error| / σ, s_c is the root of the channel's mean e², and q_h the k-th smallest
/// e / s_c of step h over windows and channels, k = ⌈(n + 1) level⌉. All in standardised units. Windows overlap and series drift,
/// so that coverage is near the level and not sure; `backtest` reports it.
public struct ConformalIntervals: Codable, Equatable, Sendable {
  /// The shares of forecasts that intervals are to hold, ascending.
  public let levels: [Double]
  /// s: a number for each channel.
  public let scales: [Float]
  /// q: for each level a number for each step to come.
  public let widths: [[Float]]

  /// Intervals from their parts; counts that differ trap.
  public init(levels: [Double], scales: [Float], widths: [[Float]]) {
    precondition(
      levels.count == widths.count && Set(widths.map(\.count)).count <= 1,
      "\(levels.count) levels, widths of \(widths.map(\.count)) steps")
    self.levels = levels
    self.scales = scales
    self.widths = widths
  }

  /// Whether there is what so many channels and rows to come need, levels between 0 and 1, ascending.
  package func isValid(channels: Int, horizon: Int) -> Bool {
    levels.count == widths.count && zip(levels, levels.dropFirst()).allSatisfy { $0 < $1 }
      && levels.allSatisfy { $0 > 0 && $0 < 1 } && scales.count == channels
      && scales.allSatisfy { $0.isFinite && $0 > 0 }
      && widths.allSatisfy { $0.count == horizon && $0.allSatisfy { $0.isFinite && $0 >= 0 } }
  }

  /// The intervals of a forecaster by the errors on validation windows, at most 2,048 of them, evenly spread.
  ///
  /// Levels that there are too few windows for are left out. Nil where none remains, or an error is not finite.
  public init?(
    _ model: some Forecaster<Float>, on windows: ForecastWindows, levels: [Double] = [0.8, 0.95]
  ) {
    let channels = windows.channels, horizon = windows.horizon
    // 64 MB of errors at most, but of 64 windows.
    let most = max(64, min(2048, (1 << 24) / (channels * horizon)))
    let chosen = spread(windows.count, atMost: most)
    var errors: [Float] = []
    for start in stride(from: 0, to: chosen.count, by: 32) {
      let part = Array(chosen[start..<min(start + 32, chosen.count)])
      let shown = windows.lookBack(part)
      let distance = (model(shown).output - windows.targets(part)).absolute()
      errors += (distance / Self.deviations(of: shown)).scalars
    }
    let scales = (0..<channels).map { channel -> Float in
      var total = 0.0
      for window in chosen.indices {
        let start = (window * channels + channel) * horizon
        total += errors[start..<start + horizon].reduce(0.0) { $0 + Double($1) * Double($1) }
      }
      let scale = (total / Double(max(1, chosen.count * horizon))).squareRoot()
      return scale > 1e-12 ? Float(scale) : 1
    }
    guard scales.allSatisfy(\.isFinite) else { return nil }
    for place in errors.indices { errors[place] /= scales[place / horizon % channels] }
    var held: [Double] = [], widths: [[Float]] = []
    for level in levels {
      guard
        let own = try? conformalHalfWidths(residuals: errors, columns: horizon, level: level)
      else { continue }
      held.append(level)
      widths.append(own)
    }
    guard !held.isEmpty else { return nil }
    self.init(levels: held, scales: scales, widths: widths)
  }

  /// The half-widths of one level around forecasts of windows, in standardised units: (batch, channels, horizon).
  public func halfWidths(_ level: Int, for windows: LookBack<Float>) -> Tensor<Float> {
    let own = Tensor(
      scales.flatMap { scale in widths[level].map { scale * $0 } },
      shape: [scales.count, widths[level].count])
    return Self.deviations(of: windows) * own
  }

  /// σ of windows: (batch, channels, 1).
  private static func deviations(of windows: LookBack<Float>) -> Tensor<Float> {
    let centred = windows.values - windows.values.mean(over: [-1], keepingAxes: true)
    return (centred.squared().mean(over: [-1], keepingAxes: true) + 0.04).squareRoot()
  }
}
