// SPDX-License-Identifier: Apache-2.0
import MinimPacking
import MinimRuntime

/// Model files of signature matrices, put together by hand.
enum SignatureModels {
  /// All operations of signature matrices over three channels, span 20 and so gap 2.
  ///
  /// Values 0: the sample; 1: states of a memory of two units; 2: matrices; 3: with the memory; 4: four images, SELU; 5: depth-wise; 6:
  /// gates, 16 images; 7: a window of them; 8: half the extent, two images; 9: gates, eight; 10: a window; 11: states of two; 12: twice the
  /// extent, four; 13: states of four in two parts; 14: both; 15: a matrix; 16: parts; 17: the score.
  ///
  /// Tensors: 0 to 3 memory; 4 and 5 first images; 6 depth-wise; 7 and 8 gates; 9 and 10 halving; 11 and 12 gates; 13 states; 14 and 15
  /// doubling; 16 and 17 states in two parts; 18 the last.
  static func all(
    _ precision: Precision = .float32, cell: RecurrentVariant = .gru
  ) throws -> ModelFile {
    var made = HandMadeModels(precision)
    func image(
      _ input: Int, _ variant: UInt8, extent: Int, from inputs: Int, to outputs: Int, taps: Int,
      written: Int? = nil, biased: Bool = true
    ) throws -> Int {
      let places = written ?? extent
      var operands: [Int?] = [try made.matrix(outputs, taps * inputs)]
      if biased { operands.append(try made.vector(outputs)) }
      return made.append(
        .init(
          code: .image, variant: variant, input: input, parameter: UInt16(extent),
          tensors: operands, outputLength: outputs * places * places))
    }
    func window(_ input: Int, _ length: Int) -> Int {
      made.append(.init(code: .window, input: input, parameter: 5, outputLength: 5 * length))
    }
    let gates = cell.gateCount
    let operands: [Int?] =
      [try made.matrix(2 * gates, 1), try made.matrix(2 * gates, 2), try made.vector(2 * gates)]
      + (cell == .gru || cell == .mgu ? [try made.vector(2)] : [])
    let memory = made.append(
      .init(
        code: .remember, variant: cell.rawValue, input: 0, tensors: operands, outputLength: 6))
    let matrices = made.append(
      .init(code: .signatures, input: 0, parameter: 20, outputLength: 27))
    let added = made.append(
      .init(code: .accumulate, input: matrices, parameter: UInt16(memory), outputLength: 27))
    let first = try image(added, 4, extent: 3, from: 3, to: 4, taps: 9)
    let own = try image(first, 3, extent: 3, from: 1, to: 4, taps: 9, biased: false)
    let firstGates = window(try image(own, 0, extent: 3, from: 4, to: 16, taps: 1), 144)
    let second = try image(first, 5, extent: 3, from: 4, to: 2, taps: 4, written: 2)
    let secondGates = window(try image(second, 0, extent: 2, from: 2, to: 8, taps: 9), 32)
    let steps = made.operations.count
    let inner = made.append(
      .init(
        code: .imageLSTM, input: secondGates, parameter: 2, tensors: [try made.matrix(8, 18)],
        outputLength: 8))
    let wide = try image(inner, 6, extent: 3, from: 2, to: 4, taps: 9)
    made.append(
      .init(
        code: .imageLSTM, input: firstGates, parameter: 3,
        tensors: [try made.matrix(16, 4), try made.matrix(4, 9)], outputLength: 36))
    let both = made.append(.init(code: .join, input: wide, parameter: 2, outputLength: 72))
    let last = try image(both, 0, extent: 3, from: 8, to: 1, taps: 9, biased: false)
    let parts = made.append(
      .init(
        code: .deviations, variant: 1, input: last, parameter: UInt16(added), outputLength: 3))
    made.append(.init(code: .reduce, input: parts, outputLength: 1))
    var file = made.file(.stream, channels: 3, steps: steps)
    file.preprocessing.window = 20
    file.preprocessing.shortest = 2
    return file
  }
}
