// SPDX-License-Identifier: Apache-2.0
import MinimHost
import MinimLayers
import MinimLearning
import MinimModels
import MinimPacking
import MinimRuntime
import MinimSeries
import MinimTensor
import Testing

/// Packed transformer classifiers, and packed classifiers of signs under masks, against the trained ones.
@Suite struct TransformerClassifierPackingTests {
  private func encoder(
    norm: TransformerNorm = .batch,
    positions: TransformerConfiguration.Positions = .sinusoid, heads: Int = 2,
    mask: TransformerConfiguration.ActivationMask = .none
  ) -> TransformerConfiguration {
    TransformerConfiguration(
      inputs: 2, width: 18, heads: heads, feedForward: 13, steps: 24, norm: norm,
      positions: positions, activationMask: mask, activationKeep: mask == .none ? 1 : 0.5)
  }

  private func cases(lengths: ClosedRange<Int> = 24...24, length: LengthPolicy = .require) throws
    -> PackedModels
  {
    try PackedModels(
      channels: 2, classes: 3, lengths: lengths, caseCount: 30,
      preparation: Preparation(length: length, normalise: .training))
  }

  private func packed<Model: StoredClassifier<Float>>(
    _ configuration: Model.Configuration, _: Model.Type, _ random: PackedModels,
    _ precision: Precision = .float32, window: Int? = nil
  ) throws -> PackedClassifier {
    var generator = SeededGenerator(seed: 4)
    let model = calibrated(
      Model(configuration, using: &generator), random.cases, using: &generator)
    return try pack(
      model, trainedOn: random.set, cases: random.cases, precision: precision, window: window)
  }

  private func check(_ packed: PackedClassifier, within limit: Double) throws {
    #expect(packed.largestDifference < limit)
    #expect(packed.cases == 30)
    let loaded = try LoadedModel(packed.bytes, path: "test")
    #expect(try SelfTest(loaded.model).run(in: loaded.session) == 0)
    #expect(try ModelFile(bytes: packed.bytes).bytes() == packed.bytes)
  }

  @Test(
    arguments: [TransformerNorm.batch, .token, .none],
    [TransformerConfiguration.Positions.sinusoid, .learned, .none])
  func packedEqualsTrained(
    _ norm: TransformerNorm, _ positions: TransformerConfiguration.Positions
  ) throws {
    let random = try cases()
    for (precision, limit) in [(Precision.float32, 3e-6), (.float16, 4e-3), (.int8, 0.05)] {
      for heads in [1, 3] {
        let packed = try packed(
          .init(encoder: encoder(norm: norm, positions: positions, heads: heads), classes: 3),
          TransformerClassifier<Float>.self, random, precision)
        try check(packed, within: limit)
        try withModel(packed.bytes) { model in
          #expect(model.mode == .window && model.stepOperationCount == 1)
          let layer = 4 * 18 * 18 + 2 * 24 * 18 + 2 * 18 * 13
          #expect(model.multiplyAdds.step == 0)
          #expect(model.multiplyAdds.result == Int64(24 * (2 * 18 + 2 * layer) + 3 * 18))
        }
      }
    }
  }

  private static let binarisations = [
    Binarisation(keep: 0.5), Binarisation(keep: 0.25, trainsBiases: true, seed: 3),
    Binarisation(keep: 0.5, weights: .kaimingNormal, dense: ["head"]),
  ]

  @Test(arguments: binarisations) func signsUnderMasks(_ binarisation: Binarisation) throws {
    let random = try cases()
    func check<Base: StoredClassifier<Float>>(
      _ base: Base.Configuration, _: Base.Type, matrices: Int
    ) throws {
      let rounds = binarisation.weights == .kaimingNormal
      for precision in Precision.allCases {
        let packed = try packed(
          .init(base: base, binarisation: binarisation), BinaryClassifier<Base>.self, random,
          precision)
        let limits: [Precision: Double] = [
          .float32: rounds ? 5e-3 : 3e-6, .float16: 5e-3, .int8: 0.1,
        ]
        try self.check(packed, within: limits[precision] ?? 0)
        let file = try ModelFile(bytes: packed.bytes)
        let signs = file.tensors.count { $0.type == .oneBit }
        #expect(signs == matrices - (binarisation.dense.isEmpty ? 0 : min(matrices, 1)))
      }
    }
    try check(
      .init(encoder: encoder(), classes: 3), TransformerClassifier<Float>.self, matrices: 14)
    try check(
      .init(cell: .lstm, layers: 2, hidden: 9, channels: 2, classes: 3),
      RecurrentClassifier<Float>.self, matrices: 5)
    // Norms are folded into convolutions: the head and, of a LITE, the depth-wise ones are of signs.
    try check(
      .init(layers: 2, hidden: 6, channels: 2, classes: 3), TemporalConvolution<Float>.self,
      matrices: 1)
    try check(.init(hidden: 4, channels: 2, classes: 3), Lite<Float>.self, matrices: 3)
    try check(
      .init(length: 24, channels: 2, classes: 3), LogisticRegression<Float>.self, matrices: 1)
  }

