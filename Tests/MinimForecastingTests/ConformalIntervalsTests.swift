// SPDX-License-Identifier: Apache-2.0
import MinimForecasting
import MinimLayers
import MinimSeries
import MinimTensor
import Testing

@Suite struct ConformalIntervalsTests {
  private static let lookback = 32

  /// A forecaster that says 0 of rows around 0.
  private func model(horizon: Int) -> LinearForecaster<Float> {
    var generator = SeededGenerator(seed: 1)
    var model = LinearForecaster<Float>(
      .init(kind: .decomposed, channels: 2, lookback: Self.lookback, horizon: horizon),
      using: &generator)
    model.visitParameters(under: .root) { $1 = Tensor(zeros: $1.shape) }
    return model
  }

  /// Rows of noise, the second channel's ten times as high; from row 4,000 on all of it is three times as high.
  private func windows(_ rows: Range<Int>, horizon: Int) -> ForecastWindows {
    var generator = SeededGenerator(seed: 8)
    var values = Tensor<Float>.normal(shape: [2 * rows.upperBound], using: &generator).scalars
    for place in values.indices {
      values[place] *= (place % 2 == 1 ? 10 : 1) * (place / 2 >= 4000 ? 3 : 1)
    }
    return ForecastWindows(
      Recording(name: "noise", channels: 2, values: values), times: nil, part: rows,
      lookback: Self.lookback,
      horizon: horizon)
  }

  @Test func levelsAreHeldByEveryStepAndChannel() throws {
    let model = model(horizon: 3)
    let intervals = try #require(
      ConformalIntervals(model, on: windows(0..<2000, horizon: 3), levels: [0.5, 0.8, 0.95]))
    // Errors are measured in deviations of the look-back.
    #expect(intervals.scales.allSatisfy { abs($0 - 1) < 0.2 })
    let other = windows(2000..<6000, horizon: 3)
    for (place, level) in intervals.levels.enumerated() {
      for channel in 0..<2 {
        for step in 0..<3 {
          var held = 0
          forEachForecast(of: model, on: other) { indices, forecast, actual in
            let errors = (forecast - actual).absolute().scalars
            let widths = intervals.halfWidths(place, for: other.lookBack(indices)).scalars
            for window in 0..<indices.count {
              let number = (window * 2 + channel) * 3 + step
              if errors[number] <= widths[number] { held += 1 }
            }
          }
          #expect(abs(Double(held) / Double(other.count) - level) < 0.03)
        }
      }
    }
  }

  /// The k-th smallest of 2 n residuals, k = ⌈(2 n + 1) level⌉, must be among them.
  @Test func tooFewWindowsOrNoNumbersGiveNone() {
    func intervals(_ count: Int) -> ConformalIntervals? {
      let windows = windows(Self.lookback..<Self.lookback + count, horizon: 1)
      #expect(windows.count == count)
      return ConformalIntervals(model(horizon: 1), on: windows)
    }
    #expect(intervals(10)?.widths.count == 2)
    #expect(intervals(9)?.levels == [0.8] && intervals(2)?.widths.count == 1)
    #expect(intervals(1) == nil && intervals(0) == nil)
    var broken = model(horizon: 1)
    broken.map.bias = Tensor([.nan], shape: [1])
    #expect(
      ConformalIntervals(broken, on: windows(Self.lookback..<Self.lookback + 100, horizon: 1))
        == nil)
    broken.map.bias = Tensor([1e37], shape: [1])
    #expect(
      ConformalIntervals(broken, on: windows(Self.lookback..<Self.lookback + 100, horizon: 1))
        != nil)
    broken.map.bias = Tensor([.infinity], shape: [1])
    #expect(
      ConformalIntervals(broken, on: windows(Self.lookback..<Self.lookback + 100, horizon: 1))
        == nil)
  }

  /// Half the widths are errors over deviation and scale: of equal errors and deviations all are 1.
  @Test func aForecastThatIsOffByAConstant() throws {
    let flat = Recording(name: "flat", channels: 2, values: Array(repeating: 0, count: 200))
    var model = model(horizon: 1)
    model.map.bias = Tensor([0.5], shape: [1])
    let windows = ForecastWindows(
      flat, times: nil, part: 40..<100, lookback: Self.lookback, horizon: 1)
    let intervals = try #require(ConformalIntervals(model, on: windows))
    #expect(intervals.widths == [[1], [1]])
    for width in intervals.halfWidths(1, for: windows.lookBack([3])).scalars {
      #expect(abs(width - 0.5) < 1e-6)
    }
    model.map.bias = Tensor(zeros: [1])
    let exact = try #require(ConformalIntervals(model, on: windows))
    #expect(exact.scales == [1, 1] && exact.widths == [[0], [0]])
  }
}
