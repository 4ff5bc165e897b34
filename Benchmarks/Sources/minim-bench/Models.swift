// SPDX-License-Identifier: Apache-2.0
import MinimLayers
import MinimTensor

// The models of the peers' models.py, written with the operations.

/// The scale and shift of a layer norm.
struct Norm: ParameterTree {
  var scale: Tensor<Float>
  var shift: Tensor<Float>

  init(width: Int) {
    scale = Tensor(repeating: 1, shape: [width])
    shift = Tensor(zeros: [width])
  }

  func callAsFunction(_ x: Tensor<Float>, plus y: Tensor<Float>) -> Tensor<Float> {
    x.layerNorm(adding: y, scale: scale, shift: shift)
  }

  mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    try visit(path.appending("scale"), &scale)
    try visit(path.appending("shift"), &shift)
  }
}

/// PyTorch's TransformerEncoderLayer as it is by default: norms after the sums, with GELU, no
/// dropout.
struct EncoderLayer: ParameterTree {
  let heads: Int
  var packed: Linear<Float>
  var joined: Linear<Float>
  var up: Linear<Float>
  var down: Linear<Float>
  var first: Norm
  var second: Norm

  init(width: Int, heads: Int, inner: Int, using generator: inout SeededGenerator) {
    self.heads = heads
    packed = Linear(inputs: width, outputs: 3 * width, using: &generator)
    joined = Linear(inputs: width, outputs: width, using: &generator)
    up = Linear(inputs: width, outputs: inner, using: &generator)
    down = Linear(inputs: inner, outputs: width, using: &generator)
    first = Norm(width: width)
    second = Norm(width: width)
  }

  func callAsFunction(_ x: Tensor<Float>) -> Tensor<Float> {
    let y = first(x, plus: joined(Tensor.attention(queryKeyValue: packed(x), heads: heads)))
    return second(y, plus: down(up(y).gelu()))
  }

  mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    try packed.visitParameters(under: path.appending("packed"), visit)
    try joined.visitParameters(under: path.appending("joined"), visit)
    try up.visitParameters(under: path.appending("up"), visit)
    try down.visitParameters(under: path.appending("down"), visit)
    try first.visitParameters(under: path.appending("first"), visit)
    try second.visitParameters(under: path.appending("second"), visit)
  }
}

/// A linear map, encoder layers and a linear map; with places added after the first where there
/// are `steps`.
struct Encoder: ParameterTree {
  var input: Linear<Float>
  var places: Tensor<Float>?
  var layers: [EncoderLayer]
  var head: Linear<Float>

  init(
    inputs: Int, width: Int, heads: Int, inner: Int, outputs: Int, steps: Int? = nil,
    using generator: inout SeededGenerator
  ) {
    input = Linear(inputs: inputs, outputs: width, using: &generator)
    places = steps.map { Tensor(zeros: [1, $0, width]) }
    layers = [0, 1].map { _ in
      EncoderLayer(width: width, heads: heads, inner: inner, using: &generator)
    }
    head = Linear(inputs: width, outputs: outputs, using: &generator)
  }

  func callAsFunction(_ x: Tensor<Float>) -> Tensor<Float> {
    var state = input(x)
    if let places { state = state + places }
    for layer in layers { state = layer(state) }
    return head(state)
  }

  mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    try input.visitParameters(under: path.appending("input"), visit)
    if var own = places {
      try visit(path.appending("places"), &own)
      places = own
    }
    for index in layers.indices {
      try layers[index].visitParameters(under: path.appending("\(index)"), visit)
    }
    try head.visitParameters(under: path.appending("head"), visit)
  }
}

/// Linear maps with an activation between them.
struct Perceptron: ParameterTree {
  var maps: [Linear<Float>]
  let activation: @Sendable (Tensor<Float>) -> Tensor<Float>

  init(
    sizes: [Int], using generator: inout SeededGenerator,
    activation: @escaping @Sendable (Tensor<Float>) -> Tensor<Float>
  ) {
    maps = []
    for (inputs, outputs) in zip(sizes, sizes.dropFirst()) {
      maps.append(Linear(inputs: inputs, outputs: outputs, using: &generator))
    }
    self.activation = activation
  }

  /// `turned` has the transposes of the weights, where they are kept.
  func callAsFunction(_ x: Tensor<Float>, turned: [Tensor<Float>]? = nil) -> Tensor<Float> {
    var state = x
    for (index, map) in maps.enumerated() {
      state = (index == 0 ? state : activation(state)).linear(
        weight: map.weight, bias: map.bias, transposed: turned?[index])
    }
    return state
  }

  mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    for index in maps.indices {
      try maps[index].visitParameters(under: path.appending("\(index)"), visit)
    }
  }
}

/// One tensor to optimise: GON's input.
struct Point: ParameterTree {
  var value: Tensor<Float>

  mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    try visit(path.appending("value"), &value)
  }
}
