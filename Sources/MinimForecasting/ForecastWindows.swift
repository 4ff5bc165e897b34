// SPDX-License-Identifier: Apache-2.0
public import MinimSeries
public import MinimTensor

/// The windows of a part of a series: look-back and horizon around every row at which a forecast of that part begins.
///
/// Windows are made when they are asked for, from one copy of the rows. All of them are counted (methods, timedistill 5).
public struct ForecastWindows: Sendable {
  /// Rows that a forecast looks at.
  public let lookback: Int
  /// Rows that are forecast.
  public let horizon: Int
  /// Channels of a row.
  public let channels: Int
  /// Rows from one window to the next.
  public private(set) var every: Int
  /// The number of windows, at least 0.
  public private(set) var count: Int
  /// The standardised rows, channel after channel: index = channel · rows + row.
  private let values: [Float]
  private let rows: Int
  /// The first row that a window forecasts.
  private var first: Int
  /// The calendar's four numbers of each row, laid out as `values`; nil without time stamps.
  private let marks: [Float]?
  /// The step number of row 0.
  private let origin: Int

  /// The windows whose forecast rows all lie in `part` of a standardised recording; look-back may reach before it.
  ///
  /// A part that begins before row `lookback` begins there.
  public init(
    _ recording: Recording, times: TimeAxis?, part: Range<Int>, every: Int = 1,
    lookback: Int, horizon: Int
  ) {
    precondition(
      lookback > 0 && horizon > 0 && every > 0 && part.upperBound <= recording.count,
      "windows of \(lookback) and \(horizon) rows in \(part) of \(recording.count)")
    self.lookback = lookback
    self.horizon = horizon
    channels = recording.channels
    rows = recording.count
    self.every = every
    first = max(part.lowerBound, lookback)
    count = max(0, part.upperBound - first - horizon + every) / every
    var values = [Float](repeating: 0, count: recording.values.count)
    for row in 0..<rows {
      for channel in 0..<channels {
        values[channel * rows + row] = recording.values[row * channels + channel]
      }
    }
    self.values = values
    marks = times.map { times in
      var marks = [Float](repeating: 0, count: 4 * recording.count)
      for row in 0..<recording.count {
        for (place, mark) in calendarMarks(times, row: row).enumerated() {
          marks[place * recording.count + row] = mark
        }
      }
      return marks
    }
    origin = times.map { flooredQuotient($0.start, $0.step) } ?? 0
  }

  /// The one window that ends with row `end` - 1 of a standardised recording; what comes after it is not asked for.
  public init(
    _ recording: Recording, times: TimeAxis?, after end: Int, lookback: Int, horizon: Int
  ) {
    precondition(end >= lookback, "a window of \(lookback) rows after \(end)")
    self.init(
      recording, times: times, part: recording.count..<recording.count, lookback: lookback,
      horizon: horizon)
    (first, count) = (end, 1)
  }

  private init(_ other: ForecastWindows, part: Range<Int>) {
    self = other
    every = 1
    first = max(part.lowerBound, lookback)
    count = max(0, part.upperBound - first - horizon + 1)
  }

  /// All windows of another part of the same rows.
  public func windows(of part: Range<Int>) -> ForecastWindows {
    precondition(part.upperBound <= rows, "rows \(part) of \(rows)")
    return ForecastWindows(self, part: part)
  }

  /// What forecasters see of some windows.
  public func lookBack(_ indices: some Collection<Int>) -> LookBack<Float> {
    LookBack(
      values: gathered(values, lines: channels, indices, from: -lookback, length: lookback),
      marks: marks.map { gathered($0, lines: 4, indices, from: -lookback, length: lookback) },
      steps: indices.map { origin + first + $0 * every })
  }

  /// The rows that come after some windows: (count, channels, horizon).
  public func targets(_ indices: some Collection<Int>) -> Tensor<Float> {
    gathered(values, lines: channels, indices, from: 0, length: horizon)
  }

  private func gathered(
    _ source: [Float], lines: Int, _ indices: some Collection<Int>, from offset: Int, length: Int
  ) -> Tensor<Float> {
    var buffer: [Float] = []
    buffer.reserveCapacity(indices.count * lines * length)
    for index in indices {
      for line in 0..<lines {
        let start = line * rows + first + index * every + offset
        buffer += source[start..<start + length]
      }
    }
    return Tensor(buffer, shape: [indices.count, lines, length])
  }
}
