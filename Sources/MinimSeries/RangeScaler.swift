// SPDX-License-Identifier: Apache-2.0

/// Brings each channel's range over the training rows to 0...1.
///
/// y = (x - min) / (max - min), then clipped to -limit...1 + limit; a channel that was constant in
/// training has y = x - min. As `Scaler`, it is a difference and a quotient in single precision.
/// Source: methods, gon 1.1.
public struct RangeScaler: Codable, Equatable, Sendable {
  /// The least value of each channel in training.
  public let minimums: [Float]
  /// The largest value of each channel in training.
  public let maximums: [Float]
  /// How far beyond 0...1 values may lie, 0 or more; nil: they are never clipped.
  public let limit: Float?

  /// Measures the training rows.
  ///
  /// Throws `DataError` for a recording without rows, and for a channel whose range float32 cannot
  /// hold. A negative limit traps.
  public init(_ train: Recording, limit: Float? = 4) throws(DataError) {
    precondition(limit.map { $0 >= 0 } ?? true, "a limit of \(limit ?? 0) is below 0")
    guard train.count > 0 else {
      throw DataError(file: train.name, found: "no rows", expected: "rows to measure")
    }
    var low = Array(train.row(0)), high = low
    for row in 1..<max(train.count, 1) {
      for (channel, value) in train.row(row).enumerated() {
        low[channel] = min(low[channel], value)
        high[channel] = max(high[channel], value)
      }
    }
    for channel in low.indices where !(high[channel] - low[channel]).isFinite {
      throw DataError(
        file: train.name, field: "channel \(train.channelNames[channel])",
        found: "values from \(low[channel]) to \(high[channel])",
        expected: "a range that float32 can hold", advice: "divide the channel by a constant")
    }
    minimums = low
    maximums = high
    self.limit = limit
  }

  /// Reads what a run folder keeps.
  ///
  /// Throws `DecodingError` unless each channel has a range that float32 can hold, and the limit is 0 or more.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    minimums = try values.decode([Float].self, forKey: .minimums)
    maximums = try values.decode([Float].self, forKey: .maximums)
    limit = try values.decodeIfPresent(Float.self, forKey: .limit)
    guard minimums.count == maximums.count,
      zip(minimums, maximums).allSatisfy({ $0 <= $1 && ($1 - $0).isFinite }),
      limit.map({ $0 >= 0 && $0.isFinite }) ?? true
    else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: values.codingPath, debugDescription: "no ranges of channels"))
    }
  }

  /// The channels that did not change in training, ascending.
  public var constantChannels: [Int] {
    minimums.indices.filter { minimums[$0] == maximums[$0] }
  }

  /// A recording with its values scaled, and how many of them were clipped, for each channel.
  ///
  /// Throws `DataError` for other channels than those measured.
  public func apply(to recording: Recording) throws(DataError) -> (
    recording: Recording, clipped: [Int]
  ) {
    guard recording.channels == minimums.count else {
      throw DataError(
        file: recording.name, found: "\(recording.channels) channels",
        expected: "the \(minimums.count) that the scaler is fitted to")
    }
    let divisors = minimums.indices.map { channel in
      minimums[channel] == maximums[channel] ? 1 : maximums[channel] - minimums[channel]
    }
    var values = recording.values
    var clipped = [Int](repeating: 0, count: recording.channels)
    for start in stride(from: 0, to: values.count, by: recording.channels) {
      for channel in divisors.indices {
        let scaled = (values[start + channel] - minimums[channel]) / divisors[channel]
        guard let limit, scaled < -limit || scaled > 1 + limit else {
          values[start + channel] = scaled
          continue
        }
        values[start + channel] = scaled < 0 ? -limit : 1 + limit
        clipped[channel] += 1
      }
    }
    return (recording.with(values: values), clipped)
  }
}
