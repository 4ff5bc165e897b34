// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_2
  extension PlainKernels {
    /// Rows whose weights are listed together, so that the inputs of a tile serve all of them.
    private static var rowsTogether: Int { 8 }

    /// The room, in 32-bit numbers, that `multiplyOneBit` needs for a matrix of so many columns.
    package static func oneBitRoom(columns: Int) -> Int { rowsTogether &* (columns &+ 1) }

    /// y[r, t] = bias[r] + alpha Σ ±x[c, t] over the weights kept of a one-bit matrix, for many vectors at once.
    ///
    /// x is (columns, lanes) and y (rows, lanes), time or cases in the lanes, whose number is a multiple of 4
    /// and best one of 48; columns · lanes is below 2^31. The same bits in each lane as `accumulate`: the sum
    /// starts at 0 and goes by c ascending. `bias` is a float32 or float16 vector, none for zeros; with `relu`,
    /// y becomes max(y, 0). `room` has `oneBitRoom` numbers. Methods, sbt 7.4.
    package static func multiplyOneBit(
      _ matrix: Matrix, _ x: UnsafePointer<Float>, lanes: Int, bias: Matrix?, relu: Bool,
      into y: UnsafeMutablePointer<Float>, room: UnsafeMutablePointer<UInt32>
    ) {
      let rows = matrix.rows, columns = matrix.columns
      let ends = room + rowsTogether &* columns
      var walk = OneBitWalk(matrix), row = 0
      while row < rows {
        let together = rows &- row < rowsTogether ? rows &- row : rowsTogether
        for index in 0..<together {
          let list = room + index &* columns
          ends[index] = UInt32(
            truncatingIfNeeded: walk.list(columns: columns, lanes: lanes, into: list))
        }
        var lane = 0
        while lane < lanes {
          let left = lanes &- lane
          for index in 0..<together {
            let terms = UnsafeBufferPointer<UInt32>(
              start: room + index &* columns, count: Int(truncatingIfNeeded: ends[index]))
            let end = RowEnd(
              alpha: matrix.alpha, bias: bias.map { $0.element(row &+ index) } ?? 0, relu: relu)
            let inputs = UnsafeRawPointer(x + lane)
            let outputs = UnsafeMutableRawPointer(y + ((row &+ index) &* lanes &+ lane))
            if left >= 48 {
              wideTile(terms, inputs, end, outputs)
            } else if left >= 16 {
              tile(terms, inputs, end, outputs, SIMD16<Float>.self, SIMD16<UInt32>.self)
            } else if left >= 8 {
              tile(terms, inputs, end, outputs, SIMD8<Float>.self, SIMD8<UInt32>.self)
            } else {
              tile(terms, inputs, end, outputs, SIMD4<Float>.self, SIMD4<UInt32>.self)
            }
          }
          lane &+= left >= 48 ? 48 : (left >= 16 ? 16 : (left >= 8 ? 8 : 4))
        }
        row &+= together
      }
    }

    /// 48 lanes of a row, whose sums stay in registers.
    @inline(__always)
    private static func wideTile(
      _ terms: UnsafeBufferPointer<UInt32>, _ x: UnsafeRawPointer, _ end: RowEnd,
      _ y: UnsafeMutableRawPointer
    ) {
      var a = SIMD16<Float>(repeating: 0), b = a, c = a
      for term in terms {
        let place = x + Int(truncatingIfNeeded: term << 1) << 1
        let sign = SIMD16<UInt32>(repeating: term & 0x8000_0000)
        a = a + signed(place, sign)
        b = b + signed(place + 64, sign)
        c = c + signed(place + 128, sign)
      }
      y.storeBytes(of: end.finished(a), as: SIMD16<Float>.self)
      y.storeBytes(of: end.finished(b), toByteOffset: 64, as: SIMD16<Float>.self)
      y.storeBytes(of: end.finished(c), toByteOffset: 128, as: SIMD16<Float>.self)
    }

    /// As many lanes of a row as a vector has.
    @inline(__always)
    private static func tile<V: SIMD & BitwiseCopyable, B: SIMD & BitwiseCopyable>(
      _ terms: UnsafeBufferPointer<UInt32>, _ x: UnsafeRawPointer, _ end: RowEnd,
      _ y: UnsafeMutableRawPointer, _: V.Type, _: B.Type
    ) where V.Scalar == Float, B.Scalar == UInt32 {
      var sum = V(repeating: 0)
      for term in terms {
        let sign = B(repeating: term & 0x8000_0000)
        sum = sum + signed(x + Int(truncatingIfNeeded: term << 1) << 1, sign)
      }
      y.storeBytes(of: end.finished(sum), as: V.self)
    }

    /// The numbers at a place, with their signs changed where `sign` has the highest bit.
    @inline(__always)
    private static func signed<V: SIMD & BitwiseCopyable, B: SIMD & BitwiseCopyable>(
      _ place: UnsafeRawPointer, _ sign: B
    ) -> V where V.Scalar == Float, B.Scalar == UInt32 {
      unsafeBitCast(place.loadUnaligned(as: B.self) ^ sign, to: V.self)
    }
  }

  /// What a row's sums become.
  private struct RowEnd {
    let alpha: Float
    let bias: Float
    let relu: Bool

    @inline(__always)
    func finished<V: SIMD>(_ sums: V) -> V where V.Scalar == Float {
      let y = V(repeating: bias) + V(repeating: alpha) * sums
      return relu ? y.replacing(with: 0, where: .!(y .> 0)) : y
    }
  }

  extension OneBitWalk {
    /// Writes a number for each weight kept of the next `columns` elements: c · lanes, and the highest bit where
    /// it is negative; returns how many.
    @inline(__always)
    mutating func list(columns: Int, lanes: Int, into list: UnsafeMutablePointer<UInt32>) -> Int {
      var length = 0, column = 0
      while column < columns {
        let count = ready(columns &- column)
        var rest = kept &<< UInt(truncatingIfNeeded: UInt.bitWidth &- count)
        rest = rest &>> UInt(truncatingIfNeeded: UInt.bitWidth &- count)
        let signs = negative
        while rest != 0 {
          let bit = rest.trailingZeroBitCount
          let sign = UInt32(truncatingIfNeeded: signs &>> UInt(truncatingIfNeeded: bit)) << 31
          list[length] = UInt32(truncatingIfNeeded: (column &+ bit) &* lanes) | sign
          length &+= 1
          rest &= rest &- 1
        }
        drop(count)
        column &+= count
      }
      return length
    }
  }
#endif
