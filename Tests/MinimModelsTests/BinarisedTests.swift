// SPDX-License-Identifier: Apache-2.0
import MinimLayers
import MinimModels
import MinimTensor
import Testing

/// Trees whose matrices are signs under masks.
@Suite struct BinarisedTests {
  private func network(
    _ binarisation: Binarisation, seed: UInt64 = 1
  ) -> Binarised<TransformerClassifier<Float>> {
    var generator = SeededGenerator(seed: seed)
    let base = TransformerClassifier<Float>(
      .init(
        encoder: .init(inputs: 3, width: 8, feedForward: 12, steps: 5, norm: .batch), classes: 4),
      using: &generator)
    return Binarised(base, binarisation, using: &generator)
  }

  @Test(arguments: [0.5, 0.25, 0.1, 1], Binarisation.Weights.allCases)
  func matricesAreSignsOfOneMagnitude(keep: Double, weights: Binarisation.Weights) throws {
    let network = network(Binarisation(keep: keep, weights: weights))
    var matrices = 0
    for (name, tensor) in network.effective.namedParameters where tensor.rank == 2 {
      matrices += 1
      let kept = tensor.scalars.filter { $0 != 0 }
      #expect(kept.count == tensor.count - Int((1 - keep) * Double(tensor.count)), "\(name)")
      #expect(Set(kept.map(abs)).count == 1, "\(name)")
      let share = Double(kept.count { $0 > 0 }) / Double(kept.count)
      if kept.count > 30 { #expect((0.2...0.8).contains(share), "\(name): \(share)") }
    }
    #expect(matrices == 14)
  }

  /// Scores and norms are trained; biases of maps are zeros, unless they are asked for.
  @Test func whatIsTrained() {
    let names = Set(network(Binarisation(keep: 0.5)).namedParameters.map(\.name))
    #expect(names.count == 14 + 8)
    #expect(names.contains("encoder.layers.0.query.weight.scores"))
    #expect(names.contains("encoder.layers.1.norm2.bias"))
    #expect(!names.contains("head.bias"))
    let biased = network(Binarisation(keep: 0.5, trainsBiases: true))
    #expect(biased.namedParameters.count == 14 + 8 + 14)
    let mixed = network(Binarisation(keep: 0.5, dense: ["head", "encoder.embedding"]))
    let dense = mixed.namedParameters.map(\.name).filter { !$0.hasSuffix(".scores") }
    #expect(dense.contains("head.weight") && dense.contains("head.bias"))
    #expect(dense.contains("encoder.embedding.weight"))
    #expect(mixed.namedParameters.count { $0.name.hasSuffix(".scores") } == 12)
  }

  /// Matrices of one seed differ from each other, and from those of another seed.
  @Test func signsAreIndependent() {
    func signs(_ seed: UInt32) -> [[Bool]] {
      network(Binarisation(keep: 1, seed: seed)).effective.namedParameters
        .filter { $0.name.contains("query") || $0.name.contains("key") }
        .filter { $0.tensor.rank == 2 }.map { $0.tensor.scalars.map { $0 > 0 } }
    }
    let one = signs(1)
    #expect(one.count == 4 && Set(one).count == 4)
    #expect(one == signs(1))
    #expect(Set(one).isDisjoint(with: signs(2)))
  }

  /// A file has the scores, not the weights, and the classifier comes back the same.
  @Test func savedAndRead() throws {
    var generator = SeededGenerator(seed: 3)
    let encoder = TransformerConfiguration(
      inputs: 3, width: 8, feedForward: 12, steps: 5, norm: .token, positions: .learned,
      activationMask: .elements, activationKeep: 0.5)
    var model = BinaryClassifier<TransformerClassifier<Float>>(
      .init(
        base: .init(encoder: encoder, classes: 4),
        binarisation: Binarisation(keep: 0.25, weights: .uniform, dense: ["head"], seed: 9)),
      using: &generator)
    model.visitParameters(under: .root) { _, tensor in
      tensor = tensor + Tensor.uniform(in: -0.1...0.1, shape: tensor.shape, using: &generator)
    }
    let series = Tensor<Float>.normal(shape: [4, 5, 3], using: &generator)
    let again = try storedClassifier(from: model.file(metadata: [:]), path: "there")
    #expect(again(series).output == model(series).output)
    #expect(type(of: again).architecture == "binary-transformer")
  }

  /// Buffers that are set in use reach the network.
  @Test func calibrates() {
    var generator = SeededGenerator(seed: 4)
    var network = network(Binarisation(keep: 0.5))
    let series = 3 * Tensor<Float>.normal(shape: [6, 5, 3], using: &generator)
    let training = network(series, lengths: nil, training: true).output
    #expect((network(series).output - training).absolute().max().item > 1e-3)
    network.calibrate(series, lengths: nil)
    #expect((network(series).output - training).absolute().max().item < 1e-4)
  }

  /// The mask by steps sees keys of kept steps alone; that by elements changes the result.
  @Test func activationMasks() {
    func encoder(_ mask: TransformerConfiguration.ActivationMask) -> TransformerEncoder<Float> {
      var generator = SeededGenerator(seed: 5)
      return TransformerEncoder(
        .init(
          inputs: 3, width: 8, layers: 1, feedForward: 12, steps: 8, positions: .none,
          activationMask: mask, activationKeep: 0.5), using: &generator)
    }
    var generator = SeededGenerator(seed: 6)
    let series = Tensor<Float>.normal(shape: [1, 8, 3], using: &generator)
    // Step 7 is no kept one: no other step notices a change of it; step 6 is.
    func changed(_ step: Int, _ mask: TransformerConfiguration.ActivationMask) -> Bool {
      var values = series.scalars
      values[3 * step] += 1
      let before = encoder(mask)(series), after = encoder(mask)(Tensor(values, shape: [1, 8, 3]))
      return before.sliced(0..<1, along: 1) != after.sliced(0..<1, along: 1)
    }
    #expect(changed(7, .none) && changed(6, .none))
    #expect(!changed(7, .steps) && changed(6, .steps))
    #expect(encoder(.elements)(series) != encoder(.none)(series))
  }
}
