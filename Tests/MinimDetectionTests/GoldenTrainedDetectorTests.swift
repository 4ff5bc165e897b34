// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimDetection
import MinimLayers
import MinimLearning
import MinimSeries
import MinimTensor
import Testing

/// What Tools/golden/trained_detectors.py wrote.
private struct GoldenDetectors: Decodable, Sendable {
  struct Array: Decodable, Sendable {
    let shape: [Int]
    let values: [Float]

    var tensor: Tensor<Float> { Tensor(values, shape: shape) }
  }
  struct Trained: Decodable, Sendable {
    let weights: [String: Array]
    let parts: Array
    /// After two epochs of one batch.
    let trained: [String: Array]
    let trainedParts: Array
  }
  struct Images: Decodable, Sendable {
    let parts: Array
    let noise: Array
    let loss: Double
    let biasGradients: [String: Array]
  }
  let rows: Array
  let detectors: [String: Trained]
  let images: Images

  enum CodingKeys: String, CodingKey {
    case rows, detectors
    case images = "cae-m"
  }

  static func read() throws -> GoldenDetectors {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode(
      GoldenDetectors.self,
      from: Data(contentsOf: tests.appending(path: "Golden/trained-detectors.json")))
  }

  func windows(for configuration: some DetectorConfiguration) -> Windows {
    Windows(
      Recording(name: "golden", channels: rows.shape[1], values: rows.values), for: configuration)
  }
}

/// Detectors that gradients train beside PyTorch's: scores, and two epochs with the same weights.
@Suite struct GoldenTrainedDetectorTests {
  private func expect(
    _ found: Tensor<Float>, _ expected: GoldenDetectors.Array, within limit: Float, _ what: String
  ) {
    #expect(found.shape == expected.shape, "\(what)")
    let worst = (found - expected.tensor).absolute().max().item
    #expect(worst < limit, "\(what): \(worst)")
  }

  private func check<D: Detector>(
    _ configuration: D.Configuration, as _: D.Type, _ name: String
  ) throws {
    let golden = try GoldenDetectors.read()
    let expected = try #require(golden.detectors[name])
    var generator = SeededGenerator(seed: 1)
    let start = D(configuration, using: &generator)
    let names = start.namedParameters.map(\.name)
    #expect(Set(names) == Set(expected.weights.keys))
    var detector = start.replacingParameters(
      try names.map { try #require(expected.weights[$0]).tensor })
    let windows = golden.windows(for: configuration)
    let all = windows.tensor(of: 0..<windows.count)
    expect(detector.parts(of: all), expected.parts, within: 1e-5, "the parts before training")
    let plan = TrainingPlan(
      epochs: 2, batch: 100, learningRate: 0.01, schedule: .constant, gradientClip: 0.3)
    try detector.fit(
      windows, held: windows, plan: plan,
      progress: Progress("golden", total: 2, unit: "epoch", quiet: true))
    for (name, tensor) in detector.namedParameters {
      expect(tensor, try #require(expected.trained[name]), within: 1e-4, name)
    }
    expect(detector.parts(of: all), expected.trainedParts, within: 1e-4, "the parts after it")
  }

  @Test func usad() throws {
    try check(USAD.Configuration(channels: 4, window: 3, hidden: 6), as: USAD.self, "usad")
  }

  @Test func madGAN() throws {
    try check(
      MADGAN.Configuration(channels: 4, window: 3, hidden: 6), as: MADGAN.self, "mad-gan")
  }

  @Test func slimGAN() throws {
    try check(.slim(channels: 4, window: 3, hidden: 6), as: MADGAN.self, "slimgan")
  }

  @Test func lstmAutoencoder() throws {
    try check(
      LSTMAutoencoder.Configuration(channels: 4, window: 3, hidden: 4), as: LSTMAutoencoder.self,
      "lstm-ae")
  }

  /// Scores, the loss with handed-over normal numbers, and its gradients by the biases, whose weights
  /// follow a rule.
  @Test func caem() throws {
    let golden = try GoldenDetectors.read()
    var generator = SeededGenerator(seed: 1)
    let start = CAEM(.init(channels: 4), using: &generator)
    let detector = start.replacingParameters(
      start.parameters.enumerated().map { place, tensor -> Tensor<Float> in
        let inputs = [1, 16, 32, 64, 32, 16][place / 2]
        let bound = place % 2 == 0 ? (6 / Double(9 * inputs)).squareRoot() : 0.2
        let values = (0..<tensor.count).map { index -> Float in
          let word = (index * index * 7919 + index * 31) % 10007
          return Float(bound * (Double(word) / 5003 - 1))
        }
        return Tensor(values, shape: tensor.shape)
      })
    let windows = golden.windows(for: detector.configuration)
    let all = windows.tensor(of: 0..<windows.count)
    expect(detector.parts(of: all), golden.images.parts, within: 1e-5, "the parts")
    let tracked = detector.tracked()
    let loss = tracked.loss(of: all, noise: golden.images.noise.tensor)
    #expect(abs(Double(loss.item) - golden.images.loss) < 1e-7)
    let found = gradients(of: loss, for: tracked.parameters)
    for (named, gradient) in zip(tracked.namedParameters, found) {
      guard let expected = golden.images.biasGradients[named.name] else { continue }
      expect(gradient, expected, within: 1e-6, named.name)
    }
    #expect(golden.images.biasGradients.count == 6)
  }
}
