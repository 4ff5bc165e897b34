// SPDX-License-Identifier: Apache-2.0

/// The figures of one score series at one threshold that was chosen without its labels.
public struct ThresholdReport: Sendable, Equatable {
  /// An alarm is a score above it.
  public let threshold: Double
  /// The number of points with an alarm.
  public let alarmCount: Int
  /// Precision, recall and F1 point by point, and after point adjustment.
  public let points: AdjustmentFigures
  /// Range-based figures for each bias, in the order of `RangeBias.allCases`, with alpha = 0.
  public let ranges: [DetectionFigures]
  /// Affiliation precision; undefined without anomalies or alarms.
  public let affiliationPrecision: Figure
  /// Affiliation recall; undefined without anomalies.
  public let affiliationRecall: Figure
  /// Affiliation F1; undefined where the precision is.
  public let affiliationF1: Figure
  /// Affiliation of each real event.
  public let affiliationEvents: [AffiliationScores.Event]
  /// Precision, recall and F1 counted in events.
  public let events: DetectionFigures
  /// The counts behind `events`.
  public let eventScores: EventScores
  /// The median delay of detected events in points; undefined if none is detected.
  public let medianDelay: Figure
  /// Alarms on normal points for each 1,000 of them; undefined without normal points.
  public let falseAlarmsPerThousand: Figure

  /// Computes the figures; throws ``ScoreError`` if the threshold is not finite.
  init(_ series: LabelledScores, threshold: Double) throws {
    let alarms = try series.alarms(above: threshold)
    let labels = series.labels
    self.threshold = threshold
    alarmCount = alarms.count { $0 }
    points = AdjustmentFigures(
      unadjusted: DetectionFigures(try series.counts(above: threshold)),
      pointAdjusted: DetectionFigures(
        try series.pointAdjustedCounts(above: threshold, percent: 0)),
      f1ByPercent: try series.pointAdjustedF1Curve(above: threshold))
    ranges = try RangeBias.allCases.map {
      let scores = try RangeScores(labels: labels, alarms: alarms, bias: $0)
      return DetectionFigures(precision: scores.precision, recall: scores.recall, f1: scores.f1)
    }
    let affiliation = try AffiliationScores(labels: labels, alarms: alarms)
    let reason: UndefinedReason = series.anomalousCount == 0 ? .noAnomaly : .noAlarm
    affiliationPrecision = Figure(affiliation.precision, else: reason)
    affiliationRecall = Figure(affiliation.recall, else: .noAnomaly)
    affiliationF1 = Figure(affiliation.f1, else: reason)
    affiliationEvents = affiliation.events
    let scores = try EventScores(labels: labels, alarms: alarms)
    events = DetectionFigures(precision: scores.precision, recall: scores.recall, f1: scores.f1)
    eventScores = scores
    medianDelay = Figure(
      scores.medianDelay, else: series.anomalousCount == 0 ? .noAnomaly : .nothingDetected)
    falseAlarmsPerThousand = Figure(scores.falseAlarmsPerThousand, else: .noNormalPoint)
  }
}

extension ThresholdReport: Encodable {
  /// Encodes all figures under snake-case keys, null with a reason where undefined.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: ReportKey.self)
    try container.encode(threshold, "threshold")
    try container.encode(alarmCount, "alarms")
    try container.encode(points, "points")
    var biases = container.nestedContainer(keyedBy: ReportKey.self, forKey: ReportKey("ranges"))
    for (bias, figures) in zip(RangeBias.allCases, ranges) {
      try biases.encode(figures, bias.rawValue)
    }
    var affiliation = container.nestedContainer(
      keyedBy: ReportKey.self, forKey: ReportKey("affiliation"))
    try affiliation.encode(affiliationPrecision, "precision")
    try affiliation.encode(affiliationRecall, "recall")
    try affiliation.encode(affiliationF1, "f1")
    var list = affiliation.nestedUnkeyedContainer(forKey: ReportKey("events"))
    for event in affiliationEvents {
      var item = list.nestedContainer(keyedBy: ReportKey.self)
      try item.encode(event.segment.lowerBound, "start")
      try item.encode(event.segment.upperBound, "end")
      try item.encode(Figure(event.precision, else: .noAlarmInZone), "precision")
      try item.encode(event.recall, "recall")
    }
    try container.encode(events, "events")
    try container.encode(eventScores.detectedCount, "detected_events")
    try container.encode(eventScores.missedCount, "missed_events")
    try container.encode(eventScores.falseCount, "false_events")
    try container.encode(medianDelay, "median_delay")
    try container.encode(falseAlarmsPerThousand, "false_alarms_per_thousand")
  }
}
