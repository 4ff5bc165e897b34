// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimLayers
import MinimLearning
import MinimModels
import MinimTensor

/// A piece of work that both sides do.
struct BenchmarkCase: Sendable {
  let name: String
  /// Its letter in the peers' scripts.
  let peerCase: String
  /// Makes the work; each call of the result is one step.
  let prepare: @Sendable () -> () -> Void
}

let benchmarkCases = [
  BenchmarkCase(name: "lstm-3x100-train", peerCase: "a") { trainingStep(layers: 3, hidden: 100) },
  BenchmarkCase(name: "lstm-1x8-train", peerCase: "b") { trainingStep(layers: 1, hidden: 8) },
  BenchmarkCase(name: "conv-3x3", peerCase: "f", prepare: convolutionPasses),
  BenchmarkCase(name: "convlstm", peerCase: "f2", prepare: convolutionalLSTMPasses),
]

/// One Adam step on a batch of 32 series of 100 steps and 25 features, by squared error of one
/// output.
private func trainingStep(layers: Int, hidden: Int) -> () -> Void {
  var generator = SeededGenerator(seed: 1)
  var model = RecurrentClassifier<Float>(
    .init(cell: .lstm, layers: layers, hidden: hidden, channels: 25, classes: 1), using: &generator)
  let series = Tensor<Float>.normal(shape: [32, 100, 25], using: &generator)
  let target = Tensor<Float>.normal(shape: [32, 1], using: &generator)
  var optimiser = Optimiser(.adam, for: model)
  return {
    let tracked = model.tracked()
    let loss = Tensor.meanSquaredError(tracked(series).output, target)
    let found = gradients(of: loss, for: tracked.parameters)
    optimiser.update(&model, gradients: found, rate: 1e-3)
  }
}

/// A convolution 3 x 3 of stride 2 from 32 to 64 channels and its gradients by input, weight and
/// bias, on 32 images of 55 x 55.
private func convolutionPasses() -> () -> Void {
  var generator = SeededGenerator(seed: 1)
  let images = Tensor<Float>.normal(shape: [32, 32, 55, 55], using: &generator)
  let weight = Tensor<Float>.normal(
    deviation: 0.06, shape: [64, 32, 3, 3], using: &generator)
  let bias = Tensor<Float>(zeros: [64])
  let cotangent = Tensor<Float>.normal(shape: [32, 64, 28, 28], using: &generator)
  return {
    let variables = [images.variable(), weight.variable(), bias.variable()]
    let result = variables[0].convolution(
      weight: variables[1], bias: variables[2], stride: [2, 2], padding: [1, 1])
    _ = gradients(of: result, along: cotangent, for: variables)
  }
}

/// Five steps of a convolutional LSTM 3 x 3 of 64 channels on 8 images of 28 x 28 from zeros, and
/// the gradients of the last hidden state's sum by the weights.
private func convolutionalLSTMPasses() -> () -> Void {
  var generator = SeededGenerator(seed: 1)
  let images = (0..<5).map { _ in
    Tensor<Float>.normal(shape: [8, 64, 28, 28], using: &generator)
  }
  let kernel = Tensor<Float>.normal(
    deviation: 0.03, shape: [256, 128, 3, 3], using: &generator)
  let bias = Tensor<Float>(zeros: [256])
  return {
    let weights = ConvolutionalLSTMWeights(kernel: kernel.variable(), bias: bias.variable())
    var state: ConvolutionalLSTMState<Float>?
    for image in images { state = image.convolutionalLSTMStep(weights: weights, state: state) }
    guard let last = state, let bias = weights.bias else { return }
    _ = gradients(of: last.hidden.sum(), for: [weights.kernel, bias])
  }
}

/// The median time of a step over three seconds, after some to warm up, and the process's peak
/// memory.
func measure(_ name: String, threads: Int) throws -> Measurement {
  guard let item = benchmarkCases.first(where: { $0.name == name }) else {
    throw CocoaError(.featureUnsupported)
  }
  threadCount = threads
  let step = item.prepare()
  for _ in 0..<5 { step() }
  var times: [Double] = []
  let end = ContinuousClock.now.advanced(by: .seconds(3))
  while ContinuousClock.now < end {
    let start = ContinuousClock.now
    step()
    times.append(start.duration(to: .now) / .microseconds(1))
  }
  var usage = rusage()
  #if os(Linux)
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let kibibytes = Double(usage.ru_maxrss)
  #else
    getrusage(RUSAGE_SELF, &usage)
    let kibibytes = Double(usage.ru_maxrss) / 1024
  #endif
  return Measurement(microseconds: times.sorted()[times.count / 2], mebibytes: kibibytes / 1024)
}
