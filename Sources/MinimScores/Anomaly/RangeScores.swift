// SPDX-License-Identifier: Apache-2.0

/// Which points of a range weigh more when it is covered in part.
///
/// The weight of the i-th of L points, counted from 1.
public enum RangeBias: String, CaseIterable, Sendable {
  /// All points weigh the same: 1.
  case flat
  /// The first points weigh most, for detection that must be early: L - i + 1.
  case front
  /// The points in the middle weigh most: i up to L / 2 rounded down, then L - i + 1.
  case middle
  /// The last points weigh most: i.
  case back

  /// The weight of the point at `offset`, counted from 0, of a range of `length` points.
  func weight(_ offset: Int, of length: Int) -> Double {
    let position = offset + 1
    return switch self {
    case .flat: 1
    case .front: Double(length - offset)
    case .middle: Double(position <= length / 2 ? position : length - offset)
    case .back: Double(position)
    }
  }
}

/// Range-based precision and recall.
///
/// After Tatbul and others, 2018; methods, gon 2.6c. For a range R, the ranges P_1 ... P_x of the other side that overlap it, and the share w of the
/// weights of R (``RangeBias``) that an overlap holds,
///
///     overlap(R) = C(x) * sum over j of w(R, R and P_j),   C(x) = 1 / max(x, 1)
///     recall     = mean over real ranges of alpha [x > 0] + (1 - alpha) overlap(R)
///     precision  = mean over predicted ranges of overlap(P).
public struct RangeScores: Sendable, Equatable {
  /// In 0...1; 0 if there is no alarm.
  public let precision: Double
  /// In 0...1; nil if no point is anomalous.
  public let recall: Double?
  /// The harmonic mean of both, in 0...1; nil if no point is anomalous.
  public var f1: Double? { recall.map { harmonicMean(precision, $0) } }

  /// Scores alarms against labels, both cut into maximal runs.
  ///
  /// - Parameters:
  ///   - labels: Whether each point is anomalous, at least one point.
  ///   - alarms: Whether each point has an alarm; as many as `labels`.
  ///   - bias: The weights of points, for both sides.
  ///   - alpha: In 0...1, what it is worth to a real range that it is touched at all.
  /// - Throws: ``ScoreError`` if there is no point, if the lengths differ or if alpha is out of
  ///   range.
  /// - Complexity: O(*n*).
  public init(
    labels: [Bool], alarms: [Bool], bias: RangeBias = .flat, alpha: Double = 0
  ) throws {
    try checkAlarms(alarms, labels: labels)
    guard (0...1).contains(alpha) else {
      throw ScoreError.outOfRange(what: "alpha", found: alpha, expected: "a number in 0...1")
    }
    precision = Self.meanReward(of: alarms, coveredBy: labels, bias: bias, alpha: 0) ?? 0
    recall = Self.meanReward(of: labels, coveredBy: alarms, bias: bias, alpha: alpha)
  }

  /// The mean reward of the runs of `own` for what those of `other` cover; nil if there are none.
  private static func meanReward(
    of own: [Bool], coveredBy other: [Bool], bias: RangeBias, alpha: Double
  ) -> Double? {
    let ranges = anomalySegments(of: own)
    guard !ranges.isEmpty else { return nil }
    var sum = 0.0
    for range in ranges {
      var overlaps = 0
      var covered = 0.0
      var whole = 0.0
      for point in range {
        let weight = bias.weight(point - range.lowerBound, of: range.count)
        whole += weight
        guard other[point] else { continue }
        covered += weight
        if point == range.lowerBound || !other[point - 1] { overlaps += 1 }
      }
      guard overlaps > 0 else { continue }
      sum += alpha + (1 - alpha) * covered / whole / Double(overlaps)
    }
    return sum / Double(ranges.count)
  }
}
