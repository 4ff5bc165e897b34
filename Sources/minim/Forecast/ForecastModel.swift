// SPDX-License-Identifier: Apache-2.0
import MinimHost
import MinimPacking
import MinimRuntime
import MinimSeries

/// A packed forecaster at work.
struct ForecastModel {
  private let loaded: LoadedModel
  /// The file.
  let path: String

  /// Reads a model file.
  ///
  /// Throws `HostError`, or `DataError` for a model that is no forecaster.
  init(contentsOf path: String) throws {
    self.path = path
    loaded = try LoadedModel(contentsOf: path)
    guard loaded.model.isForecaster else {
      throw DataError(
        file: path, found: "a model that is no forecaster",
        expected: "one that `minim pack` made of a run of `minim train --task forecast`")
    }
  }

  /// The names of the channels, "0", "1", … where the file has none.
  private var names: [String] {
    (0..<loaded.model.channelCount).map { channel in
      let name = String(decoding: loaded.model.channelName(channel), as: UTF8.self)
      return name.isEmpty ? "\(channel)" : name
    }
  }

  /// Seconds from a row to the next, where the file says where it comes from.
  private var step: Int? {
    get throws {
      let entries = try Provenance(loaded.model)
      return (0..<entries.count).lazy.map { entries.entry($0) }
        .first { String(decoding: $0.key, as: UTF8.self) == "step" }
        .flatMap { Int(String(decoding: $0.value, as: UTF8.self)) }
    }
  }

  /// Calls `body` with each of `count` forecasts (horizon · channels), the first of the rows from `first` on, in the units of a
  /// series, which goes through the model sample by sample.
  ///
  /// Throws `DataError` for other channels, times or a forecaster that looks at or forecasts other numbers of rows.
  func forEachForecast(
    from first: Int, count: Int, of series: ForecastSeries, lookback: Int, horizon: Int,
    _ body: (_ window: Int, _ forecast: UnsafeBufferPointer<Float>) throws -> Void
  ) throws {
    try check(series)
    let recording = series.recording
    let own = loaded.model.outputCount / recording.channels
    guard loaded.model.shortestLength == lookback, own == horizon else {
      throw DataError(
        file: path,
        found: "a look-back of \(loaded.model.shortestLength) rows and a horizon of \(own)",
        expected: "\(lookback) and \(horizon), as the run has",
        advice: "give a file that was packed from it")
    }
    try loaded.forEachForecast(from: first, count: count, of: recording, body)
  }

  /// Refuses a series of other channels, names or times.
  private func check(_ series: ForecastSeries) throws {
    try checkNames(of: series.recording, against: names)
    try checkTimes(of: series, step: try step)
  }

  /// The rows after a series, which goes through the model sample by sample.
  ///
  /// Throws `DataError` for one shorter than the look-back or of other channels.
  func forecast(after series: ForecastSeries) throws -> RowForecast {
    try check(series)
    let recording = series.recording, session = loaded.session, names = names
    try checkHistory(series, lookback: loaded.model.shortestLength)
    var rows: [Float] = []
    loaded.forEachForecast(from: recording.count, count: 1, of: recording) { rows = Array($1) }
    let intervals = loaded.model.intervals
    let deviations = names.indices.map { session.deviation(ofChannel: $0) }
    defer { withExtendedLifetime(loaded) {} }
    return try RowForecast(
      rows: rows, names: names, after: series,
      levels: intervals.map { own in
        (0..<own.levelCount).compactMap { Double("\(own.level($0))") }
      } ?? []
    ) { level, channel, step in
      deviations[channel]
        * (intervals?.halfWidth(level: level, step: step, channel: channel) ?? 0)
    }
  }
}

/// Refuses rows that are not `step` seconds apart, or have no times; nothing without a step.
func checkTimes(of series: ForecastSeries, step: Int?) throws(DataError) {
  guard let step, series.times?.step != step else { return }
  throw DataError(
    file: series.recording.name,
    found: series.times.map { "rows \($0.step) s apart" } ?? "no time stamps, or --times ignore",
    expected: "rows \(step) s apart, as the forecaster was trained on",
    advice: series.times.map {
      $0.step < step ? "give --resample \(step)s" : "give rows as often as that"
    } ?? "")
}

/// Refuses other numbers of columns, and such of other names, or in another order, where both have names.
func checkNames(of recording: Recording, against names: [String]) throws(DataError) {
  guard recording.channels == names.count else {
    let found = recording.channelNames.prefix(12).joined(separator: " ")
    throw DataError(
      file: recording.name, found: "\(recording.channels) channels, \(found)",
      expected:
        "\(names.count), as the forecaster has, \(names.prefix(12).joined(separator: " "))",
      advice: "leave other columns out")
  }
  guard recording.hasNamedChannels, names != names.indices.map(String.init),
    let place = recording.channelNames.indices.first(where: {
      recording.channelNames[$0] != names[$0]
    })
  else { return }
  throw DataError(
    file: recording.name, line: 1, field: "channel \(place + 1)",
    found: "\"\(recording.channelNames[place])\"",
    expected: "\"\(names[place])\", as the forecaster was trained on",
    advice: "bring the columns into that order and give them those names")
}
