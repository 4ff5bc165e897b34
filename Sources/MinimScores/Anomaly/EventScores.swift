// SPDX-License-Identifier: Apache-2.0

/// Alarms and anomalies counted as events, and what they cost: delay and false alarms.
///
/// An event is a maximal run. A real event is detected if one of its points has an alarm; a run of
/// alarms is false if none of its points is anomalous (methods, gon 2.6f). One alarm detects a long
/// event here, as in point adjustment, but an event counts once, whatever its length.
public struct EventScores: Sendable, Equatable {
  /// Real events with an alarm.
  public let detectedCount: Int
  /// Real events without one.
  public let missedCount: Int
  /// Runs of alarms that touch no real event.
  public let falseCount: Int
  /// The median over detected events of first alarm minus start, in points; nil if none is.
  ///
  /// Missed events have no delay: read this beside `missedCount`. Of an even number it is the mean
  /// of the two in the middle.
  public let medianDelay: Double?
  /// Alarms on normal points for each 1,000 normal points; nil if no point is normal.
  public let falseAlarmsPerThousand: Double?

  /// Detected / (detected + false), in 0...1; 0 if there is no alarm.
  public var precision: Double {
    let count = detectedCount + falseCount
    return count > 0 ? Double(detectedCount) / Double(count) : 0
  }
  /// Detected / (detected + missed), in 0...1; nil if there is no real event.
  public var recall: Double? {
    let count = detectedCount + missedCount
    return count > 0 ? Double(detectedCount) / Double(count) : nil
  }
  /// 2 detected / (2 detected + false + missed), in 0...1; nil if there is no real event.
  public var f1: Double? {
    guard detectedCount + missedCount > 0 else { return nil }
    return 2 * Double(detectedCount) / Double(2 * detectedCount + falseCount + missedCount)
  }

  /// Counts the events of labels and alarms.
  ///
  /// - Parameters:
  ///   - labels: Whether each point is anomalous, at least one point.
  ///   - alarms: Whether each point has an alarm; as many as `labels`.
  /// - Throws: ``ScoreError`` if there is no point or the lengths differ.
  /// - Complexity: O(*n*).
  public init(labels: [Bool], alarms: [Bool]) throws {
    try checkAlarms(alarms, labels: labels)
    let segments = anomalySegments(of: labels)
    let delays = segments.compactMap { segment in
      segment.first { alarms[$0] }.map { $0 - segment.lowerBound }
    }.sorted()
    detectedCount = delays.count
    missedCount = segments.count - delays.count
    falseCount = anomalySegments(of: alarms).count { run in !run.contains { labels[$0] } }
    medianDelay =
      delays.isEmpty
      ? nil : Double(delays[(delays.count - 1) / 2] + delays[delays.count / 2]) / 2
    let normalCount = labels.count { !$0 }
    let falseAlarms = zip(labels, alarms).count { $1 && !$0 }
    falseAlarmsPerThousand =
      normalCount > 0 ? 1000 * Double(falseAlarms) / Double(normalCount) : nil
  }
}
