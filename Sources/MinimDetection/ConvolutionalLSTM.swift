// SPDX-License-Identifier: Apache-2.0
package import MinimLayers
package import MinimTensor

/// A convolutional LSTM layer of as many channels as its input has, kernels of 3 × 3, whole or in two parts.
///
/// In two parts each channel of input and state goes through a kernel of its own, and what comes of it through a 1 × 1 map
/// to the gates: 18 h + 8 h² + 4 h numbers instead of 72 h² + 4 h (methods, gon 3.4). No peepholes; biases are those of
/// the input's convolutions.
package struct ConvolutionalLSTM<Scalar: TensorScalar>: ParameterTree {
  /// (4 h, 2 h, 3, 3), in two parts (4 h, 2 h, 1, 1): input first, then state; gates i f g o.
  package var kernel: Tensor<Scalar>
  /// (4 h).
  package var bias: Tensor<Scalar>
  /// (2 h, 1, 3, 3): the kernels of channels, input first; nil for a whole one.
  package var depthwise: Tensor<Scalar>?

  /// All numbers uniform in ±1/√(numbers that an output is a sum of, of the state or the input).
  package init(channels: Int, separable: Bool, using generator: inout SeededGenerator) {
    let size = separable ? 1 : 3
    let bound = 1 / Scalar(size * size * channels).squareRoot()
    kernel = .uniform(
      in: -bound...bound, shape: [4 * channels, 2 * channels, size, size], using: &generator)
    bias = .uniform(in: -bound...bound, shape: [4 * channels], using: &generator)
    depthwise =
      separable
      ? .uniform(in: -1.0 / 3...1.0 / 3, shape: [2 * channels, 1, 3, 3], using: &generator) : nil
  }

  /// The state after an input (count, h, height, width).
  package func step(
    _ input: Tensor<Scalar>, after state: ConvolutionalLSTMState<Scalar>?
  ) -> ConvolutionalLSTMState<Scalar> {
    let channels = input.shape[1]
    var input = input, state = state
    if let depthwise {
      func parted(_ image: Tensor<Scalar>, _ kernels: Range<Int>) -> Tensor<Scalar> {
        image.convolution(
          weight: depthwise.sliced(kernels, along: 0), padding: [1, 1], groups: channels)
      }
      input = parted(input, 0..<channels)
      if let hidden = state?.hidden { state?.hidden = parted(hidden, channels..<2 * channels) }
    }
    return input.convolutionalLSTMStep(
      weights: ConvolutionalLSTMWeights(kernel: kernel, bias: bias), state: state)
  }

  package mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    if var kernels = depthwise {
      try visit(path.appending("depthwise"), &kernels)
      depthwise = kernels
    }
    try visit(path.appending("kernel"), &kernel)
    try visit(path.appending("bias"), &bias)
  }
}