  /// What an int8 input's unit stands for is the largest number that the map reads in any case, found by hand, over 127.
  @Test func int8InputsAreCalibratedWhereTheyAre() throws {
    let random = try cases()
    var generator = SeededGenerator(seed: 4)
    let model = TransformerClassifier<Float>(
      .init(encoder: encoder(norm: .none, positions: .none, heads: 3), classes: 3),
      using: &generator)
    let packed = try pack(model, trainedOn: random.set, cases: random.cases, precision: .int8)
    var expected: [Float] = []
    let learned = random.cases.train
    let (series, _) = learned.batch(Array(0..<learned.caseCount))
    var x = Float(model.encoder.configuration.width).squareRoot() * model.encoder.embedding(series)
    for layer in model.encoder.layers {
      let found: Tensor<Float> = .attention(
        query: layer.query(x), key: layer.key(x), value: layer.value(x), heads: 3)
      let z = x + layer.output(found), hidden = layer.first(z).relu()
      let read: [Tensor<Float>] = [x, x, x, found, z, hidden]
      expected += read.map { $0.scalars.map(abs).max() ?? 0 }
      x = z + layer.second(hidden)
    }
    let scales = try ModelFile(bytes: packed.bytes).tensors.filter { $0.type == .int8 }.map {
      $0.block.withUnsafeBytes { $0.loadUnaligned(as: Float.self) }
    }
    // The head's is the last.
    #expect(scales.count == 13)
    for (scale, largest) in zip(scales, expected) {
      #expect(abs(127 * scale - largest) <= 1e-5 * largest, "\(scales) \(expected)")
    }
  }

  /// The mean over the steps knows no bound: a dense head in int8 is calibrated on it.
  @Test func denseHeadsReadLargeMeans() throws {
    let random = try cases()
    var generator = SeededGenerator(seed: 4)
    var model = calibrated(
      BinaryClassifier<TransformerClassifier<Float>>(
        .init(
          base: .init(encoder: encoder(), classes: 3),
          binarisation: Binarisation(keep: 0.25, dense: ["head"])),
        using: &generator), random.cases, using: &generator)
    model.visitParameters(under: .root) { path, tensor in
      if path.description == "encoder.layers.1.norm2.weight" { tensor = 5 * tensor }
    }
    let packed = try pack(
      model, trainedOn: random.set, cases: random.cases, precision: .int8)
    try check(packed, within: 0.02)
  }

  /// A coded mask is taken where it has fewer bytes: at a half nowhere, at a tenth in all matrices but the smallest.
  @Test(arguments: [(0.5, 0), (0.1, 12)]) func codedMasksAreNeverLonger(
    keep: Double, coded: Int
  ) throws {
    let random = try cases()
    var generator = SeededGenerator(seed: 4)
    let model = calibrated(
      BinaryClassifier<TransformerClassifier<Float>>(
        .init(
          base: .init(encoder: encoder(), classes: 3), binarisation: Binarisation(keep: keep)),
        using: &generator), random.cases, using: &generator)
    let files = try [MaskCoding.plain, .coded].map { masks in
      let packed = try pack(
        model, trainedOn: random.set, cases: random.cases, precision: .float32, masks: masks)
      try check(packed, within: 3e-6)
      #expect(packed.matrices == 14 && packed.oneBitMatrices == 14)
      return try ModelFile(bytes: packed.bytes)
    }
    for (plain, own) in zip(files[0].tensors, files[1].tensors) where plain.type == .oneBit {
      let isCoded = own.head[2] & 2 != 0
      #expect(isCoded ? own.block.count < plain.block.count : own.block == plain.block)
    }
    #expect(files[0].tensors.allSatisfy { $0.type != .oneBit || $0.head[2] & 2 == 0 })
    #expect(files[1].tensors.count { $0.type == .oneBit && $0.head[2] & 2 != 0 } == coded)
  }

  @Test func whatHasNoOperationsIsNamed() throws {
    func refused(
      _ encoder: TransformerConfiguration, _ random: PackedModels, window: Int? = nil
    ) throws -> PackingError {
      try #require(throws: PackingError.self) {
        try packed(
          .init(encoder: encoder, classes: 3), TransformerClassifier<Float>.self, random,
          window: window)
      }
    }
    let random = try cases()
    for mask in [TransformerConfiguration.ActivationMask.elements, .steps] {
      #expect(
        try refused(encoder(mask: mask), random)
          == .transformer("--activation-mask \(mask.rawValue)", instead: "train without it"))
    }
    let lengths = PackingError.transformer(
      "cases of several lengths", instead: "train with --length resample:N")
    #expect(try refused(encoder(), cases(lengths: 9...24, length: .pad)) == lengths)
    #expect(try refused(encoder(), random, window: 25) == lengths)
  }
}
