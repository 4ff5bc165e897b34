// SPDX-License-Identifier: Apache-2.0
import MinimTensor
import Testing

/// Ten steps of a small transformer written with the operations, beside PyTorch's.
@Suite struct TransformerCurveTests {
  /// Two layers: attention and inner map, each added to its input and normed after.
  private func logits<S: TensorScalar>(
    _ x: Tensor<S>, _ weights: [String: Tensor<S>]
  ) throws -> Tensor<S> {
    func linear(_ x: Tensor<S>, _ name: String) throws -> Tensor<S> {
      x.linear(
        weight: try #require(weights["\(name).weight"]), bias: try #require(weights["\(name).bias"])
      )
    }
    func norm(_ x: Tensor<S>, adding other: Tensor<S>, _ name: String) throws -> Tensor<S> {
      x.layerNorm(
        adding: other, scale: try #require(weights["\(name).weight"]),
        shift: try #require(weights["\(name).bias"]))
    }
    var y = try linear(x, "input")
    for layer in 0..<2 {
      let place = "encoder.layers.\(layer)"
      let projected = y.linear(
        weight: try #require(weights["\(place).self_attn.in_proj_weight"]),
        bias: try #require(weights["\(place).self_attn.in_proj_bias"]))
      let mixed = try linear(
        .attention(queryKeyValue: projected, heads: 2), "\(place).self_attn.out_proj")
      y = try norm(mixed, adding: y, "\(place).norm1")
      let inner = try linear(linear(y, "\(place).linear1").gelu(), "\(place).linear2")
      y = try norm(inner, adding: y, "\(place).norm2")
    }
    return try linear(y.mean(over: [1]), "head")
  }

  private func replay<S: TensorScalar>(
    _ type: S.Type, _ curve: GoldenCurves.Curve, of golden: GoldenCurves, within relative: Double
  ) throws {
    let names = golden.weights.keys.sorted()
    var weights = try names.map { try #require(golden.weights[$0]).tensor() as Tensor<S> }
    var first = weights.map { Tensor<S>(zeros: $0.shape) }, second = first
    #expect(curve.losses.count == 10)
    for (index, expected) in curve.losses.enumerated() {
      let tracked = weights.map { $0.variable() }
      let named = Dictionary(uniqueKeysWithValues: zip(names, tracked))
      let loss = Tensor.crossEntropy(
        logits: try logits(golden.series.tensor(), named), labels: golden.labels)
      let error = abs(Double(loss.item) - expected) / expected
      #expect(error <= relative, "step \(index): \(loss.item), not \(expected)")
      let found = gradients(of: loss, for: tracked)
      for (place, name) in names.enumerated() where index == 0 {
        let reference = try #require(curve.gradients[name])
        #expect(found[place].shape == reference.shape, "\(name)")
        let size = max(1e-3, reference.values.reduce(0) { max($0, abs($1)) })
        for (x, y) in zip(found[place].scalars, reference.values) {
          #expect(abs(Double(x) - y) <= relative * size, "\(name): \(x), not \(y)")
        }
      }
      for place in weights.indices {
        weights[place].adamStep(
          gradient: found[place], first: &first[place], second: &second[place], step: index + 1,
          rate: 0.01)
      }
    }
  }

  @Test func tenStepsInFloat() throws {
    let golden = try GoldenCurves.read("transformer")
    try replay(Float.self, golden.float32, of: golden, within: 1e-4)
  }

  @Test func tenStepsInDouble() throws {
    let golden = try GoldenCurves.read("transformer")
    try replay(Double.self, golden.float64, of: golden, within: 1e-9)
  }
}
