// SPDX-License-Identifier: Apache-2.0

import Foundation
import MinimRuntime
import Testing

@Suite struct RateThresholdTests {
  static func start(_ rate: Double, _ capacity: Int) throws -> (RateThreshold, Room) {
    let room = Room(RateThreshold.memoryBytes(capacity: capacity))
    return (try RateThreshold(rate: rate, capacity: capacity, memory: room.bytes), room)
  }

  /// In the first block against a sort of all scores, afterwards against the last block's.
  @Test func agreesWithASortOfAllScores() throws {
    let (threshold, room) = try Self.start(0.05, 8)
    var dice = Dice(state: 1)
    var block: [Double] = [], last: Double?
    var blocks = 0
    for _ in 0..<2000 {
      var rank = Int(0.05 * (Double(block.count) + 1))
      let expected = last ?? (rank == 0 ? .infinity : block.sorted(by: >)[rank - 1])
      #expect(threshold.threshold == expected)
      // With ties.
      let score = (20 * dice.normal()).rounded()
      #expect(threshold.step(score) == (score > expected))
      block.append(score)
      rank = Int(0.05 * (Double(block.count) + 1))
      if rank == 8 {
        last = block.sorted(by: >)[7]
        block = []
        blocks += 1
      }
    }
    #expect(blocks == 2000 / 159)
    withExtendedLifetime(room) {}
  }

  /// Over ten blocks of 64 the rate scatters by about 64^-½ / 10^½ = 4 %.
  @Test func holdsTheRateOfAnyDistribution() throws {
    for (kind, rate) in [(0, 0.01), (1, 0.01), (2, 0.001), (3, 0.002)] {
      let (threshold, room) = try Self.start(rate, 64)
      var dice = Dice(state: UInt64(kind))
      let count = Int(11 * 64 / rate)
      var alarms = 0
      for _ in 0..<count {
        let score =
          switch kind {
          case 0: dice.exponential()
          case 1: dice.pareto(0.8)
          case 2: dice.uniform()
          default: dice.normal()
          }
        if threshold.step(score) { alarms += 1 }
      }
      let found = Double(alarms) / Double(count)
      #expect(abs(found / rate - 1) < 0.15, "kind \(kind): \(found) instead of \(rate)")
      withExtendedLifetime(room) {}
    }
  }

  /// The scores grow tenfold: the rate is held again from the second block on.
  @Test func followsAChange() throws {
    let (threshold, room) = try Self.start(0.01, 32)
    var dice = Dice(state: 7)
    for _ in 0..<10_000 { _ = threshold.step(dice.exponential()) }
    for _ in 0..<6400 { _ = threshold.step(10 * dice.exponential()) }
    var alarms = 0
    for _ in 0..<20_000 where threshold.step(10 * dice.exponential()) { alarms += 1 }
    #expect((130...270).contains(alarms), "\(alarms) instead of 200")
    withExtendedLifetime(room) {}
  }

  @Test func scoresThatAreNoNumbers() throws {
    let (threshold, room) = try Self.start(0.5, 100)
    for score in [1.0, 2, 3] { _ = threshold.step(score) }
    #expect(threshold.threshold == 2)
    #expect(!threshold.step(.nan) && !threshold.step(-.infinity))
    #expect(threshold.step(.infinity) && threshold.step(2e300))
    #expect(threshold.threshold == 2 && threshold.ignoredCount == 2)
    withExtendedLifetime(room) {}
  }

  @Test func refusals() throws {
    func code(_ rate: Double, _ capacity: Int, bytes: Int) -> ThresholdError.Code? {
      let room = Room(bytes)
      return #expect(throws: ThresholdError.self) {
        try RateThreshold(rate: rate, capacity: capacity, memory: room.bytes)
      }?.code
    }
    #expect(code(0, 4, bytes: 1000) == .riskRange)
    #expect(code(.nan, 4, bytes: 1000) == .riskRange)
    #expect(code(0.1, 0, bytes: 1000) == .capacityRange)
    #expect(code(0.1, 1 << 25, bytes: 1000) == .capacityRange)
    #expect(code(0.1, 4, bytes: 71) == .memoryTooSmall)
    #expect(RateThreshold.memoryBytes(capacity: 4) == 72)
  }
}
