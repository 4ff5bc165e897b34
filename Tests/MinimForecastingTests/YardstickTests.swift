// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimForecasting
import MinimSeries
import MinimTensor
import Testing

/// A series of Tools/golden/forecast_yardsticks.py.
private struct GoldenSeries: Decodable, Sendable {
  struct Model: Decodable, Sendable {
    let states: [Double]
    let likelihood: Double
    let forecast: [Double]
    let best: Double
  }
  let season: Int
  let rows: [Double]
  let seasonal: Bool
  let theta: [Double]
  let models: [String: Model]

  static let read = Result {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode(
      [String: Self].self,
      from: Data(contentsOf: tests.appending(path: "Golden/forecast-yardsticks.json")))
  }
}

@Suite struct YardstickTests {
  private func worst(_ found: [Double], _ expected: [Double]) -> Double {
    #expect(found.count == expected.count)
    return zip(found, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  private let kinds: [(name: String, trend: ExponentialSmoothing.Trend)] = [
    ("none", .none), ("additive", .additive), ("damped", .damped),
  ]

  @Test func byHand() {
    let rows: [Float] = [1, 5, 2, 4, 7]
    #expect(Yardstick.last.forecast(rows, horizon: 3, season: 2) == [7, 7, 7])
    #expect(Yardstick.seasonal.forecast(rows, horizon: 5, season: 2) == [4, 7, 4, 7, 4])
    #expect(Yardstick.seasonal.forecast(rows, horizon: 6, season: 9) == [1, 5, 2, 4, 7, 1])
    #expect(Yardstick.drift.forecast(rows, horizon: 2, season: 2) == [8.5, 10])
    #expect(Yardstick.allCases.filter(\.isFitted) == [.theta, .ets])
  }

  /// Every window and channel alone, in order.
  @Test(arguments: Yardstick.allCases) func windowsAreForecastOneByOne(_ yardstick: Yardstick) {
    let values = (0..<240).map { (place: Int) -> Float in
      Float((place * place + 3 * place) % 17 - 8)
    }
    let windows = LookBack(values: Tensor(values, shape: [2, 3, 40]), steps: [0, 1])
    // Of the second channel only the rows before the scaler are above 0, where Theta's season is a factor.
    let scaler = Scaler(Recording(name: "", channels: 3, values: [0, 18, 0, 0, 22, 0]))
    #expect(scaler.means == [0, 20, 0] && scaler.deviations == [1, 2, 1])
    let found = yardstick.forecasts(windows, horizon: 5, season: 6, scaler: scaler)
    #expect(found.shape == [2, 3, 5])
    for line in 0..<6 {
      let rows = Array(values[line * 40..<(line + 1) * 40])
      let isFactor = yardstick == .theta && line % 3 == 1
      let expected = yardstick.forecast(
        isFactor ? rows.map { $0 * 2 + 20 } : rows, horizon: 5, season: 6)
      let own = Array(found.scalars[line * 5..<(line + 1) * 5])
      #expect(own == (isFactor ? expected.map { ($0 - 20) / 2 } : expected))
    }
  }

  /// Seasons that are multiplied, added, of an odd number of rows, and none; rates by another search.
  @Test func theta() throws {
    let golden = try GoldenSeries.read.get()
    #expect(golden.count == 4)
    for (name, series) in golden {
      let found = thetaForecast(series.rows, horizon: 30, season: series.season)
      let size = series.theta.reduce(0) { max($0, abs($1)) }
      #expect(worst(found, series.theta) < 1e-4 * size, "\(name)")
      let rows = series.rows.map { Float($0) }
      let single = Yardstick.theta.forecast(rows, horizon: 30, season: series.season)
      #expect(worst(single.map(Double.init), found) < 1e-6 * size)
      // Without a season that is sure, the season does not matter.
      let plain = thetaForecast(series.rows, horizon: 30, season: 1)
      #expect((plain == found) == !series.seasonal, "\(name)")
    }
  }

  /// A line goes on with its slope; rows that are all the same stay.
  @Test(arguments: [Yardstick.theta, .ets]) func linesGoOn(_ yardstick: Yardstick) {
    let line = (0..<40).map { 3 + 0.5 * Float($0) }
    let found = yardstick.forecast(line, horizon: 4, season: 7)
    let slope = yardstick == .ets ? 0.5 : 0.25
    #expect(worst(found.map(Double.init), (1...4).map { 22.5 + slope * Double($0) }) < 0.01)
    #expect(yardstick.forecast(Array(repeating: 2, count: 30), horizon: 3, season: 7) == [2, 2, 2])
    let few = yardstick.forecast([1, 2], horizon: 2, season: 7)
    #expect(few.allSatisfy { $0.isFinite })
  }

  /// For given numbers: likelihood and forecasts.
  @Test func smoothingIsThatOfStatsmodels() throws {
    for (name, series) in try GoldenSeries.read.get() {
      for kind in kinds {
        for season in ["", "-season"] {
          let expected = try #require(series.models[kind.name + season])
          let model = ExponentialSmoothing(
            trend: kind.trend, alpha: 0.3, beta: kind.trend == .none ? 0 : 0.05,
            gamma: season == "" ? 0 : 0.2, phi: kind.trend == .damped ? 0.9 : 1,
            level: series.rows[0] + 0.25, slope: kind.trend == .none ? 0 : 0.125,
            seasons: expected.states)
          #expect(
            abs(model.logLikelihood(of: series.rows) - expected.likelihood) < 1e-8,
            "\(name), \(kind.name)\(season)")
          #expect(worst(model.forecast(after: series.rows, horizon: 30), expected.forecast) < 1e-8)
        }
      }
    }
  }

  /// The search ends where that of statsmodels does, within the same bounds, or higher.
  @Test func smoothingIsFitted() throws {
    for (name, series) in try GoldenSeries.read.get() {
      for kind in kinds {
        for season in [1, series.season] {
          let label = kind.name + (season > 1 ? "-season" : "")
          let expected = try #require(series.models[label])
          let model = ExponentialSmoothing(
            fitting: series.rows, trend: kind.trend, season: season)
          let likelihood = model.logLikelihood(of: series.rows)
          #expect(likelihood > expected.best - 0.05, "\(name), \(label): \(likelihood)")
          #expect(model.alpha > 0 && model.alpha < 1 && model.beta <= model.alpha)
          #expect(model.gamma <= 1 - model.alpha && (model.gamma > 0) == (season > 1))
          #expect(kind.trend == .damped ? (0.8...0.98).contains(model.phi) : model.phi == 1)
          #expect(model.seasons.count == (season > 1 ? season : 0))
        }
      }
    }
  }

  /// The lowest AICc: k of parameters, free states and variance.
  @Test func smoothingIsChosen() throws {
    let golden = try GoldenSeries.read.get()
    for (name, series) in golden {
      let chosen = ExponentialSmoothing.chosen(for: series.rows, season: series.season)
      #expect(chosen.seasons.isEmpty == !series.seasonal, "\(name)")
      let n = Double(series.rows.count)
      for kind in kinds {
        for season in [1, series.season] {
          let model = ExponentialSmoothing(
            fitting: series.rows, trend: kind.trend, season: season)
          let ofTrend = kind.trend == .none ? 0 : kind.trend == .additive ? 2 : 3
          let k = Double(3 + ofTrend + (season > 1 ? season : 0))
          let expected =
            2 * k - 2 * model.logLikelihood(of: series.rows) + 2 * k * (k + 1) / (n - k - 1)
          #expect(abs(model.criterion(of: series.rows) - expected) < 1e-9)
          #expect(chosen.criterion(of: series.rows) <= expected)
        }
      }
    }
    let series = try #require(golden["standardised"])
    #expect(ExponentialSmoothing.chosen(for: Array(series.rows[..<47]), season: 24).seasons == [])
    // Too few rows for every criterion: the first model.
    let few = ExponentialSmoothing.chosen(for: [1, 2, 4, 3], season: 2)
    #expect(few.trend == .none && few.seasons.isEmpty)
  }

  /// Of a season over 24 rows the states are those of decomposition, and errors are small all the same.
  @Test func longSeasonsAreForecast() {
    let wave = (0..<448).map { (row: Int) -> Double in sin(2 * Double.pi * Double(row) / 48) }
    let rows = wave[..<400].map { Float($0) }
    for yardstick in [Yardstick.theta, .ets] {
      let found = yardstick.forecast(rows, horizon: 48, season: 48)
      #expect(worst(found.map(Double.init), Array(wave[400...])) < 0.05, "\(yardstick)")
    }
  }
}
