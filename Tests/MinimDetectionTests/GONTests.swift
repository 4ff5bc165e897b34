// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimDetection
import MinimLayers
import MinimLearning
import MinimScores
import MinimSeries
import MinimTensor
import Testing

/// What Tools/golden/gon.py wrote: networks of 2 channels, windows of 3 rows, 4 units.
private struct GoldenGON: Decodable {
  struct Case: Decodable {
    var name: String
    var weights: [[Float]]
    var windows: [Float]
    var points: [Float]
    var steps: [Int]
    var parts: [Float]
    var logits: [Float]
    var loss: Double
    var after: [[Float]]
  }
  var cases: [Case]

  static func load() throws -> [Case] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Golden/gon.json")
    return try JSONDecoder().decode(GoldenGON.self, from: Data(contentsOf: file)).cases
  }
}

private func isClose(_ found: [Float], _ expected: [Float], _ tolerance: Float) -> Bool {
  found.count == expected.count
    && zip(found, expected).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
}

@Suite struct GONTests {
  private func detector(_ golden: GoldenGON.Case) -> GON {
    var generator = SeededGenerator(seed: 1)
    var sizes =
      golden.name == "compat"
      ? GON.Configuration.compat(channels: 2)
      : GON.Configuration(channels: 2, clamps: golden.name == "clean")
    sizes.window = 3
    sizes.hidden = 4
    var result = GON(sizes, using: &generator)
    var place = 0
    result.visitParameters(under: .root) { _, tensor in
      tensor = Tensor(golden.weights[place], shape: tensor.shape)
      place += 1
    }
    return result
  }

  /// Methods, gon 1.2: 16 n + 305.
  @Test(arguments: [(1, 545), (25, 6305), (55, 13505), (38, 9425)])
  func parameters(_ channels: Int, _ count: Int) {
    var generator = SeededGenerator(seed: 1)
    #expect(GON(.compat(channels: channels), using: &generator).parameterCount == count)
  }

  @Test func pointsAndPartsArePyTorchs() throws {
    let cases = try GoldenGON.load()
    #expect(cases.map(\.name) == ["clean", "free", "compat"])
    for golden in cases {
      let detector = detector(golden)
      let windows = Tensor(golden.windows, shape: [6, 6])
      #expect(isClose(detector.discriminator(windows).scalars, golden.logits, 1e-5))
      let generation = Generation(
        steps: 100, tolerance: 1e-4, clamps: golden.name != "free",
        target: golden.name == "compat" ? 0.9 : 1)
      let found = generation.run(from: windows, on: detector.discriminator)
      // Near its end a loss falls by less than float32 tells, and a point may rest at another step.
      let same = (0..<6).filter { found.steps[$0] == golden.steps[$0] }
      #expect(same.count >= 5, "\(golden.name) \(found.steps) \(golden.steps)")
      let points = found.points.scalars, parts = detector.parts(of: windows).scalars
      for row in same {
        let place = row * 6..<row * 6 + 6, tail = row * 2..<row * 2 + 2
        #expect(isClose(Array(points[place]), Array(golden.points[place]), 2e-4))
        #expect(isClose(Array(parts[tail]), Array(golden.parts[tail]), 2e-4))
      }
    }
  }

  /// One window of one row, so that the reference's window is that row thrice over.
  @Test func aTrainingStepIsPyTorchs() throws {
    let golden = try #require(try GoldenGON.load().last)
    var detector = detector(golden)
    let rows = Recording(name: "one", channels: 2, values: Array(golden.windows.prefix(2)))
    let windows = Windows(rows, for: detector.configuration)
    try detector.fit(
      windows, held: windows, plan: TrainingPlan(epochs: 1, batch: 1, learningRate: 5e-4),
      progress: Progress("", total: 1, unit: "epoch", quiet: true))
    for (found, expected) in zip(detector.parameters, golden.after) {
      #expect(isClose(found.scalars, expected, 2e-6))
    }
    let moved = zip(golden.weights, golden.after).allSatisfy { !isClose($0, $1, 1e-5) }
    #expect(moved)
  }

  /// Without a slope nothing moves: the counter passes 10 at the eleventh step.
  @Test func aPointOnLevelGroundRestsAfterElevenSteps() {
    var generator = SeededGenerator(seed: 1)
    var detector = GON(.init(channels: 1, window: 2, hidden: 3), using: &generator)
    detector.visitParameters(under: .root) { _, tensor in tensor = Tensor(zeros: tensor.shape) }
    let start = Tensor<Float>([0.2, 0.4, 0.5, 0.9], shape: [2, 2])
    let found = Generation(steps: 100, tolerance: 1e-4, clamps: true)
      .run(from: start, on: detector.discriminator)
    #expect(found.points == start)
    #expect(found.steps == [11, 11])
  }

  @Test func clampedPointsStayBetween0And1AndNoneDependsOnItsNeighbours() {
    var generator = SeededGenerator(seed: 4)
    let detector = GON(.init(channels: 3), using: &generator)
    let start = Tensor<Float>.uniform(in: -1...2, shape: [20, 45], using: &generator)
    let points = Generation(steps: 30, tolerance: 1e-4, clamps: true)
      .run(from: start, on: detector.discriminator).points
    #expect(points.scalars.allSatisfy { (0...1).contains($0) })
    let alone = detector.parts(of: start.sliced(7..<8, along: 0)).scalars
    let together = detector.parts(of: start).sliced(7..<8, along: 0).scalars
    #expect(isClose(alone, together, 1e-4))
  }

  @Test func theSameSeedGivesTheSameBitsForAnyNumberOfThreads() throws {
    var generator = SeededGenerator(seed: 2)
    let problem = MachineSample.problem(
      trainRows: 150, testRows: 600, segments: 4, noise: 0.05, using: &generator)
    let train = try RangeScaler(problem.train).apply(to: problem.train).recording
    let before = threadCount
    defer { threadCount = before }
    let runs = try [(1, UInt64(5)), (2, 5), (4, 5), (2, 6)].map { threads, seed in
      threadCount = threads
      var generator = SeededGenerator(seed: seed)
      var detector = GON(.init(channels: train.channels, hidden: 8), using: &generator)
      let windows = Windows(train, for: detector.configuration)
      var plan = GON.plan
      plan.epochs = 2
      plan.seed = seed
      try detector.fit(
        windows, held: windows, plan: plan,
        progress: Progress("", total: 2, unit: "epoch", quiet: true))
      return (detector.parameters.map(\.scalars), detector.scores(of: windows))
    }
    #expect(runs[0].0 == runs[1].0 && runs[0].0 == runs[2].0)
    #expect(runs[0].1 == runs[1].1 && runs[0].1 == runs[2].1)
    #expect(runs[0].0 != runs[3].0)
  }

  @Test func aStepTooLargeIsNamed() throws {
    var generator = SeededGenerator(seed: 2)
    var detector = GON(.init(channels: 1, window: 2, hidden: 4), using: &generator)
    let rows = Recording(name: "r", channels: 1, values: [0.1, 0.9, 0.4])
    let windows = Windows(rows, for: detector.configuration)
    #expect(throws: TrainingError.self) {
      try detector.fit(
        windows, held: windows, plan: TrainingPlan(epochs: 40, batch: 2, learningRate: 1e30),
        progress: Progress("", total: 1, unit: "epoch", quiet: true))
    }
  }
}
