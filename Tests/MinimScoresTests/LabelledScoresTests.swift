// SPDX-License-Identifier: Apache-2.0

import MinimScores
import Testing

@Suite struct LabelledScoresTests {
  @Test func segmentsAreMaximalRuns() {
    #expect(anomalySegments(of: []) == [])
    #expect(anomalySegments(of: [false, false]) == [])
    #expect(anomalySegments(of: [true]) == [0..<1])
    #expect(anomalySegments(of: [true, true, true]) == [0..<3])
    #expect(anomalySegments(of: [true, false, true, true]) == [0..<1, 2..<4])
    #expect(anomalySegments(of: [false, true, true, false, true, false]) == [1..<3, 4..<5])
  }

  @Test func vectorOfTheSpecification() throws {
    let series = try LabelledScores(scores: vectorT.scores, labels: vectorT.labels)
    #expect(series.segments == [10..<15, 28..<30])
    #expect(series.anomalousCount == 7)
    #expect(series.normalCount == 33)
    #expect(isClose(series.averagePrecision, 0.5488048, within: 5e-8))
    #expect(isClose(series.areaUnderROC, 0.7099567, within: 5e-8))
  }

  @Test func agreesWithScikitLearn() throws {
    let cases = try GoldenAnomaly.load().detection
    #expect(cases.count == 90)
    for (index, golden) in cases.enumerated() {
      let series = try LabelledScores(
        scores: golden.scores, labels: golden.labels.map { $0 == 1 })
      let counts = try series.counts(above: golden.threshold)
      let comment: Comment = "case \(index)"
      #expect(isClose(series.averagePrecision, golden.averagePrecision), comment)
      #expect(isClose(series.areaUnderROC, golden.areaUnderROC), comment)
      #expect(isClose(counts.precision, golden.precision), comment)
      #expect(isClose(counts.recall, golden.recall), comment)
      #expect(isClose(counts.f1, golden.f1), comment)
      #expect(isClose(series.oracleF1?.f1, golden.bestF1), comment)
    }
  }

  @Test func countsAtAThreshold() throws {
    let series = try LabelledScores(
      scores: [3, 2, 2, 1, .infinity, -.infinity], labels: [true, true, false, false, false, true])
    let counts = try series.counts(above: 1)
    #expect(counts.truePositives == 2)
    #expect(counts.falsePositives == 2)
    #expect(counts.falseNegatives == 1)
    #expect(counts.trueNegatives == 1)
    #expect(counts.precision == 0.5)
    #expect(isClose(counts.recall, 2.0 / 3))
    #expect(isClose(counts.f1, 4.0 / 7))
    #expect(try series.alarms(above: 2) == [true, false, false, false, true, false])
  }

  @Test func withoutAlarmsOrAnomalies() throws {
    let quiet = try LabelledScores(scores: [1, 1], labels: [true, false]).counts(above: 1)
    #expect(quiet.precision == 0)
    #expect(quiet.recall == 0)
    #expect(quiet.f1 == 0)
    let normal = try LabelledScores(scores: [1, 2], labels: [false, false])
    #expect(normal.averagePrecision == nil)
    #expect(normal.areaUnderROC == nil)
    #expect(try normal.counts(above: 1).recall == nil)
    #expect(try normal.counts(above: 1).f1 == nil)
    let anomalous = try LabelledScores(scores: [1, 2], labels: [true, true])
    #expect(anomalous.averagePrecision == 1)
    #expect(anomalous.areaUnderROC == nil)
    #expect(try anomalous.counts(above: 1).f1 == 2.0 / 3)
  }

  @Test func refusesWhatCannotBeScored() throws {
    func expect(_ error: ScoreError, _ scores: [Double], _ labels: [Bool]) {
      #expect(throws: error) { try LabelledScores(scores: scores, labels: labels) }
    }
    expect(.empty, [], [])
    expect(.empty, [], [true])
    expect(.lengthMismatch(list: "labels", found: 1, expected: 2), [1, 2], [true])
    expect(.lengthMismatch(list: "labels", found: 0, expected: 2), [1, 2], [])
    expect(.notANumber(index: 2), [1, 2, .nan], [true, false, true])
    let series = try LabelledScores(scores: [1, 2], labels: [true, false])
    let error = ScoreError.outOfRange(
      what: "threshold", found: .infinity, expected: "a finite number")
    #expect(throws: error) { try series.counts(above: .infinity) }
    #expect(throws: ScoreError.self) { try series.alarms(above: .nan) }
    #expect(error.description == "threshold: found inf, expected a finite number")
  }
}
