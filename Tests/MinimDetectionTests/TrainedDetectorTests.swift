// SPDX-License-Identifier: Apache-2.0
import MinimDetection
import MinimLayers
import MinimLearning
import MinimScores
import MinimSeries
import MinimTensor
import Testing

/// What every detector that gradients train must do.
@Suite(.serialized) struct TrainedDetectorTests {
  static let names = ["usad", "lstm-ae", "mad-gan", "slimgan", "cae-m", "transformer", "sbt"]

  /// A detector before training, of a seed's weights.
  private func made(_ name: String, channels: Int, seed: UInt64 = 1) throws -> any Detector {
    let preset = try #require(DetectorPreset.named(name))
    var generator = SeededGenerator(seed: seed)
    return try #require(
      preset.detector(channels: channels, sizes: DetectorSizes(), using: &generator))
  }

  /// The detector after training on rows, a fifth of which are held.
  private func fitted(
    _ detector: some Detector, _ name: String, on rows: Recording, epochs: Int, seed: UInt64 = 1
  ) throws -> any Detector {
    var detector = detector
    var plan = try #require(DetectorPreset.named(name)).plan
    plan.epochs = epochs
    plan.seed = seed
    let learned = rows.count - rows.count / 5
    let configuration = detector.configuration
    try detector.fit(
      Windows(rows.rows(0..<learned), for: configuration),
      held: Windows(rows.rows(learned..<rows.count), for: configuration), plan: plan,
      progress: Progress("test", total: epochs, unit: "epoch", quiet: true))
    return detector
  }

  private func machine() throws -> (train: Recording, test: Recording) {
    var generator = SeededGenerator(seed: 1)
    let problem = MachineSample.problem(using: &generator)
    let scaler = try RangeScaler(problem.train)
    let test = try #require(problem.test)
    return (try scaler.apply(to: problem.train).recording, try scaler.apply(to: test).recording)
  }

  /// Methods, gon 1.12 and sbt 1, summed by hand.
  @Test(arguments: [
    ("usad", [1359, 7359, 10609, 14859]), ("lstm-ae", [3409, 5353, 6406, 7783]),
    ("mad-gan", [838, 14334, 20639, 61588]), ("slimgan", [740, 9484, 13267, 40358]),
    ("cae-m", [46529, 46529, 46529, 46529]), ("transformer", [19153, 74787, 131_194, 223_317]),
    ("sbt", [19153, 74787, 131_194, 223_317]),
  ]) func parameters(_ name: String, counts: [Int]) throws {
    for (channels, count) in zip([1, 25, 38, 55], counts) {
      #expect(try made(name, channels: channels).storedCount == count, "\(channels) channels")
    }
  }

  @Test(arguments: names) func sameBitsForAnyThreads(_ name: String) throws {
    let train = try machine().train.rows(0..<300), before = threadCount
    defer { threadCount = before }
    func scores(threads: Int, seed: UInt64 = 1) throws -> [Double] {
      threadCount = threads
      let detector = try fitted(
        made(name, channels: train.channels), name, on: train, epochs: 2, seed: seed)
      return detector.scores(of: train).scores
    }
    let one = try scores(threads: 1)
    #expect(try scores(threads: 2) == one)
    #expect(try scores(threads: 4) == one)
    #expect(try scores(threads: 1, seed: 2) != one)
  }

  @Test(arguments: names) func savedAndRead(_ name: String) throws {
    let rows = try machine().train.rows(0..<100)
    let detector = try made(name, channels: rows.channels)
    let bytes = try detector.file(metadata: [:]).encoded()
    let read = try storedDetector(from: SafetensorsFile(bytes: bytes), path: "here")
    #expect(read.scores(of: rows) == detector.scores(of: rows))
    #expect(
      try made(name, channels: rows.channels, seed: 2).scores(of: rows)
        != detector.scores(of: rows))
  }

  /// Trained for a few epochs, each finds more of the sample's anomalies than chance would.
  @Test(arguments: zip(names, [5, 15, 20, 20, 1, 2, 3])) func finds(
    _ name: String, epochs: Int
  ) throws {
    let (train, test) = try machine(), labels = try #require(test.labels)
    let detector = try fitted(
      made(name, channels: train.channels), name, on: train, epochs: epochs)
    let found = detector.scores(of: test)
    #expect(found.channelParts?.count == test.values.count)
    let precision = try averagePrecision(scores: found.scores, positives: labels)
    let share = Double(labels.count { $0 }) / Double(labels.count)
    #expect(precision > 1.7 * share, "\(precision) of \(share)")
  }

  @Test(arguments: names) func constantChannelsAndFewRows(_ name: String) throws {
    let values = (0..<60).flatMap { row -> [Float] in [0, Float(row % 7) / 7, 1] }
    for count in [1, 2, 60] {
      let rows = Recording(name: "few", channels: 3, values: Array(values[..<(3 * count)]))
      let detector = try fitted(made(name, channels: 3), name, on: rows, epochs: 2)
      let scores = detector.scores(of: rows).scores
      #expect(scores.count == count && scores.allSatisfy { $0.isFinite && $0 >= 0 })
    }
  }

  @Test(arguments: names) func namesWhatIsNotANumber(_ name: String) throws {
    var values = try machine().train.rows(0..<50).values
    values[17] = .nan
    let rows = Recording(name: "broken", channels: 4, values: values)
    #expect(throws: TrainingError.notFinite(epoch: 1, batch: 1, tensor: "the loss")) {
      var plan = TrainingPlan(epochs: 1, batch: 64)
      plan.seed = 1
      func fit(_ detector: some Detector) throws {
        var detector = detector
        let windows = Windows(rows, for: detector.configuration)
        try detector.fit(
          windows, held: windows, plan: plan,
          progress: Progress("test", total: 1, unit: "epoch", quiet: true))
      }
      try fit(made(name, channels: 4))
    }
  }

  @Test func impossibleConfigurations() {
    #expect(!USAD.Configuration(channels: 0).isValid)
    #expect(!USAD.Configuration(channels: 1, window: 0).isValid)
    #expect(!USAD.Configuration(channels: 1, hidden: 0).isValid)
    #expect(!LSTMAutoencoder.Configuration(channels: 0).isValid)
    #expect(!LSTMAutoencoder.Configuration(channels: 1, window: 0).isValid)
    #expect(!LSTMAutoencoder.Configuration(channels: 1, hidden: 0).isValid)
    #expect(!MADGAN.Configuration(channels: 0).isValid)
    #expect(!MADGAN.Configuration(channels: 1, window: 0).isValid)
    #expect(!MADGAN.Configuration(channels: 1, hidden: 0).isValid)
    #expect(!MADGAN.Configuration.slim(channels: 1, scoredWidth: 0.3).isValid)
    var widths = MADGAN.Configuration.slim(channels: 1)
    widths.widths.append(1.5)
    #expect(!widths.isValid)
    #expect(!CAEM.Configuration(channels: 0).isValid)
    #expect(!CAEM.Configuration(channels: 1, window: 0).isValid)
    #expect(CAEM.Configuration(channels: 1).window == 15)
  }
}

