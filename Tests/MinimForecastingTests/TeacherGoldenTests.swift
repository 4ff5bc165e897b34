// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimForecasting
import MinimLayers
import MinimTensor
import Testing

/// What Tools/golden/forecast_teachers.py wrote.
private struct GoldenTeachers: Decodable, Sendable {
  struct Model: Decodable, Sendable {
    let output: GoldenArray
    let feature: GoldenArray
    let trainingOutput: GoldenArray
    let trainingFeature: GoldenArray
    let droppedOutput: GoldenArray
    let droppedFeature: GoldenArray
    let gradients: [String: GoldenArray]

    enum CodingKeys: String, CodingKey {
      case output, feature, gradients
      case trainingOutput = "training_output"
      case trainingFeature = "training_feature"
      case droppedOutput = "dropped_output"
      case droppedFeature = "dropped_feature"
    }
  }
  let rows: GoldenArray
  let marks: GoldenArray
  let models: [String: Model]

  static let read = Result {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode(
      Self.self, from: Data(contentsOf: tests.appending(path: "Golden/forecast-teachers.json")))
  }
}

/// Teachers beside PyTorch's, with the same weights.
@Suite struct TeacherGoldenTests {
  private func expect(
    _ found: Tensor<Double>, _ expected: GoldenArray, _ what: String
  ) { expected.expect(found, what) }

  /// Holds the model of a configuration with nothing dropped, and that of one with a quarter dropped, against the script's.
  private func check<F: Forecaster<Double>>(
    as _: F.Type, _ name: String, marked: Bool = false,
    _ configuration: (_ dropout: Double) -> F.Configuration
  ) throws {
    let golden = try GoldenTeachers.read.get()
    let expected = try #require(golden.models[name])
    let windows = LookBack(
      values: golden.rows.tensor, marks: marked ? golden.marks.tensor : nil, steps: [0, 1])
    var generator = SeededGenerator(seed: 7)
    func filled(_ configuration: F.Configuration) -> F {
      var other = SeededGenerator(seed: 1)
      var model = F(configuration, using: &other)
      model.fillByName()
      return model
    }
    let dropped = filled(configuration(0.25)).pass(windows, training: true, using: &generator)
    expect(dropped.output, expected.droppedOutput, "output with numbers dropped")
    expect(
      try #require(dropped.feature), expected.droppedFeature, "feature with numbers dropped")

    var model = filled(configuration(0))
    let used = model(windows)
    expect(used.output, expected.output, "output")
    expect(try #require(used.feature), expected.feature, "feature")

    let tracked = model.tracked()
    let pass = tracked.pass(windows, training: true, using: &generator)
    let feature = try #require(pass.feature)
    expect(pass.output, expected.trainingOutput, "output in training")
    expect(feature, expected.trainingFeature, "feature in training")
    let loss = pass.output.squared().sum() + feature.squared().sum()
    let found = gradients(of: loss, for: tracked.parameters)
    var seen = 0
    for (named, gradient) in zip(tracked.namedParameters, found) {
      guard let expected = expected.gradients[named.name] else { continue }
      expect(gradient, expected, named.name)
      seen += 1
    }
    #expect(seen == expected.gradients.count && seen > 20)

    // Buffers found layer after layer make the pass in use that of training.
    model.calibrate(windows)
    expect(model(windows).output, expected.trainingOutput, "output after calibration")
  }

  @Test(arguments: [true, false]) func invertedTransformer(marked: Bool) throws {
    try check(
      as: InvertedTransformer<Double>.self, marked ? "itransformer" : "itransformer-unmarked",
      marked: marked
    ) {
      .init(
        channels: 3, lookback: 50, horizon: 12, width: 16, heads: 4, feedForward: 20, dropout: $0)
    }
  }

  @Test func patchTransformer() throws {
    try check(as: PatchTransformer<Double>.self, "patchtst") {
      .init(channels: 3, lookback: 50, horizon: 12, layers: 2, feedForward: 20, dropout: $0)
    }
  }

  @Test func modernTCN() throws {
    try check(as: ModernTCN<Double>.self, "modern-tcn") {
      .init(channels: 3, lookback: 50, horizon: 12, width: 8, ratio: 2, blocks: 2, dropout: $0)
    }
  }
}
