// SPDX-License-Identifier: Apache-2.0

import Foundation
import MinimScores
import MinimSeries
import Testing

@Suite struct AffiliationScoresTests {
  @Test func vectorsOfTenPoints() throws {
    let labels = flags(10, [3..<5])
    for (alarms, precision, recall) in [
      ([3..<5], 1.0, 1.0), ([5..<6], 0.7, 0.8), ([0..<1, 9..<10], 0.175, 0.4),
    ] {
      let scores = try AffiliationScores(labels: labels, alarms: flags(10, alarms))
      #expect(isClose(scores.precision, precision), "\(alarms)")
      #expect(isClose(scores.recall, recall), "\(alarms)")
    }
  }

  @Test func vectorsOfTwentyPoints() throws {
    let labels = flags(20, [2..<4, 12..<15])
    let both = try AffiliationScores(labels: labels, alarms: flags(20, [3..<5, 16..<17]))
    #expect(isClose(both.precision, 0.65625))
    #expect(isClose(both.recall, 0.7604167, within: 5e-8))
    #expect(isClose(both.f1, 2 * 0.65625 * 0.76041666666667 / (0.65625 + 0.76041666666667)))
    #expect(both.events.map(\.segment) == [2..<4, 12..<15])
    for (event, expected) in zip(both.events, [(0.8125, 0.9375), (0.5, 0.5833333333333334)]) {
      #expect(isClose(event.precision, expected.0))
      #expect(isClose(event.recall, expected.1))
    }
    let first = try AffiliationScores(labels: labels, alarms: flags(20, [3..<5]))
    #expect(isClose(first.precision, 0.8125))
    #expect(isClose(first.recall, 0.46875))
    #expect(first.events[1].precision == nil)
    #expect(first.events[1].recall == 0)
    let all = try AffiliationScores(labels: labels, alarms: flags(20, [0..<20]))
    #expect(isClose(all.precision, 0.53125))
    #expect(isClose(all.recall, 1))
  }

  /// NumPy's figures to all digits.
  private func expectEqual(
    _ scores: AffiliationScores, _ expected: GoldenAnomaly.Affiliation
  ) {
    let comment: Comment = "\(expected.name)"
    #expect(isClose(scores.precision, expected.precision, within: 1e-9), comment)
    #expect(isClose(scores.recall, expected.recall, within: 1e-9), comment)
    #expect(scores.events.count == expected.events.count)
    for (event, values) in zip(scores.events, expected.events) {
      #expect(isClose(event.precision, values.precision, within: 1e-9), comment)
      #expect(isClose(event.recall, values.recall, within: 1e-9), comment)
    }
  }