/// Detectors that a loss trains keep the epoch that is best on the held rows.
@Suite struct HeldRowsTests {
  @Test func heldRowsSayWhichEpochIsKept() throws {
    var generator = SeededGenerator(seed: 1)
    let problem = MachineSample.problem(using: &generator)
    let rows = try RangeScaler(problem.train).apply(to: problem.train).recording.rows(0..<400)
    // What is learned from the rows makes these worse.
    let other = Recording(
      name: "other", channels: rows.channels, values: rows.values.map { 1 - 3 * $0 })
    func errors(held: Recording) throws -> Double {
      let preset = try #require(DetectorPreset.named("lstm-ae"))
      var generator = SeededGenerator(seed: 1)
      func fitted(_ detector: some Detector) throws -> Double {
        var detector = detector, plan = preset.plan
        plan.epochs = 6
        try detector.fit(
          Windows(rows, for: detector.configuration),
          held: Windows(held, for: detector.configuration),
          plan: plan, progress: Progress("test", total: 6, unit: "epoch", quiet: true))
        return detector.scores(of: other).scores.reduce(0, +)
      }
      let detector: any Detector = try #require(
        preset.detector(channels: rows.channels, sizes: DetectorSizes(), using: &generator))
      return try fitted(detector)
    }
    #expect(try errors(held: other) < errors(held: rows))
  }
}

/// USAD over many more steps than the game bears.
@Suite struct USADStopTests {
  @Test func keepsTheEpochThatScoresTheNormalLeast() throws {
    var generator = SeededGenerator(seed: 1)
    let problem = MachineSample.problem(using: &generator)
    let rows = try RangeScaler(problem.train).apply(to: problem.train).recording
    func mean(epochs: Int) throws -> Double {
      var generator = SeededGenerator(seed: 1)
      var model = USAD(.init(channels: rows.channels), using: &generator)
      var plan = USAD.plan
      plan.epochs = epochs
      let held = Windows(rows.rows(1600..<2000), for: model.configuration)
      try model.fit(
        Windows(rows.rows(0..<1600), for: model.configuration), held: held, plan: plan,
        progress: Progress("test", total: epochs, unit: "epoch", quiet: true))
      let scores = model.scores(of: held).scores
      return scores.reduce(0, +) / Double(scores.count)
    }
    let few = try mean(epochs: 3), many = try mean(epochs: 80)
    #expect(many <= few)
  }
}
