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

/// A fingerprint of the cases a model learned from: 64-bit FNV-1a over sizes, values and labels, in
/// hexadecimal.
package func dataHash(of set: SeriesSet) -> String {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  func mix(_ word: UInt64) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      hash = (hash ^ (word >> shift & 0xFF)) &* 0x100_0000_01B3
    }
  }
  mix(UInt64(set.channelCount))
  for item in set.cases {
    mix(UInt64(item.length))
    mix(UInt64(item.label))
    for value in item.values { mix(value.isNaN ? Double.nan.bitPattern : value.bitPattern) }
  }
  let digits = String(hash, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
