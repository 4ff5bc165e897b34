// SPDX-License-Identifier: Apache-2.0

/// One long series of one or more channels, with the anomalies in it where they are known.
public struct Recording: Equatable, Sendable {
  /// The file's name, for messages.
  public let name: String
  /// Channels in every row, at least 1.
  public let channels: Int
  /// The name of each channel; "0", "1", … where the data has none.
  public let channelNames: [String]
  /// The values row after row: index = time · channels + channel.
  ///
  /// Those that were read are finite.
  public let values: [Float]
  /// Whether each row is anomalous in some channel; nil where that is not known.
  public let labels: [Bool]?
  /// Whether each value is anomalous, laid out as `values`; nil where the data does not say.
  public let channelLabels: [Bool]?

  /// A recording from its parts.
  ///
  /// Give labels of rows or of values, not both: labels of values make those of rows. Counts that do
  /// not fit trap.
  public init(
    name: String, channels: Int, channelNames: [String]? = nil, values: [Float],
    labels: [Bool]? = nil, channelLabels: [Bool]? = nil
  ) {
    precondition(
      channels > 0 && values.count % channels == 0,
      "\(values.count) values are no rows of \(channels) channels")
    let count = values.count / channels
    precondition(
      labels == nil || labels?.count == count && channelLabels == nil,
      "\(labels?.count ?? 0) labels for \(count) rows, or labels of values as well")
    precondition(
      channelLabels == nil || channelLabels?.count == values.count,
      "\(channelLabels?.count ?? 0) labels for \(values.count) values")
    precondition(
      channelNames == nil || channelNames?.count == channels,
      "\(channelNames?.count ?? 0) names for \(channels) channels")
    self.name = name
    self.channels = channels
    self.channelNames = channelNames ?? (0..<channels).map(String.init)
    self.values = values
    self.labels =
      channelLabels.map { flags in
        (0..<count).map { flags[($0 * channels)..<(($0 + 1) * channels)].contains(true) }
      } ?? labels
    self.channelLabels = channelLabels
  }

  /// The number of rows.
  public var count: Int { values.count / channels }

  /// The values of one row, channel after channel.
  public func row(_ time: Int) -> ArraySlice<Float> {
    values[(time * channels)..<((time + 1) * channels)]
  }

  /// Some of the rows, with their labels, under the same name.
  package func rows(_ range: Range<Int>) -> Recording {
    let places = (range.lowerBound * channels)..<(range.upperBound * channels)
    return Recording(
      name: name, channels: channels, channelNames: channelNames, values: Array(values[places]),
      labels: channelLabels == nil ? labels.map { Array($0[range]) } : nil,
      channelLabels: channelLabels.map { Array($0[places]) })
  }

  /// The same with other values of the same layout.
  func with(values: [Float]) -> Recording {
    Recording(
      name: name, channels: channels, channelNames: channelNames, values: values,
      labels: channelLabels == nil ? labels : nil, channelLabels: channelLabels)
  }
}
