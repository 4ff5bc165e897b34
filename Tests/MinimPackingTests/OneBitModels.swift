// SPDX-License-Identifier: Apache-2.0
import MinimHost
import MinimPacking
import MinimRuntime
import MinimTensor
import Testing

/// How the matrices of a made-up one-bit model are stored.
enum OneBitStorage: CaseIterable {
  case seeded, explicit, codedSeeded, codedExplicit

  var isExplicit: Bool { self == .explicit || self == .codedExplicit }
  var coding: ModelFile.Tensor.MaskCoding {
    self == .seeded || self == .explicit ? .plain : .coded
  }
}

/// Masks and signs, and what they mean as numbers.
struct OneBitMatrix {
  let rows: Int
  let columns: Int
  let alpha: Float
  let mask: [Bool]
  let seed: UInt32
  let explicit: [Bool]

  init(rows: Int, columns: Int, keep: Double, alpha: Float = 0.25, seed: UInt64 = 1) {
    var generator = SeededGenerator(seed: seed)
    self.rows = rows
    self.columns = columns
    self.alpha = alpha
    mask = (0..<(rows * columns)).map { _ in
      Double(generator.next() >> 11) / 9_007_199_254_740_992 < keep
    }
    self.seed = UInt32(truncatingIfNeeded: generator.next())
    explicit = mask.map { _ in generator.next() & 1 == 1 }
  }

  func tensor(_ storage: OneBitStorage) throws -> ModelFile.Tensor {
    try .oneBit(
      mask, rows: rows, alpha: alpha, signs: storage.isExplicit ? .explicit(explicit) : .seed(seed),
      maskCoding: storage.coding, name: "matrix")
  }

  /// -1, 0 and 1, row by row.
  func signs(_ storage: OneBitStorage) -> [Int] {
    mask.indices.map { element in
      guard mask[element] else { return 0 }
      let seeded = signWord(seed: seed, UInt32(element / 64)) >> UInt64(element % 64) & 1 == 1
      return (storage.isExplicit ? explicit[element] : seeded) ? -1 : 1
    }
  }

  /// The same matrix in float32.
  func dense(_ storage: OneBitStorage) throws -> ModelFile.Tensor {
    try .matrix(
      signs(storage).map { alpha * Float($0) }, rows: rows, name: "dense", precision: .float32,
      inputScale: 1)
  }
}

/// The same model with one-bit and with float32 matrices: a convolution, a depth-wise one, an LSTM, a GRU, a recall
/// and a linear map.
struct OneBitTwins {
  let oneBit: ModelFile
  let dense: ModelFile

  init(_ storage: OneBitStorage, _ mode: PreprocessingMode = .stream) throws {
    oneBit = try Self.file(mode) { try $0.tensor(storage) }
    dense = try Self.file(mode) { try $0.dense(storage) }
  }

  /// The one-bit model with what it makes of some samples as its self-test.
  func tested() throws -> ModelFile {
    let loaded = try LoadedModel(oneBit.bytes(), path: "one-bit")
    defer { withExtendedLifetime(loaded) {} }
    var file = oneBit
    let samples = (0..<24).map { Float($0 * 7 % 11) / 4 - 1 }
    for sample in samples { _ = loaded.session.step([sample]) }
    let output = loaded.session.result()
    file.selfTests = [.init(samples: samples, output: (0..<3).map { output[$0] })]
    return file
  }

  private static func file(
    _ mode: PreprocessingMode, _ store: (OneBitMatrix) throws -> ModelFile.Tensor
  ) throws -> ModelFile {
    var made = HandMadeModels(.float32)
    var seed: UInt64 = 20
    func matrix(_ rows: Int, _ columns: Int, _ keep: Double) throws -> Int {
      seed += 1
      made.tensors.append(
        try store(
          OneBitMatrix(rows: rows, columns: columns, keep: keep, alpha: 0.375, seed: seed)))
      return made.tensors.count - 1
    }
    func cell(_ variant: RecurrentVariant, inputs: Int, units: Int) throws -> [Int?] {
      let rows = variant.gateCount * units
      var operands: [Int?] = [try matrix(rows, inputs, 0.5), try matrix(rows, units, 0.25)]
      operands.append(try made.vector(rows))
      if variant == .gru { operands.append(try made.vector(units)) }
      return operands
    }
    made.append(
      .init(
        code: .convolution, input: 0, parameter: 2,
        tensors: [try matrix(9, 3, 0.5), try made.vector(9)], outputLength: 9))
    made.append(
      .init(
        code: .convolution, variant: ConvolutionVariant.depthwise.rawValue, input: 1, parameter: 1,
        tensors: [try matrix(9, 3, 0.7)], outputLength: 9))
    made.append(
      .init(
        code: .recurrent, variant: RecurrentVariant.lstm.rawValue, input: 2,
        tensors: try cell(.lstm, inputs: 9, units: 11), outputLength: 11))
    made.append(
      .init(
        code: .recurrent, variant: RecurrentVariant.gru.rawValue, input: 3,
        tensors: try cell(.gru, inputs: 11, units: 5), outputLength: 5))
    made.append(
      .init(
        code: .recall, variant: RecurrentVariant.rnn.rawValue, input: 4, parameter: 3,
        tensors: try cell(.rnn, inputs: 5, units: 33), outputLength: 33))
    made.append(
      .init(
        code: .linear, input: 5, tensors: [try matrix(3, 33, 0.25), try made.vector(3)],
        outputLength: 3))
    made.append(.init(code: .softmax, input: 6, outputLength: 3))
    return made.file(mode, channels: 1, steps: 4, decision: .classes(["one", "two", "three"]))
  }
}

/// A linear map alone, without a bias.
func linearFile(_ tensor: ModelFile.Tensor) -> ModelFile {
  var made = HandMadeModels(.float32)
  made.tensors = [tensor]
  made.append(.init(code: .linear, input: 0, tensors: [0], outputLength: tensor.rows))
  return made.file(.stream, channels: tensor.columns, steps: 1)
}

/// Why a file is refused, by the reader or when a session begins; nil where it is not.
func refusal(of file: [UInt8]) -> ModelError? {
  do {
    _ = try LoadedModel(file, path: "test")
    return nil
  } catch HostError.badModel(_, _, let error) {
    return error
  } catch {
    Issue.record("\(error)")
    return nil
  }
}
