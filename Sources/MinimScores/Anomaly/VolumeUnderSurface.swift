// SPDX-License-Identifier: Apache-2.0

/// Areas under curves whose labels fade out beside each anomaly; one buffer, or the mean over many.
public struct RangeAreas: Sendable, Equatable {
  /// The area under the range ROC, by trapezoids, in 0...1; nil if no point is normal.
  public let roc: Double?
  /// The area under the range precision-recall curve, sum of recall gained x precision, in 0...1.
  public let precisionRecall: Double
}

extension LabelledScores {
  /// Returns the range areas for one buffer length l.
  ///
  /// A label is 1 in a segment; at distance k = 1 ... l / 2 (rounded down) from either end it gains
  /// sqrt(1 - k / l), in all at most 1. With P the sum of the labels and S that of the soft ones,
  /// alarms of score >= t and e the share of connected supports of soft labels that have an alarm,
  ///
  ///     TP = sum of soft labels of alarms,  FP = alarms - TP,  P' = (P + S) / 2
  ///     TPR = min(TP / P', 1) e,  FPR = FP / (n - P'),  precision = TP / alarms.
  ///
  /// The ROC runs from (0, 0) over the thresholds to (1, 1). Thresholds are all distinct scores of
  /// up to 10,000 points; of more, 250 evenly spaced order statistics. What random scores reach
  /// depends on labels and buffer: measure it (Paparrizos et al. 2022; methods, gon 2.6e).
  ///
  /// - Parameter buffer: l, at least 0; 0 leaves the labels as they are.
  /// - Returns: Both areas; nil if no point is anomalous.
  /// - Throws: ``ScoreError`` if the buffer is negative.
  /// - Complexity: O(*n* + *s* *l*) for *s* segments.
  public func rangeAreas(buffer: Int) throws -> RangeAreas? {
    try checkBuffer(buffer)
    guard anomalousCount > 0 else { return nil }
    return areas(buffer: buffer, thresholds: thresholdPositions)
  }

  /// Returns the volume under the surface, the mean of the range areas for all buffers 0...L.
  ///
  /// - Parameter maximumBuffer: L, at least 0; ``bufferLength(fromAutocorrelationOf:)`` or 100.
  /// - Returns: Both means; nil if no point is anomalous.
  /// - Throws: ``ScoreError`` if L is negative.
  /// - Complexity: O(*L* (*n* + *s* *L*)); the scores are sorted already.
  public func volumeUnderSurface(maximumBuffer: Int) throws -> RangeAreas? {
    try checkBuffer(maximumBuffer)
    guard anomalousCount > 0 else { return nil }
    let thresholds = thresholdPositions
    var roc = 0.0
    var precisionRecall = 0.0
    for buffer in 0...maximumBuffer {
      let areas = areas(buffer: buffer, thresholds: thresholds)
      roc += areas.roc ?? 0
      precisionRecall += areas.precisionRecall
    }
    let count = Double(maximumBuffer) + 1
    return RangeAreas(
      roc: normalCount > 0 ? roc / count : nil, precisionRecall: precisionRecall / count)
  }

  private func checkBuffer(_ buffer: Int) throws {
    guard buffer >= 0 else {
      throw ScoreError.outOfRange(
        what: "buffer length", found: Double(buffer), expected: "at least 0 points")
    }
  }

  /// How many points have an alarm at each threshold, rising.
  private var thresholdPositions: [Int] {
    var ends: [Int] = []
    for block in ranked.blocks {
      ends.append((ends.last ?? 0) + block.positives + block.negatives)
    }
    guard scores.count > 10_000 else { return ends }
    var sampled: [Int] = []
    var block = 0
    for sample in 0..<250 {
      let position = sample * (scores.count - 1) / 249
      while ends[block] <= position { block += 1 }
      if sampled.last != ends[block] { sampled.append(ends[block]) }
    }
    return sampled
  }

  /// One pass over the points by descending score; there is at least one anomalous point.
  private func areas(buffer: Int, thresholds: [Int]) -> RangeAreas {
    let soft = SoftLabels(segments: segments, count: scores.count, buffer: buffer)
    let positives = (Double(anomalousCount) + soft.sum) / 2
    let negatives = Double(scores.count) - positives
    var isHit = [Bool](repeating: false, count: soft.supportCount)
    var hitCount = 0
    var truePositives = 0.0
    var position = 0
    var recall = 0.0
    var falseRate = 0.0
    var roc = 0.0
    var precisionRecall = 0.0
    for threshold in thresholds {
      while position < threshold {
        let point = ranked.order[position]
        position += 1
        let support = soft.support[point]
        guard support >= 0 else { continue }
        truePositives += soft.values[point]
        if !isHit[support] {
          isHit[support] = true
          hitCount += 1
        }
      }
      let existence = Double(hitCount) / Double(soft.supportCount)
      let newRecall = min(truePositives / positives, 1) * existence
      let newFalseRate = (Double(position) - truePositives) / negatives
      roc += (newFalseRate - falseRate) * (newRecall + recall) / 2
      precisionRecall += (newRecall - recall) * truePositives / Double(position)
      recall = newRecall
      falseRate = newFalseRate
    }
    roc += (1 - falseRate) * (1 + recall) / 2
    return RangeAreas(roc: normalCount > 0 ? roc : nil, precisionRecall: precisionRecall)
  }
}
