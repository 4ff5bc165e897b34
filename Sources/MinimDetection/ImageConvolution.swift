// SPDX-License-Identifier: Apache-2.0
internal import MinimLayers
internal import MinimTensor

/// A convolution of images by kernels of 3 × 3 that keeps their size, or the transposed one.
struct ImageConvolution: ParameterTree {
  /// (outputs, inputs, 3, 3), of a transposed one (inputs, outputs, 3, 3).
  var weight: Tensor<Float>
  /// (outputs).
  var bias: Tensor<Float>
  let transposed: Bool

  /// Weights and bias uniform in ±1/√(9 · inputs).
  init(inputs: Int, outputs: Int, transposed: Bool, using generator: inout SeededGenerator) {
    let bound = 1 / Float(9 * inputs).squareRoot()
    let shape = transposed ? [inputs, outputs, 3, 3] : [outputs, inputs, 3, 3]
    weight = .uniform(in: -bound...bound, shape: shape, using: &generator)
    bias = .uniform(in: -bound...bound, shape: [outputs], using: &generator)
    self.transposed = transposed
  }

  /// Maps (count, inputs, height, width) to (count, outputs, height, width).
  func callAsFunction(_ images: Tensor<Float>) -> Tensor<Float> {
    transposed
      ? images.transposedConvolution(weight: weight, bias: bias, padding: [1, 1])
      : images.convolution(weight: weight, bias: bias, padding: [1, 1])
  }

  mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    try visit(path.appending("weight"), &weight)
    try visit(path.appending("bias"), &bias)
  }
}
