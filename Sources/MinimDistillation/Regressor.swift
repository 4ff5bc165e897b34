// SPDX-License-Identifier: Apache-2.0
internal import MinimLayers
internal import MinimLearning
public import MinimTensor

/// The linear map that losses train from the student's width to the teacher's: y = x Wᵀ + b at every step.
public struct Regressor<Scalar: TensorScalar>: Sendable {
  /// W: (teacher's width, student's width).
  public var weight: Tensor<Scalar>
  /// b: (teacher's width).
  public var bias: Tensor<Scalar>

  /// A map from its two tensors.
  public init(weight: Tensor<Scalar>, bias: Tensor<Scalar>) {
    self.weight = weight
    self.bias = bias
  }

  /// Maps (…, student's width) to (…, teacher's width).
  func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> {
    input.linear(weight: weight, bias: bias)
  }
}

extension Regressor<Float> {
  /// The map among the adapters of a run, under `method`.weight and `method`.bias.
  init(_ adapters: Adapters, of method: DistillationMethod) {
    weight = adapters["\(method.rawValue).weight"]
    bias = adapters["\(method.rawValue).bias"]
  }

  /// Such adapters at their start: uniform in ±1/√(student's width).
  static func start(
    of method: DistillationMethod, student: Int, teacher: Int,
    using generator: inout SeededGenerator
  ) -> [(name: String, tensor: Tensor<Float>)] {
    let map = Linear<Float>(inputs: student, outputs: teacher, using: &generator)
    return [("\(method.rawValue).weight", map.weight), ("\(method.rawValue).bias", map.bias)]
  }
}
