// SPDX-License-Identifier: Apache-2.0

/// Affiliation precision and recall: how near alarms are to anomalies, against random placement.
///
/// Point i is the interval [i, i + 1); a run of points is an event J. The axis [0, n) is cut halfway
/// between neighbouring real events into zones E, one for each event. With I the alarms in E and a
/// distance d > 0,
///
///     precision = 1/|I| * integral over x in I of F(dist(x, J)),
///                 F(0) = 1,  F(d) = 1 - (|J| + min(d, m) + d) / |E|,
///                 m the smaller of the gaps between J and the two ends of E
///     recall    = 1/|J| * integral over y in J of F(dist(y, I)),
///                 F(0) = 1,  F(d) = 1 - (min(d, m(y)) + d) / |E|,
///                 m(y) the smaller of the distances from y to the two ends of E.
///
/// F is the chance that a random place in E is further away than d, so random alarms reach about
/// 0.5, and alarms everywhere a recall of 1: print a random score beside these figures. The
/// integrals are exact (Huet, Navarro and Rossi, KDD 2022; methods, gon 2.6d).
public struct AffiliationScores: Sendable, Equatable {
  /// What concerns one real event.
  public struct Event: Sendable, Equatable {
    /// The points of the event.
    public let segment: Range<Int>
    /// In 0...1; nil if its zone has no alarm.
    public let precision: Double?
    /// In 0...1; 0 if its zone has no alarm.
    public let recall: Double
  }

  /// One for each maximal run of anomalous points, in order.
  public let events: [Event]
  /// The mean precision of the events whose zone has an alarm, in 0...1.
  ///
  /// Nil if no point is anomalous or none has an alarm.
  public let precision: Double?
  /// The mean recall of all events, in 0...1; nil if no point is anomalous.
  public let recall: Double?
  /// The harmonic mean of both, in 0...1; nil where the precision is.
  public let f1: Double?

  /// Scores alarms against labels.
  ///
  /// - Parameters:
  ///   - labels: Whether each point is anomalous, at least one point.
  ///   - alarms: Whether each point has an alarm; as many as `labels`.
  /// - Throws: ``ScoreError`` if there is no point or the lengths differ.
  /// - Complexity: O(*n*).
  public init(labels: [Bool], alarms: [Bool]) throws {
    try checkAlarms(alarms, labels: labels)
    let real = anomalySegments(of: labels)
    let predicted = anomalySegments(of: alarms).map {
      Interval(start: Double($0.lowerBound), end: Double($0.upperBound))
    }
    var events: [Event] = []
    var first = 0
    for (number, segment) in real.enumerated() {
      let zone = Interval(
        start: number == 0
          ? 0 : Double(real[number - 1].upperBound + segment.lowerBound) / 2,
        end: number == real.count - 1
          ? Double(labels.count) : Double(segment.upperBound + real[number + 1].lowerBound) / 2)
      while first < predicted.count, predicted[first].end <= zone.start { first += 1 }
      let affiliated = predicted[first...].prefix { $0.start < zone.end }.map {
        Interval(start: max($0.start, zone.start), end: min($0.end, zone.end))
      }
      let event = AffiliationZone(
        zone: zone,
        event: Interval(start: Double(segment.lowerBound), end: Double(segment.upperBound)))
      events.append(
        Event(
          segment: segment, precision: event.precision(of: affiliated),
          recall: event.recall(by: affiliated)))
    }
    let precisions = events.compactMap(\.precision)
    precision =
      precisions.isEmpty ? nil : precisions.reduce(0, +) / Double(precisions.count)
    recall = events.isEmpty ? nil : events.reduce(0) { $0 + $1.recall } / Double(events.count)
    f1 = if let precision, let recall { harmonicMean(precision, recall) } else { nil }
    self.events = events
  }
}
