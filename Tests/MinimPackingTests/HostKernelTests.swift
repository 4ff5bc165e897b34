// SPDX-License-Identifier: Apache-2.0
import MinimHost
import MinimPacking
import MinimRuntime
import MinimTensor
import Testing

/// Products of the processor at hand against those in plain Swift, and those of tiles against single vectors.
@Suite struct HostKernelTests {
  /// A matrix of a model that is a linear map alone, and vectors of two types for its bias.
  private struct Linear {
    let loaded: LoadedModel
    var matrix: Matrix { loaded.session.matrix(0) }
    /// None, a float32 vector and a float16 vector.
    var biases: [Matrix?] { [nil, loaded.model.tensor(1), loaded.model.tensor(2)] }

    init(_ tensor: ModelFile.Tensor) throws {
      var made = HandMadeModels(.float32)
      made.tensors = [tensor]
      let bias = try made.vector(tensor.rows)
      made.precision = .float16
      _ = try made.vector(tensor.rows)
      made.append(
        .init(code: .linear, input: 0, tensors: [0, bias], outputLength: tensor.rows))
      loaded = try LoadedModel(
        made.file(.stream, channels: tensor.columns, steps: 1).bytes(), path: "linear")
    }
  }

  /// Numbers of both signs, zeros of both and, if asked, infinities.
  private func inputs(_ count: Int, infinities: Bool = false) -> [Float] {
    var generator = SeededGenerator(seed: 5)
    return (0..<count).map { _ in
      switch generator.next() % 64 {
      case 0: 0
      case 1: -0.0
      case 2 where infinities: .infinity
      case 3 where infinities: -.infinity
      default: Float(Int(generator.next() % 20_001) - 10_000) / 777
      }
    }
  }

  /// Bits, which for all that are no numbers are the same.
  private func bits(_ numbers: [Float]) -> [UInt32] {
    numbers.map { $0.isNaN ? 0x7FC0_0000 : $0.bitPattern }
  }

  private func multiplied<K: MinimRuntime.Kernels>(
    _ linear: Linear, _ x: [Float], lanes: Int, bias: Matrix?, relu: Bool, _: K.Type
  ) -> [UInt32] {
    let matrix = linear.matrix
    // Numbers behind the last, which stay as they are.
    var y = [Float](repeating: -77, count: matrix.rows * lanes + 16)
    var bytes = [Int8](repeating: 0, count: matrix.columns)
    var list = [UInt32](repeating: 0, count: matrix.columns)
    K.multiply(
      matrix, x, lanes: lanes, bias: bias, relu: relu, into: &y, quantised: &bytes, list: &list)
    #expect(y.suffix(16).allSatisfy { $0 == -77 })
    return bits(Array(y.dropLast(16)))
  }

  private func accumulated<K: MinimRuntime.Kernels>(
    _ linear: Linear, _ x: [Float], onto start: [Float], from first: Int = 0, _: K.Type
  ) -> [Float] {
    var y = start + [-77], bytes = [Int8](repeating: 0, count: linear.matrix.columns)
    K.accumulate(linear.matrix, rows: first..<first + start.count, x, into: &y, quantised: &bytes)
    #expect(y.removeLast() == -77)
    return y
  }

