// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// What stands between the linear maps of a perceptron.
public enum Activation: String, Codable, CaseIterable, Sendable {
  /// y = x
  case identity
  /// y = max(x, 0)
  case relu
  /// y = x for x > 0, 0.2 x below
  case leakyRelu = "leaky-relu"

  /// The function of every element.
  public func callAsFunction<Scalar: TensorScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    switch self {
    case .identity: x
    case .relu: x.relu()
    case .leakyRelu: x.leakyRelu(slope: 0.2)
    }
  }
}

/// Linear maps one after the other, with an activation between them and none at the end.
public struct Perceptron<Scalar: TensorScalar>: ParameterTree {
  /// The maps, in order.
  public var maps: [Linear<Scalar>]
  /// What stands between them.
  public let activation: Activation

  /// Maps from `sizes[0]` numbers through each next size to the last; two sizes or more, all positive.
  public init(sizes: [Int], activation: Activation, using generator: inout SeededGenerator) {
    precondition(sizes.count > 1, "a perceptron of the sizes \(sizes)")
    self.activation = activation
    maps = []
    for (inputs, outputs) in zip(sizes, sizes.dropFirst()) {
      maps.append(Linear(inputs: inputs, outputs: outputs, using: &generator))
    }
  }

  /// Maps (…, first size) to (…, last size).
  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> {
    maps.enumerated().reduce(input) { state, layer in
      layer.element(layer.offset == 0 ? state : activation(state))
    }
  }

  /// Visits the maps, named 0, 1, ….
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    for index in maps.indices {
      try maps[index].visitParameters(under: path.appending("\(index)"), visit)
    }
  }
}
