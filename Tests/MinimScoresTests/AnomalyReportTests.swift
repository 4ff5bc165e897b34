// SPDX-License-Identifier: Apache-2.0

import Foundation
import MinimScores
import Testing

@Suite struct AnomalyReportTests {
  private func json(_ report: AnomalyReport) throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(report))
    return try #require(object as? [String: Any])
  }

  /// Every key of a tree of dictionaries and lists, and every null without a reason beside it.
  private func walk(_ value: Any, keys: inout Set<String>, unexplained: inout [String]) {
    if let list = value as? [Any] {
      for item in list { walk(item, keys: &keys, unexplained: &unexplained) }
    }
    guard let dictionary = value as? [String: Any] else { return }
    for (key, item) in dictionary {
      keys.insert(key)
      let reason = dictionary[key + "_reason"] as? String
      if (item is NSNull) != (reason.flatMap(UndefinedReason.init(rawValue:)) != nil) {
        unexplained.append(key)
      }
      walk(item, keys: &keys, unexplained: &unexplained)
    }
  }

  @Test func vectorOfTheSpecification() throws {
    let series = try LabelledScores(scores: vectorT.scores, labels: vectorT.labels)
    let report = try AnomalyReport(series, threshold: 0.6, maximumBuffer: 8)
    #expect(report.pointCount == 40 && report.anomalousCount == 7 && report.segmentCount == 2)
    #expect(isClose(report.averagePrecision.value, 0.5488048, within: 5e-8))
    #expect(isClose(report.areaUnderROC.value, 0.7099567, within: 5e-8))
    #expect(isClose(report.rangeROC.value, 0.8507763, within: 5e-8))
    #expect(isClose(report.rangePrecisionRecall.value, 0.7817823, within: 5e-8))
    #expect(isClose(report.volumeROC.value, 0.8535769, within: 5e-8))
    #expect(isClose(report.volumePrecisionRecall.value, 0.7469935, within: 5e-8))
    #expect(isClose(report.oracle.points.unadjusted.f1.value, 0.714286, within: 5e-7))
    #expect(isClose(report.oracle.points.pointAdjusted.f1.value, 0.875))
    #expect(report.oracle.threshold.value == series.oracleF1?.threshold)
    #expect(
      report.oracle.pointAdjustedThreshold.value
        == (try series.pointAdjustedOracleF1(percent: 0)?.threshold))
    #expect(report.oracle.points.f1ByPercent == series.oraclePointAdjustedF1Curve)
    let at = try #require(report.atThreshold)
    #expect(at.alarmCount == 7)
    #expect(isClose(at.points.unadjusted.f1.value, 5.0 / 7))
    #expect(isClose(at.points.pointAdjusted.f1.value, 0.875))
    #expect(at.points.area.value == (try series.pointAdjustedF1Curve(above: 0.6)?.area))
    #expect(isClose(at.ranges[0].recall.value, 0.65))
    #expect(at.ranges[1].recall.value != at.ranges[3].recall.value)
    #expect(at.medianDelay.value == 0.5)
    #expect(at.eventScores.missedCount == 0)
    #expect(at.events.f1.value == 1)
    let affiliation = try AffiliationScores(
      labels: vectorT.labels, alarms: vectorT.scores.map { $0 > 0.6 })
    #expect(at.affiliationPrecision.value == affiliation.precision)
    #expect(at.affiliationRecall.value == affiliation.recall)
    #expect(at.affiliationF1.value == affiliation.f1)
    #expect(at.affiliationEvents == affiliation.events)
    #expect(isClose(at.falseAlarmsPerThousand.value, 2000.0 / 33))
  }

  @Test func encodesSnakeCaseWithoutGaps() throws {
    let series = try LabelledScores(scores: vectorT.scores, labels: vectorT.labels)
    let object = try json(AnomalyReport(series, threshold: 0.6, maximumBuffer: 8))
    var keys: Set<String> = []
    var unexplained: [String] = []
    walk(object, keys: &keys, unexplained: &unexplained)
    #expect(unexplained == [])
    #expect(keys.allSatisfy { $0.wholeMatch(of: /[a-z0-9]+(_[a-z0-9]+)*/) != nil })
    #expect(!keys.contains { $0.hasSuffix("_reason") })
    #expect(
      Set(object.keys) == [
        "points", "anomalous_points", "segments", "average_precision", "auc_roc",
        "maximum_buffer", "range_auc_roc", "range_auc_pr", "vus_roc", "vus_pr", "oracle",
        "at_threshold",
      ])
    let at = try #require(object["at_threshold"] as? [String: Any])
    #expect(
      Set(at.keys) == [
        "threshold", "alarms", "points", "ranges", "affiliation", "events", "detected_events",
        "missed_events", "false_events", "median_delay", "false_alarms_per_thousand",
      ])
    #expect((at["ranges"] as? [String: Any])?.keys.sorted() == ["back", "flat", "front", "middle"])
    let points = try #require(at["points"] as? [String: Any])
    #expect(points["unadjusted"] != nil && points["point_adjusted"] != nil)
    #expect((points["f1_by_percent"] as? [Double])?.count == 21)
    #expect((points["percents"] as? [Int])?.last == 100)
    #expect(isClose(at["threshold"] as? Double, 0.6))
    let affiliation = try #require(at["affiliation"] as? [String: Any])
    #expect((affiliation["events"] as? [[String: Any]])?.count == 2)
  }

  @Test func undefinedFiguresSayWhy() throws {
    func check(
      _ scores: [Double], _ labels: [Bool], threshold: Double?,
      _ expected: (AnomalyReport) -> [(Figure, UndefinedReason)]
    ) throws {
      let series = try LabelledScores(scores: scores, labels: labels)
      let report = try AnomalyReport(series, threshold: threshold, maximumBuffer: 3)
      for (figure, reason) in expected(report) {
        #expect(figure.reason == reason && figure.value == nil)
      }
      var keys: Set<String> = []
      var unexplained: [String] = []
      walk(try json(report), keys: &keys, unexplained: &unexplained)
      #expect(unexplained == [])
      #expect(keys.contains("at_threshold_reason") == (threshold == nil))
    }
    try check([1, 2, 3], [false, false, false], threshold: 1) { report in
      let at = report.atThreshold
      return [
        (report.averagePrecision, .noAnomaly), (report.areaUnderROC, .noAnomaly),
        (report.rangeROC, .noAnomaly), (report.rangePrecisionRecall, .noAnomaly),
        (report.volumeROC, .noAnomaly), (report.volumePrecisionRecall, .noAnomaly),
        (report.oracle.threshold, .noAnomaly),
        (report.oracle.pointAdjustedThreshold, .noAnomaly),
        (report.oracle.points.unadjusted.precision, .noAnomaly),
        (report.oracle.points.pointAdjusted.f1, .noAnomaly),
        (report.oracle.points.area, .noAnomaly),
      ]
        + (at.map {
          [
            ($0.points.unadjusted.recall, .noAnomaly), ($0.points.pointAdjusted.f1, .noAnomaly),
            ($0.points.area, .noAnomaly), ($0.ranges[0].recall, .noAnomaly),
            ($0.affiliationPrecision, .noAnomaly), ($0.affiliationRecall, .noAnomaly),
            ($0.affiliationF1, .noAnomaly), ($0.events.recall, .noAnomaly),
            ($0.medianDelay, .noAnomaly),
          ]
        } ?? [])
    }
    try check([1, 2, 3], [true, true, true], threshold: 1) { report in
      [
        (report.areaUnderROC, .noNormalPoint), (report.rangeROC, .noNormalPoint),
        (report.volumeROC, .noNormalPoint),
      ] + (report.atThreshold.map { [($0.falseAlarmsPerThousand, .noNormalPoint)] } ?? [])
    }
    try check([1, 1, 1], [true, false, true], threshold: 1) { report in
      report.atThreshold.map {
        [
          ($0.affiliationPrecision, .noAlarm), ($0.affiliationF1, .noAlarm),
          ($0.medianDelay, .nothingDetected),
        ]
      } ?? []
    }
    try check([0, 1, 1, 1, 9], [true, false, false, false, true], threshold: 1) { _ in [] }
    try check([.infinity, -.infinity], [false, true], threshold: nil) { _ in [] }
  }

  @Test func eventsWithoutAlarmsSayWhy() throws {
    let series = try LabelledScores(
      scores: [0, 1, 1, 1, 9], labels: [true, false, false, false, true])
    let object = try json(AnomalyReport(series, threshold: 1, maximumBuffer: 0))
    let at = try #require(object["at_threshold"] as? [String: Any])
    let affiliation = try #require(at["affiliation"] as? [String: Any])
    let events = try #require(affiliation["events"] as? [[String: Any]])
    #expect(events[0]["precision_reason"] as? String == "no alarm in the zone of this event")
    #expect(events[0]["recall"] as? Double == 0)
    #expect(events[1]["precision"] as? Double == 1)
    #expect(events[0]["start"] as? Int == 0 && events[0]["end"] as? Int == 1)
  }

  @Test func refusesSettingsWithoutMeaning() throws {
    let series = try LabelledScores(scores: [1, 2], labels: [true, false])
    #expect(throws: ScoreError.self) { try AnomalyReport(series, threshold: .nan) }
    #expect(throws: ScoreError.self) {
      try AnomalyReport(series, threshold: nil, maximumBuffer: -1)
    }
  }
}
