// SPDX-License-Identifier: Apache-2.0
import MinimDetection
import MinimHost
import MinimLayers
import MinimPacking
import MinimRuntime
import MinimSeries
import MinimTensor
import Testing

/// Packed transformer detectors against the networks that they are made of.
@Suite struct TransformerPackingTests {
  private func difference(_ found: [Float], _ expected: [Float]) -> Double {
    var differences = 0.0, squares = 0.0
    for (one, other) in zip(found, expected) {
      differences += Double((one - other) * (one - other))
      squares += Double(other * other)
    }
    return (differences / squares).squareRoot()
  }

  /// Row after row, from the first on, of which windows are still full.
  @Test(arguments: PackedTransformer.all)
  func streamedPartsAreTheNetworks(_ transformer: PackedTransformer) throws {
    let made = try transformer.made(), expected = try made.testParts()
    #expect(expected.count == 4 * made.test.count)
    let rounds = made.detector.configuration.binarisation?.weights == .kaimingNormal
    for precision in [Precision.float32, .float16, .int8] {
      let packed = try made.packed(precision)
      #expect(packed.relativeDifference < (precision == .float32 ? rounds ? 2e-3 : 1e-5 : 0.02))
      let streamed = try withDetectorSession(packed.bytes) { StreamedDetector(&$0, made.test) }
      let bound = precision == .float32 ? 1e-5 : precision == .float16 ? 0.02 : 0.03
      let found = difference(streamed.parts.flatMap { $0 }, expected)
      #expect(found < bound, "\(precision): \(found)")
      let scores = streamed.parts.map { ((($0[0] + $0[1]) + $0[2]) + $0[3]) / 4 }
      #expect(streamed.scores == scores)
      let loaded = try LoadedModel(packed.bytes, path: "test")
      #expect(try SelfTest(loaded.model).run(in: loaded.session) == 0)
      #expect(try ModelFile(bytes: packed.bytes).bytes() == packed.bytes)
      #expect(packed.bytes[10] == 3)
    }
  }

  /// A trained detector's own scores, where the magnitude of signs is a float16 by itself.
  @Test(arguments: PackedTransformer.all)
  func scoresAreTheDetectors(_ transformer: PackedTransformer) throws {
    let made = try transformer.made()
    if made.detector.configuration.binarisation?.weights == .kaimingNormal { return }
    let scores = made.detector.scores(of: try made.scaler.apply(to: made.test).recording).scores
    let streamed = try withDetectorSession(made.packed().bytes) { StreamedDetector(&$0, made.test) }
    #expect(difference(streamed.scores, scores.map { Float($0) }) < 1e-5)
  }

  /// Rows of a set are embedded and taken through all layers but the last once, as they come.
  @Test(arguments: PackedTransformer.all)
  func whatASampleCosts(_ transformer: PackedTransformer) throws {
    let made = try transformer.made(), encoder = made.detector.configuration.encoder
    let bytes = try made.packed(bare: true).bytes, file = try ModelFile(bytes: bytes)
    let step = file.operations.prefix(file.stepOperations).map(\.code)
    let isSet = PackedTransformer.sets.contains { $0.configuration == transformer.configuration }
    let whole =
      made.detector.configuration.predicts && encoder.looks == .everywhere
      ? [OperationCode.clip, .window, .linear, .window, .clip, .join] : [.clip, .window]
    let layers = (1..<encoder.layers).flatMap { _ in [OperationCode.layer, .window] }
    #expect(step == (isSet ? [.clip, .embed, .window] + layers : whole))
    let d = encoder.width, f = encoder.feedForward, c = encoder.inputs, t = encoder.steps
    let own = d * (2 * d + 2 * f), fed = 2 * d * f
    let adds = try withModel(bytes) { $0.multiplyAdds }
    let asked = encoder.looks == .lastStep ? t - 1 : t
    var last = encoder.layers * (4 * d * d + 2 * encoder.heads * asked * d + fed)
    last += d * c
    if isSet {
      #expect(adds.step == Int64(c * d + (encoder.layers - 1) * own))
      if made.detector.configuration.predicts { last += c * d }
    } else {
      // All rows, and the last one by itself.
      let found = encoder.looks == .lastStep ? own : 4 * d * d + 2 * t * d + fed
      if t == 1 {
        last += (encoder.layers - 1) * (4 * d * d + 2 * encoder.heads * d + fed)
        last += 2 * c * d
      } else {
        last += (t + 1) * c * d + (encoder.layers - 1) * t * found
      }
    }
    #expect(adds.result == Int64(last))
  }

  /// A stream that is saved, forgotten and restored goes on with the same bits.
  @Test(arguments: ["binary set", "dense"]) func statesGoOn(_ name: String) throws {
    let made = try #require(PackedTransformer.named(name)).made()
    let loaded = try LoadedModel(made.packed().bytes, path: "test")
    defer { withExtendedLifetime(loaded) {} }
    let session = loaded.session
    func scores(_ rows: Range<Int>) -> [UInt32] {
      rows.map { row in
        _ = session.step(Array(made.test.row(row)))
        return session.result()[0].bitPattern
      }
    }
    _ = scores(0..<60)
    var state = [UInt8](repeating: 0, count: session.stateBytes)
    try state.withUnsafeMutableBytes { try session.save(to: $0) }
    let first = scores(60..<100)
    session.reset()
    #expect(scores(60..<70) != Array(first[..<10]))
    try state.withUnsafeBytes { try session.restore(from: $0) }
    #expect(scores(60..<100) == first)
  }

  /// Matrices of signs take a bit each, those that are left dense do not.
  @Test func signsAreOneBit() throws {
    for (name, dense) in [("binary set", 0), ("binary but for its ends", 2), ("dense", 14)] {
      let made = try #require(PackedTransformer.named(name)).made()
      let file = try ModelFile(bytes: made.packed(bare: true).bytes)
      let matrices = file.tensors.filter { $0.columns > 1 }
      #expect(matrices.count == 14)
      #expect(matrices.count { $0.type == .oneBit } == 14 - dense, "\(name)")
      // Their signs come from seeds.
      #expect(matrices.allSatisfy { $0.type != .oneBit || $0.head[2] == 0 }, "\(name)")
    }
  }

  /// In int8 the maps of layers that are left dense are bytes; the ends, next to what is compared, are float16.
  @Test func denseLayersAreBytes() throws {
    for (name, bytes) in [("dense", 12), ("binary but for a layer", 6), ("binary set", 0)] {
      let made = try #require(PackedTransformer.named(name)).made()
      let packed = try made.packed(.int8, bare: true)
      #expect(packed.relativeDifference < 0.02)
      let file = try ModelFile(bytes: packed.bytes)
      let matrices = file.tensors.filter { $0.columns > 1 }
      #expect(matrices.count { $0.type == .int8 } == bytes, "\(name)")
      #expect(matrices.count { $0.type == .oneBit } == (bytes == 12 ? 0 : 14 - bytes), "\(name)")
      #expect(matrices.count { $0.type == .float32 } == 0)
    }
  }

  @Test func whatHasNoOperationsIsNamed() throws {
    var timed = TransformerConfiguration(inputs: 4, width: 8, feedForward: 8, steps: 5)
    timed.norm = .time
    let error = try #require(
      throws: PackingError.self
    ) { try MadeTransformer(.init(encoder: timed)).packed(.float32) }
    #expect(
      error.description
        == "a transformer: found norms over time, for which the model file format has no operations; train with --norm token or none"
    )
  }
}
