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
    // Of 24, 64, 96 and 32 weights: embedding, attention, feed-forward part and head.
    let counts: [Double: [Int: Int]] = [
      0.5: [24: 12, 64: 32, 96: 48, 32: 16], 0.25: [24: 6, 64: 16, 96: 24, 32: 8],
      0.1: [24: 3, 64: 7, 96: 10, 32: 4], 1: [24: 24, 64: 64, 96: 96, 32: 32],
    ]
    var matrices = 0
    for (name, tensor) in network.effective.namedParameters where tensor.rank == 2 {
      matrices += 1
      let kept = tensor.scalars.filter { $0 != 0 }
      #expect(kept.count == counts[keep]?[tensor.count], "\(name)")
      #expect(Set(kept.map(abs)).count == 1, "\(name)")
      if weights == .signedConstant {
        let squared: [Double: Double] = [0.5: 1, 0.25: 2, 0.1: 2, 1: 0.5]
        let size = try #require(squared[keep]) / Double(tensor.shape[1])
        #expect(abs(Double(abs(kept[0])) / size.squareRoot() - 1) < 1e-3, "\(name)")
      }
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

  /// The steps that are kept are those of the configuration: neither padding nor other cases change a result.
  @Test func keptStepsDoNotDependOnTheSet() {
    var generator = SeededGenerator(seed: 5)
    let model = TransformerClassifier<Float>(
      .init(
        encoder: .init(
          inputs: 3, width: 8, feedForward: 12, steps: 8, activationMask: .steps,
          activationKeep: 0.5), classes: 4), using: &generator)
    // Of 11 steps, longer than the configuration's, 0, 2, 4, 6, 8 and 10 are kept.
    for length in [1, 5, 8, 11] {
      let own = Tensor<Float>.normal(shape: [1, length, 3], using: &generator)
      let alone = model(own, lengths: nil, training: false).output
      let padded = own.padded(along: 1, before: 0, after: 13 - length)
      let other = Tensor<Float>.normal(shape: [1, 13, 3], using: &generator)
      let both = model(
        .concatenated([padded, other], along: 0), lengths: [length, 13], training: false
      ).output.sliced(0..<1, along: 0)
      #expect((both - alone).absolute().max().item < 1e-5, "\(length)")
    }
    let long = Tensor<Float>.normal(shape: [1, 11, 3], using: &generator)
    for (step, notices) in [(7, false), (8, true), (9, false), (10, true)] {
      var values = long.scalars
      values[3 * step] += 1
      let before = model.encoder(long), after = model.encoder(Tensor(values, shape: [1, 11, 3]))
      let first = 0..<1
      #expect(
        (before.sliced(first, along: 1) != after.sliced(first, along: 1)) == notices, "\(step)")
    }
  }

  /// A name takes whole parts of paths.
  @Test func denseNamesAreWholeParts() {
    var generator = SeededGenerator(seed: 1)
    let base = TransformerClassifier<Float>(
      .init(
        encoder: .init(inputs: 3, width: 4, layers: 11, feedForward: 6, steps: 5), classes: 4),
      using: &generator)
    let network = Binarised(
      base, Binarisation(keep: 0.5, dense: ["encoder.layers.1", "head.weight"]), using: &generator)
    let dense = network.namedParameters.map(\.name).filter { $0.hasSuffix(".weight") }
    #expect(dense.count == 7, "\(dense)")
    #expect(dense.count { $0.hasPrefix("encoder.layers.1.") } == 6 && dense.contains("head.weight"))
  }

  /// Masks by elements have their share of zeros, are one for all heads, and others for each layer and for queries,
  /// keys and values.
  @Test(arguments: [(0.5, 80), (0.25, 120), (0.875, 20)])
  func elementMasks(keep: Double, zeros: Int) {
    var generator = SeededGenerator(seed: 5)
    let encoder = TransformerEncoder<Float>(
      .init(
        inputs: 3, width: 16, heads: 4, layers: 3, feedForward: 12, steps: 10, positions: .none,
        activationMask: .elements, activationKeep: keep), using: &generator)
    #expect(encoder.masks.count == 3 && encoder.masks.allSatisfy { $0.count == 3 })
    let masks = encoder.masks.flatMap { $0 }
    #expect(Set(masks.map(\.scalars)).count == 9)
    for mask in masks {
      #expect(mask.shape == [10, 16])
      #expect(mask.scalars.count { $0 == 0 } == zeros)
      #expect(mask.scalars.count { $0 == 1 } == 160 - zeros)
      let heads = (0..<4).map { mask.sliced(4 * $0..<4 * $0 + 4, along: 1).scalars }
      #expect(Set(heads).count == 1)
    }
    // A layer's queries, keys and values go through its own.
    let series = Tensor<Float>.normal(shape: [2, 10, 3], using: &generator)
    func attended(_ layer: Int, _ rows: Tensor<Float>) -> Tensor<Float> {
      let own = encoder.layers[layer], masks = encoder.masks[layer]
      let found = Tensor.attention(
        query: own.query(rows) * masks[0], key: own.key(rows) * masks[1],
        value: own.value(rows) * masks[2], heads: 4)
      let z = rows + own.output(found)
      return z + own.second(own.first(z).relu())
    }
    var rows = Tensor<Float>(4) * encoder.embedding(series)
    for layer in 0..<3 { rows = attended(layer, rows) }
    #expect((rows.relu() - encoder(series)).absolute().max().item < 1e-4)
  }
}
