// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimTensor

/// A convolution along time in groups, with a bias, a batch norm after it, or both.
public struct GroupedConvolution<Scalar: TensorScalar>: ParameterTree {
  /// The kernels: (outputs, inputs / groups, k).
  public var weight: Tensor<Scalar>
  /// What is added to each output (outputs); nil where a norm does that.
  public var bias: Tensor<Scalar>?
  /// The norm of each output; nil for none.
  public var norm: BatchNorm<Scalar>?
  let groups: Int
  let stride: Int

  /// Weights and bias uniform in ±1/√(inputs / groups · k), PyTorch's start; groups divide both counts, k is odd where the
  /// stride is 1.
  init(
    inputs: Int, outputs: Int, kernel: Int, groups: Int, stride: Int = 1, biased: Bool = true,
    normed: Bool = false, using generator: inout SeededGenerator
  ) {
    let bound = 1 / Scalar(inputs / groups * kernel).squareRoot()
    weight = .uniform(
      in: -bound...bound, shape: [outputs, inputs / groups, kernel], using: &generator)
    bias = biased ? .uniform(in: -bound...bound, shape: [outputs], using: &generator) : nil
    norm = normed ? BatchNorm(channels: outputs) : nil
    self.groups = groups
    self.stride = stride
  }

  /// Maps (batch, inputs, time) to (batch, outputs, time), with zeros around; with a stride to ⌊(time - k) / stride⌋ + 1
  /// places, none around.
  func callAsFunction(_ x: Tensor<Scalar>, training: Bool = false) -> Tensor<Scalar> {
    let y = convolved(x)
    return norm.map { $0(y, axis: 1, training: training) } ?? y
  }

  /// Sets the norm's buffers by a batch, and returns what the convolution makes of it with them.
  mutating func calibrate(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    let y = convolved(x)
    return norm?.calibrate(y, axis: 1) ?? y
  }

  private func convolved(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    x.convolution(
      weight: weight, bias: bias, stride: [stride],
      padding: [stride == 1 ? weight.shape[2] / 2 : 0], groups: groups)
  }

  /// The same without a norm: what that does in use goes into kernels and bias.
  var folded: Self {
    guard let (gain, shift) = norm?.affine else { return self }
    var copy = self
    copy.norm = nil
    return copy.scaled(by: gain, adding: shift)
  }

  /// The same with outputs scaled, then shifted, by numbers for each (outputs); without a norm.
  func scaled(by gain: Tensor<Scalar>, adding shift: Tensor<Scalar>) -> Self {
    var copy = self
    copy.weight = weight * gain.reshaped(to: [-1, 1, 1])
    copy.bias = (bias ?? Tensor(zeros: shift.shape)) * gain + shift
    return copy
  }

  /// Visits `weight` and, where there are any, `bias` and `norm`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try visit(path.appending("weight"), &weight)
    if var own = bias {
      try visit(path.appending("bias"), &own)
      bias = own
    }
    try norm?.visitParameters(under: path.appending("norm"), visit)
  }

  /// Visits those of the norm.
  public mutating func visitBuffers(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows { try norm?.visitBuffers(under: path.appending("norm"), visit) }
}
