// SPDX-License-Identifier: Apache-2.0
import MinimForecasting
import MinimLayers
import MinimSeries

/// A series in standardised units, parted into windows to learn from and to validate on.
struct ForecastParts {
  let scaler: Scaler
  let split: ForecastSplit
  let train: ForecastWindows
  let validation: ForecastWindows

  /// Parts a series; the scaler is fitted to the rows to learn from alone.
  ///
  /// Throws `DataError` or `OptionError` for a split that leaves a part without a window.
  init(_ series: ForecastSeries, split text: String?, every: Int = 1, lookback: Int, horizon: Int)
    throws
  {
    let split =
      try text.map { try ForecastSplit(parsing: $0, rows: series.recording.count) }
      ?? ForecastSplit(series)
    let recording = series.recording
    let scaler = Scaler(recording.rows(split.rows(.train)))
    let rows = scaler.scaled(recording)
    let all = ForecastWindows(
      rows, times: series.times, part: split.rows(.train), every: every, lookback: lookback,
      horizon: horizon)
    for part in ForecastSplit.Part.allCases {
      guard all.windows(of: split.rows(part)).count > 0 else {
        throw DataError(
          file: recording.name, found: "\(split.rows(part).count) rows to \(part.verb)",
          expected: part == .train
            ? "at least \(lookback + horizon), a look-back and a horizon"
            : "at least \(horizon), a horizon",
          advice: "give a shorter --lookback or --horizon, or another --split")
      }
    }
    self.scaler = scaler
    self.split = split
    train = all
    validation = all.windows(of: split.rows(.validation))
  }
}

extension ForecastSplit.Part {
  /// What its rows are there to do.
  fileprivate var verb: String {
    switch self {
    case .train: "learn from"
    case .validation: "validate on"
    case .test: "test on"
    }
  }
}

/// Rows of a season: a day where the step divides one into more than one row, a week of days, else 24.
func usualSeason(of times: TimeAxis?) -> Int {
  guard let step = times?.step else { return 24 }
  return step < 86_400 && 86_400 % step == 0 ? 86_400 / step : step == 86_400 ? 7 : 24
}
