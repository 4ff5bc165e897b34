// SPDX-License-Identifier: Apache-2.0
import MinimPacking
import MinimRuntime
import MinimSeries
import Testing

/// Saving and restoring a detector with its alarm and its threshold.
@Suite(.serialized) struct DetectorStateTests {
  static func alarm(adapts: Bool) -> AlarmChoice {
    var alarm = AlarmChoice()
    alarm.level = 0.9
    alarm.risk = 1e-2
    alarm.release = 0.5
    alarm.minimumSamples = 3
    alarm.adapts = adapts
    return alarm
  }

  static func state(_ session: DetectorSession<PlainKernels>) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: session.stateBytes)
    try bytes.withUnsafeMutableBytes { try session.save(to: $0) }
    return bytes
  }

  /// Each piece of 7 rows runs in a session of its own, from the state after the piece before.
  @Test(arguments: [("pca", false), ("onlad", true), ("lstm-ae", true)])
  func anInterruptedStreamGoesOnWithTheSameBits(_ name: String, adapts: Bool) throws {
    let made = try PackedDetectors(name, rows: 600, epochs: 1)
    let test = try #require(made.problem.test)
    let packed = try made.packed(alarm: Self.alarm(adapts: adapts))
    let whole = try withDetectorSession(packed.bytes) { StreamedDetector(&$0, test) }
    #expect(whole.alarms.contains(true) && whole.alarms.contains(false))
    var saved: [UInt8]?
    for start in stride(from: 0, to: test.count, by: 7) {
      let rows = start..<min(test.count, start + 7)
      saved = try withDetectorSession(packed.bytes) { session in
        if let saved {
          try saved.withUnsafeBytes { try session.restore(from: $0) }
          #expect(session.score == whole.scores[start - 1])
          #expect(session.threshold == whole.thresholds[start - 1])
          #expect(session.isAlarm == whole.alarms[start - 1])
        }
        let piece = StreamedDetector(&session, test.rows(rows))
        #expect(piece.scores == Array(whole.scores[rows]))
        #expect(piece.thresholds == Array(whole.thresholds[rows]))
        #expect(piece.alarms == Array(whole.alarms[rows]), "rows \(rows)")
        #expect(piece.parts == Array(whole.parts[rows]))
        return try Self.state(session)
      }
    }
  }

  @Test func whatIsNoStateIsRefused() throws {
    let made = try PackedDetectors("pca", rows: 600)
    let test = try #require(made.problem.test)
    let packed = try made.packed(alarm: Self.alarm(adapts: true)).bytes
    var other = Self.alarm(adapts: true)
    other.release = 0.75
    let stranger = try withDetectorSession(made.packed(alarm: other).bytes) { try Self.state($0) }
    try withDetectorSession(packed) { session in
      _ = StreamedDetector(&session, test.rows(0..<100))
      let good = try Self.state(session)
      session.reset()
      _ = StreamedDetector(&session, test.rows(0..<40))
      let before = try Self.state(session)
      #expect(good != before && stranger.count == good.count)
      func refusal(_ bytes: [UInt8]) throws -> ModelError.Code? {
        let error = #expect(throws: ModelError.self) {
          try bytes.withUnsafeBytes { try session.restore(from: $0) }
        }
        #expect(try Self.state(session) == before)
        return error?.code
      }
      #expect(try refusal(Array(good.dropLast())) == .stateLength)
      #expect(try refusal(good + [0]) == .stateLength)
      #expect(try refusal(stranger) == .stateOfAnotherModel)
      for place in stride(from: 4, to: good.count, by: 3) {
        var damaged = good
        damaged[place] ^= 0x10
        #expect(try refusal(damaged) == .stateDamaged, "byte \(place)")
      }
      // The right checksum over more scores than raise an alarm.
      let start = session.session.stateBytes
      var forged = good
      forged.replaceSubrange(start..<start + 8, with: [0, 0, 0, 0, 4, 0, 0, 0])
      var sum = Checksum()
      forged[start..<start + 16].withUnsafeBytes { sum.update($0) }
      for index in 0..<4 {
        forged[start + index] = UInt8(truncatingIfNeeded: sum.value >> (8 * UInt32(index)))
      }
      #expect(try refusal(forged) == .stateDamaged)
      try good.withUnsafeBytes { try session.restore(from: $0) }
      #expect(try Self.state(session) == good)
    }
  }

  @Test func roomIsChecked() throws {
    let made = try PackedDetectors("pca", rows: 600)
    try withDetectorSession(made.packed(alarm: Self.alarm(adapts: true)).bytes) { session in
      #expect(session.stateBytes == session.session.stateBytes + 16 + 24 + 56 + 8 * 128)
      var short = [UInt8](repeating: 7, count: session.stateBytes - 1)
      let error = #expect(throws: ModelError.self) {
        try short.withUnsafeMutableBytes { try session.save(to: $0) }
      }
      #expect(error?.code == .stateLength)
      #expect(short.allSatisfy { $0 == 7 })
    }
  }
}
