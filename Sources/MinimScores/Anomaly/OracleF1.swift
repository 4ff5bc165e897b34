// SPDX-License-Identifier: Apache-2.0

/// The best F1 over all thresholds, found with the labels of the test itself: an oracle.
///
/// Nobody who runs a detector has these labels, so this bounds what a choice of threshold could
/// reach and is no figure of a shipped detector. Print it as oracle, beside the F1 at a threshold
/// that was chosen without test labels (methods, gon 2.5).
public struct OracleF1: Sendable, Equatable {
  /// The largest number below the lowest score that is an alarm: alarms are scores above it.
  ///
  /// Among equally good thresholds the highest, that with the fewest alarms.
  public let threshold: Double
  /// The counts at this threshold, after point adjustment where that was asked for.
  public let counts: DetectionCounts
  /// The best F1, in 0...1.
  public let f1: Double
}

extension LabelledScores {
  /// The oracle's F1 without point adjustment; nil if no point is anomalous.
  ///
  /// The sweep is exact: it looks at every distinct score. Random scores reach at least the F1 of
  /// an alarm everywhere, 2 r / (1 + r) for a share r of anomalous points.
  public var oracleF1: OracleF1? { bestF1(percent: 100) }

  /// Returns the oracle's F1 after point adjustment by PA%K.
  ///
  /// - Parameter percent: K, in 0...100; see ``pointAdjustedCounts(above:percent:)``.
  /// - Returns: The best of all distinct scores; nil if no point is anomalous.
  /// - Throws: ``ScoreError`` if K is out of range.
  /// - Complexity: O(*n*).
  public func pointAdjustedOracleF1(percent: Int) throws -> OracleF1? {
    try checkPercent(percent)
    return bestF1(percent: percent)
  }

  /// Sweeps the threshold down over all distinct scores, for a K in 0...100.
  ///
  /// A segment is filled at the point whose hit is one more than those that do not fill; points of
  /// it that follow have been counted already.
  func bestF1(percent: Int) -> OracleF1? {
    guard anomalousCount > 0 else { return nil }
    var segmentOfPoint = [Int](repeating: -1, count: scores.count)
    for (number, segment) in segments.enumerated() {
      for point in segment { segmentOfPoint[point] = number }
    }
    let allowances = segments.map { hitsThatDoNotFill($0, percent: percent) }
    var hits = [Int](repeating: 0, count: segments.count)
    var truePositives = 0
    var falsePositives = 0
    var position = 0
    var best: OracleF1?
    for block in ranked.blocks where block.score > -.greatestFiniteMagnitude {
      for point in ranked.order[position..<(position + block.positives + block.negatives)] {
        let segment = segmentOfPoint[point]
        guard segment >= 0 else { continue }
        hits[segment] += 1
        if hits[segment] <= allowances[segment] {
          truePositives += 1
        } else if hits[segment] == allowances[segment] + 1 {
          truePositives += segments[segment].count - allowances[segment]
        }
      }
      position += block.positives + block.negatives
      falsePositives += block.negatives
      let counts = DetectionCounts(
        truePositives: truePositives, falsePositives: falsePositives, anomalous: anomalousCount,
        normal: normalCount)
      if let f1 = counts.f1, f1 > best?.f1 ?? -1 {
        best = OracleF1(threshold: block.score.nextDown, counts: counts, f1: f1)
      }
    }
    let noAlarm = DetectionCounts(
      truePositives: 0, falsePositives: 0, anomalous: anomalousCount, normal: normalCount)
    return best ?? OracleF1(threshold: -.greatestFiniteMagnitude, counts: noAlarm, f1: 0)
  }
}
