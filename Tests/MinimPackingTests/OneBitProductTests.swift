// SPDX-License-Identifier: Apache-2.0
import CAllocationCounter
import MinimHost
import MinimLayers
import MinimPacking
import MinimRuntime
import MinimTensor
import Testing

/// Products with one-bit matrices, and models made of them.
@Suite struct OneBitProductTests {
  /// A linear map alone.
  private func linear(
    _ matrix: OneBitMatrix, _ tensor: ModelFile.Tensor, bias: [Float], _ precision: Precision
  ) throws -> LoadedModel {
    let vector = try ModelFile.Tensor.vector(bias, name: "bias", precision: precision)
    let file = ModelFile(
      operations: [
        .init(code: .linear, input: 0, tensors: [0, 1], outputLength: matrix.rows)
      ], stepOperations: 1, tensors: [tensor, vector],
      preprocessing: .init(
        mode: .stream, normalisation: .none, channels: matrix.columns, window: 1, shortest: 1),
      decision: .none)
    return try LoadedModel(file.bytes(), path: "linear")
  }

  private static let shapes = [
    (1, 1), (1, 33), (33, 1), (5, 3), (3, 64), (4, 65), (7, 200), (65, 64), (128, 31),
  ]

  /// alpha is a power of two and inputs are small whole numbers: float sums are exact.
  @Test(arguments: OneBitStorage.allCases)
  func productsAreThoseOfIntegers(_ storage: OneBitStorage) throws {
    for (index, (rows, columns)) in Self.shapes.enumerated() {
      for keep in [0, 0.1, 0.25, 0.5, 1] {
        let matrix = OneBitMatrix(
          rows: rows, columns: columns, keep: keep, alpha: 0.5, seed: UInt64(index + 1))
        let signs = matrix.signs(storage)
        let bias = (0..<rows).map { Float($0 % 7) }
        let loaded = try linear(matrix, matrix.tensor(storage), bias: bias, .float16)
        defer { withExtendedLifetime(loaded) {} }
        let inputs = (0..<columns).map { ($0 * 37 + 11) % 101 - 50 }
        _ = loaded.session.step(inputs.map { Float($0) })
        let found = loaded.session.result()
        for row in 0..<rows {
          let sum = (0..<columns).reduce(0) { $0 + signs[row * columns + $1] * inputs[$1] }
          #expect(found[row] == bias[row] + 0.5 * Float(sum), "\(rows)x\(columns) \(keep) \(row)")
        }
      }
    }
  }

  /// Many vectors side by side: the bits of each lane are those of a vector alone.
  @Test(arguments: OneBitStorage.allCases)
  func lanesHaveTheBitsOfSingleVectors(_ storage: OneBitStorage) throws {
    var generator = SeededGenerator(seed: 5)
    func random() -> Float { Float(Int(generator.next() % 20_001) - 10_000) / 777 }
    for (rows, columns) in Self.shapes {
      for (keep, lanes) in [(0.1, 16), (0.25, 32), (0.5, 48), (0.25, 80), (0.5, 208)] {
        let matrix = OneBitMatrix(rows: rows, columns: columns, keep: keep, alpha: 0.3)
        let bias = (0..<rows).map { _ in random() }
        let loaded = try linear(matrix, matrix.tensor(storage), bias: bias, .float32)
        defer { withExtendedLifetime(loaded) {} }
        let x = (0..<(columns * lanes)).map { _ in random() }
        for relu in [false, true] {
          // A border of one number behind, which stays as it is.
          var y = [Float](repeating: -77, count: rows * lanes + 1)
          var room = [UInt32](repeating: 99, count: columns + 1)
          PlainKernels.multiplyOneBit(
            loaded.session.matrix(0), x, lanes: lanes, bias: relu ? loaded.model.tensor(1) : nil,
            relu: relu, into: &y, room: &room)
          #expect(y[rows * lanes] == -77 && room[columns] == 99)
          y.removeLast()
          var expected = y
          for lane in 0..<lanes {
            var alone = relu ? bias : [Float](repeating: 0, count: rows)
            var quantised: Int8 = 0
            PlainKernels.accumulate(
              loaded.session.matrix(0), rows: 0..<rows, (0..<columns).map { x[$0 * lanes + lane] },
              into: &alone,
              quantised: &quantised)
            for row in 0..<rows {
              expected[row * lanes + lane] = relu && !(alone[row] > 0) ? 0 : alone[row]
            }
          }
          #expect(y.map(\.bitPattern) == expected.map(\.bitPattern), "\(rows)x\(columns), \(lanes)")
        }
      }
    }
  }

