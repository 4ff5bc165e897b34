// SPDX-License-Identifier: Apache-2.0
import CAllocationCounter
import MinimDetection
import MinimHost
import MinimLayers
import MinimPacking
import MinimRuntime
import MinimTensor
import Testing

/// Operations on rows at work: tiles, places in memory, damage, the heap.
@Suite struct RowOperationTests {
  private func sample(_ row: Int, _ channels: Int) -> [Float] {
    (0..<channels).map { Float((row * 37 + $0 * 11) % 29) / 8 - 1.5 }
  }

  private func results(_ session: Session<some MinimRuntime.Kernels>, rows: Int) -> [[UInt32]] {
    (0..<rows).map { row in
      _ = session.step(sample(row, session.model.channelCount))
      let result = session.result()
      return (0..<session.model.outputCount).map { result[$0].bitPattern }
    }
  }

  /// Rows in tiles have the bits of each row alone, for all types of matrices; nil is one-bit.
  @Test(arguments: [Precision.float32, .float16, .int8, nil], [0, 1, 2])
  func tilesHaveTheBitsOfRows(_ precision: Precision?, _ norm: UInt8) throws {
    for rows in [2, 15, 16, 17, 40, 256, 257, 300] {
      let biased = rows % 2 == 0
      var models = RowModels(precision)
      let matrix = try models.matrix(6, 3), bias = biased ? try models.vector(6) : nil
      let layer = try models.layerTensors(width: 6, hidden: 19, biased: biased, norms: norm > 0)
      let variant = norm << 1 | (biased ? 1 : 0)
      func apply(to value: Int, rows: Int) -> Int {
        models.made.append(
          .init(
            code: .embed, input: value, tensors: [matrix, bias], outputLength: 6 * rows))
        return models.made.append(
          .init(
            code: .layer, variant: variant, input: models.made.operations.count, tensors: [layer],
            outputLength: 6 * rows))
      }
      let one = apply(to: 0, rows: 1)
      let alone = models.window(one, rows: rows, width: 6)
      let window = models.window(0, rows: rows, width: 3)
      let together = apply(to: window, rows: rows)
      models.made.append(
        .init(
          code: .error, input: alone, parameter: UInt16(together), outputLength: 6 * rows))
      let file = models.file(channels: 3, steps: models.made.operations.count)
      try withAlignedBytes(file.bytes()) { bytes in
        let model = try Model(bytes)
        let memory = UnsafeMutableRawBufferPointer.allocate(
          byteCount: model.memoryBytes, alignment: 16)
        defer { memory.deallocate() }
        let session = try Session<PlainKernels>(model, memory: memory)
        let found = results(session, rows: rows + 5)
        #expect(found.joined().allSatisfy { $0 == 0 }, "\(rows) rows")
      }
      // The same rows are not zeros.
      models.made.operations.removeLast()
      let loaded = try LoadedModel(
        models.file(channels: 3, steps: models.made.operations.count).bytes(), path: "test")
      defer { withExtendedLifetime(loaded) {} }
      #expect(Set(try #require(results(loaded.session, rows: rows).last)).count > 5)
    }
  }

