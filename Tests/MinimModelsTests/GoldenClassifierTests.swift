// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimLayers
import MinimModels
import MinimTensor
import Testing

/// What Tools/golden/classifiers.py wrote.
private struct GoldenClassifier: Decodable, Sendable {
  struct Array: Decodable, Sendable {
    let shape: [Int]
    let values: [Double]

    var tensor: Tensor<Double> { Tensor(values, shape: shape) }
  }
  let series: Array
  let weights: [String: Array]
  let lengths: [Int]
  let use: Array
  let training: Array
  let padded: Array
  let gradients: [String: Array]

  static func read(_ name: String) throws -> GoldenClassifier {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: tests.appending(path: "Golden/classifiers.json"))
    return try #require(try JSONDecoder().decode([String: GoldenClassifier].self, from: data)[name])
  }
}

/// Convolutional classifiers beside PyTorch's, norms in both modes.
@Suite struct GoldenClassifierTests {
  private func check<M: StoredClassifier<Double>>(_ start: M, _ golden: GoldenClassifier) throws {
    var model = start
    var seen = 0
    func load(_ path: ParameterPath, _ tensor: inout Tensor<Double>) throws {
      let found = try #require(golden.weights[path.description], "\(path)").tensor
      #expect(found.shape == tensor.shape)
      tensor = found
      seen += 1
    }
    try model.visitParameters(under: .root, load)
    try model.visitBuffers(under: .root, load)
    #expect(seen == golden.weights.count)
    let series = golden.series.tensor
    func expect(_ found: Tensor<Double>, _ expected: GoldenClassifier.Array, _ what: String) {
      let worst = (found - expected.tensor).absolute().max().item
      #expect(worst < 1e-10, "\(what): \(worst)")
    }
    expect(model(series).output, golden.use, "in use")
    expect(model(series, lengths: nil, training: true).output, golden.training, "training")
    expect(
      model(series, lengths: golden.lengths, training: true).output, golden.padded, "padded")
    let tracked = model.tracked()
    let loss = tracked(series, lengths: nil, training: true).output.squared().sum()
    let found = gradients(of: loss, for: tracked.parameters)
    for (named, gradient) in zip(tracked.namedParameters, found) {
      expect(gradient, try #require(golden.gradients[named.name]), named.name)
    }
  }

  @Test func temporalConvolution() throws {
    var generator = SeededGenerator(seed: 1)
    try check(
      TemporalConvolution<Double>(
        .init(layers: 3, hidden: 4, channels: 2, classes: 3), using: &generator), .read("tcn"))
  }

  @Test func lite() throws {
    var generator = SeededGenerator(seed: 1)
    try check(
      Lite<Double>(.init(hidden: 4, channels: 2, classes: 3), using: &generator), .read("lite"))
  }
}
