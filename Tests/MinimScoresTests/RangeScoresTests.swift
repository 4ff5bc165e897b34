// SPDX-License-Identifier: Apache-2.0

import MinimScores
import Testing

@Suite struct RangeScoresTests {
  @Test func vectorOfTheSpecification() throws {
    let alarms = vectorT.scores.map { $0 > 0.6 }
    #expect(anomalySegments(of: alarms) == [11..<16, 27..<29])
    let flat = try RangeScores(labels: vectorT.labels, alarms: alarms)
    #expect(isClose(flat.recall, 0.65))
    #expect(isClose(flat.precision, 0.65))
    #expect(isClose(flat.f1, 0.65))
    let touched = try RangeScores(labels: vectorT.labels, alarms: alarms, alpha: 0.2)
    #expect(isClose(touched.recall, 0.72))
    #expect(isClose(touched.precision, 0.65))
  }

  @Test func biasesByHand() throws {
    // One range of 5, points 1 and 2 of it covered: weights 5 4 3 2 1, 1 2 3 2 1, 1 2 3 4 5.
    let labels = flags(8, [2..<7])
    let alarms = flags(8, [3..<5])
    for (bias, expected) in [
      (RangeBias.flat, 2.0 / 5), (.front, 7.0 / 15), (.middle, 5.0 / 9), (.back, 5.0 / 15),
    ] {
      let scores = try RangeScores(labels: labels, alarms: alarms, bias: bias)
      #expect(isClose(scores.recall, expected), "\(bias)")
      #expect(scores.precision == 1)
    }
    // An even length has two points in the middle: 1 2 2 1.
    let even = try RangeScores(
      labels: flags(4, [0..<4]), alarms: flags(4, [1..<2]), bias: .middle)
    #expect(isClose(even.recall, 2.0 / 6))
    // The bias holds for predicted ranges too: of 4 3 2 1, the last two are wrong.
    let late = try RangeScores(labels: flags(6, [0..<2]), alarms: flags(6, [0..<4]), bias: .front)
    #expect(isClose(late.precision, 0.7))
  }

  @Test func cardinalityDividesByTheOverlaps() throws {
    let labels = flags(10, [0..<10])
    let alarms = flags(10, [0..<2, 4..<6, 8..<10])
    let scores = try RangeScores(labels: labels, alarms: alarms, alpha: 0.5)
    #expect(isClose(scores.recall, 0.5 + 0.5 * 0.6 / 3))
    #expect(scores.precision == 1)
    let swapped = try RangeScores(labels: alarms, alarms: labels)
    #expect(isClose(swapped.precision, 0.2))
    #expect(swapped.recall == 1)
  }

  @Test func emptySides() throws {
    let none = [false, false]
    let some = [true, false]
    let quiet = try RangeScores(labels: some, alarms: none)
    #expect(quiet.precision == 0 && quiet.recall == 0 && quiet.f1 == 0)
    let normal = try RangeScores(labels: none, alarms: some)
    #expect(normal.precision == 0 && normal.recall == nil && normal.f1 == nil)
    let all = try RangeScores(labels: [true], alarms: [true])
    #expect(all.precision == 1 && all.recall == 1 && all.f1 == 1)
  }

  @Test func refusesWhatCannotBeScored() {
    #expect(throws: ScoreError.empty) { try RangeScores(labels: [], alarms: []) }
    #expect(throws: ScoreError.lengthMismatch(list: "alarms", found: 2, expected: 1)) {
      try RangeScores(labels: [true], alarms: [true, false])
    }
    #expect(throws: ScoreError.outOfRange(what: "alpha", found: 2, expected: "a number in 0...1")) {
      try RangeScores(labels: [true], alarms: [true], alpha: 2)
    }
  }
}