  /// Models of all operations that have matrices, against the same in float32.
  @Test(arguments: OneBitStorage.allCases, [PreprocessingMode.stream, .window])
  func modelsAreTheirDenseTwins(_ storage: OneBitStorage, _ mode: PreprocessingMode) throws {
    let twins = try OneBitTwins(storage, mode)
    let oneBit = try LoadedModel(twins.oneBit.bytes(), path: "one-bit")
    let dense = try LoadedModel(twins.dense.bytes(), path: "dense")
    defer { withExtendedLifetime((oneBit, dense)) {} }
    var generator = SeededGenerator(seed: 9), firsts: [Float] = []
    for _ in 0..<40 {
      let sample = [Float(Int(generator.next() % 513) - 256) / 64]
      #expect(oneBit.session.step(sample) == dense.session.step(sample))
      let a = oneBit.session.result(), b = dense.session.result()
      for index in 0..<3 {
        #expect(abs(a[index] - b[index]) <= 1e-6 * max(1, abs(b[index])))
      }
      firsts.append(a[0])
    }
    let spread = (firsts.max() ?? 0) - (firsts.min() ?? 0)
    #expect(spread > 0.02, "the models do something")
  }

  /// Coded or not, the bits are the same; the seed gives what the trainer's explicit signs give.
  @Test func storageDoesNotChangeTheBits() throws {
    let matrix = OneBitMatrix(rows: 20, columns: 37, keep: 0.4)
    let trained = fixedSigns(seed: matrix.seed, count: 20 * 37)
    var results: [[UInt32]] = []
    for coding in [ModelFile.Tensor.MaskCoding.plain, .coded] {
      for signs in [ModelFile.Tensor.Signs.seed(matrix.seed), .explicit(trained)] {
        let tensor = try ModelFile.Tensor.oneBit(
          matrix.mask, rows: 20, alpha: 0.7, signs: signs, maskCoding: coding, name: "matrix")
        let loaded = try linear(
          matrix, tensor, bias: [Float](repeating: 1, count: 20), .float32)
        defer { withExtendedLifetime(loaded) {} }
        _ = loaded.session.step((0..<37).map { 1 / Float($0 + 3) })
        let found = loaded.session.result()
        results.append((0..<20).map { found[$0].bitPattern })
      }
    }
    #expect(results.allSatisfy { $0 == results[0] })
    #expect(Set(results[0]).count > 10)
  }

  /// A state that is saved, forgotten and restored goes on; masks stay what they are.
  @Test func statesGoOn() throws {
    let loaded = try LoadedModel(OneBitTwins(.codedSeeded).oneBit.bytes(), path: "test")
    defer { withExtendedLifetime(loaded) {} }
    let session = loaded.session
    for step in 0..<9 { _ = session.step([Float(step) / 4 - 1]) }
    var state = [UInt8](repeating: 0, count: session.stateBytes)
    try state.withUnsafeMutableBytes { try session.save(to: $0) }
    func next() -> [UInt32] {
      _ = session.step([0.5])
      let found = session.result()
      return (0..<3).map { found[$0].bitPattern }
    }
    let first = next()
    session.reset()
    #expect(next() != first)
    try state.withUnsafeBytes { try session.restore(from: $0) }
    #expect(next() == first)
  }

  @Test(
    .enabled(if: allocations_are_counted() != 0, "calls cannot be counted here"),
    arguments: OneBitStorage.allCases)
  func stepsAndResultsDoNotTouchTheHeap(_ storage: OneBitStorage) throws {
    for mode in [PreprocessingMode.stream, .window] {
      let loaded = try LoadedModel(OneBitTwins(storage, mode).oneBit.bytes(), path: "test")
      defer { withExtendedLifetime(loaded) {} }
      let session = loaded.session
      let matrix = session.matrix(loaded.model.operation(5).tensor(0))
      let lanes = 64
      var x = [Float](repeating: 0.5, count: 33 * lanes),
        y = [Float](repeating: 0, count: 3 * lanes)
      var room = [UInt32](repeating: 0, count: 33)
      let sample: [Float] = [0.25]
      var rejected = 0
      let before = allocation_count()
      sample.withUnsafeBufferPointer { buffer in
        guard let pointer = buffer.baseAddress else { return }
        for step in 0..<2000 {
          if session.step(pointer) == .rejected { rejected += 1 }
          if step % 100 == 0 { _ = session.result() }
        }
      }
      PlainKernels.multiplyOneBit(
        matrix, &x, lanes: lanes, bias: nil, relu: true, into: &y, room: &room)
      #expect(allocation_count() == before)
      #expect(rejected == 0)
    }
  }
}
