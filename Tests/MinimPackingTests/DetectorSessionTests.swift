// SPDX-License-Identifier: Apache-2.0
import CAllocationCounter
import MinimDetection
import MinimHost
import MinimPacking
import MinimRuntime
import MinimSeries
import Testing

/// Thresholds, alarms and channels of a packed detector at work.
@Suite(.serialized) struct DetectorSessionTests {
  @Test func aStreamGivesTheSameBitsAfterReset() throws {
    for name in PackedDetectors.names {
      var alarm = AlarmChoice()
      alarm.adapts = true
      let made = try PackedDetectors(name, rows: 600, epochs: 1)
      let test = try #require(made.problem.test).rows(0..<300)
      try withDetectorSession(made.packed(alarm: alarm).bytes) { session in
        let first = StreamedDetector(&session, test)
        session.reset()
        #expect(session.score == 0 && !session.isAlarm)
        let second = StreamedDetector(&session, test)
        #expect(first.scores == second.scores && first.alarms == second.alarms, "\(name)")
        #expect(first.thresholds == second.thresholds && first.parts == second.parts, "\(name)")
      }
    }
  }

  /// By hand: the alarm begins with the second score in a row above, and ends below half of the
  /// threshold.
  @Test func alarmsBeginLateAndEndLow() throws {
    let made = try PackedDetectors("pca", rows: 600)
    let test = try #require(made.problem.test)
    var alarm = AlarmChoice()
    alarm.release = 0.5
    alarm.minimumSamples = 2
    let packed = try made.packed(alarm: alarm)
    let streamed = try withDetectorSession(packed.bytes) { StreamedDetector(&$0, test) }
    let limit = Float(packed.threshold)
    var isRaised = false, above = 0, raised = 0
    for (row, score) in streamed.scores.enumerated() {
      #expect(streamed.thresholds[row] == Double(limit))
      // The windows before are not whole.
      guard row >= 14 else {
        #expect(!streamed.alarms[row])
        continue
      }
      if isRaised {
        isRaised = score >= limit * 0.5
      } else {
        above = score > limit ? above + 1 : 0
        isRaised = above == 2
        if isRaised { above = 0 }
      }
      raised += isRaised ? 1 : 0
      #expect(streamed.alarms[row] == isRaised, "row \(row)")
    }
    #expect(raised > 5 && raised < 600)
  }

