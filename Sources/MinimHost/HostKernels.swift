// SPDX-License-Identifier: Apache-2.0
internal import CMinimSystem
public import MinimRuntime

/// The loops in plain Swift, those of one-bit and int8 matrices, of few rows and of images for the processor at hand: the same
/// bits.
public enum HostKernels: Kernels {
  /// As `PlainKernels`; one-bit matrices with a seed by `minim_signed_products`.
  public static func accumulate(
    _ matrix: Matrix, rows: Range<Int>, _ x: UnsafePointer<Float>,
    into out: UnsafeMutablePointer<Float>, quantised: UnsafeMutablePointer<Int8>
  ) {
    if matrix.type == .oneBit, !matrix.hasExplicitSigns,
      minim_signed_products(
        matrix.maskBits, matrix.seed, matrix.rows, matrix.columns, rows.lowerBound, rows.count,
        matrix.alpha, x, out) != 0
    {
      return
    }
    PlainKernels.accumulate(matrix, rows: rows, x, into: out, quantised: quantised)
  }

  /// As `PlainKernels`.
  public static func accumulateDepthwise(
    _ matrix: Matrix, _ x: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>,
    quantised: UnsafeMutablePointer<Int8>
  ) { PlainKernels.accumulateDepthwise(matrix, x, into: out, quantised: quantised) }

  /// As `PlainKernels`; one-bit matrices by `minim_signed_tiles` or `minim_signed_sums`, int8 by `minim_byte_products` lane by
  /// lane.
  public static func multiply(
    _ matrix: Matrix, _ x: UnsafePointer<Float>, lanes: Int, bias: Matrix?, relu: Bool,
    into y: UnsafeMutablePointer<Float>, quantised: UnsafeMutablePointer<Int8>,
    list: UnsafeMutablePointer<UInt32>
  ) {
    if matrix.type == .int8, matrix.rows <= 256 {
      return multiplyBytes(
        matrix, x, lanes: lanes, bias: bias, relu: relu, into: y, quantised: quantised)
    }
    guard matrix.type == .oneBit else {
      return PlainKernels.multiply(
        matrix, x, lanes: lanes, bias: bias, relu: relu, into: y, quantised: quantised, list: list)
    }
    let alpha = matrix.alpha
    if !matrix.hasExplicitSigns, bias == nil || bias?.type == .float32,
      minim_signed_tiles(
        matrix.maskBits, matrix.seed, matrix.rows, matrix.columns, alpha, x, lanes, bias?.floats,
        relu ? 1 : 0, y) != 0
    {
      return
    }
    PlainKernels.forEachRow(of: matrix, lanes: lanes, bias: bias, room: list) { row, terms, bias in
      minim_signed_sums(
        terms.baseAddress, terms.count, x, lanes, alpha, bias, relu ? 1 : 0, y + row &* lanes)
    }
  }

