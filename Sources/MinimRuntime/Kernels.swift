// SPDX-License-Identifier: Apache-2.0

/// The inner loops of a session; another set may be faster but gives the same bits.
public protocol Kernels {
  /// out[r - first] += Σ W[r, j] x[j] for the rows r of a matrix that `rows` says, from the first on.
  ///
  /// float32 and float16: the products are added to out[r] one by one, j ascending, each product
  /// and each sum rounded to float32. int8: x is rounded by `quantise`, the sum is exact, and
  /// out[r] += sum * (row scale * input scale). `quantised` has room for a byte for each column of
  /// an int8 matrix. One-bit: the sum starts as 0 and takes x[j] or -x[j] for each weight kept, j
  /// ascending, and out[r] += alpha * sum.
  static func accumulate(
    _ matrix: Matrix, rows: Range<Int>, _ x: UnsafePointer<Float>,
    into out: UnsafeMutablePointer<Float>, quantised: UnsafeMutablePointer<Int8>)

  /// out[r] += Σ W[r, s] x[s · rows + r] for all rows of a matrix, in the same order and with the
  /// same roundings as `accumulate`; `quantised` has room for a byte for each element of an int8
  /// matrix.
  static func accumulateDepthwise(
    _ matrix: Matrix, _ x: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>,
    quantised: UnsafeMutablePointer<Int8>)

  #if !MINIM_OPERATIONS_1_2
    /// y[r, t] = bias[r] + Σ W[r, j] x[j, t] for all rows of a matrix and all lanes t, in the order and with the
    /// roundings of `accumulate`; with `relu` max(y, 0).
    ///
    /// x is (columns, lanes), y (rows, lanes), lanes a multiple of 16; `bias` is none for zeros. `quantised` has room
    /// for a byte, `list` for a number for each column.
    static func multiply(
      _ matrix: Matrix, _ x: UnsafePointer<Float>, lanes: Int, bias: Matrix?, relu: Bool,
      into y: UnsafeMutablePointer<Float>, quantised: UnsafeMutablePointer<Int8>,
      list: UnsafeMutablePointer<UInt32>)

    /// y[k, r] = bias[r] + Σ W[r, j] x[k, j] for rows k of x that lie one behind the other, as `multiply` without tiles; false
    /// where there is no such loop for the matrix: then nothing is done.
    ///
    /// x is (rows, columns), y (rows, rows of the matrix). `quantised` has room for a byte for each column.
    static func multiplyRows(
      _ matrix: Matrix, _ x: UnsafePointer<Float>, rows: Int, bias: Matrix?, relu: Bool,
      into y: UnsafeMutablePointer<Float>, quantised: UnsafeMutablePointer<Int8>
    ) -> Bool

    /// y[p, j] = Σ W[r, j] x[r] over the rows r of part p, one of `parts` that share the rows evenly; r ascending,
    /// each product and sum rounded.
    ///
    /// int8: W[r, j] is the byte times the row's scale. One-bit: the sum of ±x[r] times alpha. `list` has room
    /// for a number for each column.
    static func multiplyTransposed(
      _ matrix: Matrix, _ x: UnsafePointer<Float>, parts: Int,
      into y: UnsafeMutablePointer<Float>, list: UnsafeMutablePointer<UInt32>)
  #endif

  #if !MINIM_OPERATIONS_1_4
    /// y[r, t] += Σ w[j, r] x[offsets[j] + t] for `rows` rows, 1 to 4, and all lanes t, j ascending, each product and sum
    /// rounded; with scales the sum, of whole numbers, starts as 0, and y[r, t] += sum * scales[r].
    ///
    /// w is (count, rows), y (rows, lanes), lanes a multiple of 16.
    static func accumulateShifted(
      _ weights: UnsafePointer<Float>, rows: Int, _ offsets: UnsafePointer<UInt32>, count: Int,
      _ x: UnsafePointer<Float>, lanes: Int, scales: SIMD4<Float>?,
      into y: UnsafeMutablePointer<Float>)

    /// c = σ(f) c + σ(i) tanh(g) and h = σ(o) tanh(c) of all lanes; the gates i f g o stand one behind the other and are
    /// lost.
    static func updateCell(
      _ gates: UnsafeMutablePointer<Float>, _ c: UnsafeMutablePointer<Float>, lanes: Int,
      into h: UnsafeMutablePointer<Float>)

    /// x = SELU x, element by element.
    static func selu(_ x: UnsafeMutablePointer<Float>, _ count: Int)
  #endif
}

/// x[j] / scale rounded to the nearest integer, ties to even, between -127 and 127.
@inline(__always)
public func quantise(
  _ x: UnsafePointer<Float>, count: Int, scale: Float, into bytes: UnsafeMutablePointer<Int8>
) {
  let inverse = 1 / scale
  var index = 0
  while index < count {
    let scaled = x[index] * inverse
    let clamped: Float = scaled > -127 ? (scaled < 127 ? scaled : 127) : -127
    bytes[index] = Int8(truncatingIfNeeded: (clamped + 12_582_912).bitPattern)
    index &+= 1
  }
}

/// The loops in plain Swift.
public enum PlainKernels: Kernels {
  /// As `Kernels` says.
  public static func accumulate(
    _ matrix: Matrix, rows: Range<Int>, _ x: UnsafePointer<Float>,
    into out: UnsafeMutablePointer<Float>, quantised: UnsafeMutablePointer<Int8>
  ) {
    let out = out - rows.lowerBound
    switch matrix.type {
    case .float32: accumulateFloats(matrix, rows, x, into: out)
    case .float16:
      var row = rows.lowerBound
      while row < rows.upperBound {
        var sum = out[row]
        var place = row, column = 0
        while column < matrix.columns {
          sum = sum + floatFromHalf(matrix.halves[place]) * x[column]
          place &+= matrix.rows
          column &+= 1
        }
        out[row] = sum
        row &+= 1
      }
    case .int8:
      quantise(x, count: matrix.columns, scale: matrix.inputScale, into: quantised)
      accumulateBytes(matrix, rows, quantised, into: out)
    #if !MINIM_OPERATIONS_1_2
      case .oneBit: accumulateOneBit(matrix, rows, x, into: out)
    #endif
    }
  }

