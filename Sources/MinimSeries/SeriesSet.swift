// SPDX-License-Identifier: Apache-2.0

/// One labelled series of one or more channels.
public struct SeriesCase: Equatable, Sendable {
  /// The number of time steps.
  public var length: Int
  /// The values in (channels, time) order, `channels * length` of them; NaN where one is missing.
  public var values: [Double]
  /// The class, as an index into the set's class names.
  public var label: Int
  /// Where the case stands in its file, for messages: the line, or the index from 1.
  public var line: Int

  /// A case from its parts.
  public init(length: Int, values: [Double], label: Int, line: Int) {
    self.length = length
    self.values = values
    self.label = label
    self.line = line
  }

  /// How many values are missing.
  public var missingCount: Int { values.count(where: \.isNaN) }
}

/// A labelled collection of series with the same channels, as read from one file.
public struct SeriesSet: Equatable, Sendable {
  /// The file's name, for messages.
  public var name: String
  /// Channels in every case.
  public var channelCount: Int
  /// The names of the classes; a case's label is an index into them.
  public var classNames: [String]
  /// The cases, in file order.
  public var cases: [SeriesCase]

  /// A set from its parts.
  public init(name: String, channelCount: Int, classNames: [String], cases: [SeriesCase]) {
    self.name = name
    self.channelCount = channelCount
    self.classNames = classNames
    self.cases = cases
  }

  /// The shortest and the longest case; nil for no cases.
  public var lengthRange: ClosedRange<Int>? {
    guard let shortest = cases.map(\.length).min(), let longest = cases.map(\.length).max() else {
      return nil
    }
    return shortest...longest
  }

  /// How many values are missing in all.
  public var missingCount: Int { cases.reduce(0) { $0 + $1.missingCount } }
}

/// A file's cases before class names are settled: labels still as text.
struct RawSet {
  var name: String
  var channelCount: Int
  var cases: [SeriesCase]
  /// The label text of each case.
  var labels: [String]
  /// The classes that the file itself declares, in its order, or nil.
  var declaredClasses: [String]?
}
