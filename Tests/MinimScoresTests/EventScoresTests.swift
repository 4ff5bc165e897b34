// SPDX-License-Identifier: Apache-2.0

import MinimScores
import Testing

@Suite struct EventScoresTests {
  @Test func countsEventsDelaysAndFalseAlarms() throws {
    let labels = flags(30, [0..<3, 10..<15, 20..<22, 28..<30])
    let alarms = flags(30, [1..<2, 6..<8, 9..<11, 17..<18, 29..<30])
    let scores = try EventScores(labels: labels, alarms: alarms)
    #expect(scores.detectedCount == 3)
    #expect(scores.missedCount == 1)
    #expect(scores.falseCount == 2)
    #expect(scores.precision == 0.6)
    #expect(scores.recall == 0.75)
    #expect(isClose(scores.f1, 2.0 / 3))
    #expect(scores.medianDelay == 1)
    #expect(isClose(scores.falseAlarmsPerThousand, 1000 * 4.0 / 18))
  }

  @Test func medianOfAnEvenNumber() throws {
    let labels = flags(20, [0..<5, 10..<15])
    let scores = try EventScores(labels: labels, alarms: flags(20, [1..<2, 14..<20]))
    #expect(scores.medianDelay == 2.5)
    #expect(scores.falseCount == 0)
  }

  @Test func vectorOfTheSpecification() throws {
    let scores = try EventScores(labels: vectorT.labels, alarms: vectorT.scores.map { $0 > 0.6 })
    #expect(scores.detectedCount == 2)
    #expect(scores.missedCount == 0)
    #expect(scores.falseCount == 0)
    #expect(scores.medianDelay == 0.5)
    #expect(isClose(scores.falseAlarmsPerThousand, 2000.0 / 33))
  }

  @Test func edges() throws {
    let quiet = try EventScores(labels: [true, false], alarms: [false, false])
    #expect(quiet.precision == 0 && quiet.recall == 0 && quiet.f1 == 0)
    #expect(quiet.medianDelay == nil && quiet.falseAlarmsPerThousand == 0)
    let normal = try EventScores(labels: [false, false], alarms: [true, false])
    #expect(normal.precision == 0 && normal.recall == nil && normal.f1 == nil)
    #expect(normal.falseAlarmsPerThousand == 500)
    let all = try EventScores(labels: [true], alarms: [true])
    #expect(all.f1 == 1 && all.medianDelay == 0 && all.falseAlarmsPerThousand == nil)
    #expect(throws: ScoreError.empty) { try EventScores(labels: [], alarms: []) }
    #expect(throws: ScoreError.lengthMismatch(list: "alarms", found: 0, expected: 1)) {
      try EventScores(labels: [true], alarms: [])
    }
  }
}
