// SPDX-License-Identifier: Apache-2.0
package import MinimLayers
package import MinimTensor

/// MSCRED's autoencoder of signature matrices: convolutions, a convolutional LSTM with attention over the steps at each level,
/// and transposed convolutions back.
///
/// Level l = 1 … L has wₗ channels: convolutions of 3 × 3, 3 × 3 with stride 2, 2 × 2 and 2 × 2 with stride 2, SELU after
/// each. Ĥₗ = Σ αᵢ Hᵢ, α = softmax of ⟨H₅, Hᵢ⟩ / 5 over the five hidden states. Decoder: D = Ĥ_L; each transposed convolution
/// maps D, joined with the level's Ĥ but at the deepest, to the level above, the last to three matrices, SELU
/// between them. Source: methods, gon 3.1 and 3.4; the last layer is linear, for a SELU never goes below -1.76.
package struct SignatureNetwork<Scalar: TensorScalar>: ParameterTree {
  /// Whether a level's state goes from step to step; without it each step's input is seen five times by itself, as in the code that
  /// the published numbers come from (methods, gon 3.5 A6).
  package let recurs: Bool
  /// The convolutions, widest image first.
  package var encoder: [ImageConvolution<Scalar>]
  /// The LSTM of each level.
  package var memories: [ConvolutionalLSTM<Scalar>]
  /// The transposed convolutions, deepest first.
  package var decoder: [ImageConvolution<Scalar>]

  /// A network of one to four levels.
  package init(
    widths: [Int], separable: Bool, recurs: Bool, using generator: inout SeededGenerator
  ) {
    self.recurs = recurs
    encoder = []
    memories = []
    decoder = []
    for (level, width) in widths.enumerated() {
      encoder.append(
        ImageConvolution(
          inputs: level == 0 ? 3 : widths[level - 1], outputs: width, kernel: level < 2 ? 3 : 2,
          stride: level == 0 ? 1 : 2, transposed: false, using: &generator))
      memories.append(
        ConvolutionalLSTM(channels: width, separable: separable, using: &generator))
    }
    for level in widths.indices.reversed() {
      decoder.append(
        ImageConvolution(
          inputs: level == widths.count - 1 ? widths[level] : 2 * widths[level],
          outputs: level == 0 ? 3 : widths[level - 1], kernel: level < 2 ? 3 : 2,
          stride: level == 0 ? 1 : 2, transposed: true, using: &generator))
    }
  }

  /// What the convolutions make of matrices (count, 3, n, n), for each level (count, wₗ, height, width).
  package func encoded(_ matrices: Tensor<Scalar>) -> [Tensor<Scalar>] {
    var image = matrices, levels: [Tensor<Scalar>] = []
    for layer in encoder {
      image = layer(image).selu()
      levels.append(image)
    }
    return levels
  }

  /// Ĥ of each level, (count, wₗ, height, width), from its codes of five steps (count, 5, wₗ, height, width).
  package func attended(_ codes: [Tensor<Scalar>]) -> [Tensor<Scalar>] {
    zip(codes, memories).map { code, memory in
      let hidden = states(of: memory, over: code)
      return Self.attention(over: hidden).product(hidden)
        .reshaped(to: [code.shape[0]] + code.shape[2...])
    }
  }

  /// The hidden states (count, steps, numbers) of a level that sees codes (count, steps, width, height, width).
  private func states(
    of memory: ConvolutionalLSTM<Scalar>, over codes: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    let shape = codes.shape, count = shape[0], steps = shape[1]
    var state: ConvolutionalLSTMState<Scalar>?
    let hidden = (0..<steps).map { step in
      let image =
        recurs
        ? codes.sliced(step..<step + 1, along: 1).reshaped(to: [count] + shape[2...])
        : codes.reshaped(to: [count * steps] + shape[2...])
      let next = memory.step(image, after: state)
      state = next
      return next.hidden
    }
    return recurs
      ? .concatenated(hidden.map { $0.reshaped(to: [count, 1, -1]) }, along: 1)
      : hidden[steps - 1].reshaped(to: [count, steps, -1])
  }

  /// The weights αᵢ (count, 1, steps) of states (count, steps, numbers): softmax of ⟨H_last, Hᵢ⟩ / steps.
  package static func attention(over hidden: Tensor<Scalar>) -> Tensor<Scalar> {
    let steps = hidden.shape[1]
    let last = hidden.sliced(steps - 1..<steps, along: 1)
    return (last.product(hidden, otherTransposed: true) / Scalar(steps)).softmax()
  }

  /// The matrices of the last step (count, 3, n, n) from Ĥ of each level.
  package func decoded(_ attended: [Tensor<Scalar>], extent: Int) -> Tensor<Scalar> {
    let top = attended.count - 1
    var image = attended[top]
    for (index, layer) in decoder.enumerated() {
      let level = top - index
      if level < top { image = .concatenated([image, attended[level]], along: 1) }
      image = layer(
        image, to: level > 0 ? Array(attended[level - 1].shape[2...]) : [extent, extent])
      if level > 0 { image = image.selu() }
    }
    return image
  }

  /// The matrices of the last step (count, 3, n, n) and Ĥ of each level, from samples (count, 5, 3, n, n).
  package func callAsFunction(
    _ samples: Tensor<Scalar>
  ) -> (matrices: Tensor<Scalar>, attended: [Tensor<Scalar>]) {
    let shape = samples.shape
    let codes = encoded(samples.reshaped(to: [shape[0] * shape[1]] + shape[2...])).map {
      $0.reshaped(to: [shape[0], shape[1]] + $0.shape[1...])
    }
    let attended = attended(codes)
    return (decoded(attended, extent: shape[3]), attended)
  }

  package mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    for level in encoder.indices {
      try encoder[level].visitParameters(under: path.appending("encoder.\(level)"), visit)
    }
    for level in memories.indices {
      try memories[level].visitParameters(under: path.appending("memory.\(level)"), visit)
    }
    for index in decoder.indices {
      try decoder[index].visitParameters(under: path.appending("decoder.\(index)"), visit)
    }
  }
}
