// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_2
  extension PlainKernels {
    /// y[r, t] = bias[r] + alpha Σ ±x[c, t] over the weights kept of a one-bit matrix, for many vectors at once.
    ///
    /// x is (columns, lanes) and y (rows, lanes), time or cases in the lanes, whose number is a multiple of 4
    /// and best one of 48; columns · lanes is below 2^31. The same bits in each lane as `accumulate`: the sum
    /// starts at 0 and goes by c ascending. `bias` is a float32 or float16 vector, none for zeros; with `relu`,
    /// y becomes max(y, 0). `room` is a number for each column. Methods, sbt 7.4.
    package static func multiplyOneBit(
      _ matrix: Matrix, _ x: UnsafePointer<Float>, lanes: Int, bias: Matrix?, relu: Bool,
      into y: UnsafeMutablePointer<Float>, room: UnsafeMutablePointer<UInt32>
    ) {
      var walk = OneBitWalk(matrix), row = 0
      while row < matrix.rows {
        let terms = UnsafeBufferPointer(
          start: UnsafePointer(room),
          count: walk.list(columns: matrix.columns, lanes: lanes, into: room))
        let end = RowEnd(alpha: matrix.alpha, bias: bias.map { $0.element(row) } ?? 0)
        let outputs = y + row &* lanes
        var lane = 0
        while lane < lanes {
          let from = UnsafeRawPointer(x + lane), to = UnsafeMutableRawPointer(outputs + lane)
          switch lanes &- lane {
          case 48...:
            wideTile(terms, from, end, to)
            lane &+= 48
          case 16...:
            tile(terms, from, end, to, SIMD16<Float>.self, SIMD16<UInt32>.self)
            lane &+= 16
          case 8...:
            tile(terms, from, end, to, SIMD8<Float>.self, SIMD8<UInt32>.self)
            lane &+= 8
          default:
            tile(terms, from, end, to, SIMD4<Float>.self, SIMD4<UInt32>.self)
            lane &+= 4
          }
        }
        if relu { activate(ActivationVariant.relu.rawValue, outputs, outputs, lanes) }
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

    @inline(__always)
    func finished<V: SIMD>(_ sums: V) -> V where V.Scalar == Float {
      V(repeating: bias) + V(repeating: alpha) * sums
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
