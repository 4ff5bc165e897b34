// SPDX-License-Identifier: Apache-2.0
import MinimDetection
import MinimSeries
import MinimTensor
import Testing

@Suite struct LocalOutlierFactorTests {
  @Test func factors() throws {
    for golden in try ClosedFormGolden.read().factors {
      let train = recording(golden.train, channels: golden.channels)
      let detector = try LocalOutlierFactor(
        .init(channels: golden.channels, neighbours: golden.neighbours)
      ).fitted(to: train)
      #expect(detector.configuration.rows == train.count)
      let scores = detector.scores(of: recording(golden.test, channels: golden.channels)).scores
      #expect(distance(scores, golden.scores) < 1e-4)
    }
  }

  @Test func summaries() throws {
    for golden in try ClosedFormGolden.read().summaries {
      let rows = Tensor(
        golden.rows, shape: [golden.rows.count / golden.size, golden.size])
      let summary = DensitySummary(neighbours: golden.neighbours)
      #expect(distance(summary.weights(of: rows), golden.weights) < 1e-8)
      #expect(summary.kept(of: rows) == golden.kept)
    }
    #expect(DensitySummary(neighbours: 3).kept(of: Tensor([1], shape: [1, 1])) == [])
  }

  /// Two far clusters, of 60 and of 20 rows: both are in the summary, neither beyond its rows.
  @Test func summaryCoversAllThereIs() {
    var generator = SeededGenerator(seed: 3)
    let noise = Tensor<Float>.normal(deviation: 0.1, shape: [80, 2], using: &generator).scalars
    let rows = noise.enumerated().map { $1 + ($0 < 120 ? 0 : 10) }
    let kept = DensitySummary(neighbours: 5).kept(of: Tensor(rows, shape: [80, 2]))
    let small = kept.filter { $0 >= 60 }.count
    #expect(kept.count == 40)
    #expect((6...14).contains(small))
  }

  /// A memory of 8 that rows 7 and 9 have filled: each time the older 4 became 2.
  @Test func memoryOfAStream() throws {
    let values = (0..<11).map { Float($0 * $0) }
    let stream = recording(values, channels: 1)
    let detector = try LocalOutlierFactor(
      .init(channels: 1, neighbours: 2, capacity: 8, summarises: true)
    ).fitted(to: stream)
    var memory: [Float] = []
    for value in values {
      memory.append(value)
      guard memory.count == 8 else { continue }
      let kept = DensitySummary(neighbours: 2).kept(
        of: Tensor(Array(memory[..<4]), shape: [4, 1]))
      memory = kept.map { memory[$0] } + memory[4...]
    }
    #expect(memory.count == 7)
    #expect(detector.stored.scalars == memory)
    #expect(detector.configuration.rows == 7)
  }

  @Test func sampleOfManyRows() throws {
    let values = (0..<500).map { Float($0) }
    let detector = try LocalOutlierFactor(.init(channels: 1, capacity: 100))
      .fitted(to: recording(values, channels: 1))
    let stored = detector.stored.scalars
    #expect(stored.count == 100 && stored == Set(stored).sorted())
    #expect(stored.filter { $0 < 250 }.count > 30 && stored.filter { $0 >= 250 }.count > 30)
  }

  @Test func impossibleSizes() {
    #expect(LocalOutlierFactor.Configuration(channels: 1).isValid)
    for bad in [
      LocalOutlierFactor.Configuration(channels: 0), .init(channels: 1, window: 0),
      .init(channels: 1, neighbours: 0), .init(channels: 1, capacity: 3),
    ] { #expect(!bad.isValid) }
    var more = LocalOutlierFactor.Configuration(channels: 1)
    more.rows = 1001
    #expect(!more.isValid)
  }
}
