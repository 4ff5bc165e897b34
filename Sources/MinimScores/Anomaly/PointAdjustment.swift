// SPDX-License-Identifier: Apache-2.0

extension LabelledScores {
  /// Returns the counts after point adjustment by PA%K.
  ///
  /// A segment of t points, more than K t / 100 of which have an alarm, counts as detected in all
  /// its points; any other counts the points that have one. K = 0 is plain point adjustment, where
  /// a single alarm fills a segment, K = 100 adjusts nothing (Kim et al., AAAI 2022; methods, gon
  /// 2.5). With long segments random scores reach an F1 near 1 at K = 0: never print these counts
  /// without those of ``counts(above:)``.
  ///
  /// - Parameters:
  ///   - threshold: A finite number; an alarm is a score above it.
  ///   - percent: K, in 0...100.
  /// - Returns: The counts; without anomalies those of the alarms as they are.
  /// - Throws: ``ScoreError`` if the threshold is not finite or K out of range.
  /// - Complexity: O(*n*).
  public func pointAdjustedCounts(
    above threshold: Double, percent: Int
  ) throws -> DetectionCounts {
    try checkPercent(percent)
    let alarms = try alarms(above: threshold)
    var truePositives = 0
    var hits = 0
    for segment in segments {
      let segmentHits = segment.count { alarms[$0] }
      hits += segmentHits
      truePositives +=
        segmentHits > hitsThatDoNotFill(segment, percent: percent) ? segment.count : segmentHits
    }
    return DetectionCounts(
      truePositives: truePositives, falsePositives: alarms.count { $0 } - hits,
      anomalous: anomalousCount, normal: normalCount)
  }

  /// The largest number of hits that leaves a segment as it is: K t / 100 rounded down.
  func hitsThatDoNotFill(_ segment: Range<Int>, percent: Int) -> Int {
    let (hundreds, rest) = segment.count.quotientAndRemainder(dividingBy: 100)
    return percent * hundreds + percent * rest / 100
  }

  /// Throws unless K is in 0...100.
  func checkPercent(_ percent: Int) throws {
    guard (0...100).contains(percent) else {
      throw ScoreError.outOfRange(
        what: "K of PA%K", found: Double(percent), expected: "a percentage in 0...100")
    }
  }
}

/// The F1 after point adjustment by PA%K, for K = 0, 5, ..., 100.
///
/// The first value is the point-adjusted F1, the last one the F1 without adjustment.
public struct PointAdjustedF1Curve: Sendable, Equatable {
  /// The values of K: 0, 5, ..., 100.
  public static let percents = Array(stride(from: 0, through: 100, by: 5))
  /// The F1 for each of `percents`, in 0...1, never rising.
  public let values: [Double]

  /// The area under the curve over K / 100 by the trapezoid rule, in 0...1.
  public var area: Double {
    zip(values, values.dropFirst()).reduce(0) { $0 + ($1.0 + $1.1) / 2 }
      / Double(values.count - 1)
  }
}

extension LabelledScores {
  /// Returns the F1 for each K at one threshold; nil if no point is anomalous.
  ///
  /// - Throws: ``ScoreError`` if the threshold is not finite.
  public func pointAdjustedF1Curve(above threshold: Double) throws -> PointAdjustedF1Curve? {
    let values = try PointAdjustedF1Curve.percents.compactMap {
      try pointAdjustedCounts(above: threshold, percent: $0).f1
    }
    return anomalousCount > 0 ? PointAdjustedF1Curve(values: values) : nil
  }

  /// The best F1 for each K, each at the threshold that test labels choose; nil without anomalies.
  ///
  /// An upper bound like ``OracleF1``, not the quality of a detector: print it as oracle.
  ///
  /// - Complexity: 21 sweeps, O(*n*) each.
  public var oraclePointAdjustedF1Curve: PointAdjustedF1Curve? {
    let values = PointAdjustedF1Curve.percents.compactMap { bestF1(percent: $0)?.f1 }
    return anomalousCount > 0 ? PointAdjustedF1Curve(values: values) : nil
  }
}
