// SPDX-License-Identifier: Apache-2.0
package import MinimLayers
package import MinimTensor

/// A convolution of images that gives ⌈extent / stride⌉ places along each axis, or the transposed one, which gives
/// an image of the larger size.
///
/// Kernels of 3 reach one place to each side; kernels of 2 end one place beyond an image of odd extent. Nothing but
/// zeros lies there (methods, gon 3.2: SAME).
package struct ImageConvolution<Scalar: TensorScalar>: ParameterTree {
  /// (outputs, inputs, kernel, kernel), of a transposed one (inputs, outputs, kernel, kernel).
  package var weight: Tensor<Scalar>
  /// (outputs).
  package var bias: Tensor<Scalar>
  /// Places from one result to the next, 1 or 2.
  package let stride: Int
  package let transposed: Bool

  /// Weights and bias uniform in ±1/√(kernel² · inputs).
  package init(
    inputs: Int, outputs: Int, kernel: Int = 3, stride: Int = 1, transposed: Bool,
    using generator: inout SeededGenerator
  ) {
    let bound = 1 / Scalar(kernel * kernel * inputs).squareRoot()
    let shape = (transposed ? [inputs, outputs] : [outputs, inputs]) + [kernel, kernel]
    weight = .uniform(in: -bound...bound, shape: shape, using: &generator)
    bias = .uniform(in: -bound...bound, shape: [outputs], using: &generator)
    self.stride = stride
    self.transposed = transposed
  }

  /// Maps (count, inputs, height, width) to (count, outputs, ⌈height / stride⌉, ⌈width / stride⌉), a transposed one to
  /// images of `extent`, by default those of its own size.
  package func callAsFunction(_ images: Tensor<Scalar>, to extent: [Int]? = nil) -> Tensor<Scalar> {
    let kernel = weight.shape[2], padding = [(kernel - 1) / 2, (kernel - 1) / 2]
    let strides = [stride, stride]
    if transposed {
      return images.transposedConvolution(
        weight: weight, bias: bias, stride: strides, padding: padding,
        croppedTo: extent ?? Array(images.shape[2...]))
    }
    var images = images
    if kernel == 2 {
      for axis in [2, 3] where images.shape[axis] % stride != 0 {
        images = images.padded(along: axis, before: 0, after: 1)
      }
    }
    return images.convolution(weight: weight, bias: bias, stride: strides, padding: padding)
  }

  package mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try visit(path.appending("weight"), &weight)
    try visit(path.appending("bias"), &bias)
  }
}
