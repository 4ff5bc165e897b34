// SPDX-License-Identifier: Apache-2.0
import MinimDetection
import MinimLayers
import MinimSeries
import MinimTensor
import Testing

/// Scores of MSCREDs: streams, the grid, and what is at its ends.
@Suite(.serialized) struct MSCREDScoringTests {
  static let memories: [LongTermMemory?] =
    [nil]
    + LongTermMemory.Form.allCases.map { LongTermMemory(cell: .lstm, form: $0) }

  private func configuration(
    _ memory: LongTermMemory? = nil, channels: Int = 4, span: Int = 25,
    score: MSCRED.Score = .residual, target: MSCRED.Target = .detached, recurs: Bool = true
  ) -> MSCRED.Configuration {
    .init(
      channels: channels, span: span, widths: [3, 4], recurs: recurs, memory: memory,
      target: target, score: score)
  }

  /// No stream sees another: the scores of each are those it has alone, bit for bit.
  @Test(arguments: memories) func streamsStandAlone(_ memory: LongTermMemory?) throws {
    let whole = try machineRows(240)
    let parts = [whole.rows(0..<101), whole.rows(101..<102), whole.rows(102..<240)]
    for score in MSCRED.Score.allCases {
      let detector = madeMSCRED(configuration(memory, score: score))
      let alone = parts.map { detector.scores(of: $0) }
      let joined = detector.scores(of: Recording.joined(parts, name: "all"))
      #expect(joined.scores == alone.flatMap(\.scores))
      #expect(joined.channelParts == alone.flatMap { $0.channelParts ?? [] })
      // As one stream they would have other scores.
      let one = detector.scores(of: whole)
      #expect(one.scores[..<100] == joined.scores[..<100])
      #expect(score == .broken || one.scores[104...] != joined.scores[104...])
    }
  }

  @Test(arguments: memories) func sameBitsForAnyThreads(_ memory: LongTermMemory?) throws {
    let rows = try machineRows(200), before = threadCount
    defer { threadCount = before }
    let detector = madeMSCRED(configuration(memory))
    threadCount = 1
    let one = detector.scores(of: rows)
    threadCount = 2
    #expect(detector.scores(of: rows) == one)
  }

  /// A row of the grid has the score of the window that ends there, and holds for the gap before it.
  @Test(arguments: MSCRED.Target.allCases, [true, false])
  func gridRowsAreWindows(_ target: MSCRED.Target, recurs: Bool) throws {
    let rows = try machineRows(207)
    for score in MSCRED.Score.allCases {
      let detector = madeMSCRED(
        configuration(span: 50, score: score, target: target, recurs: recurs))
      let gap = detector.configuration.scales.gap
      #expect(gap == 5)
      let ends = Array(stride(from: gap, through: rows.count, by: gap))
      let windows = Windows(rows, for: detector.configuration)
      let parts = detector.parts(of: windows.tensor(of: ends.map { $0 - 1 })).scalars
      let found = detector.scores(of: rows), all = try #require(found.channelParts)
      #expect(found.scores.count == 207 && all.count == 828)
      for row in 0..<rows.count {
        let place = min(row / gap, ends.count - 1)
        let expected = parts[place * 4..<(place + 1) * 4]
        for (a, b) in zip(all[row * 4..<(row + 1) * 4], expected) {
          #expect(abs(a - b) < 1e-5 * max(1, abs(b)), "row \(row)")
        }
        let mean = expected.reduce(0) { $0 + Double($1) } / 4
        #expect(abs(found.scores[row] - mean) < 1e-5 * max(1, mean), "row \(row)")
      }
      #expect(score == .broken || Set(found.scores).count == ends.count)
    }
  }

  /// A memory reads the stream once, from a reach before its first row: its matrices are those of one pass over all rows.
  @Test(arguments: memories.compactMap { $0 }, MSCRED.Target.allCases)
  func memoriesGoAlongTheStream(_ memory: LongTermMemory, target: MSCRED.Target) throws {
    let rows = try machineRows(91)
    let detector = madeMSCRED(configuration(memory, target: target))
    let gap = detector.configuration.scales.gap
    let ends = Array(stride(from: gap, through: rows.count, by: gap))
    let (inputs, targets) = samplesOfOnePass(of: detector, rows, ends: ends)
    let parts = (detector.network(inputs).matrices - targets).squared()
      .sliced(0..<1, along: 1).sum(over: [1, 3]).scalars
    let found = try #require(detector.scores(of: rows).channelParts)
    for (place, end) in ends.enumerated() {
      for channel in 0..<4 {
        let expected = parts[place * 4 + channel]
        #expect(abs(found[(end - 1) * 4 + channel] - expected) < 1e-5 * max(1, expected))
      }
    }
    let plain = madeMSCRED(configuration())
    #expect(try #require(plain.scores(of: rows).channelParts) != found)
  }

  /// Rows after the last whole gap hold its score, also where there is no whole gap.
  @Test(arguments: memories, [1, 4, 9, 10, 19, 21]) func fewRows(
    _ memory: LongTermMemory?, count: Int
  ) throws {
    let rows = try machineRows(100).rows(0..<count)
    let detector = madeMSCRED(configuration(memory, span: 100))
    let found = detector.scores(of: rows)
    #expect(found.scores.count == count && found.scores.allSatisfy { $0.isFinite && $0 > 0 })
    let errors = detector.signatureErrors(of: rows)
    #expect(errors.map(\.rows.upperBound) == (count < 10 ? [count] : count < 20 ? [10] : [10, 20]))
    for (row, score) in found.scores.enumerated() {
      #expect(score == found.scores[min(row / 10, errors.count - 1) * 10])
    }
    if memory == nil {
      let last = try #require(errors.last?.rows.upperBound)
      let window = Windows(rows, for: detector.configuration).tensor(of: [last - 1])
      let mean = detector.parts(of: window).mean().item
      #expect(abs(found.scores[count - 1] - Double(mean)) < 1e-5)
    }
  }

  @Test(arguments: memories) func oneChannel(_ memory: LongTermMemory?) throws {
    let machine = try machineRows(90)
    let rows = Recording(
      name: "one", channels: 1, values: stride(from: 0, to: 360, by: 4).map { machine.values[$0] })
    let found = madeMSCRED(configuration(memory, channels: 1)).scores(of: rows)
    #expect(found.scores.count == 90 && found.channelParts == nil)
    #expect(Set(found.scores).count > 20 && found.scores.allSatisfy { $0 > 0 })
  }

  @Test func noRows() {
    let none = Recording(name: "none", channels: 4, values: [])
    #expect(madeMSCRED(configuration()).scores(of: none).scores.isEmpty)
    #expect(madeMSCRED(configuration()).signatureErrors(of: none).isEmpty)
  }

  /// Broken entries of the shortest segment are counted by row: a channel's part.
  @Test func partsAreBrokenEntries() throws {
    let rows = try machineRows(300)
    let detector = try fittedMSCRED(
      madeMSCRED(configuration(score: .broken)), on: rows, epochs: 20, every: 5)
    let errors = detector.signatureErrors(of: rows)
    let parts = try #require(detector.scores(of: rows).channelParts)
    var differs = false
    for found in errors {
      #expect(found.broken.count == 3 && found.broken[0] == found.brokenOfChannels.reduce(0, +))
      #expect(
        parts[(found.rows.upperBound - 1) * 4..<found.rows.upperBound * 4]
          == found.brokenOfChannels.map(Float.init)[...])
      differs = differs || Set(found.brokenOfChannels).count > 1
    }
    #expect(differs)
  }
}
