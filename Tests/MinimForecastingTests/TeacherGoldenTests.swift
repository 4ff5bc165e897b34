// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimForecasting
import MinimLayers
import MinimTensor
import Testing

/// What Tools/golden/forecast_teachers.py wrote.
private struct GoldenTeachers: Decodable, Sendable {
  struct Array: Decodable, Sendable {
    let shape: [Int]
    let values: [Double]

    var tensor: Tensor<Double> { Tensor(values, shape: shape) }
  }
  struct Model: Decodable, Sendable {
    let output: Array
    let feature: Array
    let trainingOutput: Array
    let trainingFeature: Array
    let droppedOutput: Array
    let droppedFeature: Array
    let gradients: [String: Array]

    enum CodingKeys: String, CodingKey {
      case output, feature, gradients
      case trainingOutput = "training_output"
      case trainingFeature = "training_feature"
      case droppedOutput = "dropped_output"
      case droppedFeature = "dropped_feature"
    }
  }
  let rows: Array
  let marks: Array
  let models: [String: Model]

  static let read = Result {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode(
      Self.self, from: Data(contentsOf: tests.appending(path: "Golden/forecast-teachers.json")))
  }

  /// The numbers of a parameter or buffer by its name, as the script makes them.
  static func numbers(_ name: String, shape: [Int]) -> Tensor<Double> {
    let seed = name.utf8.enumerated().reduce(0) { $0 + ($1.offset + 1) * Int($1.element) } % 10007
    let bound = 1 / Double(shape.dropFirst().reduce(1, *)).squareRoot()
    let values = (seed..<seed + shape.reduce(1, *)).map { k -> Double in
      let value = Double((k * k * 7919 + k * 31) % 10007) / 5003 - 1
      return if shape.count > 1 {
        value * bound
      } else if name.hasSuffix("running_var") {
        1 + 0.5 * value
      } else if name.hasSuffix("weight") {
        1 + 0.25 * value
      } else {
        0.3 * value
      }
    }
    return Tensor(values, shape: shape)
  }
}

/// Teachers beside PyTorch's, with the same weights.
@Suite struct TeacherGoldenTests {
  private func expect(
    _ found: Tensor<Double>, _ expected: GoldenTeachers.Array, _ what: String
  ) {
    #expect(found.shape == expected.shape, "\(what)")
    guard found.shape == expected.shape else { return }
    let worst = (found - expected.tensor).absolute().max().item
    let size = max(1, expected.values.reduce(0) { max($0, abs($1)) })
    #expect(worst < 1e-9 * size, "\(what): \(worst) of \(size)")
  }

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
      func fill(_ path: ParameterPath, _ tensor: inout Tensor<Double>) {
        tensor = GoldenTeachers.numbers(path.description, shape: tensor.shape)
      }
      model.visitParameters(under: .root, fill)
      model.visitBuffers(under: .root, fill)
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
