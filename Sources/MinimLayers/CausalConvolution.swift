// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// A convolution over time whose results see their own step and earlier ones alone.
public struct CausalConvolution<Scalar: TensorScalar>: ParameterTree {
  /// (outputs, inputs / groups, kernel) as in PyTorch, the last tap that of the step itself.
  public var weight: Tensor<Scalar>
  /// (outputs), or none.
  public var bias: Tensor<Scalar>?
  /// Steps between neighbouring taps, at least 1.
  public let dilation: Int
  /// Parts of the channels that are convolved apart; `inputs` of them for a depth-wise one.
  public let groups: Int

  /// Weights and bias uniform in ±1/√(inputs / groups · kernel), PyTorch's start.
  ///
  /// All sizes must be positive, and `groups` must divide `inputs` and `outputs`.
  public init(
    inputs: Int, outputs: Int, kernel: Int, dilation: Int = 1, groups: Int = 1, bias: Bool = true,
    using generator: inout SeededGenerator
  ) {
    precondition(
      inputs > 0 && outputs > 0 && kernel > 0 && dilation > 0 && groups > 0
        && inputs % groups == 0 && outputs % groups == 0,
      "a convolution of \(inputs) inputs to \(outputs) outputs, kernel \(kernel), dilation \(dilation), \(groups) groups"
    )
    let bound = 1 / Scalar(inputs / groups * kernel).squareRoot()
    weight = .uniform(
      in: -bound...bound, shape: [outputs, inputs / groups, kernel], using: &generator)
    self.bias =
      bias ? .uniform(in: -bound...bound, shape: [outputs], using: &generator) : nil
    self.dilation = dilation
    self.groups = groups
  }

  /// A full convolution without dilation, of the given numbers.
  package init(weight: Tensor<Scalar>, bias: Tensor<Scalar>? = nil) {
    self.weight = weight
    self.bias = bias
    dilation = 1
    groups = 1
  }

  /// Maps (batch, time, inputs) to (batch, time, outputs): y[t, o] = bias[o] +
  /// Σ weight[o, c, s] x[t - (kernel - 1 - s) · dilation, c], zeros before the first step.
  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> {
    input.transposed()
      .causalConvolution(weight: weight, bias: bias, dilation: dilation, groups: groups)
      .transposed()
  }

  /// Visits `weight` and, where there is one, `bias`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try visit(path.appending("weight"), &weight)
    if var own = bias {
      try visit(path.appending("bias"), &own)
      bias = own
    }
  }
}