  /// As `Kernels` says; element and input have the same number.
  public static func accumulateDepthwise(
    _ matrix: Matrix, _ x: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>,
    quantised: UnsafeMutablePointer<Int8>
  ) {
    let rows = matrix.rows, elements = rows &* matrix.columns
    var row = 0
    switch matrix.type {
    case .float32:
      var place = 0
      while place < elements {
        row = 0
        while row < rows {
          out[row] = out[row] + matrix.floats[place &+ row] * x[place &+ row]
          row &+= 1
        }
        place &+= rows
      }
    case .float16:
      while row < rows {
        var sum = out[row], place = row
        while place < elements {
          sum = sum + floatFromHalf(matrix.halves[place]) * x[place]
          place &+= rows
        }
        out[row] = sum
        row &+= 1
      }
    case .int8:
      quantise(x, count: elements, scale: matrix.inputScale, into: quantised)
      while row < rows {
        var sum: Int32 = 0, place = row
        while place < elements {
          sum = sum &+ Int32(matrix.bytes[place]) &* Int32(quantised[place])
          place &+= rows
        }
        out[row] =
          out[row] + float(sum) * (floatFromHalf(matrix.rowScales[row]) * matrix.inputScale)
        row &+= 1
      }
    #if !MINIM_OPERATIONS_1_2
      case .oneBit: accumulateOneBitDepthwise(matrix, x, into: out)
    #endif
    }
  }

  /// Eight rows side by side, in two vectors of four where the processor has them.
  @inline(__always)
  private static func accumulateFloats(
    _ matrix: Matrix, _ range: Range<Int>, _ x: UnsafePointer<Float>,
    into out: UnsafeMutablePointer<Float>
  ) {
    let rows = matrix.rows, columns = matrix.columns
    var row = range.lowerBound
    while row &+ 8 <= range.upperBound {
      let sums = out + row
      var a = vector(sums), b = vector(sums + 4)
      var place = matrix.floats + row, column = 0
      while column < columns {
        let number = x[column]
        a = a + vector(place) * number
        b = b + vector(place + 4) * number
        place += rows
        column &+= 1
      }
      for lane in 0..<4 {
        sums[lane] = a[lane]
        sums[lane &+ 4] = b[lane]
      }
      row &+= 8
    }
    while row < range.upperBound {
      var sum = out[row]
      var place = matrix.floats + row, column = 0
      while column < columns {
        sum = sum + place.pointee * x[column]
        place += rows
        column &+= 1
      }
      out[row] = sum
      row &+= 1
    }
  }

  @inline(__always)
  private static func vector(_ numbers: UnsafePointer<Float>) -> SIMD4<Float> {
    SIMD4(numbers[0], numbers[1], numbers[2], numbers[3])
  }

  @inline(__always)
  private static func accumulateBytes(
    _ matrix: Matrix, _ range: Range<Int>, _ x: UnsafePointer<Int8>,
    into out: UnsafeMutablePointer<Float>
  ) {
    let rows = matrix.rows, columns = matrix.columns, scales = matrix.rowScales
    let inputScale = matrix.inputScale
    var row = range.lowerBound
    while row &+ 4 <= range.upperBound {
      var a: Int32 = 0, b: Int32 = 0, c: Int32 = 0, d: Int32 = 0
      var place = matrix.bytes + row, column = 0
      while column < columns {
        let number = Int32(x[column])
        a = a &+ Int32(place[0]) &* number
        b = b &+ Int32(place[1]) &* number
        c = c &+ Int32(place[2]) &* number
        d = d &+ Int32(place[3]) &* number
        place += rows
        column &+= 1
      }
      out[row] = out[row] + float(a) * (floatFromHalf(scales[row]) * inputScale)
      out[row &+ 1] = out[row &+ 1] + float(b) * (floatFromHalf(scales[row &+ 1]) * inputScale)
      out[row &+ 2] = out[row &+ 2] + float(c) * (floatFromHalf(scales[row &+ 2]) * inputScale)
      out[row &+ 3] = out[row &+ 3] + float(d) * (floatFromHalf(scales[row &+ 3]) * inputScale)
      row &+= 4
    }
    while row < range.upperBound {
      var sum: Int32 = 0
      var place = matrix.bytes + row, column = 0
      while column < columns {
        sum = sum &+ Int32(place.pointee) &* Int32(x[column])
        place += rows
        column &+= 1
      }
      out[row] = out[row] + float(sum) * (floatFromHalf(scales[row]) * inputScale)
      row &+= 1
    }
  }

  /// A whole number as the nearest float32.
  ///
  /// On 32-bit ARM `Float.init` would go through 64 bits. Each half has at most 23 bits, so it is
  /// exact as the last digits of 1.5 * 2^23, and only the sum is rounded.
  @inline(__always)
  static func float(_ number: Int32) -> Float {
    let high = Float(bitPattern: UInt32(bitPattern: 0x4B40_0000 &+ (number >> 12))) - 12_582_912
    let low = Float(bitPattern: UInt32(bitPattern: 0x4B40_0000 &+ (number & 0xFFF))) - 12_582_912
    return high * 4096 + low
  }
}
