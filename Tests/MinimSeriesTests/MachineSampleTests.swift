// SPDX-License-Identifier: Apache-2.0
import MinimSeries
import Testing

@Suite struct MachineSampleTests {
  private func problem(
    _ seed: UInt64, trainRows: Int = 700, testRows: Int = 1500, segments: Int, noise: Double = 0.03
  ) -> DetectionProblem {
    var generator = TestGenerator(state: seed)
    return MachineSample.problem(
      trainRows: trainRows, testRows: testRows, segments: segments, noise: noise, using: &generator)
  }

  /// First row and length of each run of anomalous rows.
  private func runs(_ labels: [Bool]) -> [(start: Int, length: Int)] {
    var found: [(start: Int, length: Int)] = []
    for (row, flag) in labels.enumerated() where flag {
      if row > 0, labels[row - 1] {
        found[found.count - 1].length += 1
      } else {
        found.append((row, 1))
      }
    }
    return found
  }

  @Test func sameSeedSameBits() throws {
    let one = problem(5, segments: 10)
    #expect((one == problem(5, segments: 10)) as Bool)
    #expect((one != problem(6, segments: 10)) as Bool)
    let test = try #require(one.test)
    var mark: UInt64 = 0xCBF2_9CE4_8422_2325
    for value in one.train.values + test.values {
      mark = (mark ^ UInt64(value.bitPattern)) &* 0x100_0000_01B3
    }
    #expect(mark == 5_704_683_424_499_623_835)
  }

  @Test func anomaliesChangeTheirOwnChannelAndRowsOnly() throws {
    for seed in 0..<20 as Range<UInt64> {
      let found = problem(seed, segments: 10), plain = problem(seed, segments: 0)
      #expect((found.train == plain.train) as Bool)
      #expect(found.train.labels?.contains(true) == false)
      let test = try #require(found.test), calm = try #require(plain.test)
      let labels = try #require(test.labels), each = try #require(test.channelLabels)
      for place in test.values.indices where !each[place] {
        #expect(test.values[place] == calm.values[place])
      }
      let segments = runs(labels)
      #expect(segments.count == 10)
      for (index, segment) in segments.enumerated() {
        let channel = [0, 3, 0, 1, 2][index % 5]
        let changes = (segment.start..<(segment.start + segment.length)).map { row in
          #expect((0..<4).allSatisfy { each[row * 4 + $0] == ($0 == channel) })
          return abs(test.values[row * 4 + channel] - calm.values[row * 4 + channel])
        }
        let allowed = [5...8, 20...60, 30...60, 30...60, 40...60][index % 5]
        #expect(allowed.contains(segment.length), "segment \(index) of \(segment.length) rows")
        #expect((changes.max() ?? 0) > 0.3)
      }
    }
  }

  @Test func theTightestPartsHoldASegment() {
    for seed in 0..<50 as Range<UInt64> {
      let labels = problem(seed, trainRows: 1, testRows: 400, segments: 5).test?.labels ?? []
      let found = runs(labels)
      #expect(found.count == 5)
      for (index, segment) in found.enumerated() {
        #expect(segment.start >= 80 * index + 10)
        #expect(segment.start + segment.length <= 80 * (index + 1) - 10)
      }
    }
  }

  @Test func noiseHasItsDeviation() {
    let quiet = problem(1, segments: 0, noise: 0), loud = problem(1, segments: 0, noise: 0.5)
    let differences = zip(quiet.train.values, loud.train.values).map { Double($1 - $0) }
    let mean = differences.reduce(0, +) / Double(differences.count)
    let square = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    #expect(abs(mean) < 0.03)
    #expect(abs((square / Double(differences.count)).squareRoot() - 0.5) < 0.02)
    #expect(quiet.train.values.allSatisfy { (-0.5...1.2).contains($0) })
  }
}
