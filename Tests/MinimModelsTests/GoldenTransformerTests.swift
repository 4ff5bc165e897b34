// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimLayers
import MinimTensor
import Testing

/// What Tools/golden/transformer.py wrote.
private struct GoldenTransformers: Decodable, Sendable {
  struct Array: Decodable, Sendable {
    let shape: [Int]
    let values: [Double]

    var tensor: Tensor<Double> { Tensor(values, shape: shape) }
  }
  struct Encoder: Decodable, Sendable {
    let norm: TransformerNorm
    let positions: TransformerConfiguration.Positions
    let looks: TransformerConfiguration.Looks
    let lengths: [Int]?
    let heads: Int
    let series: Array
    let weights: [String: Array]
    let result: Array
    let last: Array
    let gradients: [String: Array]
  }
  struct Biprop: Decodable, Sendable {
    struct Case: Decodable, Sendable {
      let keep: Double
      let used: Array
      let byScores: Array

      enum CodingKeys: String, CodingKey {
        case keep, used
        case byScores = "by_scores"
      }
    }
    let weights: Array
    let scores: Array
    let inputs: Array
    let cases: [Case]
  }
  let encoders: [String: Encoder]
  let biprop: Biprop

  static let read = Result {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode(
      Self.self, from: Data(contentsOf: tests.appending(path: "Golden/transformer.json")))
  }
}

/// Transformer encoders beside PyTorch's, which look through whole masks.
@Suite struct GoldenTransformerTests {
  static let names = [
    "everywhere", "token", "batch", "padded", "last-step", "last-step-set", "last-step-time",
    "everywhere-time", "four-heads", "four-heads-last-step",
  ]

  @Test(arguments: names) func encoder(name: String) throws {
    let golden = try #require(GoldenTransformers.read.get().encoders[name])
    #expect(try Set(GoldenTransformers.read.get().encoders.keys) == Set(Self.names))
    var generator = SeededGenerator(seed: 1)
    var encoder = TransformerEncoder<Double>(
      .init(
        inputs: 3, width: 8, heads: golden.heads, feedForward: 12, steps: 7, norm: golden.norm,
        positions: golden.positions, looks: golden.looks), using: &generator)
    var seen = 0
    try encoder.visitParameters(under: .root) { path, tensor in
      let found = try #require(golden.weights[path.description], "\(path)").tensor
      #expect(found.shape == tensor.shape)
      tensor = found
      seen += 1
    }
    #expect(seen == golden.weights.count)
    let series = golden.series.tensor, tracked = encoder.tracked()
    let lastAlone = golden.looks == .lastStep || golden.norm == .time
    let steps = lastAlone ? nil : tracked(series, lengths: golden.lengths, training: true)
    var result = steps ?? tracked.last(of: series)
    if let lengths = golden.lengths {
      let valid = lengths.flatMap { length in (0..<7).map { $0 < length ? 1.0 : 0 } }
      result = result * Tensor(valid, shape: [3, 7, 1])
    }
    func expect(_ found: Tensor<Double>, _ expected: GoldenTransformers.Array, _ what: String) {
      #expect(found.shape == expected.shape, "\(what)")
      let worst = (found - expected.tensor).absolute().max().item
      let size = max(1, expected.values.reduce(0) { max($0, abs($1)) })
      #expect(worst < 1e-10 * size, "\(what): \(worst) of \(size)")
    }
    expect(result, golden.result, "result")
    if golden.norm != .batch, golden.lengths == nil {
      expect(encoder.last(of: series), golden.last, "last")
    }
    let found = gradients(of: result.squared().sum(), for: tracked.parameters)
    for (named, gradient) in zip(tracked.namedParameters, found) {
      expect(gradient, try #require(golden.gradients[named.name]), named.name)
    }
  }

  /// A matrix in use and its gradient by the scores, beside PyTorch's; and the vector of methods, sbt 9.
  @Test func biprop() throws {
    let golden = try GoldenTransformers.read.get().biprop
    let weights = golden.weights.tensor, inputs = golden.inputs.tensor
    #expect(golden.cases.count == 3)
    for item in golden.cases {
      let scores = golden.scores.tensor.variable()
      let binarisation = Binarisation(keep: item.keep)
      let mask = scores.absolute().topKMask(binarisation.kept(of: weights.count))
      let used = weights.binarised(by: mask)
      #expect((used - item.used.tensor).absolute().max().item < 1e-12)
      let loss = inputs.linear(weight: used).squared().sum()
      let found = gradients(of: loss, for: [scores])[0]
      #expect((found - item.byScores.tensor).absolute().max().item < 1e-10)
    }
    let scores = Tensor<Double>([0.1, -0.4, 0.3, -0.2], shape: [1, 4]).variable()
    // Shares as people write them.
    #expect([0.8, 0.9, 0.95].map { Binarisation(keep: $0).kept(of: 100) } == [80, 90, 95])
    #expect(Binarisation(keep: 0.9).kept(of: 10) == 9 && Binarisation(keep: 0.1).kept(of: 3) == 1)
    let mask = scores.absolute().topKMask(Binarisation(keep: 0.5).kept(of: 4))
    let used = Tensor<Double>([0.5, -1, 2, -0.25], shape: [1, 4]).binarised(by: mask)
    #expect(used.scalars == [0, -1.5, 1.5, 0])
    #expect(gradients(of: used.sum(), for: [scores])[0].scalars == [0.5, 1, 2, 0.25])
  }
}
