// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import MinimTensor

/// Values that an option may take in a search.
public enum SearchRange: Equatable, Sendable {
  /// One of a list.
  case values([String])
  /// Any number between two, evenly on a line.
  case linear(ClosedRange<Double>)
  /// Any number between two above 0, evenly in its logarithm.
  case logarithmic(ClosedRange<Double>)

  func drawn(using generator: inout SeededGenerator) -> String {
    switch self {
    case .values(let values): values[generator.nextIndex(below: values.count)]
    case .linear(let range):
      text(range.lowerBound + (range.upperBound - range.lowerBound) * generator.nextUniform())
    case .logarithmic(let range):
      text(
        range.lowerBound
          * pow(range.upperBound / range.lowerBound, generator.nextUniform()))
    }
  }

  /// Four digits: what is searched for is the order of size.
  private func text(_ value: Double) -> String {
    "\(Double(String(format: "%.4g", value)) ?? value)"
  }
}

/// Options with the values that a search tries.
public struct SearchSpace: Equatable, Sendable {
  /// The options in order of their names.
  public let ranges: [(option: String, range: SearchRange)]

  /// A space from its options; names must differ, lists of values must not be empty.
  public init(_ ranges: [String: SearchRange]) {
    self.ranges = ranges.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// How many combinations of listed values there are, at most `Int.max`; nil where a range is not a
  /// list.
  public var gridCount: Int? {
    var count = 1
    for (_, range) in ranges {
      guard case .values(let values) = range else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: values.count)
      count = overflow ? .max : product
    }
    return count
  }

  /// Every combination of listed values, the last option changing fastest; nil where a range is not a
  /// list.
  public var grid: [[String: String]]? {
    var points: [[String: String]] = [[:]]
    for (option, range) in ranges {
      guard case .values(let values) = range else { return nil }
      points = points.flatMap { point in values.map { point.merging([option: $0]) { $1 } } }
    }
    return points
  }

  /// `count` different combinations drawn at random; fewer where there are no more to be found.
  ///
  /// The same seed gives the same points, and a longer search begins with those of a shorter one.
  public func drawn(_ count: Int, seed: UInt64) -> [[String: String]] {
    var generator = SeededGenerator(seed: seed)
    var points: [[String: String]] = []
    var seen: Set<[String: String]> = []
    let most = min(count, gridCount ?? .max)
    // A narrow range has few numbers of four digits.
    var misses = 0
    while points.count < most, misses < 1000 + 100 * points.count {
      var point: [String: String] = [:]
      for (option, range) in ranges { point[option] = range.drawn(using: &generator) }
      if seen.insert(point).inserted { points.append(point) } else { misses += 1 }
    }
    return points
  }

  /// Whether two spaces have the same options and ranges.
  public static func == (left: SearchSpace, right: SearchSpace) -> Bool {
    left.ranges.elementsEqual(right.ranges) { $0 == $1 }
  }
}
