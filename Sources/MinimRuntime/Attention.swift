// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_2
  /// Where the tensors of an attention stand: Q, K, V and O, each but K with its bias behind it where the variant
  /// has biases.
  struct AttentionTensors {
    let query: Int
    let key: Int
    let value: Int
    let output: Int
    /// The number behind the last.
    let end: Int

    @inline(__always)
    init(_ operation: Operation) {
      let step = operation.variant & 1 == 0 ? 1 : 2
      query = operation.tensor(0)
      key = query &+ step
      value = key &+ 1
      output = value &+ step
      end = output &+ step
    }
  }

  extension Model {
    /// The heads of an attention, 1 to 64.
    @inline(__always)
    func headCount(_ operation: Operation) -> Int { Int(operation.variant >> 2) &+ 1 }

    /// The rows that an attention asks: all of value number parameter, or all but the last.
    @inline(__always)
    func askedRows(_ operation: Operation) -> Int {
      let rows = valueLength(operation.parameter) / rowWidth(operation)
      return operation.variant & 2 == 0 ? rows : rows &- 1
    }

    /// The numbers that an attention works in.
    func attendWork(_ operation: Operation) -> Int {
      let width = rowWidth(operation), asked = askedRows(operation)
      let rows = rowCount(operation)
      if rows == 1 { return (6 &+ headCount(operation)) &* width &+ asked }
      let lanes = lanes(rows)
      return (rows &+ 2 &* asked &+ 2 &* lanes &+ 1) &* width &+ asked
    }
  }

  extension Session {
    /// y = O of what each head finds in the rows of value number parameter, before the residual connection; one row
    /// asks, or all of them.
    func attend(
      _ operation: Operation, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
      if model.rowCount(operation) == 1 {
        askOnce(operation, x, into: y)
      } else {
        askAll(operation, x, into: y)
      }
    }

    private func bias(_ operation: Operation, _ matrix: Int) -> Int {
      operation.variant & 1 == 0 ? ModelFormat.noTensor : matrix &+ 1
    }

    /// One row asks: keys and values are never formed.
    ///
    /// Of head h, scores are those of u = K_hᵀ q_h with the rows, and V_h maps the sum of the rows.
    private func askOnce(
      _ operation: Operation, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
      let width = model.rowWidth(operation), heads = model.headCount(operation)
      let part = width / heads, asked = model.askedRows(operation)
      let tensors = AttentionTensors(operation), rows = UnsafePointer(value(operation.parameter))
      // Files declare room for two more vectors than are used: behind `found` and in `list`.
      let query = work, found = query + width, joined = found + 2 &* width
      let list = joined + width, wanted = list + 2 &* width, scores = wanted + heads &* width
      map(
        tensors.query, bias(operation, tensors.query), x, lanes: 1, into: query, list: list)
      K.multiplyTransposed(
        matrix(tensors.key), query, parts: heads, into: wanted,
        list: UnsafeMutableRawPointer(list).assumingMemoryBound(to: UInt32.self))
      let scale = 1 / squareRootOf(Float(part))
      var head = 0
      while head < heads {
        let own = UnsafePointer(wanted + head &* width)
        scoreRows(rows, asked, own, width, into: scores)
        var row = 0
        while row < asked {
          scores[row] = scale * scores[row]
          row &+= 1
        }
        softmax(scores, scores, asked)
        gather(rows, UnsafePointer(scores), rows: asked, width: width, stride: width, into: found)
        let first = head &* part, to = joined + first
        start(to, part, bias: bias(operation, tensors.value), from: first)
        K.accumulate(
          matrix(tensors.value), rows: first..<first &+ part, found, into: to, quantised: quantised)
        head &+= 1
      }
      map(tensors.output, bias(operation, tensors.output), joined, lanes: 1, into: y, list: list)
    }

    /// All rows ask: keys stand number by number, values row by row.
    private func askAll(
      _ operation: Operation, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
      let width = model.rowWidth(operation), heads = model.headCount(operation)
      let part = width / heads, count = model.rowCount(operation)
      let asked = model.askedRows(operation), lanes = model.lanes(count)
      let tensors = AttentionTensors(operation), rows = UnsafePointer(value(operation.parameter))
      let queries = work, keys = queries + count &* width, values = keys + asked &* width
      let from = values + asked &* width, to = from + lanes &* width, list = to + lanes &* width
      let scores = list + width
      func mapRows(
        _ x: UnsafePointer<Float>, _ count: Int, _ tensor: Int, _ bias: Int,
        _ keep: (_ first: Int, _ rows: Int) -> Void
      ) {
        var row = 0
        while row < count {
          let rows = count &- row < lanes ? count &- row : lanes
          turn(x + row &* width, rows: rows, width: width, lanes: lanes, into: from)
          map(tensor, bias, from, lanes: lanes, into: to, list: list)
          keep(row, rows)
          row &+= rows
        }
      }
      mapRows(x, count, tensors.query, bias(operation, tensors.query)) { first, rows in
        turnBack(to, rows: rows, width: width, lanes: lanes, into: queries + first &* width)
      }
      mapRows(rows, asked, tensors.key, ModelFormat.noTensor) { first, rows in
        var column = 0
        while column < width {
          copy(to + column &* lanes, to: keys + (column &* asked &+ first), rows)
          column &+= 1
        }
      }
      mapRows(rows, asked, tensors.value, bias(operation, tensors.value)) { first, rows in
        turnBack(to, rows: rows, width: width, lanes: lanes, into: values + first &* width)
      }
      let scale = 1 / squareRootOf(Float(part))
      var row = 0
      while row < count {
        var head = 0
        while head < heads {
          let first = head &* part
          gather(
            keys + first &* asked, queries + (row &* width &+ first), rows: part, width: asked,
            stride: asked, into: scores)
          var index = 0
          while index < asked {
            scores[index] = scale * scores[index]
            index &+= 1
          }
          softmax(scores, scores, asked)
          gather(
            values + first, UnsafePointer(scores), rows: asked, width: part, stride: width,
            into: y + (row &* width &+ first))
          head &+= 1
        }
        row &+= 1
      }
      mapRows(y, count, tensors.output, bias(operation, tensors.output)) { first, rows in
        turnBack(to, rows: rows, width: width, lanes: lanes, into: y + first &* width)
      }
    }

    /// Σ a_i row_i, i ascending; rows of `width` numbers stand `stride` apart.
    private func gather(
      _ x: UnsafePointer<Float>, _ shares: UnsafePointer<Float>, rows: Int, width: Int, stride: Int,
      into sum: UnsafeMutablePointer<Float>
    ) {
      var column = 0
      while column &+ 16 <= width {
        var a = SIMD8<Float>(repeating: 0), b = a
        var row = 0, place = UnsafeRawPointer(x + column)
        while row < rows {
          let share = shares[row]
          a = a + share * place.loadUnaligned(as: SIMD8<Float>.self)
          b = b + share * place.loadUnaligned(fromByteOffset: 32, as: SIMD8<Float>.self)
          place += 4 &* stride
          row &+= 1
        }
        let to = UnsafeMutableRawPointer(sum + column)
        to.storeBytes(of: a, as: SIMD8<Float>.self)
        to.storeBytes(of: b, toByteOffset: 32, as: SIMD8<Float>.self)
        column &+= 16
      }
      while column < width {
        var total: Float = 0, row = 0
        while row < rows {
          total = total + shares[row] * x[row &* stride &+ column]
          row &+= 1
        }
        sum[column] = total
        column &+= 1
      }
    }

    /// Σ a_j b_j of each of so many rows a; four side by side, but for small processors, where they take room alone.
    private func scoreRows(
      _ a: UnsafePointer<Float>, _ rows: Int, _ b: UnsafePointer<Float>, _ count: Int,
      into scores: UnsafeMutablePointer<Float>
    ) {
      var row = 0
      #if _pointerBitWidth(_64)
        while row &+ 4 <= rows {
          let first = UnsafeRawPointer(a + row &* count), right = UnsafeRawPointer(b)
          var s0 = SIMD4<Float>(repeating: 0), s1 = s0, s2 = s0, s3 = s0, index = 0
          while index &+ 4 <= count {
            let other = right.loadUnaligned(fromByteOffset: 4 &* index, as: SIMD4<Float>.self)
            @inline(__always)
            func numbers(_ row: Int) -> SIMD4<Float> {
              first.loadUnaligned(
                fromByteOffset: 4 &* (row &* count &+ index), as: SIMD4<Float>.self)
            }
            s0 = s0 + numbers(0) * other
            s1 = s1 + numbers(1) * other
            s2 = s2 + numbers(2) * other
            s3 = s3 + numbers(3) * other
            index &+= 4
          }
          while index < count {
            let own = a + (row &* count &+ index), lane = index & 3
            s0[lane] = s0[lane] + own[0] * b[index]
            s1[lane] = s1[lane] + own[count] * b[index]
            s2[lane] = s2[lane] + own[2 &* count] * b[index]
            s3[lane] = s3[lane] + own[3 &* count] * b[index]
            index &+= 1
          }
          scores[row] = (s0[0] + s0[2]) + (s0[1] + s0[3])
          scores[row &+ 1] = (s1[0] + s1[2]) + (s1[1] + s1[3])
          scores[row &+ 2] = (s2[0] + s2[2]) + (s2[1] + s2[3])
          scores[row &+ 3] = (s3[0] + s3[2]) + (s3[1] + s3[3])
          row &+= 4
        }
      #endif
      while row < rows {
        scores[row] = dot(a + row &* count, b, count)
        row &+= 1
      }
    }

    /// Σ a_j b_j: number j goes to sum j mod 4, and the sums come together as (0 + 2) + (1 + 3).
    private func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Float {
      var sums = SIMD4<Float>(repeating: 0), index = 0
      let left = UnsafeRawPointer(a), right = UnsafeRawPointer(b)
      while index &+ 4 <= count {
        sums =
          sums
          + left.loadUnaligned(fromByteOffset: 4 &* index, as: SIMD4<Float>.self)
          * right.loadUnaligned(fromByteOffset: 4 &* index, as: SIMD4<Float>.self)
        index &+= 4
      }
      while index < count {
        sums[index & 3] = sums[index & 3] + a[index] * b[index]
        index &+= 1
      }
      return (sums[0] + sums[2]) + (sums[1] + sums[3])
    }
  }
#endif
