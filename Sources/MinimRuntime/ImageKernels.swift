// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_4
  extension PlainKernels {
    /// As `Kernels` says.
    public static func accumulateShifted(
      _ weights: UnsafePointer<Float>, rows: Int, _ offsets: UnsafePointer<UInt32>, count: Int,
      _ x: UnsafePointer<Float>, lanes: Int, scales: SIMD4<Float>?,
      into y: UnsafeMutablePointer<Float>
    ) {
      if rows == 4 {
        accumulateFour(weights, offsets, count: count, x, lanes: lanes, scales: scales, into: y)
        return
      }
      var row = 0
      while row < rows {
        var lane = 0
        while lane < lanes {
          let to = UnsafeMutableRawPointer(y + (row &* lanes &+ lane))
          let start = to.loadUnaligned(as: SIMD8<Float>.self)
          var sum = scales == nil ? start : SIMD8<Float>(repeating: 0), term = 0
          while term < count {
            sum =
              sum + weights[term &* rows &+ row]
              * numbers(x + (Int(truncatingIfNeeded: offsets[term]) &+ lane))
            term &+= 1
          }
          if let scales { sum = start + sum * scales[row] }
          to.storeBytes(of: sum, as: SIMD8<Float>.self)
          lane &+= 8
        }
        row &+= 1
      }
    }

    /// Four rows and eight lanes side by side.
    private static func accumulateFour(
      _ weights: UnsafePointer<Float>, _ offsets: UnsafePointer<UInt32>, count: Int,
      _ x: UnsafePointer<Float>, lanes: Int, scales: SIMD4<Float>?,
      into y: UnsafeMutablePointer<Float>
    ) {
      let zero = SIMD8<Float>(repeating: 0)
      var lane = 0
      while lane < lanes {
        let to = UnsafeMutableRawPointer(y + lane), row = 4 &* lanes
        let first = to.loadUnaligned(as: SIMD8<Float>.self)
        let second = to.loadUnaligned(fromByteOffset: row, as: SIMD8<Float>.self)
        let third = to.loadUnaligned(fromByteOffset: 2 &* row, as: SIMD8<Float>.self)
        let fourth = to.loadUnaligned(fromByteOffset: 3 &* row, as: SIMD8<Float>.self)
        var a = scales == nil ? first : zero, b = scales == nil ? second : zero
        var c = scales == nil ? third : zero, d = scales == nil ? fourth : zero
        var term = 0, weight = weights
        while term < count {
          let numbers = numbers(x + (Int(truncatingIfNeeded: offsets[term]) &+ lane))
          a = a + weight[0] * numbers
          b = b + weight[1] * numbers
          c = c + weight[2] * numbers
          d = d + weight[3] * numbers
          weight += 4
          term &+= 1
        }
        if let scales {
          a = first + a * scales[0]
          b = second + b * scales[1]
          c = third + c * scales[2]
          d = fourth + d * scales[3]
        }
        to.storeBytes(of: a, as: SIMD8<Float>.self)
        to.storeBytes(of: b, toByteOffset: row, as: SIMD8<Float>.self)
        to.storeBytes(of: c, toByteOffset: 2 &* row, as: SIMD8<Float>.self)
        to.storeBytes(of: d, toByteOffset: 3 &* row, as: SIMD8<Float>.self)
        lane &+= 8
      }
    }

    /// As `Kernels` says.
    public static func updateCell(
      _ gates: UnsafeMutablePointer<Float>, _ c: UnsafeMutablePointer<Float>, lanes: Int,
      into h: UnsafeMutablePointer<Float>
    ) {
      activate(ActivationVariant.sigmoid.rawValue, gates, gates, 2 &* lanes)
      activate(ActivationVariant.tanh.rawValue, gates + 2 &* lanes, gates + 2 &* lanes, lanes)
      activate(ActivationVariant.sigmoid.rawValue, gates + 3 &* lanes, gates + 3 &* lanes, lanes)
      var lane = 0
      while lane < lanes {
        c[lane] = gates[lanes &+ lane] * c[lane] + gates[lane] * gates[2 &* lanes &+ lane]
        lane &+= 1
      }
      activate(ActivationVariant.tanh.rawValue, c, h, lanes)
      lane = 0
      while lane < lanes {
        h[lane] = gates[3 &* lanes &+ lane] * h[lane]
        lane &+= 1
      }
    }

    /// As `Kernels` says.
    @inline(never)
    public static func selu(_ x: UnsafeMutablePointer<Float>, _ count: Int) {
      var index = 0
      while index < count {
        x[index] = seluOf(x[index])
        index &+= 1
      }
    }

    @inline(__always)
    private static func numbers(_ x: UnsafePointer<Float>) -> SIMD8<Float> {
      UnsafeRawPointer(x).loadUnaligned(as: SIMD8<Float>.self)
    }
  }
#endif
