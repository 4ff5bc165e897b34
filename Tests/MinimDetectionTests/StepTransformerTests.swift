// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimDetection
import MinimLayers
import MinimLearning
import MinimSeries
import MinimTensor
import Testing

/// What transformer detectors do beside what all detectors do.
@Suite struct StepTransformerTests {
  private func encoder(
    norm: TransformerNorm = .none,
    positions: TransformerConfiguration.Positions = .sinusoid,
    looks: TransformerConfiguration.Looks = .everywhere
  ) -> TransformerConfiguration {
    TransformerConfiguration(
      inputs: 4, width: 10, layers: 2, feedForward: 12, steps: 6, norm: norm, positions: positions,
      looks: looks)
  }

  private func rows() throws -> Recording {
    var generator = SeededGenerator(seed: 2)
    let problem = MachineSample.problem(
      trainRows: 400, testRows: 80, segments: 0, using: &generator)
    return try RangeScaler(problem.train).apply(to: problem.train).recording
  }

  private func made(
    _ configuration: StepTransformerDetector.Configuration, seed: UInt64 = 1
  ) -> StepTransformerDetector {
    var generator = SeededGenerator(seed: seed)
    return StepTransformerDetector(configuration, using: &generator)
  }

  private static let binarisations: [Binarisation?] = [
    nil, Binarisation(keep: 0.25), Binarisation(keep: 0.5, trainsBiases: true),
    Binarisation(keep: 0.5, weights: .uniform, dense: ["encoder.embedding", "decoder"]),
  ]

  /// Whatever is binary: a score for each weight, and zeros that are saved for biases.
  @Test(arguments: binarisations) func storedCounts(_ binarisation: Binarisation?) throws {
    for norm in [TransformerNorm.none, .token, .time] {
      for positions in TransformerConfiguration.Positions.allCases {
        for looks in TransformerConfiguration.Looks.allCases {
          let configuration = StepTransformerDetector.Configuration(
            encoder: encoder(norm: norm, positions: positions, looks: looks),
            binarisation: binarisation)
          let detector = made(configuration)
          var count = 5 * 10 + 2 * (4 * 110 + 11 * 12 + 13 * 10) + 11 * 4
          count += norm == .token ? 2 * 4 * 10 : norm == .time ? 2 * 4 * 6 : 0
          count += positions == .learned ? 6 * 10 : 0
          #expect(detector.storedCount == count)
          #expect(configuration.storedCount == Double(count))
          let bytes = try detector.file(metadata: [:]).encoded()
          let read = try storedDetector(from: SafetensorsFile(bytes: bytes), path: "here")
          let rows = try rows().rows(0..<30)
          #expect(read.scores(of: rows) == detector.scores(of: rows))
          let own = read as? StepTransformerDetector
          #expect(own?.configuration == configuration)
        }
      }
    }
  }

