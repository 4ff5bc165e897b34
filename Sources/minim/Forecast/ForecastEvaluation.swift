// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimForecasting
import MinimLayers
import MinimLearning
import MinimPacking
import MinimScores
import MinimSeries
import MinimTensor

/// What a forecaster is worth on a part of a series, all windows counted, beside methods without training.
///
/// Methods that are fitted to each window are counted on at most 100, evenly spread.
struct ForecastEvaluation: Encodable {
  /// The errors of one method.
  struct Row: Encodable {
    let name: String
    /// Windows that were counted: all, or 100 evenly spread where each has to be fitted.
    let windows: Int
    /// Mean squared and absolute errors in standardised units.
    let mse: Double
    let mae: Double
    /// Errors in the seasonal-naive forecast's errors on the rows to learn from; nil where a channel has none.
    let mase: Double?
    /// The mean absolute error of each channel in its own units.
    let channelMAE: [Double]

    enum CodingKeys: String, CodingKey {
      case name, windows, mse, mae, mase
      case channelMAE = "channel_mae"
    }
  }

  /// How intervals did.
  struct Coverage: Encodable {
    /// The share that they were to hold.
    let level: Double
    /// The share that they held.
    let coverage: Double
    /// The share that they held of each channel.
    let channels: [Double]
    /// Their mean width in standardised units.
    let width: Double
  }

  let model: String
  let split: String
  let lookback: Int
  let horizon: Int
  let season: Int
  let parameters: Int
  let channelNames: [String]
  /// The model, then the methods without training.
  let rows: [Row]
  let intervals: [Coverage]
  /// Microseconds of processor time a forecast of all channels, in blocks of 32.
  let microseconds: Double
  /// Root mean square of what packed forecasts differ by from the run's, in theirs or 1 if that is more; nil without.
  let packedDifference: Double?

  enum CodingKeys: String, CodingKey {
    case model, split, lookback, horizon, season, parameters, rows, intervals, microseconds
    case channelNames = "channels"
    case packedDifference = "packed_difference"
  }

  /// Evaluates a forecaster, and what was packed from it, on a part of the split that it was trained by; without one on all
  /// windows of a series, which may be of other rows and hence gives no MASE.
  ///
  /// Throws `DataError` for a series of other channels or times, or of fewer rows, and for a packed forecaster of other sizes.
  init(
    _ saved: SavedForecaster, on series: ForecastSeries, part: ForecastSplit.Part?,
    packed: ForecastModel? = nil, yardsticks: [Yardstick] = Yardstick.allCases
  ) throws {
    let context = saved.context, sizes = saved.forecaster.configuration
    let counts = context.split
    guard part == nil || counts.reduce(0, +) <= series.recording.count else {
      throw DataError(
        file: series.recording.name, found: "\(series.recording.count) rows",
        expected: "at least \(counts.reduce(0, +)), the rows that the forecaster was parted by",
        advice: "of a file of other rows count all windows by --split all")
    }
    let split = ForecastSplit(
      trainRows: counts[0], validationRows: counts[1], testRows: counts[2])
    let rows = try saved.standardised(series)
    let counted = part.map(split.rows) ?? 0..<rows.count
    let windows = ForecastWindows(
      rows, times: context.step == nil ? nil : series.times, part: counted,
      lookback: sizes.lookback, horizon: sizes.horizon)
    guard windows.count > 0 else {
      throw DataError(
        file: series.recording.name,
        found: "no window in the \(part?.rawValue ?? "\(rows.count)") rows",
        expected: "a look-back of \(sizes.lookback) and a horizon of \(sizes.horizon) rows")
    }
    let scales =
      part != nil && context.season < split.trainRows
      ? try seasonalScales(
        train: rows.values[..<(split.trainRows * rows.channels)], channels: rows.channels,
        season: context.season) : nil
    func row(_ name: String, _ errors: ForecastErrors) throws -> Row {
      let mase = try scales.flatMap { try meanAbsoluteScaledError(errors, scales: $0).value }
      return Row(
        name: name, windows: errors.windows, mse: errors.mse ?? 0, mae: errors.mae ?? 0,
        mase: mase,
        channelMAE: zip(errors.channelMAE ?? [], context.scaler.deviations).map {
          $0 * Double($1)
        })
    }
    var errors = ForecastErrors(horizon: sizes.horizon, channels: rows.channels)
    var held = IntervalCount(context.intervals)
    let start = clock()
    var counting = 0 as clock_t
    try Self.forEachForecast(of: saved.forecaster, on: windows) { indices, forecast, actual in
      let began = clock()
      try errors.add(forecast: forecast.byRows, actual: actual.byRows)
      held?.add(windows.lookBack(indices), forecast: forecast, actual: actual)
      counting += clock() - began
    }
    microseconds =
      Double(clock() - start - counting) / Double(CLOCKS_PER_SEC) / Double(windows.count) * 1e6
    var table = [try row(context.model, errors)]
    let packedOutcome = try packed.map {
      try Self.packed(
        $0, beside: saved, on: series, windows,
        from: max(counted.lowerBound, sizes.lookback))
    }
    if let errors = packedOutcome?.errors { table.append(try row("packed", errors)) }
    packedDifference = packedOutcome?.difference
    // A season that is longer is no season of the look-back.
    for yardstick in yardsticks where yardstick != .seasonal || context.season <= sizes.lookback {
      var errors = ForecastErrors(horizon: sizes.horizon, channels: rows.channels)
      let chosen = spread(windows.count, atMost: yardstick.isFitted ? 100 : windows.count)
      for start in stride(from: 0, to: chosen.count, by: 64) {
        let part = chosen[start..<min(start + 64, chosen.count)]
        let forecast = yardstick.forecasts(
          windows.lookBack(part), horizon: sizes.horizon, season: context.season,
          scaler: context.scaler)
        try errors.add(forecast: forecast.byRows, actual: windows.targets(part).byRows)
      }
      table.append(try row(yardstick.rawValue, errors))
    }
    model = context.model
    self.split = part?.rawValue ?? "all"
    lookback = sizes.lookback
    horizon = sizes.horizon
    season = context.season
    parameters = saved.forecaster.parameterCount
    channelNames = context.channelNames
    self.rows = table
    intervals = held?.coverages ?? []
  }

