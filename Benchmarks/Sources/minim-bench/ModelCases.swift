// SPDX-License-Identifier: Apache-2.0
import MinimLayers
import MinimLearning
import MinimTensor

// The cases of models written with the operations: the work of the peers' bench_torch.py.

let modelCases = [
  BenchmarkCase(
    name: "encoder-train", peer: .torch("c"),
    flops: Flops.encoder(
      batch: 128, tokens: 50, inputs: 25, width: 64, inner: 256, outputs: 25, trains: true)
  ) {
    trainingStep(smallEncoder, input: [128, 50, 25], target: [128, 50, 25]) { $0($1) }
  },
  BenchmarkCase(
    name: "mlp-train", peer: .torch("d"),
    flops: Flops.linear(rows: 32 * 7, 720, 512, passes: 2)
      + Flops.linear(rows: 32 * 7, 512, 96, passes: 3)
  ) {
    trainingStep(forecaster, input: [32, 720, 7], target: [32, 96, 7]) { forecast($0, $1) }
  },
  BenchmarkCase(
    name: "itransformer-train", peer: .torch("it"),
    flops: Flops.encoder(
      batch: 32, tokens: 321, inputs: 720, width: 512, inner: 512, outputs: 96, trains: true)
  ) {
    trainingStep(
      {
        Encoder(inputs: 720, width: 512, heads: 8, inner: 512, outputs: 96, using: &$0)
      }, input: [32, 720, 321], target: [32, 96, 321]
    ) { $0($1.transposed()).transposed() }
  },
  BenchmarkCase(
    name: "gon-outer", peer: .torch("e", line: "outer train step"),
    flops: 20 * Flops.discriminator(rows: 64, passes: 2)
      + 2
      * (Flops.discriminator(rows: 64, passes: 3) - Flops.linear(rows: 64, 190, 128, passes: 1)),
    prepare: generativeStep),
  BenchmarkCase(
    name: "encoder-infer", peer: .onnx("enc2x64"),
    flops: Flops.encoder(
      batch: 1, tokens: 50, inputs: 25, width: 64, inner: 256, outputs: 25, trains: false)
  ) {
    inferring(smallEncoder, input: [1, 50, 25]) { $0($1) }
  },
  BenchmarkCase(
    name: "mlp-infer", peer: .onnx("mlp720"),
    flops: Flops.linear(rows: 7, 720, 512, passes: 1) + Flops.linear(rows: 7, 512, 96, passes: 1)
  ) {
    inferring(forecaster, input: [1, 720, 7]) { forecast($0, $1) }
  },
]

/// Floating-point operations of the matrix products; all else is left out, on both sides.
enum Flops {
  /// A linear map: 2 · rows · inputs · outputs a pass; forward, gradient of weights, gradient of
  /// input.
  static func linear(rows: Int, _ inputs: Int, _ outputs: Int, passes: Int) -> Double {
    2 * Double(rows) * Double(inputs) * Double(outputs) * Double(passes)
  }

  /// Two encoder layers with the maps before and after; attention is two products forward, four
  /// backward.
  static func encoder(
    batch: Int, tokens: Int, inputs: Int, width: Int, inner: Int, outputs: Int, trains: Bool
  ) -> Double {
    let rows = batch * tokens, passes = trains ? 3 : 1
    return linear(rows: rows, inputs, width, passes: trains ? 2 : 1)
      + 2 * linear(rows: rows, width, 4 * width + 2 * inner, passes: passes)
      + 2 * linear(rows: rows, 2 * tokens, width, passes: passes)
      + linear(rows: rows, width, outputs, passes: passes)
  }

  /// GON's 190-128-128-128-1.
  static func discriminator(rows: Int, passes: Int) -> Double {
    linear(rows: rows, 190 * 128 + 2 * 128 * 128 + 128, 1, passes: passes)
  }

  /// Stacked LSTM layers and their head on 100 steps of 25 features.
  static func lstm(batch: Int, layers: Int, hidden: Int, trains: Bool) -> Double {
    let rows = batch * 100, gates = 4 * hidden
    let first = linear(rows: rows, 25, gates, passes: trains ? 2 : 1)
    let others = linear(rows: rows, (2 * layers - 1) * hidden, gates, passes: trains ? 3 : 1)
    return first + others + linear(rows: batch, hidden, 1, passes: trains ? 3 : 1)
  }
}

