// SPDX-License-Identifier: Apache-2.0

/// Errors of forecasts, summed up in double precision.
///
/// Windows lie one after the other, each of `horizon` steps of `channels` values. Every window counts,
/// and sums go on in the order of the windows, so that the figures do not depend on how they come in
/// batches. Source: methods, timedistill 5.
public struct ForecastErrors: Equatable, Sendable {
  /// Steps of each forecast.
  public let horizon: Int
  /// Values of each step.
  public let channels: Int
  /// The number of windows so far.
  public private(set) var windows = 0
  private var squares: [Double]
  private var absolutes: [Double]
  private var channelAbsolutes: [Double]

  /// No errors yet, of windows of `horizon` steps and `channels` channels.
  ///
  /// A number below 1 traps.
  public init(horizon: Int = 1, channels: Int = 1) {
    precondition(
      horizon > 0 && channels > 0, "windows of \(horizon) steps and \(channels) channels")
    self.horizon = horizon
    self.channels = channels
    squares = Array(repeating: 0, count: horizon)
    absolutes = squares
    channelAbsolutes = Array(repeating: 0, count: channels)
  }

  /// Adds windows: index = (window · horizon + step) · channels + channel.
  ///
  /// Throws ``ScoreError``, and adds nothing, where lists differ in length, hold no whole windows, or
  /// have a value that is not finite.
  public mutating func add(
    forecast: ArraySlice<Float>, actual: ArraySlice<Float>
  ) throws(ScoreError) {
    try checkPair(forecast, actual, list: "forecast", channels: channels)
    let size = horizon * channels
    guard actual.count % size == 0 else {
      throw ScoreError.lengthMismatch(
        list: "actual", found: actual.count, expected: (actual.count / size + 1) * size)
    }
    windows += actual.count / size
    for (index, (guess, truth)) in zip(forecast, actual).enumerated() {
      let error = Double(guess) - Double(truth), step = index / channels % horizon
      squares[step] += error * error
      absolutes[step] += abs(error)
      channelAbsolutes[index % channels] += abs(error)
    }
  }

  /// Adds the errors of other windows of the same size; another size traps.
  public mutating func merge(_ other: ForecastErrors) {
    precondition(
      other.horizon == horizon && other.channels == channels,
      "windows of \(other.horizon) × \(other.channels) and of \(horizon) × \(channels)")
    windows += other.windows
    for step in 0..<horizon {
      squares[step] += other.squares[step]
      absolutes[step] += other.absolutes[step]
    }
    for channel in 0..<channels { channelAbsolutes[channel] += other.channelAbsolutes[channel] }
  }

  /// The mean of (forecast - actual)² over all windows, steps and channels; nil without windows.
  public var mse: Double? { mean(squares.reduce(0, +), of: windows * horizon * channels) }

  /// The mean of |forecast - actual|; nil without windows.
  public var mae: Double? { mean(absolutes.reduce(0, +), of: windows * horizon * channels) }

  /// The square root of ``mse``; nil without windows.
  public var rmse: Double? { mse?.squareRoot() }

  /// The mean squared error of each step of the horizon; nil without windows.
  public var stepMSE: [Double]? { means(squares, of: windows * channels) }

  /// The mean absolute error of each step of the horizon; nil without windows.
  public var stepMAE: [Double]? { means(absolutes, of: windows * channels) }

  /// The mean absolute error of each channel; nil without windows.
  public var channelMAE: [Double]? { means(channelAbsolutes, of: windows * horizon) }

  private func mean(_ sum: Double, of count: Int) -> Double? {
    count == 0 ? nil : sum / Double(count)
  }

  private func means(_ sums: [Double], of count: Int) -> [Double]? {
    count == 0 ? nil : sums.map { $0 / Double(count) }
  }
}

/// The mean absolute error of each channel of training rows against the row a season before.
///
/// scale = Σ |y_t - y_{t - season}| / (n - season), t = season ..< n; values lie row after row. Source:
/// Hyndman and Koehler, "Another look at measures of forecast accuracy" (2006).
///
/// Throws ``ScoreError`` for a season outside 1 ..< n, incomplete rows and values that are not finite.
public func seasonalScales(
  train: ArraySlice<Float>, channels: Int, season: Int
) throws(ScoreError) -> [Double] {
  precondition(channels > 0, "rows of \(channels) channels")
  let rows = train.count / channels
  guard train.count % channels == 0 else {
    throw ScoreError.lengthMismatch(
      list: "train", found: train.count, expected: (rows + 1) * channels)
  }
  guard season > 0, season < rows else {
    throw ScoreError.outOfRange(
      what: "season", found: Double(season),
      expected: "a number of rows from 1 to \(rows - 1), below the \(rows) to learn from")
  }
  for (index, value) in train.enumerated() where !value.isFinite {
    throw ScoreError.notFiniteInSeries(
      list: "train", row: index / channels, channel: index % channels)
  }
  var sums = [Double](repeating: 0, count: channels)
  let start = train.startIndex, lag = season * channels
  for index in lag..<train.count {
    sums[index % channels] += abs(Double(train[start + index]) - Double(train[start + index - lag]))
  }
  return sums.map { $0 / Double(rows - season) }
}

/// MASE: the mean over channels of the mean absolute error divided by the channel's scale.
///
/// `scales` are ``seasonalScales(train:channels:season:)``, in the units of the errors; 1 is as good as
/// the seasonal-naive forecast was within training. Undefined where a scale is 0. Throws ``ScoreError``
/// without windows, and unless there is a scale for each channel.
public func meanAbsoluteScaledError(
  _ errors: ForecastErrors, scales: [Double]
) throws(ScoreError) -> Figure {
  guard let channelErrors = errors.channelMAE else { throw ScoreError.empty }
  guard scales.count == errors.channels else {
    throw ScoreError.lengthMismatch(
      list: "scales", found: scales.count, expected: errors.channels)
  }
  guard !scales.contains(0) else { return .undefined(.noSeasonalChange) }
  let ratios = zip(channelErrors, scales).map { $0 / $1 }
  return .value(ratios.reduce(0, +) / Double(ratios.count))
}

/// Refuses lists that are empty, differ in length or hold a value that is not finite.
func checkPair(
  _ guesses: ArraySlice<Float>, _ actual: ArraySlice<Float>, list: String, channels: Int = 1
) throws(ScoreError) {
  guard !actual.isEmpty else { throw ScoreError.empty }
  guard guesses.count == actual.count else {
    throw ScoreError.lengthMismatch(list: list, found: guesses.count, expected: actual.count)
  }
  for (name, values) in [(list, guesses), ("actual", actual)] {
    for (index, value) in values.enumerated() where !value.isFinite {
      throw ScoreError.notFiniteInSeries(
        list: name, row: index / channels, channel: index % channels)
    }
  }
}
