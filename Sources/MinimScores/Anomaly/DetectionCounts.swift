// SPDX-License-Identifier: Apache-2.0

/// How alarms and labels meet, point by point.
public struct DetectionCounts: Sendable, Equatable {
  /// Anomalous points with an alarm.
  public let truePositives: Int
  /// Normal points with an alarm.
  public let falsePositives: Int
  /// Anomalous points without one.
  public let falseNegatives: Int
  /// Normal points without one.
  public let trueNegatives: Int

  /// The share of alarms on anomalous points, TP / (TP + FP), in 0...1; 0 if there is no alarm.
  public var precision: Double {
    let alarms = truePositives + falsePositives
    return alarms > 0 ? Double(truePositives) / Double(alarms) : 0
  }

  /// The share of anomalous points with an alarm, TP / (TP + FN), in 0...1; nil without any.
  public var recall: Double? {
    let anomalous = truePositives + falseNegatives
    return anomalous > 0 ? Double(truePositives) / Double(anomalous) : nil
  }

  /// The harmonic mean of both, 2 TP / (2 TP + FP + FN), in 0...1; nil without anomalous points.
  ///
  /// Nothing is added to the denominator (methods, gon 2.5).
  public var f1: Double? {
    guard truePositives + falseNegatives > 0 else { return nil }
    return 2 * Double(truePositives)
      / Double(2 * truePositives + falsePositives + falseNegatives)
  }

  /// Counts from those with an alarm and all of both kinds.
  init(truePositives: Int, falsePositives: Int, anomalous: Int, normal: Int) {
    self.truePositives = truePositives
    self.falsePositives = falsePositives
    falseNegatives = anomalous - truePositives
    trueNegatives = normal - falsePositives
  }
}

extension LabelledScores {
  /// Returns the counts of alarms above `threshold`, no point adjusted.
  ///
  /// - Throws: ``ScoreError`` if the threshold is not finite.
  /// - Complexity: O(*n*).
  public func counts(above threshold: Double) throws -> DetectionCounts {
    try pointAdjustedCounts(above: threshold, percent: 100)
  }
}
