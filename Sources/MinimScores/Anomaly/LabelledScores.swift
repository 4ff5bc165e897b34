// SPDX-License-Identifier: Apache-2.0

/// One score and one label for each point of a series: what every metric of detection reads.
///
/// A higher score is more anomalous. An alarm is a score strictly above a threshold, thresholds
/// are finite, so a score of -infinity never is an alarm and one of +infinity always is. The scores
/// are sorted once, here; the metrics share that order.
///
///     let series = try LabelledScores(scores: [0.9, 0.8, 0.8, 0.1], labels: [true, false, true, false])
///     series.averagePrecision  // 0.8333333333333333
///     series.segments          // [0..<1, 2..<3]
public struct LabelledScores: Sendable {
  /// The score of each point, in the order of time.
  public let scores: [Double]
  /// Whether each point is anomalous.
  public let labels: [Bool]
  /// The maximal runs of anomalous points (``anomalySegments(of:)``).
  public let segments: [Range<Int>]
  /// Points by descending score.
  let ranked: RankedScores

  /// The number of anomalous points.
  public var anomalousCount: Int { ranked.positiveCount }
  /// The number of normal points.
  public var normalCount: Int { ranked.negativeCount }

  /// Checks, sorts and keeps a series.
  ///
  /// - Parameters:
  ///   - scores: At least one number; infinities are allowed.
  ///   - labels: As many as `scores`.
  /// - Throws: ``ScoreError`` if there is no point, if the lengths differ or if a score is NaN.
  /// - Complexity: O(*n* log *n*).
  public init(scores: [Double], labels: [Bool]) throws {
    guard scores.isEmpty || labels.count == scores.count else {
      throw ScoreError.lengthMismatch(list: "labels", found: labels.count, expected: scores.count)
    }
    ranked = try RankedScores(scores: scores, positives: labels)
    self.scores = scores
    self.labels = labels
    segments = anomalySegments(of: labels)
  }

  /// The area under the precision-recall curve (average precision, equal scores as one threshold).
  ///
  /// In 0...1; random scores reach the share of anomalous points. Nil if no point is anomalous.
  /// No point is adjusted (methods, gon 2.6a).
  public var averagePrecision: Double? { ranked.averagePrecision }

  /// The share of pairs (anomalous, normal) in the right order, a tie counting one half.
  ///
  /// In 0...1; random scores reach 0.5. Nil unless there are points of both kinds.
  public var areaUnderROC: Double? { ranked.areaUnderROC }

  /// Returns whether each score is above `threshold`.
  ///
  /// - Throws: ``ScoreError`` if the threshold is not finite.
  public func alarms(above threshold: Double) throws -> [Bool] {
    guard threshold.isFinite else {
      throw ScoreError.outOfRange(
        what: "threshold", found: threshold, expected: "a finite number")
    }
    return scores.map { $0 > threshold }
  }
}