  /// Some rows have the bits that they have among all, in matrices of all types.
  @Test(arguments: [Precision.float32, .float16, .int8, nil])
  func someRowsHaveTheBitsOfTheWhole(_ precision: Precision?) throws {
    var tensors = [
      (try tensor(precision, 70, 33), 70, 33), (try tensor(precision, 40, 128), 40, 128),
    ]
    if precision == nil {
      tensors += try OneBitStorage.allCases.map { storage in
        (try OneBitMatrix(rows: 45, columns: 37, keep: 0.4, alpha: 0.3).tensor(storage), 45, 37)
      }
    }
    for (tensor, rows, columns) in tensors {
      let linear = try Linear(tensor), x = inputs(columns), start = inputs(rows)
      let whole = bits(accumulated(linear, x, onto: start, PlainKernels.self))
      for part in [0..<1, 0..<rows, 1..<2, 7..<rows - 3, rows - 1..<rows, 31..<34] {
        let own = Array(start[part])
        for found in [
          accumulated(linear, x, onto: own, from: part.lowerBound, PlainKernels.self),
          accumulated(linear, x, onto: own, from: part.lowerBound, HostKernels.self),
        ] { #expect(bits(found) == Array(whole[part]), "\(rows)x\(columns), \(part)") }
      }
    }
  }

  private static let sizes = [1, 15, 16, 17, 31, 33, 64, 100, 1024, 1030]
  /// All but those that are large both ways.
  private static let shapes =
    sizes.flatMap { rows in sizes.map { (rows, $0) } }.filter { $0 * $1 <= 40_000 }
    + [(100, 1030), (1030, 100), (33, 1024)]

  @Test(arguments: OneBitStorage.allCases)
  func oneBitVectorsHaveTheSameBits(_ storage: OneBitStorage) throws {
    for (rows, columns) in Self.shapes {
      for keep in [0, 0.25, 0.6, 1] {
        let matrix = OneBitMatrix(
          rows: rows, columns: columns, keep: keep, alpha: 0.3, seed: UInt64(rows + columns))
        let linear = try Linear(matrix.tensor(storage))
        let start = inputs(rows)
        for infinities in [false, true] {
          let x = inputs(columns, infinities: infinities)
          let agree =
            bits(accumulated(linear, x, onto: start, HostKernels.self))
            == bits(accumulated(linear, x, onto: start, PlainKernels.self))
          #expect(agree, "\(rows)x\(columns) \(keep)")
        }
      }
    }
  }

  @Test(arguments: OneBitStorage.allCases)
  func oneBitTilesHaveTheSameBits(_ storage: OneBitStorage) throws {
    for (index, (rows, columns)) in Self.shapes.enumerated() {
      let matrix = OneBitMatrix(rows: rows, columns: columns, keep: 0.3, alpha: 0.3)
      let linear = try Linear(matrix.tensor(storage))
      let all = rows * columns < 5000 ? Array(stride(from: 16, through: 256, by: 16)) : [16, 112]
      for lanes in all {
        let x = inputs(columns * lanes, infinities: index % 2 == 1)
        let bias = linear.biases[(index + lanes / 16) % 3]
        for relu in [false, true] {
          let agree =
            multiplied(linear, x, lanes: lanes, bias: bias, relu: relu, HostKernels.self)
            == multiplied(linear, x, lanes: lanes, bias: bias, relu: relu, PlainKernels.self)
          #expect(agree, "\(rows)x\(columns), \(lanes) lanes, \(relu)")
        }
      }
    }
  }

  @Test(arguments: [Precision.float32, .int8], [false, true])
  func fewRowsHaveTheBitsOfSingleVectors(_ precision: Precision, _ relu: Bool) throws {
    for (index, (rows, columns)) in Self.shapes.enumerated() {
      let linear = try Linear(tensor(precision, rows, columns))
      for count in [1, 2, 7, 15] + (precision == .int8 ? [16, 37] : []) {
        let x = inputs(columns * count, infinities: index % 2 == 1), bias = linear.biases[index % 3]
        var bytes = [Int8](repeating: 0, count: columns)
        var y = [Float](repeating: -77, count: rows * count + 1)
        let matrix = linear.loaded.session.matrix(0)
        let done = HostKernels.multiplyRows(
          matrix, x, rows: count, bias: bias, relu: relu, into: &y, quantised: &bytes)
        #expect(done && y[rows * count] == -77)
        let start = (0..<rows).map { row in bias.map { $0.element(row) } ?? 0 }
        var expected: [Float] = []
        for row in 0..<count {
          let alone = accumulated(
            linear, Array(x[(row * columns)..<((row + 1) * columns)]), onto: start,
            PlainKernels.self)
          expected += alone.map { relu && !($0 > 0) ? 0 : $0 }
        }
        let agree = bits(Array(y.dropLast())) == bits(expected)
        #expect(agree, "\(rows)x\(columns), \(count) rows")
      }
    }
    // As many rows as a tile has lanes are tiles' work, but of int8; other types always are.
    let linear = try Linear(tensor(precision == .int8 ? .float16 : precision, 4, 3))
    var y = [Float](repeating: 0, count: 64), bytes = [Int8](repeating: 0, count: 3)
    #expect(
      !HostKernels.multiplyRows(
        linear.loaded.session.matrix(0), inputs(48), rows: 16, bias: nil, relu: relu, into: &y,
        quantised: &bytes))
  }

