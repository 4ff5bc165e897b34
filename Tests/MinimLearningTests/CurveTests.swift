// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimLayers
import MinimLearning
import MinimModels
import MinimTensor
import Testing

/// What Tools/golden/curves.py wrote: a small problem, first weights, and how PyTorch trained them.
struct GoldenCurves: Decodable {
  struct Array: Decodable {
    let shape: [Int]
    let values: [Double]

    func tensor<S: TensorScalar>() -> Tensor<S> { Tensor(values.map { S($0) }, shape: shape) }
  }
  struct Curve: Decodable {
    let losses: [Double]
    let gradients: [String: Array]
  }
  let series: Array
  let labels: [Int]
  let weights: [String: Array]
  let float32: Curve
  let float64: Curve

  /// The curve of `lstm` or `transformer`.
  static func read(_ name: String) throws -> GoldenCurves {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let all = try JSONDecoder().decode(
      [String: GoldenCurves].self,
      from: Data(contentsOf: tests.appending(path: "Golden/curves.json")))
    return try #require(all[name])
  }
}

/// A whole training run, from the first weights on, beside PyTorch's.
@Suite struct CurveTests {
  /// Replays the curve with `step` for the optimiser.
  private func replay<S: TensorScalar>(
    _ curve: GoldenCurves.Curve, of golden: GoldenCurves, within relative: Double,
    _ step: (inout RecurrentClassifier<S>, [Tensor<S>]) -> Void
  ) throws {
    var generator = SeededGenerator(seed: 0)
    let shape = RecurrentClassifier<S>.Configuration(
      cell: .lstm, layers: 1, hidden: 6, channels: 3, classes: 3)
    var model = RecurrentClassifier<S>(shape, using: &generator)
    let names = model.namedParameters.map(\.name)
    #expect(Set(names) == Set(golden.weights.keys))
    model = try model.replacingParameters(names.map { try #require(golden.weights[$0]).tensor() })
    #expect(curve.losses.count == 10)
    for (index, expected) in curve.losses.enumerated() {
      let tracked = model.tracked()
      let logits = tracked(golden.series.tensor()).output
      let loss = Tensor.crossEntropy(logits: logits, labels: golden.labels)
      let error = abs(Double(loss.item) - expected) / expected
      #expect(error <= relative, "step \(index): \(loss.item), not \(expected)")
      let found = gradients(of: loss, for: tracked.parameters)
      if index == 0 {
        for (name, gradient) in zip(names, found) {
          let reference = try #require(curve.gradients[name])
          #expect(gradient.shape == reference.shape, "\(name)")
          let size = reference.values.reduce(0) { max($0, abs($1)) }
          for (x, y) in zip(gradient.scalars, reference.values) {
            #expect(abs(Double(x) - y) <= relative * size, "\(name): \(x), not \(y)")
          }
        }
      }
      step(&model, found)
    }
  }

  @Test func tenStepsInFloat() throws {
    let golden = try GoldenCurves.read("lstm")
    var optimiser: Optimiser?
    try replay(golden.float32, of: golden, within: 1e-4) {
      (model: inout RecurrentClassifier<Float>, found) in
      var current = optimiser ?? Optimiser(.adam, for: model)
      current.update(&model, gradients: found, rate: 0.01)
      optimiser = current
    }
  }

  /// `Optimiser` is for Float; its step is the tensors' own.
  @Test func tenStepsInDouble() throws {
    let golden = try GoldenCurves.read("lstm")
    var first: [Tensor<Double>] = [], second = first, steps = 0
    try replay(golden.float64, of: golden, within: 1e-9) {
      (model: inout RecurrentClassifier<Double>, found) in
      if steps == 0 {
        first = found.map { Tensor(zeros: $0.shape) }
        second = first
      }
      steps += 1
      var place = 0
      model.visitParameters(under: .root) { _, tensor in
        tensor.adamStep(
          gradient: found[place], first: &first[place], second: &second[place], step: steps,
          rate: 0.01)
        place += 1
      }
    }
  }
}
