// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_2
  extension PlainKernels {
    /// y[r, t] = bias[r] + alpha Σ ±x[c, t] over the weights kept of a one-bit matrix, for many vectors at once.
    ///
    /// x is (columns, lanes) and y (rows, lanes), time or cases in the lanes, whose number is a multiple of 16
    /// and best one of 48; columns · lanes is below 2^31. The same bits in each lane as `accumulate`: the sum
    /// starts at 0 and goes by c ascending. `bias` is a float32 or float16 vector, none for zeros; with `relu`,
    /// y becomes max(y, 0). `room` is a number for each column. Methods, sbt 7.4.
    package static func multiplyOneBit(
      _ matrix: Matrix, _ x: UnsafePointer<Float>, lanes: Int, bias: Matrix?, relu: Bool,
      into y: UnsafeMutablePointer<Float>, room: UnsafeMutablePointer<UInt32>
    ) {
      forEachRow(of: matrix, lanes: lanes, bias: bias, room: room) { row, terms, bias in
        let end = RowEnd(alpha: matrix.alpha, bias: bias)
        let outputs = y + row &* lanes
        var lane = 0
        while lane < lanes {
          let from = UnsafeRawPointer(x + lane), to = UnsafeMutableRawPointer(outputs + lane)
          if lanes &- lane >= 48 {
            wideTile(terms, from, end, to)
            lane &+= 48
          } else {
            tile(terms, from, end, to)
            lane &+= 16
          }
        }
        if relu { activate(ActivationVariant.relu.rawValue, outputs, outputs, lanes) }
      }
    }

    /// Calls `body` with each row of a one-bit matrix, what is kept of it (c · lanes, the highest bit set where
    /// it is negative) and the row's bias.
    @inline(__always)
    package static func forEachRow(
      of matrix: Matrix, lanes: Int, bias: Matrix?, room: UnsafeMutablePointer<UInt32>,
      _ body: (_ row: Int, _ terms: UnsafeBufferPointer<UInt32>, _ bias: Float) -> Void
    ) {
      var walk = OneBitWalk(matrix), row = 0
      while row < matrix.rows {
        let count = walk.list(columns: matrix.columns, lanes: lanes, into: room)
        body(
          row, UnsafeBufferPointer(start: UnsafePointer(room), count: count),
          bias.map { $0.element(row) } ?? 0)
        row &+= 1
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

    /// 16 lanes of a row.
    @inline(__always)
    private static func tile(
      _ terms: UnsafeBufferPointer<UInt32>, _ x: UnsafeRawPointer, _ end: RowEnd,
      _ y: UnsafeMutableRawPointer
    ) {
      var sum = SIMD16<Float>(repeating: 0)
      for term in terms {
        let sign = SIMD16<UInt32>(repeating: term & 0x8000_0000)
        sum = sum + signed(x + Int(truncatingIfNeeded: term << 1) << 1, sign)
      }
      y.storeBytes(of: end.finished(sum), as: SIMD16<Float>.self)
    }

    /// The numbers at a place, with their signs changed where `sign` has the highest bit.
    @inline(__always)
    private static func signed(
      _ place: UnsafeRawPointer, _ sign: SIMD16<UInt32>
    ) -> SIMD16<Float> {
      unsafeBitCast(place.loadUnaligned(as: SIMD16<UInt32>.self) ^ sign, to: SIMD16<Float>.self)
    }
  }

  /// What a row's sums become.
  private struct RowEnd {
    let alpha: Float
    let bias: Float

    @inline(__always)
    func finished(_ sums: SIMD16<Float>) -> SIMD16<Float> {
      SIMD16(repeating: bias) + SIMD16(repeating: alpha) * sums
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
