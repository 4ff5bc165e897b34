// SPDX-License-Identifier: Apache-2.0

import MinimRuntime
import Testing

@Suite struct AlarmLogicTests {
  func alarms(_ logic: AlarmLogic, _ scores: [Double], threshold: Double = 10) -> String {
    var logic = logic
    return scores.map { logic.step($0, threshold: threshold) ? "!" : "." }.joined()
  }

  @Test func withoutHysteresis() {
    #expect(alarms(AlarmLogic(), [9, 10, 11, 12, 10, 9, 11]) == "..!!!.!")
  }

  @Test func hysteresisHoldsAnAlarm() {
    #expect(alarms(AlarmLogic(release: 0.5), [11, 9, 5, 4.9, 9, 10, 10.1]) == "!!!...!")
  }

  @Test func aMinimumDurationIsWaitedFor() {
    let logic = AlarmLogic(release: 0.5, minimumSamples: 3)
    #expect(alarms(logic, [11, 11, 10, 11, 11, 11, 6, 4, 11, 11, 11]) == ".....!!...!")
  }

  @Test func aThresholdBelowZeroReleasesBelowIt() {
    #expect(
      alarms(AlarmLogic(release: 0.5), [-11, -9, -12, -15, -15.1, -12], threshold: -10) == ".!!!..")
  }

  @Test func numbersThatAreNone() {
    let logic = AlarmLogic(minimumSamples: 2)
    #expect(alarms(logic, [11, .nan, 11, .nan, 9, .infinity, .nan, .infinity]) == "..!!...!")
    #expect(alarms(AlarmLogic(), [1, .infinity], threshold: .infinity) == "..")
    #expect(alarms(AlarmLogic(), [1, .infinity], threshold: .nan) == "..")
    var raised = AlarmLogic()
    #expect(raised.step(11, threshold: 10) && raised.step(1, threshold: .nan))
    #expect(raised.isRaised && raised.samplesAbove == 0)
  }

  @Test func optionsAreBroughtIntoRange() {
    #expect(AlarmLogic(release: 2, minimumSamples: -1) == AlarmLogic())
    #expect(AlarmLogic(release: .nan) == AlarmLogic())
    #expect(AlarmLogic(release: -1).release > 0)
  }
}