  @Test func impossibleConfigurations() {
    let plain = encoder()
    #expect(StepTransformerDetector.Configuration(encoder: plain).isValid)
    func isValid(
      predicts: Bool = false, _ binarisation: Binarisation? = nil,
      _ change: (inout TransformerConfiguration) -> Void
    ) -> Bool {
      var encoder = plain
      change(&encoder)
      return StepTransformerDetector.Configuration(
        encoder: encoder, predicts: predicts, binarisation: binarisation
      ).isValid
    }
    #expect(!isValid { $0.norm = .batch })
    #expect(isValid { $0.steps = 1 })
    #expect(!isValid(predicts: true) { $0.steps = 1 })
    #expect(isValid(predicts: true) { $0.steps = 2 })
    #expect(!isValid { $0.steps = 65_537 })
    #expect(!isValid { $0.width = 9 })
    #expect(!isValid { $0.heads = 3 })
    #expect(!isValid { $0.inputs = 0 })
    #expect(
      !isValid {
        $0.steps = 1
        $0.looks = .lastStep
      })
    #expect(
      !isValid {
        $0.activationMask = .steps
        $0.activationKeep = 0.5
      })
    #expect(isValid(Binarisation(keep: 1)) { _ in })
    #expect(!isValid(Binarisation(keep: 0)) { _ in })
    #expect(!isValid(Binarisation(keep: 1.5)) { _ in })
  }

  /// What is predicted does not depend on the row, what is reconstructed does.
  @Test(arguments: TransformerConfiguration.Looks.allCases)
  func predictionsHideTheRow(_ looks: TransformerConfiguration.Looks) throws {
    let values = try rows().rows(0..<6).values
    for predicts in [false, true] {
      let detector = made(.init(encoder: encoder(looks: looks), predicts: predicts))
      func row(_ change: (inout [Float]) -> Void) -> [Float] {
        var values = values
        change(&values)
        return detector.network.effective(Tensor(values, shape: [1, 6, 4])).scalars
      }
      let plain = row { _ in }
      #expect((row { $0[22] += 0.5 } == plain) == predicts)
      #expect(row { $0[3] += 0.5 } != plain)
      // A part is the squared distance to the row as it is.
      let parts = detector.parts(of: Tensor(values, shape: [1, 24])).scalars
      for channel in 0..<4 {
        let distance = plain[channel] - values[20 + channel]
        #expect(parts[channel] == distance * distance)
      }
    }
  }

  private func fitted(
    _ configuration: StepTransformerDetector.Configuration, _ teacher: StepTransformer<Float>?,
    epochs: Int = 5, batch: Int = 32
  ) throws -> StepTransformerDetector {
    let rows = try rows()
    var detector = made(configuration), plan = StepTransformerDetector.plan
    detector.teacher = teacher
    plan.epochs = epochs
    plan.learningRate = 0.01
    plan.batch = batch
    try detector.fit(
      Windows(rows.rows(0..<320), for: configuration),
      held: Windows(rows.rows(320..<400), for: configuration), plan: plan,
      progress: Progress("test", total: epochs, unit: "epoch", quiet: true))
    return detector
  }

  /// Training makes errors smaller; of a binary network it changes scores and norms alone.
  @Test(arguments: binarisations) func learns(_ binarisation: Binarisation?) throws {
    let rows = try rows()
    for predicts in [false, true] {
      let configuration = StepTransformerDetector.Configuration(
        encoder: encoder(norm: .token, looks: predicts ? .lastStep : .everywhere),
        predicts: predicts, binarisation: binarisation)
      func error(_ detector: StepTransformerDetector) -> Double {
        detector.scores(of: rows).scores.reduce(0, +)
      }
      let before = made(configuration), after = try fitted(configuration, nil, epochs: 6)
      #expect(error(after) < 0.8 * error(before))
      guard binarisation == Binarisation(keep: 0.25) else { continue }
      var zeros = 0
      for (name, tensor) in after.network.effective.namedParameters {
        if tensor.rank > 1 {
          #expect(Set(tensor.scalars.map(abs)).count == 2, "\(name)")
        } else if !name.contains("norm") {
          zeros += 1
          #expect(tensor.scalars.allSatisfy { $0 == 0 }, "\(name)")
        }
      }
      #expect(zeros == 14)
    }
  }

  /// With a teacher the result of an epoch is another, nearer to the teacher's, and what is saved has none; later
  /// epochs are kept by the rows alone.
  @Test(arguments: [nil, Binarisation(keep: 0.5, trainsBiases: true)]) func followsATeacher(
    _ binarisation: Binarisation?
  ) throws {
    let configuration = StepTransformerDetector.Configuration(
      encoder: encoder(looks: .lastStep), binarisation: binarisation)
    let teacher = try fitted(.init(encoder: encoder(norm: .token)), nil).network.effective
    var off = teacher
    off.decoder.bias = off.decoder.bias + 0.5
    let rows = try rows()
    let windows = Windows(rows, for: configuration).tensor(of: 0..<rows.count)
      .reshaped(to: [rows.count, 6, 4])
    let goal = off(windows)
    func distance(_ detector: StepTransformerDetector) -> Float {
      Tensor.meanSquaredError(detector.network.effective(windows), goal).item
    }
    let alone = try fitted(configuration, nil, epochs: 1, batch: 4)
    let taught = try fitted(configuration, off, epochs: 1, batch: 4)
    #expect(distance(taught) < 0.8 * distance(alone))
    #expect(alone.scores(of: rows) != taught.scores(of: rows))
    var without = taught
    without.teacher = nil
    #expect(try without.file(metadata: [:]).encoded() == taught.file(metadata: [:]).encoded())
    #expect(taught.storedCount == alone.storedCount)
  }

  /// A network whose last ReLU is zero for all windows makes its decoder's bias of each; of windows that are all the same
  /// nobody knows.
  @Test func deadNetworksAreConstant() throws {
    let rows = try rows()
    for predicts in [false, true] {
      var detector = made(.init(encoder: encoder(), predicts: predicts))
      let windows = Windows(rows, for: detector.configuration)
      let still = Recording(
        name: "still", channels: 4, values: [Float](repeating: 0.5, count: 4 * 90))
      let same = Windows(still, for: detector.configuration)
      #expect([windows, same].map { detector.isConstant(on: $0) } == [false, false])
      detector.visitParameters(under: .root) { path, tensor in
        if path.description.hasSuffix("layers.1.second.bias") { tensor = tensor - 1e6 }
      }
      #expect([windows, same].map { detector.isConstant(on: $0) } == [true, false])
    }
  }

  /// With half of its matrices kept a network begins small enough to live: with constants of √(2 / inputs) its first
  /// reconstructions of these waves reach nine times the rows, and all units end below zero for good.
  @Test func halfOfTheWeightsLive() throws {
    let rows = (0..<1200 * 32).map { place -> Float in
      let (row, channel) = (Float(place / 32), Float(place % 32))
      let pace = 3 + Float(place % 4)
      return sin(row / pace + channel)
    }
    for seed in 1...2 as ClosedRange<UInt64> {
      var detector = made(
        .init(
          encoder: TransformerConfiguration(
            inputs: 32, width: 64, steps: 20, looks: .lastStep),
          binarisation: Binarisation(keep: 0.5, seed: UInt32(seed))), seed: seed)
      let windows = Windows(
        Recording(name: "rows", channels: 32, values: rows), for: detector.configuration)
      var plan = StepTransformerDetector.plan
      plan.epochs = 4
      try detector.fit(
        windows, held: windows, plan: plan,
        progress: Progress("test", total: 4, unit: "epoch", quiet: true))
      let isConstant = detector.isConstant(on: windows)
      #expect(!isConstant, "seed \(seed)")
    }
  }

  /// Of 9,000 windows of one row every second is looked at: the first epoch sees even rows, the second odd ones.
  @Test func eachEpochLooksAtOtherWindows() throws {
    #expect((1...5).map { firstPlace(inEpoch: $0, of: 100) } == [0, 61, 23, 85, 47])
    #expect((1...9).allSatisfy { firstPlace(inEpoch: $0, of: 1) == 0 })
    func trained(_ odd: Float, epochs: Int) throws -> [UInt32] {
      let values = (0..<9000).map { $0 % 2 == 0 ? Float(0.3) : odd }
      var detector = made(
        .init(
          encoder: TransformerConfiguration(
            inputs: 1, width: 2, heads: 1, layers: 1, feedForward: 1, steps: 1)))
      var plan = StepTransformerDetector.plan
      (plan.epochs, plan.batch) = (epochs, 512)
      let windows = Windows(
        Recording(name: "rows", channels: 1, values: values), for: detector.configuration)
      let held = Windows(
        Recording(name: "held", channels: 1, values: [0.3]), for: detector.configuration)
      try detector.fit(
        windows, held: held, plan: plan,
        progress: Progress("test", total: epochs, unit: "epoch", quiet: true))
      return detector.namedParameters.flatMap { $0.tensor.scalars.map(\.bitPattern) }
    }
    #expect(try trained(0.3, epochs: 1) == trained(0.9, epochs: 1))
    #expect(try trained(0.3, epochs: 2) != trained(0.9, epochs: 2))
  }
}
