// SPDX-License-Identifier: Apache-2.0

import MinimScores
import Testing

@Suite struct VolumeUnderSurfaceTests {
  @Test func vectorOfTheSpecification() throws {
    let series = try LabelledScores(scores: vectorT.scores, labels: vectorT.labels)
    for (buffer, roc, precisionRecall) in [
      (0, 163.0 / 231, 0.5552674), (4, 0.9242642, 0.8218107), (8, 0.8507763, 0.7817823),
    ] {
      let areas = try series.rangeAreas(buffer: buffer)
      #expect(isClose(areas?.roc, roc, within: 5e-8), "buffer \(buffer)")
      #expect(isClose(areas?.precisionRecall, precisionRecall, within: 5e-8), "buffer \(buffer)")
    }
    let volume = try series.volumeUnderSurface(maximumBuffer: 8)
    #expect(isClose(volume?.roc, 0.8535769, within: 5e-8))
    #expect(isClose(volume?.precisionRecall, 0.7469935, within: 5e-8))
  }

  /// The definition, each threshold and each sum anew; thresholds in descending order.
  static func bruteForce(
    _ series: LabelledScores, buffer: Int, thresholds: [Double]
  ) -> (roc: Double, precisionRecall: Double) {
    let count = series.scores.count
    let soft = (0..<count).map { point -> Double in
      if series.labels[point] { return 1 }
      var value = 0.0
      for segment in series.segments {
        let distance =
          point < segment.lowerBound ? segment.lowerBound - point : point - segment.upperBound + 1
        if distance <= buffer / 2 {
          value += (1 - Double(distance) / Double(buffer)).squareRoot()
        }
      }
      return min(value, 1)
    }
    let positives = (Double(series.anomalousCount) + soft.reduce(0, +)) / 2
    let supports = anomalySegments(of: soft.map { $0 > 0 })
    var points: [(x: Double, y: Double)] = [(0, 0)]
    var area = 0.0
    for threshold in thresholds {
      let alarms = series.scores.map { $0 >= threshold }
      let size = Double(alarms.count { $0 })
      let hit = (0..<count).reduce(0.0) { $0 + (alarms[$1] ? soft[$1] : 0) }
      let existence =
        Double(supports.count { $0.contains { alarms[$0] } }) / Double(supports.count)
      let recall = min(hit / positives, 1) * existence
      area += (recall - points[points.count - 1].y) * hit / size
      points.append(((size - hit) / (Double(count) - positives), recall))
    }
    points.append((1, 1))
    let roc = zip(points, points.dropFirst()).reduce(0) {
      $0 + ($1.1.x - $1.0.x) * ($1.1.y + $1.0.y) / 2
    }
    return (roc, area)
  }

  @Test func agreesWithTheDefinition() throws {
    for number in 0..<200 {
      let series = try smallSeries(number)
      let thresholds = Set(series.scores).sorted(by: >)
      let isScored = series.anomalousCount > 0
      var roc = 0.0
      var precisionRecall = 0.0
      for buffer in 0...9 {
        let areas = try series.rangeAreas(buffer: buffer)
        #expect((areas != nil) == isScored)
        guard let areas else { continue }
        let expected = Self.bruteForce(series, buffer: buffer, thresholds: thresholds)
        let comment: Comment = "series \(number), buffer \(buffer)"
        #expect(isClose(areas.roc, series.normalCount > 0 ? expected.roc : nil), comment)
        #expect(isClose(areas.precisionRecall, expected.precisionRecall), comment)
        roc += expected.roc / 10
        precisionRecall += expected.precisionRecall / 10
      }
      let volume = try series.volumeUnderSurface(maximumBuffer: 9)
      let comment: Comment = "series \(number)"
      #expect(isClose(volume?.precisionRecall, isScored ? precisionRecall : nil), comment)
      #expect(isClose(volume?.roc, isScored && series.normalCount > 0 ? roc : nil), comment)
    }
  }