  /// By hand: the embedding's root and places, and the mean of rows.
  @Test func embeddingsByHand() throws {
    let weight: [Float] = [0.5, -1, 2, 0.25], bias: [Float] = [1, 0, -0.5, 0.125]
    for (variant, first) in [(0, 0), (1, 0), (1, 3), (2, 1)] {
      var models = RowModels()
      models.made.tensors = [
        try .matrix(weight, rows: 4, name: "w", precision: .float32, inputScale: 1),
        try .vector(bias, name: "b", precision: .float32),
        try .matrix(
          (0..<12).map { Float($0) / 16 }, rows: 3, name: "table", precision: .float32,
          inputScale: 1),
      ]
      let window = models.window(0, rows: 2, width: 1)
      let tensors: [Int?] = variant == 2 ? [0, 1, 2] : [0, 1]
      models.made.append(
        .init(
          code: .embed, variant: UInt8(variant), input: window, parameter: UInt16(first),
          tensors: tensors, outputLength: 8))
      let loaded = try LoadedModel(models.file(channels: 1, steps: 1).bytes(), path: "test")
      defer { withExtendedLifetime(loaded) {} }
      for x: Float in [3, -2] { _ = loaded.session.step([x]) }
      let found = loaded.session.result()
      // sin and cos of t and t / 100.
      let places: [[Float]] = [
        [0, 1, 0, 1], [0.841_470_98, 0.540_302_31, 0.009_999_833, 0.999_950_0],
        [], [0.141_120_01, -0.989_992_5, 0.029_995_5, 0.999_550_03],
        [-0.756_802_5, -0.653_643_62, 0.039_989_334, 0.999_200_1],
      ]
      for (row, x) in [(0, 3), (1, -2)] as [(Int, Float)] {
        for column in 0..<4 {
          let place: Float =
            switch variant {
            case 1: places[first + row][column]
            case 2: Float((first + row) * 4 + column) / 16
            default: 0
            }
          let expected = 2 * (bias[column] + weight[column] * x) + place
          #expect(abs(found[4 * row + column] - expected) < 1e-6, "\(variant), row \(row)")
        }
      }
      models.made.append(.init(code: .pool, input: 2, outputLength: 4))
      let pooled = try LoadedModel(models.file(channels: 1, steps: 1).bytes(), path: "test")
      defer { withExtendedLifetime(pooled) {} }
      for x: Float in [3, -2] { _ = pooled.session.step([x]) }
      let mean = pooled.session.result()
      for column in 0..<4 { #expect(mean[column] == (found[column] + found[4 + column]) / 2) }
    }
  }

  /// Memory that begins at any multiple of 4 gives the same bits, and nothing behind it is written.
  @Test(arguments: [Precision.float32, .int8, nil])
  func memoryMayLieAnywhere(_ precision: Precision?) throws {
    try withAlignedBytes(RowModels.all(precision).bytes()) { bytes in
      let model = try Model(bytes), border = 256
      let room = UnsafeMutableRawBufferPointer.allocate(
        byteCount: model.memoryBytes + 64 + border, alignment: 64)
      defer { room.deallocate() }
      var first: [[UInt32]]?
      for offset in stride(from: 0, to: 64, by: 4) {
        for index in room.indices { room[index] = 0x5A }
        let memory = UnsafeMutableRawBufferPointer(
          rebasing: room[offset..<offset + model.memoryBytes])
        let plain = results(try Session<PlainKernels>(model, memory: memory), rows: 9)
        let host = results(try Session<HostKernels>(model, memory: memory), rows: 9)
        #expect(plain == host)
        #expect(plain == first ?? plain)
        first = plain
        #expect(Set(plain.joined()).count > 40)
        #expect(room[..<offset].allSatisfy { $0 == 0x5A })
        #expect(room[(offset + model.memoryBytes)...].allSatisfy { $0 == 0x5A })
      }
    }
  }

  /// Loads a file and, if it is accepted, runs it.
  private func outcome(_ bytes: [UInt8]) throws {
    let loaded = try LoadedModel(bytes, path: "damaged")
    _ = try ModelFile(loaded.model)
    for row in 0..<3 { _ = loaded.session.step(sample(row, loaded.model.channelCount)) }
    _ = loaded.session.result()
  }

  private func small(_ looks: TransformerConfiguration.Looks) throws -> [UInt8] {
    let encoder = TransformerConfiguration(
      inputs: 4, width: 4, layers: 2, feedForward: 3, steps: 3, norm: .token,
      positions: looks == .lastStep ? .none : .learned, looks: looks)
    return try MadeTransformer(
      .init(
        encoder: encoder,
        binarisation: looks == .lastStep ? Binarisation(keep: 0.5, trainsBiases: true) : nil)
    ).packed(.float16, bare: true).bytes
  }

  @Test(arguments: TransformerConfiguration.Looks.allCases)
  func everyTruncationAndEveryFlippedBitIsRefused(
    _ looks: TransformerConfiguration.Looks
  ) throws {
    let bytes = try small(looks)
    try outcome(bytes)
    expectDamageIsRefused(bytes, outcome)
  }

  /// Files with some bytes changed and the checksums right: refused by a named error, or run.
  @Test(arguments: [Precision.float32, .int8, nil])
  func changedFilesAreRefusedOrRun(_ precision: Precision?) throws {
    let file = try RowModels.all(precision).bytes()
    var generator = SeededGenerator(seed: 5), accepted = 0
    var codes: Set<ModelError.Code> = []
    for _ in 0..<20_000 {
      var changed = file
      for _ in 0...Int(generator.next() % 3) {
        // Graph and tensors' entries lie before the weights.
        let end = generator.next() % 2 == 0 ? min(file.count, 900) : file.count
        changed[64 + Int(generator.next() % UInt64(end - 64))] = UInt8(
          truncatingIfNeeded: generator.next())
      }
      do {
        try outcome(repaired(changed))
        accepted += 1
      } catch HostError.badModel(_, _, let error) {
        codes.insert(error.code)
      }
    }
    #expect(accepted > 100)
    #expect(codes.count > 15, "\(codes)")
  }

  @Test(
    .enabled(if: allocations_are_counted() != 0, "calls cannot be counted here"),
    arguments: [Precision.float32, .float16, .int8, nil])
  func stepsAndResultsDoNotTouchTheHeap(_ precision: Precision?) throws {
    let sets = try ["binary set", "dense"].map { name in
      try #require(PackedTransformer.named(name)).made().packed(bare: true).bytes
    }
    for bytes in try [RowModels.all(precision).bytes()] + sets {
      let loaded = try LoadedModel(bytes, path: "test")
      defer { withExtendedLifetime(loaded) {} }
      let session = loaded.session, sample = sample(1, loaded.model.channelCount)
      var rejected = 0
      let before = allocation_count()
      sample.withUnsafeBufferPointer { buffer in
        guard let pointer = buffer.baseAddress else { return }
        for step in 0..<2000 {
          if session.step(pointer) == .rejected { rejected += 1 }
          if step % 20 == 0 { _ = session.result() }
        }
      }
      #expect(allocation_count() == before)
      #expect(rejected == 0)
    }
  }
}
