// SPDX-License-Identifier: Apache-2.0

import MinimScores
import Testing

@Suite struct PointAdjustmentTests {
  let vector: LabelledScores

  init() throws {
    vector = try LabelledScores(scores: vectorT.scores, labels: vectorT.labels)
  }

  @Test func vectorOfTheSpecificationAtAThreshold() throws {
    for (percent, expected) in [
      (0, 0.714286), (20, 0.714286), (50, 0.714286), (80, 0.5), (100, 0.5),
    ] {
      let counts = try vector.pointAdjustedCounts(above: 0.9, percent: percent)
      #expect(isClose(counts.f1, expected, within: 5e-7), "K = \(percent)")
    }
    #expect(isClose(try vector.counts(above: 0.9).f1, 0.5))
  }

  @Test func vectorOfTheSpecificationAsOracle() throws {
    for (percent, expected) in [
      (0, 0.875), (20, 0.875), (50, 0.8), (80, 0.714286), (100, 0.714286),
    ] {
      let best = try vector.pointAdjustedOracleF1(percent: percent)
      #expect(isClose(best?.f1, expected, within: 5e-7), "K = \(percent)")
    }
    #expect(isClose(vector.oracleF1?.f1, 0.714286, within: 5e-7))
  }

  /// Fills by the definition, with whole numbers.
  static func bruteCounts(
    _ series: LabelledScores, above threshold: Double, percent: Int
  ) -> (truePositives: Int, falsePositives: Int) {
    var adjusted = series.scores.map { $0 > threshold }
    for segment in series.segments {
      let hits = segment.count { adjusted[$0] }
      if 100 * hits > percent * segment.count { for point in segment { adjusted[point] = true } }
    }
    let pairs = zip(adjusted, series.labels)
    return (pairs.count { $0 && $1 }, pairs.count { $0 && !$1 })
  }

  @Test func agreesWithTheDefinition() throws {
    for number in 0..<300 {
      let series = try smallSeries(number)
      let thresholds = Set(series.scores.filter(\.isFinite)).union([-1, 1e9])
      for percent in [0, 5, 20, 33, 50, 75, 95, 99, 100] {
        var bestF1: Double?
        for threshold in thresholds {
          let expected = Self.bruteCounts(series, above: threshold, percent: percent)
          let counts = try series.pointAdjustedCounts(above: threshold, percent: percent)
          #expect(counts.truePositives == expected.truePositives, "series \(number)")
          #expect(counts.falsePositives == expected.falsePositives, "series \(number)")
          #expect(counts.truePositives + counts.falseNegatives == series.anomalousCount)
          #expect(counts.falsePositives + counts.trueNegatives == series.normalCount)
          let sum = expected.truePositives + expected.falsePositives + series.anomalousCount
          if series.anomalousCount > 0 {
            bestF1 = max(bestF1 ?? 0, Double(2 * expected.truePositives) / Double(sum))
          }
        }
        let oracle = try series.pointAdjustedOracleF1(percent: percent)
        #expect(isClose(oracle?.f1, bestF1), "series \(number), K = \(percent)")
        if let oracle {
          let counts = try series.pointAdjustedCounts(above: oracle.threshold, percent: percent)
          #expect(counts == oracle.counts, "series \(number), K = \(percent)")
          #expect(counts.f1 == oracle.f1)
        }
      }
    }
  }

  @Test func curvesAndTheirArea() throws {
    let curve = try #require(try vector.pointAdjustedF1Curve(above: 0.9))
    #expect(PointAdjustedF1Curve.percents.first == 0)
    #expect(PointAdjustedF1Curve.percents.last == 100)
    #expect(curve.values.count == 21)
    for (percent, value) in zip(PointAdjustedF1Curve.percents, curve.values) {
      #expect(value == (try vector.pointAdjustedCounts(above: 0.9, percent: percent).f1))
    }
    // Three of five points have an alarm: filled for K below 60, a slope of one step, then not.
    let high = 5.0 / 7
    #expect(isClose(curve.area, 0.55 * high + 0.05 * (high + 0.5) / 2 + 0.4 * 0.5))

    let oracle = try #require(vector.oraclePointAdjustedF1Curve)
    for (percent, value) in zip(PointAdjustedF1Curve.percents, oracle.values) {
      #expect(value == (try vector.pointAdjustedOracleF1(percent: percent)?.f1))
    }
    #expect(zip(oracle.values, oracle.values.dropFirst()).allSatisfy { $0 >= $1 })
  }

  @Test func strictRule() throws {
    let series = try LabelledScores(
      scores: [1, 0, 0, 0, 0], labels: [true, true, true, true, true])
    #expect(try series.pointAdjustedCounts(above: 0, percent: 19).truePositives == 5)
    #expect(try series.pointAdjustedCounts(above: 0, percent: 20).truePositives == 1)
  }

  @Test func oracleTakesTheHighestOfEqualThresholds() throws {
    let series = try LabelledScores(scores: [3, 2, 1, 0], labels: [true, false, true, false])
    // Alarms from 3 on: 2/3. From 2 on: 1/2. From 1 on: 4/5. From 0 on: 2/3.
    #expect(isClose(series.oracleF1?.f1, 0.8))
    #expect(series.oracleF1?.threshold == (1.0).nextDown)
    let tied = try LabelledScores(scores: [2, 1, 0], labels: [true, false, true])
    let other = try LabelledScores(scores: [2, 1, 1, 0], labels: [true, false, true, false])
    #expect(isClose(tied.oracleF1?.f1, 0.8))
    #expect(other.oracleF1?.threshold == (1.0).nextDown)
    let equal = try LabelledScores(
      scores: [9, 8, 7, 6, 5], labels: [true, false, false, true, false])
    // 2/3 with one alarm and with four.
    #expect(isClose(equal.oracleF1?.f1, 2.0 / 3))
    #expect(equal.oracleF1?.threshold == (9.0).nextDown)
  }

  @Test func edges() throws {
    let constant = try LabelledScores(scores: [5, 5, 5, 5], labels: [true, false, false, true])
    #expect(isClose(constant.oracleF1?.f1, 2.0 / 3))
    #expect(constant.oracleF1?.counts.falsePositives == 2)
    let onePoint = try LabelledScores(scores: [0], labels: [true])
    #expect(onePoint.oracleF1?.f1 == 1)
    #expect(onePoint.oraclePointAdjustedF1Curve?.area == 1)
    let normal = try LabelledScores(scores: [0, 1], labels: [false, false])
    #expect(normal.oracleF1 == nil)
    #expect(normal.oraclePointAdjustedF1Curve == nil)
    #expect(try normal.pointAdjustedF1Curve(above: 0) == nil)
    let infinite = try LabelledScores(
      scores: [.infinity, -.infinity, 1], labels: [true, true, false])
    #expect(isClose(infinite.oracleF1?.f1, 2.0 / 3))
    #expect(infinite.oracleF1?.threshold == .greatestFiniteMagnitude)
    let unreachable = try LabelledScores(
      scores: [-.infinity, -.infinity], labels: [true, false])
    #expect(unreachable.oracleF1?.f1 == 0)
    #expect(unreachable.oracleF1?.threshold.isFinite == true)
    let error = ScoreError.outOfRange(
      what: "K of PA%K", found: 101, expected: "a percentage in 0...100")
    #expect(throws: error) { try vector.pointAdjustedOracleF1(percent: 101) }
    #expect(throws: error) { try vector.pointAdjustedCounts(above: 0, percent: 101) }
    #expect(throws: ScoreError.self) { try vector.pointAdjustedOracleF1(percent: -1) }
  }
}
