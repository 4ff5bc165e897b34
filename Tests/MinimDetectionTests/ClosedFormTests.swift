// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimDetection
import MinimLayers
import MinimLearning
import MinimScores
import MinimSeries
import MinimTensor
import Testing

/// What holds for all detectors that learn without the tape.
@Suite(.serialized) struct ClosedFormTests {
  static let names = ["iforest", "ocsvm", "lof", "dilof", "onlad"]

  private static func detector(_ name: String, channels: Int, hidden: Int? = nil) throws
    -> any Detector
  {
    var generator = SeededGenerator(seed: 1)
    let preset = try #require(DetectorPreset.named(name))
    return try #require(
      preset.detector(channels: channels, sizes: .init(hidden: hidden), using: &generator))
  }

  private static func machine() throws -> (train: Recording, test: Recording) {
    var generator = SeededGenerator(seed: 7)
    let problem = MachineSample.problem(using: &generator)
    let scaler = try RangeScaler(problem.train)
    return (
      try scaler.apply(to: problem.train).recording,
      try scaler.apply(to: #require(problem.test)).recording
    )
  }

  /// All numbers of a detector.
  private static func numbers(_ detector: any Detector) -> [Float] {
    var copy = detector, result: [Float] = []
    copy.visitParameters(under: .root) { result += $1.scalars }
    copy.visitBuffers(under: .root) { result += $1.scalars }
    return result
  }

  @Test(arguments: names) func findsAnomalies(_ name: String) throws {
    let (train, test) = try Self.machine()
    let detector = try Self.detector(name, channels: 4).fitted(to: train)
    let scores = detector.scores(of: test)
    let labelled = try LabelledScores(scores: scores.scores, labels: #require(test.labels))
    let share = Double(labelled.anomalousCount) / Double(labelled.scores.count)
    let found = try #require(labelled.averagePrecision)
    #expect(found > 2 * share)
    #expect((scores.channelParts != nil) == (name == "onlad"))
  }

  @Test(arguments: names) func sameBits(_ name: String) throws {
    let (train, test) = try Self.machine()
    let before = threadCount
    defer { threadCount = before }
    let all = try [1, 2, 4].map { threads in
      threadCount = threads
      let detector = try Self.detector(name, channels: 4, hidden: 40)
        .fitted(to: train.rows(0..<600), epochs: 2)
      return Self.numbers(detector).map(\.bitPattern)
        + detector.scores(of: test).scores.map { Float($0).bitPattern }
    }
    #expect(all[0] == all[1] && all[0] == all[2])
    let other = try Self.detector(name, channels: 4, hidden: 40)
      .fitted(to: train.rows(0..<600), seed: 2, epochs: 2)
    // A stream and a closed form have nothing to draw.
    let draws = name != "dilof" && name != "onlad"
    let numbers = Self.numbers(other).map(\.bitPattern)
    #expect((numbers != Array(all[0].prefix(numbers.count))) == draws)
  }

  @Test(arguments: names) func savedAndRead(_ name: String) throws {
    let (train, test) = try Self.machine()
    let detector = try Self.detector(name, channels: 4, hidden: 40)
      .fitted(to: train.rows(0..<30), epochs: 2)
    let file = try detector.file(metadata: [:])
    let read = try storedDetector(from: file, path: "test")
    #expect(read.scores(of: test) == detector.scores(of: test))
    #expect(read.storedCount == detector.storedCount)
  }

  @Test(arguments: names) func littleOrNothingToLearnFrom(_ name: String) throws {
    let (_, test) = try Self.machine()
    for rows in [1, 2, 3, 50] {
      let still = Recording(
        name: "still", channels: 4, values: Array(repeating: 0.25, count: 4 * rows))
      let detector = try Self.detector(name, channels: 4, hidden: 8).fitted(to: still, epochs: 2)
      let scores = detector.scores(of: test).scores
      #expect(scores.count == test.count && scores.allSatisfy(\.isFinite))
    }
  }

  @Test(arguments: names) func namesWhatIsNotFinite(_ name: String) throws {
    let (train, _) = try Self.machine()
    for value in [Float.nan, .infinity] {
      var values = train.values
      values[4 * 17 + 2] = value
      let broken = Recording(name: "broken", channels: 4, values: values)
      let detector = try Self.detector(name, channels: 4)
      #expect(
        throws: TrainingError.notFinite(
          epoch: 1, batch: 1, tensor: "row 17 of channel 2 of broken")
      ) { _ = try detector.fitted(to: broken) }
    }
  }
}
