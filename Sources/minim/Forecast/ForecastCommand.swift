// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MinimForecasting
import MinimLayers
import MinimSeries
import MinimTensor

/// `minim forecast`.
struct Forecast: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Forecast the rows after a history, in its units, with intervals.",
    discussion: "Example: minim forecast model.minim --history ETTh1.csv --json")

  @Argument(help: "The model file, or a run folder.")
  var path: String
  @Option(help: "The CSV file of the rows up to now; its last rows are looked at.")
  var history: String
  @Option(help: "The time stamps: read and checked, or ignored, the rows taken as they stand.")
  var times = ForecastDataOptions.Times.read
  @Option(help: "Bring the rows to steps of this length, such as 15min, 1h or 1d, by their means.")
  var resample: String?
  @Option(help: "Fill missing cells and rows: by the last value, or on a line between neighbours.")
  var fill: FillPolicy?
  @OptionGroup var output: OutputOptions

  func run() throws {
    var data = ForecastDataOptions()
    (data.data, data.times, data.resample, data.fill) = (history, times, resample, fill)
    let series = try data.series()
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    let forecast =
      exists && isFolder.boolValue
      ? try SavedForecaster(run: path).forecast(after: series)
      : try ForecastModel(contentsOf: path).forecast(after: series)
    if output.json { return try output.printJSON(forecast) }
    // `print` would lose the error of a table larger than its buffer.
    var rest = Array(forecast.table.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EPIPE { return }
      guard count > 0 else {
        throw FileError(
          path: "stdout", operation: "write", reason: String(cString: strerror(errno)))
      }
      rest = rest.dropFirst(count)
    }
  }
}

/// The rows after a history, in its units.
struct RowForecast: Encodable {
  /// One channel.
  struct Channel: Encodable {
    let name: String
    let forecast: [Float]
    /// For each level the ends of the intervals.
    let intervals: [Interval]
  }

  /// The intervals of a channel at one level.
  struct Interval: Encodable {
    let level: Double
    let low: [Float]
    let high: [Float]
  }

  /// The time of each row; nil where the history has none.
  let times: [String]?
  let channels: [Channel]

  /// From rows of a forecast (horizon · channels) and half-widths by level, channel and step.
  ///
  /// Throws `DataError` for numbers that are not finite.
  init(
    rows: [Float], names: [String], after series: ForecastSeries, levels: [Double],
    halfWidth: (_ level: Int, _ channel: Int, _ step: Int) -> Float
  ) throws(DataError) {
    let horizon = rows.count / max(1, names.count), count = series.recording.count
    times = series.times.map { axis in (0..<horizon).map { axis.text(ofRow: count + $0) } }
    channels = names.indices.map { channel in
      let own = (0..<horizon).map { rows[$0 * names.count + channel] }
      return Channel(
        name: names[channel], forecast: own,
        intervals: levels.indices.map { level in
          let widths = (0..<horizon).map { halfWidth(level, channel, $0) }
          return Interval(
            level: levels[level], low: zip(own, widths).map { $0 - $1 },
            high: zip(own, widths).map { $0 + $1 })
        })
    }
    for channel in channels {
      let numbers = channel.forecast + channel.intervals.flatMap { $0.low + $0.high }
      guard numbers.allSatisfy(\.isFinite) else {
        throw DataError(
          file: series.recording.name,
          found: "a forecast of \(channel.name) that is not finite",
          expected: "rows such as the forecaster was trained on, and finite weights")
      }
    }
  }

  /// A line for each row and channel, with a header, comma-separated.
  var table: String {
    let levels = channels.first?.intervals.map { "\(Int(($0.level * 100).rounded()))" } ?? []
    var text =
      (times == nil ? "step" : "time") + ",channel,forecast"
      + levels.map { ",low_\($0),high_\($0)" }.joined() + "\n"
    for step in 0..<(channels.first?.forecast.count ?? 0) {
      for channel in channels {
        let ends = channel.intervals.map { ",\($0.low[step]),\($0.high[step])" }.joined()
        text +=
          "\(times?[step] ?? "\(step + 1)"),\(quoted(channel.name)),\(channel.forecast[step])\(ends)\n"
      }
    }
    return text
  }

  /// A field of a comma-separated line.
  private func quoted(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}

extension SavedForecaster {
  /// The rows after a series.
  ///
  /// Throws `DataError` for one shorter than the look-back or of other channels.
  func forecast(after series: ForecastSeries) throws -> RowForecast {
    let rows = try standardised(series), sizes = forecaster.configuration
    try checkHistory(series, lookback: sizes.lookback)
    guard context.step != nil || !(forecaster is CycleNet<Float>) else {
      throw DataError(
        file: series.recording.name, found: "a cyclenet that was trained without time stamps",
        expected: "one that knows from them where in its cycle a history begins")
    }
    let windows = ForecastWindows(
      rows, times: context.step == nil ? nil : series.times, after: rows.count,
      lookback: sizes.lookback,
      horizon: sizes.horizon)
    let scaler = context.scaler
    let shown = windows.lookBack([0])
    let output = forecaster(shown).output.permuted([0, 2, 1]).scalars
    let widths = context.intervals.map { intervals in
      intervals.levels.indices.map { intervals.halfWidths($0, for: shown).scalars }
    }
    let values = output.enumerated().map { place, value in
      value * scaler.deviations[place % rows.channels] + scaler.means[place % rows.channels]
    }
    return try RowForecast(
      rows: values, names: context.channelNames, after: series,
      levels: context.intervals?.levels ?? []
    ) { level, channel, step in
      (widths?[level][channel * sizes.horizon + step] ?? 0) * scaler.deviations[channel]
    }
  }
}

/// Refuses a history shorter than the look-back.
func checkHistory(_ series: ForecastSeries, lookback: Int) throws(DataError) {
  guard series.recording.count >= lookback else {
    throw DataError(
      file: series.recording.name, found: "\(series.recording.count) rows",
      expected: "at least \(lookback), the look-back of the forecaster",
      advice: "give a longer history, or train with a shorter --lookback")
  }
}