private func smallEncoder(_ generator: inout SeededGenerator) -> Encoder {
  Encoder(
    inputs: 25, width: 64, heads: 2, inner: 256, outputs: 25, steps: 50, using: &generator)
}

private func forecaster(_ generator: inout SeededGenerator) -> Perceptron {
  Perceptron(sizes: [720, 512, 96], using: &generator) { $0.relu() }
}

/// The same map on every channel of (batch, time, channels).
private func forecast(_ model: Perceptron, _ x: Tensor<Float>) -> Tensor<Float> {
  model(x.transposed()).transposed()
}

/// One Adam step by squared error.
func trainingStep<Model: ParameterTree<Float>>(
  _ make: (inout SeededGenerator) -> Model, input: [Int], target: [Int],
  _ apply: @escaping (Model, Tensor<Float>) -> Tensor<Float>
) -> () -> Void {
  var generator = SeededGenerator(seed: 1)
  var model = make(&generator)
  let series = Tensor<Float>.normal(shape: input, using: &generator)
  let goal = Tensor<Float>.normal(shape: target, using: &generator)
  var optimiser = Optimiser(.adam, for: model)
  return {
    let tracked = model.tracked()
    let loss = Tensor.meanSquaredError(apply(tracked, series), goal)
    let found = gradients(of: consume loss, for: tracked.parameters)
    optimiser.update(&model, gradients: found, rate: 1e-3)
  }
}

/// One forward pass that records nothing.
func inferring<Model: ParameterTree<Float>>(
  _ make: (inout SeededGenerator) -> Model, input: [Int],
  _ apply: @escaping (Model, Tensor<Float>) -> Tensor<Float>
) -> () -> Void {
  var generator = SeededGenerator(seed: 1)
  let model = make(&generator)
  let series = Tensor<Float>.normal(shape: input, using: &generator)
  return { _ = apply(model, series) }
}

/// One step of GON (Tuli et al.): 20 Adam steps on random windows up the score, then one on the
/// discriminator by cross-entropy of true and found windows.
private func generativeStep() -> () -> Void {
  var generator = SeededGenerator(seed: 1)
  var model = Perceptron(sizes: [190, 128, 128, 128, 1], using: &generator) {
    $0.leakyRelu(slope: 0.2)
  }
  let shape = [64, 5, 38], shares = 2
  let truth = Tensor<Float>.normal(shape: shape, using: &generator)
  @Sendable func score(
    _ model: Perceptron, _ x: Tensor<Float>, turned: [Tensor<Float>]? = nil
  ) -> Tensor<Float> {
    model(x.reshaped(to: [x.shape[0], 190]), turned: turned).sigmoid()
  }
  @Sendable func surprise(_ x: Tensor<Float>) -> Tensor<Float> {
    -x.log().clamped(to: -100...0).mean()
  }
  var optimiser = Optimiser(.adam, for: model)
  return {
    let noise = Tensor<Float>.normal(shape: shape, using: &generator)
    // Windows meet only in the sum of their gradients: each share of them keeps to one thread.
    let parts = parallelMap(shares) {
      [model, turned = model.maps.map { $0.weight.transposed() }] share in
      let rows = 64 / shares
      let own = share * rows..<(share + 1) * rows
      var point = Point(value: noise.sliced(own, along: 0))
      var inner = Optimiser(.adam, for: point)
      for _ in 0..<20 {
        let moving = point.tracked()
        let loss = -(score(model, moving.value, turned: turned) + 1e-8).log().sum()
        inner.update(&point, gradients: gradients(of: loss, for: moving.parameters), rate: 1e-2)
      }
      let tracked = model.tracked()
      let loss =
        surprise(score(tracked, truth.sliced(own, along: 0)))
        + surprise(1 - score(tracked, point.value))
      return gradients(of: loss / Float(shares), for: tracked.parameters)
    }
    let found = parts.dropFirst().reduce(parts[0]) { sums, part in zip(sums, part).map { $0 + $1 } }
    optimiser.update(&model, gradients: found, rate: 1e-4)
  }
}