  @Test func randomRuns() throws {
    let golden = try GoldenAnomaly.load().affiliation
    #expect(golden.count == 40)
    for expected in golden {
      let count = try #require(expected.count)
      func points(_ runs: [[Int]]?) throws -> [Bool] {
        flags(count, try #require(runs).map { $0[0]..<$0[1] })
      }
      expectEqual(
        try AffiliationScores(labels: points(expected.truth), alarms: points(expected.alarms)),
        expected)
    }
  }

  /// The figures that the authors printed, and NumPy's.
  @Test(
    .enabled(
      if: publishedAffiliation != nil,
      "no published series: set MINIM_DATA to a folder with affiliation_golden"))
  func publishedSeries() throws {
    let published = [
      "machinetemp trivial": "1.00/0.50/0.66", "machinetemp adversary": "0.49/1.00/0.66",
      "machinetemp greenhouse": "0.71/0.99/0.83", "machinetemp lstmad": "0.50/1.00/0.67",
      "machinetemp luminol": "0.54/0.99/0.70", "nyctaxi trivial": "1.00/0.30/0.46",
      "nyctaxi adversary": "0.54/1.00/0.70", "nyctaxi greenhouse": "0.51/0.99/0.67",
      "nyctaxi lstmad": "0.51/1.00/0.67", "nyctaxi luminol": "0.38/0.79/0.51",
    ]
    let golden = try GoldenAnomaly.load().publishedAffiliation
    let folder = try #require(publishedAffiliation)
    #expect(golden.count == 10)
    for expected in golden {
      let words = expected.name.split(separator: " ").map(String.init)
      func points(_ name: String) throws -> [Bool] {
        let bytes = try readInput(folder.appending(path: "\(words[0])_\(name).gz").path)
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).map {
          Double($0) == 1
        }
      }
      let scores = try AffiliationScores(labels: points("groundtruth"), alarms: points(words[1]))
      expectEqual(scores, expected)
      let printed = try #require(published[expected.name]).split(separator: "/").map {
        Double($0) ?? -1
      }
      let figures = [scores.precision, scores.recall, scores.f1].map { $0 ?? -1 }
      #expect(figures.map { ($0 * 100).rounded() / 100 } == printed, "\(expected.name)")
    }
  }

  /// The definition, by the midpoint rule in small cells.
  static func bruteForce(
    labels: [Bool], alarms: [Bool]
  ) -> (precisions: [Double?], recalls: [Double]) {
    let cell = 1.0 / 16
    let cells = (0..<(labels.count * 16)).map { (Double($0) + 0.5) * cell }
    let events = anomalySegments(of: labels).map {
      (Double($0.lowerBound), Double($0.upperBound))
    }
    var precisions: [Double?] = []
    var recalls: [Double] = []
    for (number, event) in events.enumerated() {
      let start = number == 0 ? 0 : (events[number - 1].1 + event.0) / 2
      let end =
        number == events.count - 1 ? Double(labels.count) : (event.1 + events[number + 1].0) / 2
      let zone = cells.filter { $0 > start && $0 < end }
      let affiliated = zone.filter { alarms[Int($0)] }
      let margin = min(event.0 - start, end - event.1)
      let survivals = affiliated.map { x in
        let distance = max(event.0 - x, x - event.1, 0)
        return distance > 0
          ? 1 - (event.1 - event.0 + min(distance, margin) + distance) / (end - start) : 1
      }
      precisions.append(
        survivals.isEmpty ? nil : survivals.reduce(0, +) / Double(survivals.count))
      let own = zone.filter { $0 > event.0 && $0 < event.1 }
      let found = own.map { y in
        guard !alarms[Int(y)] else { return 1.0 }
        guard let centre = affiliated.map({ abs($0 - y) }).min() else { return 0.0 }
        let distance = centre - cell / 2
        return 1 - (min(distance, y - start, end - y) + distance) / (end - start)
      }
      recalls.append(found.reduce(0, +) / Double(own.count))
    }
    return (precisions, recalls)
  }

  @Test func agreesWithTheMidpointRule() throws {
    for number in 0..<200 {
      let series = try smallSeries(number)
      let alarms = try series.alarms(above: [0, 1, 50][number % 3])
      let scores = try AffiliationScores(labels: series.labels, alarms: alarms)
      let expected = Self.bruteForce(labels: series.labels, alarms: alarms)
      #expect(scores.events.count == expected.recalls.count)
      for (index, event) in scores.events.enumerated() {
        let comment: Comment = "series \(number), event \(index)"
        #expect(isClose(event.precision, expected.precisions[index]), comment)
        #expect(isClose(event.recall, expected.recalls[index]), comment)
      }
    }
  }

  @Test func edges() throws {
    let quiet = try AffiliationScores(labels: [true, false], alarms: [false, false])
    #expect(quiet.precision == nil && quiet.recall == 0 && quiet.f1 == nil)
    let normal = try AffiliationScores(labels: [false, false], alarms: [true, false])
    #expect(normal.precision == nil && normal.recall == nil && normal.events.isEmpty)
    let all = try AffiliationScores(labels: [true], alarms: [true])
    #expect(all.precision == 1 && all.recall == 1 && all.f1 == 1)
    #expect(throws: ScoreError.empty) { try AffiliationScores(labels: [], alarms: []) }
    #expect(throws: ScoreError.lengthMismatch(list: "alarms", found: 0, expected: 1)) {
      try AffiliationScores(labels: [true], alarms: [])
    }
  }
}
