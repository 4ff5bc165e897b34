// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import MinimTensor

/// Values that an option may take in a search.
public enum SearchRange: Equatable, Sendable {
  /// One of a list.
  case values([String])
  /// Any number between two, evenly on a line; with `whole` between two whole ones, whole ones alone.
  case linear(ClosedRange<Double>, whole: Bool = false)
  /// Any number between two above 0, evenly in its logarithm; `whole` likewise.
  case logarithmic(ClosedRange<Double>, whole: Bool = false)

  func drawn(using generator: inout SeededGenerator) -> String {
    switch self {
    case .values(let values): values[generator.nextIndex(below: values.count)]
    case .linear(let range, let whole):
      text(in: range, whole: whole) { $0 + ($1 - $0) * generator.nextUniform() }
    case .logarithmic(let range, let whole):
      text(in: range, whole: whole) { $0 * pow($1 / $0, generator.nextUniform()) }
    }
  }

  /// What `draw` finds between two numbers, inside the range.
  ///
  /// To four digits: what is searched for is the order of size. A whole number stands for all from it to
  /// the next.
  private func text(
    in range: ClosedRange<Double>, whole: Bool, _ draw: (Double, Double) -> Double
  ) -> String {
    let value = draw(range.lowerBound, range.upperBound + (whole ? 1 : 0))
    guard !whole else { return String(format: "%.0f", min(value.rounded(.down), range.upperBound)) }
    let short = Double(String(format: "%.4g", value)) ?? value
    return "\(min(max(short, range.lowerBound), range.upperBound))"
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
