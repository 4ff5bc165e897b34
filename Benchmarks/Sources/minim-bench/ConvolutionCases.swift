// SPDX-License-Identifier: Apache-2.0
import MinimTensor

let convolutionCases = [
  BenchmarkCase(
    name: "conv-3x3", peer: .torch("f"), flops: 3 * 2 * 32 * 64 * 28 * 28 * 288.0,
    prepare: convolutionPasses),
  // In halves, by x and by h: forward 5 and 4 (h begins with zeros), gradients of weights as many, of
  // h 4, of x none.
  BenchmarkCase(
    name: "convlstm", peer: .torch("f2"), flops: 22 * 2 * 8 * 256 * 28 * 28 * 576.0,
    prepare: convolutionalLSTMPasses),
]

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
