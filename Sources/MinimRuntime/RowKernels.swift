// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_2
  extension PlainKernels {
    /// As `Kernels` says.
    public static func multiply(
      _ matrix: Matrix, _ x: UnsafePointer<Float>, lanes: Int, bias: Matrix?, relu: Bool,
      into y: UnsafeMutablePointer<Float>, quantised: UnsafeMutablePointer<Int8>,
      list: UnsafeMutablePointer<UInt32>
    ) {
      switch matrix.type {
      case .oneBit:
        return multiplyOneBit(matrix, x, lanes: lanes, bias: bias, relu: relu, into: y, room: list)
      case .int8: multiplyBytes(matrix, x, lanes: lanes, bias: bias, into: y, quantised)
      case .float32, .float16: multiplyFloats(matrix, x, lanes: lanes, bias: bias, into: y)
      }
      if relu { activate(ActivationVariant.relu.rawValue, y, y, matrix.rows &* lanes) }
    }

    /// There is none: tiles do it.
    @inline(__always)
    public static func multiplyRows(
      _ matrix: Matrix, _ x: UnsafePointer<Float>, rows: Int, bias: Matrix?, relu: Bool,
      into y: UnsafeMutablePointer<Float>, quantised: UnsafeMutablePointer<Int8>
    ) -> Bool { false }

    /// Two rows and sixteen lanes side by side.
    private static func multiplyFloats(
      _ matrix: Matrix, _ x: UnsafePointer<Float>, lanes: Int, bias: Matrix?,
      into y: UnsafeMutablePointer<Float>
    ) {
      let rows = matrix.rows, columns = matrix.columns
      var row = 0
      while row < rows {
        let pair = row &+ 1 < rows ? 1 : 0
        let first = bias.map { $0.element(row) } ?? 0
        let second = bias.map { $0.element(row &+ pair) } ?? 0
        var lane = 0
        while lane < lanes {
          var a = SIMD16<Float>(repeating: first), b = SIMD16<Float>(repeating: second)
          var column = 0, place = row
          while column < columns {
            let numbers = UnsafeRawPointer(x + (column &* lanes &+ lane))
              .loadUnaligned(as: SIMD16<Float>.self)
            a = a + matrix.element(place) * numbers
            b = b + matrix.element(place &+ pair) * numbers
            place &+= rows
            column &+= 1
          }
          let to = UnsafeMutableRawPointer(y + (row &* lanes &+ lane))
          to.storeBytes(of: a, as: SIMD16<Float>.self)
          if pair == 1 { to.storeBytes(of: b, toByteOffset: 4 &* lanes, as: SIMD16<Float>.self) }
          lane &+= 16
        }
        row &+= 2
      }
    }

    /// Lane by lane.
    private static func multiplyBytes(
      _ matrix: Matrix, _ x: UnsafePointer<Float>, lanes: Int, bias: Matrix?,
      into y: UnsafeMutablePointer<Float>, _ quantised: UnsafeMutablePointer<Int8>
    ) {
      var lane = 0
      while lane < lanes {
        var column = 0
        while column < matrix.columns {
          var number = x[column &* lanes &+ lane]
          quantise(&number, count: 1, scale: matrix.inputScale, into: quantised + column)
          column &+= 1
        }
        var row = 0
        while row < matrix.rows {
          var sum: Int32 = 0, place = row
          column = 0
          while column < matrix.columns {
            sum = sum &+ Int32(matrix.bytes[place]) &* Int32(quantised[column])
            place &+= matrix.rows
            column &+= 1
          }
          let start = bias.map { $0.element(row) } ?? 0
          y[row &* lanes &+ lane] =
            start + float(sum) * (floatFromHalf(matrix.rowScales[row]) * matrix.inputScale)
          row &+= 1
        }
        lane &+= 1
      }
    }

    /// As `Kernels` says.
    public static func multiplyTransposed(
      _ matrix: Matrix, _ x: UnsafePointer<Float>, parts: Int,
      into y: UnsafeMutablePointer<Float>, list: UnsafeMutablePointer<UInt32>
    ) {
      let rows = matrix.rows, columns = matrix.columns, part = rows / parts
      if matrix.type == .oneBit {
        return multiplyTransposedOneBit(matrix, x, part: part, into: y, list: list)
      }
      var column = 0
      while column < columns {
        var row = 0
        while row < rows {
          var sum: Float = 0, left = part
          let to = y + (row / part &* columns &+ column)
          while left > 0 {
            let place = column &* rows &+ row
            let weight =
              matrix.type == .int8
              ? Float(matrix.bytes[place]) * floatFromHalf(matrix.rowScales[row])
              : matrix.element(place)
            sum = sum + weight * x[row]
            row &+= 1
            left &-= 1
          }
          to[0] = sum
        }
        column &+= 1
      }
    }

    private static func multiplyTransposedOneBit(
      _ matrix: Matrix, _ x: UnsafePointer<Float>, part: Int,
      into y: UnsafeMutablePointer<Float>, list: UnsafeMutablePointer<UInt32>
    ) {
      let columns = matrix.columns, alpha = matrix.alpha
      var walk = OneBitWalk(matrix), row = 0
      while row < matrix.rows {
        let to = y + row / part &* columns
        if row % part == 0 {
          var column = 0
          while column < columns {
            to[column] = 0
            column &+= 1
          }
        }
        let length = walk.list(columns: columns, lanes: 1, into: list), bits = x[row].bitPattern
        var index = 0
        while index < length {
          let column = Int(truncatingIfNeeded: list[index] & 0x7FFF_FFFF)
          to[column] = to[column] + Float(bitPattern: bits ^ (list[index] & 0x8000_0000))
          index &+= 1
        }
        row &+= 1
        if row % part == 0 {
          var column = 0
          while column < columns {
            to[column] = alpha * to[column]
            column &+= 1
          }
        }
      }
    }
  }
#endif
