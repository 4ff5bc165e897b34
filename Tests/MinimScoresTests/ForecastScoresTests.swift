// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimScores
import Testing

/// What NumPy and scikit-learn say about forecasts; written by Tools/golden/forecast_data.py.
struct GoldenForecastErrors: Decodable {
  struct Errors: Decodable {
    let horizon: Int
    let channels: Int
    let season: Int
    let actual: [Float]
    let forecast: [Float]
    let train: [Float]
    let mse: Double
    let mae: Double
    let rmse: Double
    let stepMSE: [Double]
    let stepMAE: [Double]
    let channelMAE: [Double]
    let scales: [Double]
    let mase: Double
    let pinball: [[Double]]
    let coverage: Double
    let meanWidth: Double
  }
  struct Conformal: Decodable {
    struct Level: Decodable {
      let level: Double
      let widths: [Float]?
    }
    let columns: Int
    let residuals: [Float]
    let levels: [Level]
  }
  let errors: [Errors]
  let conformal: [Conformal]

  static func load() throws -> GoldenForecastErrors {
    try JSONDecoder().decode(
      GoldenForecastErrors.self,
      from: Data(
        contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
          .deletingLastPathComponent().appendingPathComponent("Golden/forecast.json")))
  }
}

private func areClose(_ found: [Double]?, _ expected: [Double]) -> Bool {
  found?.count == expected.count && zip(found ?? [], expected).allSatisfy { isClose($0, $1) }
}

@Suite struct ForecastScoresTests {
  @Test func agreesWithNumPy() throws {
    for golden in try GoldenForecastErrors.load().errors {
      var errors = ForecastErrors(horizon: golden.horizon, channels: golden.channels)
      try errors.add(forecast: golden.forecast[...], actual: golden.actual[...])
      #expect(errors.windows * golden.horizon * golden.channels == golden.actual.count)
      #expect(isClose(errors.mse, golden.mse) && isClose(errors.mae, golden.mae))
      #expect(isClose(errors.rmse, golden.rmse))
      #expect(areClose(errors.stepMSE, golden.stepMSE) && areClose(errors.stepMAE, golden.stepMAE))
      #expect(areClose(errors.channelMAE, golden.channelMAE))
      let scales = try seasonalScales(
        train: golden.train[...], channels: golden.channels, season: golden.season)
      #expect(areClose(scales, golden.scales))
      #expect(isClose(try meanAbsoluteScaledError(errors, scales: scales).value, golden.mase))
      for pair in golden.pinball {
        let loss = try pinballLoss(
          forecast: golden.forecast[...], actual: golden.actual[...], level: pair[0])
        #expect(isClose(loss, pair[1]))
      }
      let intervals = try IntervalScores(
        lower: golden.forecast.map { $0 - 0.75 }[...], upper: golden.forecast.map { $0 + 0.5 }[...],
        actual: golden.actual[...])
      #expect(isClose(intervals.coverage, golden.coverage))
      #expect(isClose(intervals.meanWidth, golden.meanWidth))
    }
  }