  /// The threshold is that of a `StreamThreshold` over the same scores.
  @Test func thresholdsAdapt() throws {
    let made = try PackedDetectors("onlad")
    let test = try #require(made.problem.test)
    var alarm = AlarmChoice()
    alarm.adapts = true
    alarm.level = 0.9
    alarm.risk = 1e-3
    let streamed = try withDetectorSession(made.packed(alarm: alarm).bytes) {
      StreamedDetector(&$0, test)
    }
    let normal = try withDetectorSession(made.packed(alarm: alarm).bytes) {
      StreamedDetector(&$0, made.problem.train)
    }
    let settings = try StreamThresholdSettings(level: 0.9, risk: 1e-3, capacity: 128)
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: settings.memoryBytes, alignment: 8)
    defer { memory.deallocate() }
    let threshold = try StreamThreshold(settings, memory: memory)
    var scores = normal.scores.suffix(300).map(Double.init)
    try scores.withUnsafeMutableBufferPointer { try threshold.calibrate($0) }
    for (row, score) in streamed.scores.enumerated() {
      #expect(streamed.thresholds[row] == threshold.threshold, "row \(row)")
      if row >= 4 { _ = threshold.step(Double(score)) }
    }
    #expect(Set(streamed.thresholds).count > 5)
  }

  @Test func responsibleChannelsAreThoseOfTheLargestParts() throws {
    for name in ["pca", "usad", "gon"] {
      let made = try PackedDetectors(name, rows: 600, epochs: 1)
      let test = try #require(made.problem.test)
      let streamed = try withDetectorSession(made.packed().bytes) { StreamedDetector(&$0, test) }
      for (parts, found) in zip(streamed.parts, streamed.channels) {
        // Stable: of equals the first.
        let expected = parts.indices.sorted {
          parts[$0] == parts[$1] ? $0 < $1 : parts[$0] > parts[$1]
        }
        #expect(found == Array(expected.prefix(3)))
      }
    }
    let forest = try PackedDetectors("iforest", rows: 600)
    let streamed = try withDetectorSession(forest.packed().bytes) {
      StreamedDetector(&$0, forest.problem.train)
    }
    #expect(streamed.channels.allSatisfy { $0.isEmpty })
  }

  /// A channel of the sample that is blown out of its range is named first.
  @Test func aDisturbedChannelIsNamed() throws {
    let made = try PackedDetectors("pca", rows: 600)
    try withDetectorSession(made.packed().bytes) { session in
      for channel in 0..<4 {
        session.reset()
        for row in 0..<50 {
          var sample = Array(made.problem.train.row(row))
          if row == 49 { sample[channel] += 5 }
          _ = session.step(sample)
        }
        var places = [-1]
        let found = places.withUnsafeMutableBufferPointer { session.responsibleChannels($0) }
        #expect(found == 1 && places[0] == channel)
      }
    }
  }

  @Test func rejectedSamplesLeaveNoTrace() throws {
    let made = try PackedDetectors("lstm-ae", rows: 600, epochs: 1)
    let test = try #require(made.problem.test).rows(0..<100)
    try withDetectorSession(made.packed().bytes) { session in
      let clean = StreamedDetector(&session, test)
      session.reset()
      for row in 0..<test.count {
        var bad = Array(test.row(row))
        bad[row % 4] = row % 2 == 0 ? .nan : .infinity
        #expect(session.step(bad) == .rejected)
        #expect(session.step(Array(test.row(row))) == .ready)
        #expect(session.score == clean.scores[row] && session.isAlarm == clean.alarms[row])
      }
    }
  }

  @Test func memoryIsChecked() throws {
    let made = try PackedDetectors("pca", rows: 600)
    var alarm = AlarmChoice()
    alarm.adapts = true
    try withAlignedBytes(made.packed(alarm: alarm).bytes) { bytes in
      let model = try Model(bytes)
      #expect(model.detectorMemoryBytes >= model.memoryBytes + 24 + 56 + 8 * 128)
      let memory = UnsafeMutableRawBufferPointer.allocate(
        byteCount: model.detectorMemoryBytes + 8, alignment: 8)
      defer { memory.deallocate() }
      let short = UnsafeMutableRawBufferPointer(
        rebasing: memory[..<(model.detectorMemoryBytes - 1)])
      let odd = UnsafeMutableRawBufferPointer(rebasing: memory[4...])
      for (room, code) in [(short, ModelError.Code.memoryTooSmall), (odd, .misaligned)] {
        let error = #expect(throws: ModelError.self) {
          try DetectorSession<PlainKernels>(model, memory: room)
        }
        #expect(error?.code == code)
      }
    }
    try withAlignedBytes(PackedModels().packed().bytes) { bytes in
      let model = try Model(bytes)
      let memory = UnsafeMutableRawBufferPointer.allocate(
        byteCount: model.detectorMemoryBytes, alignment: 8)
      defer { memory.deallocate() }
      let error = #expect(throws: ModelError.self) {
        try DetectorSession<PlainKernels>(model, memory: memory)
      }
      #expect(error?.code == .decisionKind)
    }
  }

  @Test(.enabled(if: allocations_are_counted() != 0, "calls cannot be counted here"))
  func stepsDoNotTouchTheHeap() throws {
    var alarm = AlarmChoice()
    alarm.adapts = true
    for name in PackedDetectors.names {
      let made = try PackedDetectors(name, rows: 600, epochs: 1)
      let samples = made.problem.train.values
      try withDetectorSession(made.packed(alarm: alarm).bytes) { session in
        samples.withUnsafeBufferPointer { buffer in
          guard let start = buffer.baseAddress else { return }
          let before = allocation_count()
          for row in 0..<200 { _ = session.step(start + 4 * row) }
          #expect(allocation_count() == before, "\(name)")
        }
      }
    }
  }
}