  /// The errors of a packed forecaster on windows whose first forecast row is `first`, in standardised units, and the root mean
  /// square of what its forecasts differ by from the run's, in theirs or 1 if that is more, over at most 256 windows.
  ///
  /// Throws `DataError` for a file of other channels or sizes.
  private static func packed(
    _ model: ForecastModel, beside saved: SavedForecaster, on series: ForecastSeries,
    _ windows: ForecastWindows, from first: Int
  ) throws -> (errors: ForecastErrors, difference: Double) {
    let scaler = saved.context.scaler
    var errors = ForecastErrors(horizon: windows.horizon, channels: windows.channels)
    let compared = spread(windows.count, atMost: 256)
    let trained = saved.forecaster(windows.lookBack(compared)).output
    var difference = ForecastDifference(scaler: scaler)
    try model.forEachForecast(
      from: first, count: windows.count, of: series, lookback: windows.lookback,
      horizon: windows.horizon
    ) { window, forecast in
      let scaled = forecast.enumerated().map { place, value in
        let channel = place % windows.channels
        return (value - scaler.means[channel]) / scaler.deviations[channel]
      }
      try errors.add(forecast: scaled[...], actual: windows.targets([window]).byRows)
      guard let place = compared.firstIndex(of: window) else { return }
      difference.add(forecast, trained.sliced(place..<place + 1, along: 0).byRows)
    }
    return (errors, difference.value)
  }

  /// `forEachForecast` for a forecaster of any kind.
  private static func forEachForecast(
    of model: any Forecaster<Float>, on windows: ForecastWindows,
    _ body: (Range<Int>, Tensor<Float>, Tensor<Float>) throws -> Void
  ) rethrows {
    func run(_ model: some Forecaster<Float>) throws {
      try MinimForecasting.forEachForecast(of: model, on: windows, body)
    }
    try run(model)
  }

  /// The table for a terminal.
  var text: String {
    func number(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "none" }
    let own = TextTable(
      ["method", "windows", "MSE", "MAE", "MASE"],
      rows: rows.map {
        [$0.name, "\($0.windows)", number($0.mse), number($0.mae), number($0.mase)]
      })
    let held = intervals.map { interval in
      let ends = [interval.channels.min() ?? 0, interval.channels.max() ?? 0]
      return String(
        format:
          "intervals of %.0f %%: %.1f %% of the rows to come were inside (of one channel %.1f to %.1f %%), mean width %.3f",
        interval.level * 100, interval.coverage * 100, ends[0] * 100, ends[1] * 100,
        interval.width)
    }
    let channels = zip(channelNames, rows[0].channelMAE).map {
      "\($0) \(String(format: "%.4g", $1))"
    }
    let notes =
      [
        packedDifference.map {
          String(format: "packed forecasts differ from the run's by %.2g (root mean square)", $0)
            + ($0 < 0.2 ? "" : "; was the file packed from this run?")
        }
      ].compactMap { $0 }
      + (rows[0].mase == nil
        ? [
          split == "all"
            ? "MASE: none, for it goes by the rows that were learned from"
            : "MASE: none, for a channel is the same as a season before in all rows to learn from, or these are no more than a season"
        ] : [])
      + (season > lookback
        ? ["seasonal: none, for a season of \(season) rows is longer than the look-back"] : [])
    return
      ([
        "\(split) split, look-back \(lookback), horizon \(horizon), standardised units, season of \(season) rows",
        own.text,
      ] + notes + held + [
        "mean absolute error in the data's units: " + channels.joined(separator: ", ")
      ])
      .joined(separator: "\n")
  }
}

/// Counts what intervals hold.
private struct IntervalCount {
  private let intervals: ConformalIntervals
  /// For each level and channel.
  private var inside: [[Int]]
  private var widths: [Double]
  private var count = 0

  init?(_ intervals: ConformalIntervals?) {
    guard let intervals else { return nil }
    self.intervals = intervals
    inside = intervals.levels.map { _ in [] }
    widths = intervals.levels.map { _ in 0 }
  }

  mutating func add(_ windows: LookBack<Float>, forecast: Tensor<Float>, actual: Tensor<Float>) {
    let errors = (forecast - actual).absolute().scalars
    let channels = forecast.shape[1], horizon = forecast.shape[2]
    for level in inside.indices {
      if inside[level].isEmpty { inside[level] = Array(repeating: 0, count: channels) }
      for (place, width) in intervals.halfWidths(level, for: windows).scalars.enumerated() {
        if errors[place] <= width { inside[level][place / horizon % channels] += 1 }
        widths[level] += 2 * Double(width)
      }
    }
    count += errors.count
  }

  var coverages: [ForecastEvaluation.Coverage] {
    intervals.levels.indices.map { level in
      let own = inside[level], all = Double(max(1, count))
      return .init(
        level: intervals.levels[level], coverage: Double(own.reduce(0, +)) / all,
        channels: own.map { Double($0) * Double(own.count) / all }, width: widths[level] / all)
    }
  }
}

extension Tensor<Float> {
  /// Of (windows, channels, horizon) the numbers window after window, step after step.
  fileprivate var byRows: ArraySlice<Float> { permuted([0, 2, 1]).scalars[...] }
}