  /// Of 256 rows at most: room for more sums would be taken from the heap.
  private static func multiplyBytes(
    _ matrix: Matrix, _ x: UnsafePointer<Float>, lanes: Int, bias: Matrix?, relu: Bool,
    into y: UnsafeMutablePointer<Float>, quantised: UnsafeMutablePointer<Int8>
  ) {
    let rows = matrix.rows, columns = matrix.columns
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: rows) { sums in
      guard let sums = sums.baseAddress else { return }
      for lane in 0..<lanes {
        for column in 0..<columns {
          quantise(
            x + column * lanes + lane, count: 1, scale: matrix.inputScale, into: quantised + column)
        }
        sums.initialize(repeating: 0, count: rows)
        minim_byte_products(matrix.bytes, rows, columns, quantised, columns, 1, sums)
        for row in 0..<rows {
          let start = bias.map { $0.element(row) } ?? 0
          let sum =
            start + Float(sums[row]) * (floatFromHalf(matrix.rowScales[row]) * matrix.inputScale)
          y[row * lanes + lane] = relu && !(sum > 0) ? 0 : sum
        }
      }
    }
  }

  /// int8 by `minim_byte_products`, 16 rows at a time; float32 by `minim_row_products` where rows are fewer than a tile has lanes;
  /// `quantised` is left alone.
  public static func multiplyRows(
    _ matrix: Matrix, _ x: UnsafePointer<Float>, rows: Int, bias: Matrix?, relu: Bool,
    into y: UnsafeMutablePointer<Float>, quantised: UnsafeMutablePointer<Int8>
  ) -> Bool {
    let width = matrix.rows, columns = matrix.columns
    if matrix.type == .int8 {
      for row in stride(from: 0, to: rows, by: 16) {
        multiplyBytes(
          matrix, x + row * columns, rows: min(16, rows - row), bias: bias, into: y + row * width)
      }
    } else {
      guard rows < 16, matrix.type == .float32 else { return false }
      for place in 0..<width {
        let start = bias.map { $0.element(place) } ?? 0
        for own in stride(from: place, to: rows * width, by: width) { y[own] = start }
      }
      minim_row_products(matrix.floats, width, columns, x, rows, y)
    }
    if relu {
      for place in 0..<rows * width where !(y[place] > 0) { y[place] = 0 }
    }
    return true
  }

  /// Of 16 rows at most, 64 columns at a time: room for more quantised numbers would be taken from the heap.
  private static func multiplyBytes(
    _ matrix: Matrix, _ x: UnsafePointer<Float>, rows: Int, bias: Matrix?,
    into y: UnsafeMutablePointer<Float>
  ) {
    let width = matrix.rows, columns = matrix.columns, scale = matrix.inputScale
    y.withMemoryRebound(to: Int32.self, capacity: rows * width) { sums in
      sums.initialize(repeating: 0, count: rows * width)
      withUnsafeTemporaryAllocation(of: Int8.self, capacity: 64 * rows) { quantised in
        guard let quantised = quantised.baseAddress else { return }
        for column in stride(from: 0, to: columns, by: 64) {
          let count = min(64, columns - column)
          for row in 0..<rows {
            quantise(
              x + row * columns + column, count: count, scale: scale, into: quantised + 64 * row)
          }
          minim_byte_products(
            matrix.bytes + column * width, width, count, quantised, 64, rows, sums)
        }
      }
    }
    for place in 0..<width {
      let start = bias.map { $0.element(place) } ?? 0
      let factor = floatFromHalf(matrix.rowScales[place]) * scale
      for own in stride(from: place, to: rows * width, by: width) {
        y[own] = start + Float(Int32(bitPattern: y[own].bitPattern)) * factor
      }
    }
  }

  /// As `PlainKernels`; one-bit matrices with a seed by `minim_signed_transposed`.
  public static func multiplyTransposed(
    _ matrix: Matrix, _ x: UnsafePointer<Float>, parts: Int,
    into y: UnsafeMutablePointer<Float>, list: UnsafeMutablePointer<UInt32>
  ) {
    if matrix.type == .oneBit, !matrix.hasExplicitSigns,
      minim_signed_transposed(
        matrix.maskBits, matrix.seed, matrix.rows, matrix.columns, parts, matrix.alpha, x, y) != 0
    {
      return
    }
    PlainKernels.multiplyTransposed(matrix, x, parts: parts, into: y, list: list)
  }

  /// As `PlainKernels`, by `minim_shifted_sums`.
  public static func accumulateShifted(
    _ weights: UnsafePointer<Float>, rows: Int, _ offsets: UnsafePointer<UInt32>, count: Int,
    _ x: UnsafePointer<Float>, lanes: Int, scales: SIMD4<Float>?,
    into y: UnsafeMutablePointer<Float>
  ) {
    guard let scales else {
      return minim_shifted_sums(weights, rows, offsets, count, x, lanes, nil, y)
    }
    withUnsafeBytes(of: scales) {
      minim_shifted_sums(
        weights, rows, offsets, count, x, lanes,
        $0.baseAddress?.assumingMemoryBound(to: Float.self), y)
    }
  }

  /// As `PlainKernels`, by `minim_update_cell`.
  public static func updateCell(
    _ gates: UnsafeMutablePointer<Float>, _ c: UnsafeMutablePointer<Float>, lanes: Int,
    into h: UnsafeMutablePointer<Float>
  ) { minim_update_cell(gates, c, lanes, h) }

  /// As `PlainKernels`, by `minim_selu`.
  public static func selu(_ x: UnsafeMutablePointer<Float>, _ count: Int) { minim_selu(x, count) }
}
