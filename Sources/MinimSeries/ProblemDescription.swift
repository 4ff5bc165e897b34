// SPDX-License-Identifier: Apache-2.0

/// What a problem holds, in the form that `minim data describe --json` prints.
public struct ProblemDescription: Codable, Equatable, Sendable {
  /// A part of the problem.
  public struct Part: Codable, Equatable, Sendable {
    /// The number of cases.
    public var cases: Int
  }
  /// Shortest and longest series.
  public struct Lengths: Codable, Equatable, Sendable {
    /// Steps of the shortest case.
    public var min: Int
    /// Steps of the longest case.
    public var max: Int
  }
  /// The problem's name.
  public var name: String
  /// The format it was read from.
  public var format: String
  /// The training part.
  public var train: Part
  /// The test part, if there is one.
  public var test: Part?
  /// Channels of each series.
  public var channels: Int
  /// Lengths over both parts.
  public var length: Lengths
  /// Missing values over both parts.
  public var missing: Int
  /// Class names in the order of their indices.
  public var classes: [String]
}

extension ClassificationProblem {
  /// Sizes, lengths, missing values and classes over both parts.
  public func describe() -> ProblemDescription {
    let ranges = [train, test].compactMap { $0?.lengthRange }
    return ProblemDescription(
      name: name, format: format, train: .init(cases: train.cases.count),
      test: test.map { .init(cases: $0.cases.count) }, channels: train.channelCount,
      length: .init(
        min: ranges.map(\.lowerBound).min() ?? 0, max: ranges.map(\.upperBound).max() ?? 0),
      missing: train.missingCount + (test?.missingCount ?? 0), classes: train.classNames)
  }
}