  private func tensor(
    _ precision: Precision?, _ rows: Int, _ columns: Int, _ storage: OneBitStorage = .seeded
  ) throws -> ModelFile.Tensor {
    guard let precision else {
      return try OneBitMatrix(rows: rows, columns: columns, keep: 0.3, alpha: 0.3).tensor(storage)
    }
    var made = HandMadeModels(precision)
    _ = try made.matrix(rows, columns)
    return made.tensors[0]
  }

  /// Each lane of a tile has the bits of a vector alone, of matrices of all types; nil is one-bit.
  @Test(arguments: [Precision.float32, .float16, .int8, nil], [false, true])
  func lanesHaveTheBitsOfSingleVectors(_ precision: Precision?, _ relu: Bool) throws {
    for (rows, columns) in [(1, 1), (2, 5), (7, 16), (8, 33), (17, 70), (33, 1)] {
      let linear = try Linear(tensor(precision, rows, columns))
      for (index, lanes) in [16, 48, 64, 144, 256].enumerated() {
        let x = inputs(columns * lanes), bias = linear.biases[index % 3]
        let start = (0..<rows).map { row in
          bias.map { $0.type == .float32 ? $0.floats[row] : floatFromHalf($0.halves[row]) } ?? 0
        }
        var expected = [Float](repeating: 0, count: rows * lanes)
        for lane in 0..<lanes {
          let alone = accumulated(
            linear, (0..<columns).map { x[$0 * lanes + lane] }, onto: start, HostKernels.self)
          for row in 0..<rows {
            expected[row * lanes + lane] = relu && !(alone[row] > 0) ? 0 : alone[row]
          }
        }
        for found in [
          multiplied(linear, x, lanes: lanes, bias: bias, relu: relu, HostKernels.self),
          multiplied(linear, x, lanes: lanes, bias: bias, relu: relu, PlainKernels.self),
        ] {
          let agree = found == bits(expected)
          #expect(agree, "\(rows)x\(columns), \(lanes) lanes")
        }
      }
    }
  }

  /// Transposed products by hand: part by part, rows ascending, signs scaled at the end.
  @Test(arguments: [Precision.float32, .float16, .int8])
  func transposedProductsAreThoseByHand(_ precision: Precision) throws {
    try transposed(precision, .seeded)
  }

  @Test(arguments: OneBitStorage.allCases)
  func transposedSignsAreThoseByHand(_ storage: OneBitStorage) throws {
    try transposed(nil, storage)
  }

  private func transposed(_ precision: Precision?, _ storage: OneBitStorage) throws {
    for (rows, columns, parts) in [
      (1, 1, 1), (6, 5, 3), (12, 40, 4), (33, 70, 1), (64, 64, 64), (40, 300, 2),
    ] {
      let linear = try Linear(tensor(precision, rows, columns, storage))
      let matrix = linear.matrix
      let signs = OneBitMatrix(rows: rows, columns: columns, keep: 0.3).signs(storage)
      let x = inputs(rows), part = rows / parts
      func weight(_ row: Int, _ column: Int) -> Float {
        let place = column * rows + row
        return switch precision {
        case .float32: matrix.floats[place]
        case .float16: floatFromHalf(matrix.halves[place])
        case .int8: Float(matrix.bytes[place]) * floatFromHalf(matrix.rowScales[row])
        case nil: Float(signs[row * columns + column])
        }
      }
      var expected: [Float] = []
      for first in stride(from: 0, to: rows, by: part) {
        for column in 0..<columns {
          var sum: Float = 0
          for row in first..<first + part {
            let product = weight(row, column) * x[row]
            if precision != nil || signs[row * columns + column] != 0 { sum += product }
          }
          expected.append(precision == nil ? matrix.alpha * sum : sum)
        }
      }
      func found<K: MinimRuntime.Kernels>(_: K.Type) -> [UInt32] {
        var y = [Float](repeating: 5, count: parts * columns + 1)
        var list = [UInt32](repeating: 0, count: columns)
        K.multiplyTransposed(matrix, x, parts: parts, into: &y, list: &list)
        #expect(y.removeLast() == 5)
        return bits(y)
      }
      #expect(found(PlainKernels.self) == bits(expected), "\(rows)x\(columns) in \(parts)")
      #expect(found(HostKernels.self) == bits(expected), "\(rows)x\(columns) in \(parts)")
    }
  }
}
