// SPDX-License-Identifier: Apache-2.0
import MinimDetection
import MinimHost
import MinimLayers
import MinimPacking
import MinimRuntime
import MinimSeries
import MinimTensor
import Testing

/// Packed MSCREDs, one sample at a time, against the trained ones over whole recordings.
@Suite struct SignaturePackingTests {
  /// Images of all extents and kernels, memories, targets, in one part and two; the scores of every gap.
  @Test(arguments: [
    MSCRED.Configuration(channels: 1, span: 10, widths: [2], score: .residual),
    .init(channels: 3, span: 14, widths: [2, 3], score: .residual),
    .init(channels: 4, span: 25, widths: [3, 2, 5], separable: true, score: .residual),
    .init(channels: 7, span: 20, widths: [5, 4, 3, 2], score: .residual),
    .init(channels: 13, span: 50, widths: [4, 6, 5, 3], separable: true, score: .residual),
    .init(channels: 25, span: 30, widths: [8, 16], separable: true, score: .residual),
    .init(
      channels: 5, span: 23, widths: [4, 3], memory: .init(cell: .lstm), score: .residual),
    .init(
      channels: 6, span: 40, widths: [3], memory: .init(cell: .gru), target: .matrices,
      score: .residual),
    .init(
      channels: 4, span: 15, widths: [2, 2], separable: true, memory: .init(cell: .rnn),
      target: .gradient, score: .residual),
  ])
  func streamedScoresAreTheTrainedOnes(_ configuration: MSCRED.Configuration) throws {
    let made = try PackedSignatures(configuration, streams: [103, 80])
    let packed = try made.packed()
    let pairs = try made.streamed(packed.bytes), gap = configuration.scales.gap
    #expect(pairs.count == 103 / gap + 80 / gap && packed.rows == pairs.count)
    #expect(largestDifference(pairs) < 1e-4)
    #expect(packed.relativeDifference < 1e-5)
    #expect(Set(pairs.map(\.packed)).count > pairs.count / 2)
  }

  /// Numbers of broken entries, of which hardly any lies so near to the limit that roundings decide.
  @Test func brokenEntriesAreCounted() throws {
    let made = try PackedSignatures(.init(channels: 9, span: 20, widths: [4, 6])) {
      // Near enough to the matrices for some entries to be whole.
      $0.network.decoder[1].weight = 0.1 * $0.network.decoder[1].weight
      $0.network.decoder[1].bias = Tensor([0.3, 0, 0], shape: [3])
    }
    let pairs = try made.streamed(made.packed().bytes)
    let equal = pairs.count { Double($0.packed) == Double(Float($0.trained)) }
    #expect(equal * 10 >= pairs.count * 9, "\(equal) of \(pairs.count)")
    #expect(Set(pairs.map(\.packed)).count > 5)
  }

  @Test(arguments: [Precision.float16, .int8], [true, false])
  func roundedWeightsScoreNearly(_ precision: Precision, _ separable: Bool) throws {
    let made = try PackedSignatures(
      .init(
        channels: 12, span: 20, widths: [6, 8], separable: separable, memory: .init(cell: .gru),
        score: .residual))
    let packed = try made.packed(precision)
    #expect(packed.relativeDifference > 1e-6)
    #expect(packed.relativeDifference < (precision == .int8 ? 0.1 : 0.01))
  }

  /// Thresholds are of the scores that are given, whichever rows they are of.
  @Test func thresholdsAreOfTheGivenScores() throws {
    let made = try PackedSignatures(
      .init(channels: 3, span: 30, widths: [2, 3], memory: .init(cell: .gru), score: .residual),
      streams: [70, 95])
    var thresholds: [Double] = []
    for last in [20, 54] {
      let packed = try made.packed(last: last)
      #expect(packed.calibrationScores == last && packed.relativeDifference < 1e-5)
      thresholds.append(packed.threshold)
    }
    #expect(thresholds[0] != thresholds[1])
    #expect(throws: PackingError.otherRows(scores: 0, rows: 165)) { try made.packed(last: 0) }
  }

  @Test func contentsAreReadBack() throws {
    let made = try PackedSignatures(
      .init(channels: 3, span: 30, widths: [2, 3], score: .residual))
    var alarm = AlarmChoice()
    alarm.adapts = true
    let packed = try made.packed(alarm: alarm, bare: false)
    #expect(packed.bytes[10] == 5)
    let file = try ModelFile(bytes: packed.bytes)
    #expect(try file.bytes() == packed.bytes)
    #expect(file.preprocessing.shortest == 3 && file.preprocessing.window == 30)
    let loaded = try LoadedModel(packed.bytes, path: "test")
    defer { withExtendedLifetime(loaded) {} }
    let test = try SelfTest(loaded.model)
    #expect(test.count == 1 && test.run(in: loaded.session) == 0)
    #expect(loaded.model.resultInterval == 3)
  }

  /// The variant for small devices: about 6,000 numbers in a few kilobytes.
  @Test func aSmallOneIsSmall() throws {
    let made = try PackedSignatures(
      .init(channels: 25, widths: [8, 16], separable: true, score: .residual), streams: [300])
    #expect(made.detector.storedCount == 6075)
    let packed = try made.packed(.int8, bare: false)
    #expect(packed.bytes.count < 12_000, "\(packed.bytes.count) bytes")
  }

  @Test func whatHasNoOperationsIsRefused() throws {
    func refusal(_ configuration: MSCRED.Configuration) throws -> String {
      let made = try PackedSignatures(configuration)
      return (#expect(throws: PackingError.self) { try made.packed() })?.description ?? ""
    }
    for form in [LongTermMemory.Form.history, .projected] {
      let text = try refusal(
        .init(
          channels: 3, span: 20, widths: [2], memory: .init(cell: .gru, form: form)))
      #expect(text.contains("a memory of the form \(form.rawValue), not shared"), "\(text)")
    }
    let still = try refusal(.init(channels: 3, span: 20, widths: [2], recurs: false))
    #expect(still.contains("whose states do not go from step to step"), "\(still)")
    #expect(still.contains("mscred without --no-recurrence"))
  }

  /// Only new scores are judged: the threshold learns from as many, and an alarm is of so many in a row.
  @Test func onlyNewScoresAreJudged() throws {
    let made = try PackedSignatures(
      .init(channels: 3, span: 40, widths: [2, 3], score: .residual), streams: [240])
    var alarm = AlarmChoice()
    alarm.threshold = made.scores.sorted()[120]
    alarm.minimumSamples = 2
    try withDetectorSession(made.packed(alarm: alarm).bytes) { session in
      var above = 0, alarms = 0
      for row in 0..<240 {
        let before = session.isAlarm
        let status = session.step(Array(made.recording.row(row)))
        let isNew = (row + 1) % 4 == 0
        #expect(status == (row < 3 ? .warming : isNew ? .ready : .holding))
        guard isNew, row >= 39 else {
          #expect(session.isAlarm == before)
          continue
        }
        above = session.score > Float(alarm.threshold ?? 0) ? above + 1 : 0
        #expect(session.isAlarm == (above >= 2), "row \(row)")
        alarms += session.isAlarm ? 1 : 0
      }
      #expect(alarms > 0 && alarms < 50)
    }
  }
}
