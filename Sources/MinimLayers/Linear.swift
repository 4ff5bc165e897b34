// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// A linear map with bias: y = x Wᵀ + b.
public struct Linear<Scalar: TensorScalar>: ParameterTree {
  /// W: (outputs, inputs).
  public var weight: Tensor<Scalar>
  /// b: (outputs).
  public var bias: Tensor<Scalar>

  /// Weights and bias uniform in ±1/√inputs, PyTorch's start.
  ///
  /// Both sizes must be positive.
  public init(inputs: Int, outputs: Int, using generator: inout SeededGenerator) {
    precondition(
      inputs > 0 && outputs > 0, "a linear map of \(inputs) inputs to \(outputs) outputs")
    let bound = 1 / Scalar(inputs).squareRoot()
    weight = .uniform(in: -bound...bound, shape: [outputs, inputs], using: &generator)
    bias = .uniform(in: -bound...bound, shape: [outputs], using: &generator)
  }

  /// Maps (…, inputs) to (…, outputs).
  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> {
    input.linear(weight: weight, bias: bias)
  }

  /// Visits `weight` and `bias`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try visit(path.appending("weight"), &weight)
    try visit(path.appending("bias"), &bias)
  }
}
