// SPDX-License-Identifier: Apache-2.0

import CAllocationCounter
import MinimRuntime
import Testing

@Suite struct ThresholdStateTests {
  static let settings: [StreamThresholdSettings] = {
    do {
      return [
        try .init(level: 0.9, risk: 1e-3, capacity: 30),
        try .init(level: 0.9, risk: 1e-3, capacity: 30, refitInterval: 4, depth: 7),
        try .init(level: 0.9, risk: 1e-3, capacity: 20, depth: 3, isTwoSided: true),
      ]
    } catch {
      return []
    }
  }()

  func state(_ threshold: StreamThreshold) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: threshold.settings.memoryBytes)
    try bytes.withUnsafeMutableBytes { try threshold.save(to: $0) }
    return bytes
  }

  func restore(_ threshold: StreamThreshold, _ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try threshold.restore(from: $0) }
  }

  @Test func anInterruptedStreamGoesOnWithTheSameBits() throws {
    let scores = stream(3, count: 900, seed: 1)
    #expect(Self.settings.count == 3)
    for settings in Self.settings {
      let (threshold, room) = try StreamThresholdTests.start(settings, Array(scores.prefix(200)))
      var verdicts: [StreamVerdict] = [], bits: [UInt64] = []
      for score in scores.dropFirst(200) {
        verdicts.append(threshold.step(score))
        bits.append(threshold.threshold.bitPattern ^ threshold.lowerThreshold.bitPattern &* 3)
      }
      let (first, firstRoom) = try StreamThresholdTests.start(settings, Array(scores.prefix(200)))
      var saved = try state(first)
      withExtendedLifetime(firstRoom) {}
      for begin in stride(from: 0, to: 700, by: 10) {
        let room = Room(settings.memoryBytes)
        let other = try StreamThreshold(settings, memory: room.bytes)
        try restore(other, saved)
        for index in begin..<(begin + 10) {
          #expect(other.step(scores[200 + index]) == verdicts[index])
          #expect(
            other.threshold.bitPattern ^ other.lowerThreshold.bitPattern &* 3 == bits[index])
        }
        saved = try state(other)
      }
      #expect(try saved == state(threshold))
      withExtendedLifetime(room) {}
    }
  }

  @Test func anInterruptedRateGoesOnWithTheSameBits() throws {
    let scores = stream(0, count: 3000, seed: 2)
    let (threshold, room) = try RateThresholdTests.start(0.02, 12)
    let bytes = RateThreshold.memoryBytes(capacity: 12)
    var saved = [UInt8](repeating: 0, count: bytes)
    try saved.withUnsafeMutableBytes { try threshold.save(to: $0) }
    for begin in stride(from: 0, to: 3000, by: 10) {
      let (other, otherRoom) = try RateThresholdTests.start(0.02, 12)
      try saved.withUnsafeBytes { try other.restore(from: $0) }
      for score in scores[begin..<(begin + 10)] {
        #expect(threshold.threshold.bitPattern == other.threshold.bitPattern)
        #expect(threshold.step(score) == other.step(score))
      }
      try saved.withUnsafeMutableBytes { try other.save(to: $0) }
      withExtendedLifetime(otherRoom) {}
    }
    withExtendedLifetime(room) {}
  }

  @Test func whatIsNoStateIsRefused() throws {
    let settings = Self.settings[2]
    let scores = stream(3, count: 300, seed: 3)
    let (threshold, room) = try StreamThresholdTests.start(settings, scores)
    let good = try state(threshold)
    func refusal(_ bytes: [UInt8]) -> ThresholdError? {
      #expect(throws: ThresholdError.self) { try restore(threshold, bytes) }
    }
    #expect(refusal(Array(good.dropLast()))?.code == .stateLength)
    #expect(refusal(good + [0])?.found == Double(good.count + 1))
    for place in good.indices {
      var bad = good
      bad[place] ^= 0x10
      #expect(refusal(bad)?.code == (place < 4 ? .stateOfOtherSettings : .stateDamaged))
    }
    // With a checksum that is right, what could lead out of the memory is refused all the same.
    let tail = 24 + 8 * 3, second = tail + 56 + 8 * 20
    let planted: [(Int, [UInt8])] = [
      (8, [3]), (12, [2]), (24, [0, 0, 0, 0, 0, 0, 0xF8, 0x7F]), (tail + 16, [20]),
      (tail + 20, [21]), (tail + 24, [0, 0, 0, 0, 0, 0, 0xF0, 0x7F]),
      (tail + 56, [0, 0, 0, 0, 0, 0, 0xF0, 0xBF]), (second + 16, [20]), (second + 20, [21]),
    ]
    for (place, bytes) in planted {
      var bad = good
      bad.replaceSubrange(place..<(place + bytes.count), with: bytes)
      bad.replaceSubrange(4..<8, with: [0, 0, 0, 0])
      var sum = Checksum()
      bad.withUnsafeBytes { sum.update($0) }
      withUnsafeBytes(of: sum.value.littleEndian) { bad.replaceSubrange(4..<8, with: $0) }
      #expect(refusal(bad)?.found == Double(place))
    }
    #expect(try state(threshold) == good)
    withExtendedLifetime(room) {}
    var short = [UInt8](repeating: 0, count: 10)
    #expect(throws: ThresholdError.self) {
      try short.withUnsafeMutableBytes { try threshold.save(to: $0) }
    }
  }

  @Test func settingsAndMemoryOutOfRangeAreRefused() throws {
    func code(_ make: () throws -> StreamThresholdSettings) -> ThresholdError.Code? {
      #expect(throws: ThresholdError.self) { try make() }?.code
    }
    #expect(code { try .init(level: 1) } == .levelRange)
    #expect(code { try .init(risk: 0) } == .riskRange)
    #expect(code { try .init(capacity: 9) } == .capacityRange)
    #expect(code { try .init(capacity: 1 << 24 + 1) } == .capacityRange)
    #expect(code { try .init(refitInterval: 0) } == .intervalRange)
    #expect(code { try .init(depth: -1) } == .depthRange)
    #expect(code { try .init(depth: 1 << 20 + 1) } == .depthRange)
    let settings = Self.settings[0], room = Room(settings.memoryBytes + 8)
    #expect(settings.memoryBytes == 24 + 56 + 8 * 30)
    let small = UnsafeMutableRawBufferPointer(rebasing: room.bytes[0..<(settings.memoryBytes - 1)])
    #expect(
      #expect(throws: ThresholdError.self) { try StreamThreshold(settings, memory: small) }?.code
        == .memoryTooSmall)
    let skew = UnsafeMutableRawBufferPointer(rebasing: room.bytes[4...])
    #expect(
      #expect(throws: ThresholdError.self) { try StreamThreshold(settings, memory: skew) }?.code
        == .misaligned)
    let depth = Self.settings[1], depthRoom = Room(depth.memoryBytes)
    let threshold = try StreamThreshold(depth, memory: depthRoom.bytes)
    var few = [Double](repeating: 1, count: 7)
    let error = #expect(throws: ThresholdError.self) {
      try few.withUnsafeMutableBufferPointer { try threshold.calibrate($0) }
    }
    #expect(error?.code == .tooFewScores && error?.found == 7 && error?.expected == 8)
  }

  @Test(.enabled(if: allocations_are_counted() != 0, "calls cannot be counted here"))
  func nothingTouchesTheHeap() throws {
    let first = allocation_count()
    let probe = [Int](repeating: first == 0 ? 1 : 2, count: Int.random(in: 100...200))
    #expect(allocation_count() > first || probe.isEmpty, "the counter does not count")
    var scores = stream(3, count: 5000, seed: 4)
    let (rate, rateRoom) = try RateThresholdTests.start(0.01, 16)
    var alarm = AlarmLogic(release: 0.8, minimumSamples: 2)
    for settings in Self.settings {
      let room = Room(settings.memoryBytes), saved = Room(settings.memoryBytes)
      let threshold = try StreamThreshold(settings, memory: room.bytes)
      let before = allocation_count()
      var raised = 0
      try scores.withUnsafeMutableBufferPointer { all in
        try threshold.calibrate(UnsafeMutableBufferPointer(rebasing: all[0..<500]))
        for score in all[500...] {
          _ = threshold.step(score)
          _ = rate.step(score)
          if alarm.step(score, threshold: threshold.threshold) { raised += 1 }
        }
        try threshold.save(to: saved.bytes)
        try threshold.restore(from: UnsafeRawBufferPointer(saved.bytes))
        _ = try peaksOverThreshold(
          UnsafeMutableBufferPointer(rebasing: all[0..<500]), risk: 1e-3)
      }
      #expect(allocation_count() == before)
      scores = stream(3, count: 5000, seed: 5)
    }
    withExtendedLifetime(rateRoom) {}
  }
}