  @Test func handVector() throws {
    // Two windows of two steps and two channels; errors 1, -2, 0, 3 and 0, 0, -1, 1.
    var errors = ForecastErrors(horizon: 2, channels: 2)
    #expect(errors.mse == nil && errors.mae == nil && errors.rmse == nil && errors.stepMSE == nil)
    let actual: [Float] = [0, 0, 0, 0, 5, 5, 5, 5], forecast: [Float] = [1, -2, 0, 3, 5, 5, 4, 6]
    try errors.add(forecast: forecast[...], actual: actual[...])
    #expect(errors.mse == 2 && errors.mae == 1 && errors.rmse == 2.0.squareRoot())
    #expect(errors.stepMSE == [1.25, 2.75] && errors.stepMAE == [0.75, 1.25])
    #expect(errors.channelMAE == [0.5, 1.5])
    // Channel 0 rises by 1 a row, channel 1 by 3: scales of season 2 are 2 and 6.
    let train: [Float] = [9, 0, 0, 1, 3, 2, 6, 3, 9]
    let scales = try seasonalScales(train: train[1...], channels: 2, season: 2)
    #expect(scales == [2, 6])
    #expect(try meanAbsoluteScaledError(errors, scales: scales) == .value(0.25))
    let flat = try seasonalScales(train: [1, 5, 2, 6, 1, 7], channels: 2, season: 2)
    #expect(flat == [0, 2])
    #expect(
      try meanAbsoluteScaledError(errors, scales: flat) == .undefined(.noSeasonalChange))
  }

  /// Methods, timedistill 5: the same for batches of 1, 7 or 32 windows, to the bit, and merged.
  @Test func doesNotDependOnBatches() throws {
    let random = randomScores(count: 2 * 101 * 12, seed: 4).map { Float($0 * 1000) }
    let actual = random[..<1212], forecast = random[1212...]
    var whole = ForecastErrors(horizon: 4, channels: 3)
    try whole.add(forecast: forecast, actual: actual)
    for batch in [1, 7, 32] {
      var errors = ForecastErrors(horizon: 4, channels: 3)
      var merged = errors
      for start in stride(from: 0, to: 101, by: batch) {
        let places = (start * 12)..<(min(start + batch, 101) * 12)
        var part = ForecastErrors(horizon: 4, channels: 3)
        let guesses = forecast[(places.lowerBound + 1212)..<(places.upperBound + 1212)]
        try part.add(forecast: guesses, actual: actual[places])
        try errors.add(forecast: guesses, actual: actual[places])
        merged.merge(part)
      }
      #expect(errors == whole)
      #expect(merged.windows == 101 && isClose(merged.mse, whole.mse))
      #expect(isClose(merged.mae, whole.mae) && areClose(merged.stepMSE, whole.stepMSE ?? []))
      #expect(areClose(merged.stepMAE, whole.stepMAE ?? []))
      #expect(areClose(merged.channelMAE, whole.channelMAE ?? []))
    }
  }

  @Test func refusesWhatHasNoErrors() throws {
    var errors = ForecastErrors(horizon: 2, channels: 1)
    let before = errors
    #expect(throws: ScoreError.empty) { try errors.add(forecast: [], actual: []) }
    #expect(throws: ScoreError.lengthMismatch(list: "forecast", found: 1, expected: 2)) {
      try errors.add(forecast: [1], actual: [1, 2])
    }
    #expect(throws: ScoreError.lengthMismatch(list: "actual", found: 3, expected: 4)) {
      try errors.add(forecast: [1, 2, 3], actual: [1, 2, 3])
    }
    #expect(throws: ScoreError.notFiniteInSeries(list: "forecast", row: 1, channel: 0)) {
      try errors.add(forecast: [1, .nan], actual: [1, 2])
    }
    #expect(throws: ScoreError.notFiniteInSeries(list: "actual", row: 0, channel: 0)) {
      try errors.add(forecast: [1, 2], actual: [.infinity, 2])
    }
    #expect(errors == before)
    #expect(throws: ScoreError.empty) { try meanAbsoluteScaledError(errors, scales: [1]) }
    try errors.add(forecast: [1, 2], actual: [1, 2])
    #expect(throws: ScoreError.lengthMismatch(list: "scales", found: 2, expected: 1)) {
      try meanAbsoluteScaledError(errors, scales: [1, 1])
    }
    for season in [0, -1, 3, 4] {
      #expect(throws: ScoreError.self, "\(season)") {
        try seasonalScales(train: [1, 2, 3], channels: 1, season: season)
      }
    }
    #expect(throws: ScoreError.lengthMismatch(list: "train", found: 3, expected: 4)) {
      try seasonalScales(train: [1, 2, 3], channels: 2, season: 1)
    }
    #expect(throws: ScoreError.notFiniteInSeries(list: "train", row: 1, channel: 1)) {
      try seasonalScales(train: [1, 2, 3, .nan], channels: 2, season: 1)
    }
  }

  @Test func quantilesAndIntervals() throws {
    // Too low by 2 costs 0.9 of it, too high by 2 costs 0.1.
    #expect(isClose(try pinballLoss(forecast: [1, 5], actual: [3, 5], level: 0.9), 0.9))
    #expect(isClose(try pinballLoss(forecast: [3, 5], actual: [1, 5], level: 0.9), 0.1))
    for level in [0, 1, -0.5, .nan] {
      #expect(throws: ScoreError.self) { try pinballLoss(forecast: [1], actual: [1], level: level) }
    }
    let found = try IntervalScores(
      lower: [0, 0, 1, -1], upper: [1, 2, 1, 0], actual: [0, 2, 1.5, -1.5])
    #expect(found.coverage == 0.5 && found.meanWidth == 1)
    #expect(throws: ScoreError.self) { try IntervalScores(lower: [1], upper: [0], actual: [0.5]) }
    #expect(throws: ScoreError.lengthMismatch(list: "upper", found: 2, expected: 1)) {
      try IntervalScores(lower: [1], upper: [2, 2], actual: [1])
    }
  }
}
