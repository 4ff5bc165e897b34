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
  /// The rows at which streams of their own begin, ascending, 0 first; several where recordings were joined.
  public let starts: [Int]
  /// The name of each stream, where recordings were joined.
  public let streamNames: [String]?

  /// A recording from its parts.
  ///
  /// Give labels of rows or of values, not both: labels of values make those of rows. Counts that do
  /// not fit trap.
  public init(
    name: String, channels: Int, channelNames: [String]? = nil, values: [Float],
    labels: [Bool]? = nil, channelLabels: [Bool]? = nil, starts: [Int] = [0],
    streamNames: [String]? = nil
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
    precondition(
      starts.first == 0 && zip(starts, starts.dropFirst()).allSatisfy(<)
        && starts.last.map { $0 == 0 || $0 < count } ?? false,
      "streams that begin at \(starts) of \(count) rows")
    precondition(
      streamNames.map { $0.count == starts.count } ?? true,
      "\(streamNames?.count ?? 0) names for \(starts.count) streams")
    self.name = name
    self.starts = starts
    self.streamNames = streamNames
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

  /// The rows of each stream, in order.
  public var streams: [Range<Int>] {
    zip(starts, starts.dropFirst() + [count]).map { $0..<$1 }
  }

  /// Some of the rows, with their labels, under the same name; a stream whose beginning is left out begins with
  /// the first row that is there.
  package func rows(_ range: Range<Int>) -> Recording {
    let places = (range.lowerBound * channels)..<(range.upperBound * channels)
    return Recording(
      name: name, channels: channels, channelNames: channelNames, values: Array(values[places]),
      labels: channelLabels == nil ? labels.map { Array($0[range]) } : nil,
      channelLabels: channelLabels.map { Array($0[places]) },
      starts: [0]
        + starts.filter { $0 > range.lowerBound && $0 < range.upperBound }
        .map { $0 - range.lowerBound })
  }

  /// Recordings of the same channels one after the other, each a stream of its own: no window reaches from one into
  /// the next.
  ///
  /// Labels are those of rows, kept where all recordings have them. An empty list, other channels and recordings
  /// without rows trap.
  package static func joined(_ parts: [Recording], name: String) -> Recording {
    let channels = parts[0].channels
    precondition(
      parts.allSatisfy { $0.channels == channels && $0.count > 0 },
      "recordings of \(parts.map(\.channels)) channels and \(parts.map(\.count)) rows are not one")
    var starts: [Int] = [], rows = 0
    for part in parts {
      starts += part.starts.map { $0 + rows }
      rows += part.count
    }
    return Recording(
      name: name, channels: channels, channelNames: parts[0].channelNames,
      values: parts.flatMap(\.values),
      labels: parts.allSatisfy { $0.labels != nil } ? parts.flatMap { $0.labels ?? [] } : nil,
      starts: starts,
      streamNames: parts.flatMap { part in part.streamNames ?? part.starts.map { _ in part.name } })
  }

  /// The same with other values of the same layout.
  func with(values: [Float]) -> Recording {
    Recording(
      name: name, channels: channels, channelNames: channelNames, values: values,
      labels: channelLabels == nil ? labels : nil, channelLabels: channelLabels, starts: starts,
      streamNames: streamNames)
  }

  /// The same under another name.
  func named(_ name: String) -> Recording {
    Recording(
      name: name, channels: channels, channelNames: channelNames, values: values,
      labels: channelLabels == nil ? labels : nil, channelLabels: channelLabels, starts: starts,
      streamNames: streamNames)
  }
}
