// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_4
  /// The terms of the sums of a convolution of images: which numbers of planes meet which weights.
  struct ImageTaps {
    let kind: ImageVariant
    /// Channels of a sum.
    let inputs: Int
    let planes: ImagePlanes
    let parts: Int
    let kernel: Int

    /// Writes for each term the weights of `rows` rows, `stride` apart from `row` on, then behind all of them the place
    /// where its numbers begin; returns the number of terms.
    ///
    /// Taps of rows, then of columns, then channels ascend. `phase` is that of the places written by a doubling convolution.
    func list(
      _ matrix: Matrix, row: Int, rows: Int, every stride: Int, phase: Int,
      into terms: UnsafeMutablePointer<Float>
    ) -> Int {
      var count = 0, tap = 0
      while tap < kernel &* kernel {
        if meets(tap / kernel, phase / 2), meets(tap % kernel, phase & 1) { count &+= inputs }
        tap &+= 1
      }
      let offsets = UnsafeMutableRawPointer(terms + rows &* count)
        .assumingMemoryBound(to: UInt32.self)
      var term = 0
      tap = 0
      while tap < kernel &* kernel {
        if meets(tap / kernel, phase / 2), meets(tap % kernel, phase & 1) {
          let above = shift(tap / kernel, phase / 2), left = shift(tap % kernel, phase & 1)
          let plane = above.part &* parts &+ left.part
          var place =
            plane &* inputs &* planes.size &+ planes.origin &+ above.places &* planes.pitch
            &+ left.places
          copyWeights(
            matrix, row: row, rows: rows, every: stride, from: tap &* inputs,
            to: terms + term &* rows)
          let end = term &+ inputs
          while term < end {
            offsets[term] = UInt32(truncatingIfNeeded: place)
            place &+= planes.size
            term &+= 1
          }
        }
        tap &+= 1
      }
      return count
    }

    /// Whether a tap along an axis meets places of the phase: always but where it doubles.
    private func meets(_ tap: Int, _ phase: Int) -> Bool {
      kind != .doubled || (phase &+ (kernel &- 1) / 2 &- tap) & 1 == 0
    }

    /// In which planes, even or odd, a tap along an axis reads, and how many places on.
    private func shift(_ tap: Int, _ phase: Int) -> (part: Int, places: Int) {
      let distance = tap &- (kernel &- 1) / 2
      switch kind {
      case .same, .depthwise: return (0, distance)
      case .halved: return (distance & 1, distance < 0 ? -1 : 0)
      case .doubled: return (0, (phase &- distance) / 2)
      }
    }

    /// The weights of one tap, of int8 the bytes, from a column on.
    private func copyWeights(
      _ matrix: Matrix, row: Int, rows: Int, every stride: Int, from column: Int,
      to out: UnsafeMutablePointer<Float>
    ) {
      var own = 0
      while own < rows {
        var from = column &* matrix.rows &+ row &+ own &* stride, to = own
        let end = rows &* inputs
        switch matrix.type {
        case .float32:
          let floats = matrix.floats
          while to < end {
            out[to] = floats[from]
            from &+= matrix.rows
            to &+= rows
          }
        case .int8:
          let bytes = matrix.bytes
          while to < end {
            out[to] = Float(bytes[from])
            from &+= matrix.rows
            to &+= rows
          }
        default:
          while to < end {
            out[to] = floatFromHalf(matrix.halves[from])
            from &+= matrix.rows
            to &+= rows
          }
        }
        own &+= 1
      }
    }
  }
#endif