  @Test func longSeriesTakeSampledThresholds() throws {
    for (count, isSampled) in [(10_000, false), (10_001, true)] {
      let scores = randomScores(count: count, seed: 5).map { ($0 * 1000).rounded() }
      let labels = (0..<count).map { $0 % 1000 < 20 }
      let series = try LabelledScores(scores: scores, labels: labels)
      let sorted = scores.sorted(by: >)
      let sampled = (0..<250).map { sorted[$0 * (count - 1) / 249] }
      let distinct = Set(scores).sorted(by: >)
      let areas = try series.rangeAreas(buffer: 6)
      let all = Self.bruteForce(series, buffer: 6, thresholds: distinct)
      let some = Self.bruteForce(series, buffer: 6, thresholds: sampled)
      #expect(!isClose(all.roc, some.roc))
      #expect(isClose(areas?.roc, isSampled ? some.roc : all.roc, within: 1e-10))
      #expect(
        isClose(
          areas?.precisionRecall, isSampled ? some.precisionRecall : all.precisionRecall,
          within: 1e-10))
    }
  }

  @Test func edges() throws {
    let normal = try LabelledScores(scores: [1, 2], labels: [false, false])
    #expect(try normal.rangeAreas(buffer: 2) == nil)
    #expect(try normal.volumeUnderSurface(maximumBuffer: 2) == nil)
    let anomalous = try LabelledScores(scores: [1, 2], labels: [true, true])
    #expect(try anomalous.rangeAreas(buffer: 2) == RangeAreas?.some(try allAnomalous()))
    let one = try LabelledScores(scores: [1], labels: [true])
    #expect(try one.volumeUnderSurface(maximumBuffer: 100)?.precisionRecall == 1)
    // Everything alarms at once: (0, 0), (3/3, 1), (1, 1).
    let constant = try LabelledScores(scores: [1, 1, 1, 1], labels: [false, true, false, false])
    #expect(isClose(try constant.rangeAreas(buffer: 0)?.roc, 0.5))
    #expect(isClose(try constant.rangeAreas(buffer: 0)?.precisionRecall, 0.25))
    let error = ScoreError.outOfRange(
      what: "buffer length", found: -1, expected: "at least 0 points")
    #expect(throws: error) { try one.rangeAreas(buffer: -1) }
    #expect(throws: error) { try one.volumeUnderSurface(maximumBuffer: -1) }
  }

  private func allAnomalous() throws -> RangeAreas {
    try #require(
      try LabelledScores(scores: [3, 3], labels: [true, true]).rangeAreas(buffer: 0))
  }
}

@Suite struct BufferLengthTests {
  @Test func agreesWithNumPy() throws {
    let cases = try GoldenAnomaly.load().period
    #expect(cases.count == 6)
    for golden in cases {
      #expect(try bufferLength(fromAutocorrelationOf: golden.series) == golden.buffer)
    }
  }

  @Test func withoutAPeriodItIs125() throws {
    #expect(try bufferLength(fromAutocorrelationOf: [1]) == 125)
    #expect(try bufferLength(fromAutocorrelationOf: [1, 2, 1, 2, 1]) == 125)
    #expect(try bufferLength(fromAutocorrelationOf: Array(repeating: 3, count: 500)) == 125)
    #expect(try bufferLength(fromAutocorrelationOf: (0..<500).map(Double.init)) == 125)
    // A period of 4 peaks first at lag 4, which is too short.
    let short = (0..<500).map { Double($0 % 4) }
    #expect(try bufferLength(fromAutocorrelationOf: short) == 125)
    // A single echo at lag 350 is too far.
    let far = (0..<2000).map { $0 == 100 || $0 == 450 ? 1.0 : 0 }
    #expect(try bufferLength(fromAutocorrelationOf: far) == 125)
    let near = (0..<2000).map { $0 == 100 || $0 == 403 ? 1.0 : 0 }
    #expect(try bufferLength(fromAutocorrelationOf: near) == 303)
    let beyond = (0..<2000).map { $0 == 100 || $0 == 404 ? 1.0 : 0 }
    #expect(try bufferLength(fromAutocorrelationOf: beyond) == 125)
  }

  /// Echoes at 10 and at 20, as high to the last bit: a mean of 0 takes nothing off, and no other lag is echoed.
  @Test func ofEqualPeaksTheShortestLag() throws {
    let series = (0..<8192).map { place in
      [0, 10, 1000, 1020].contains(place)
        ? 1.0 : [2000, 3000, 4000, 5000].contains(place) ? -1 : 0
    }
    #expect(try bufferLength(fromAutocorrelationOf: series) == 10)
  }

  @Test func readsTheFirst20000Points() throws {
    let series = (0..<40_000).map { Double($0 < 20_000 ? $0 % 30 : 10 * ($0 % 70)) }
    #expect(try bufferLength(fromAutocorrelationOf: series) == 30)
  }

  @Test func refusesWhatHasNoAutocorrelation() {
    #expect(throws: ScoreError.empty) { try bufferLength(fromAutocorrelationOf: []) }
    #expect(throws: ScoreError.notANumber(index: 1)) {
      try bufferLength(fromAutocorrelationOf: [1, .nan])
    }
    #expect(throws: ScoreError.notFinite(index: 0)) {
      try bufferLength(fromAutocorrelationOf: [.infinity, 1])
    }
  }
}
