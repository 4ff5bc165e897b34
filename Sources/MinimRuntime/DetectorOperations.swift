// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_1
  extension Session {
    /// Appends x to the rows of a window, from which the oldest falls; the first x fills it.
    ///
    /// `state` is 1 once it has begun (a whole number).
    func slide(
      _ operation: Operation, _ x: UnsafePointer<Float>, state: UnsafeMutablePointer<Float>,
      into y: UnsafeMutablePointer<Float>
    ) {
      let row = model.valueLength(operation.input), rows = operation.parameter
      let isBegun = count(state) != 0
      var place = 0
      if isBegun {
        // Forwards, so that a number is read before it is written over.
        copy(y + row, to: y, (rows &- 1) &* row)
        place = rows &- 1
      }
      while place < rows {
        copy(x, to: y + place &* row, row)
        place &+= 1
      }
      setCount(state, 1)
    }

    /// y = x within low...high; NaN becomes low.
    func clip(
      _ bounds: Matrix, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, _ count: Int
    ) {
      let low = bounds.element(0), high = bounds.element(1)
      var index = 0
      while index < count {
        // Both comparisons are false for NaN.
        y[index] = x[index] > low ? (x[index] < high ? x[index] : high) : low
        index &+= 1
      }
    }

    /// y = w (a - b)² of the last numbers of both values.
    func squaredError(
      _ operation: Operation, into y: UnsafeMutablePointer<Float>, _ count: Int
    ) {
      let a = value(operation.input) + (model.valueLength(operation.input) &- count)
      let b = value(operation.parameter) + (model.valueLength(operation.parameter) &- count)
      let weight =
        operation.tensor(0) == ModelFormat.noTensor
        ? 1 : model.tensor(operation.tensor(0)).element(0)
      var index = 0
      while index < count {
        let distance = a[index] - b[index]
        y[index] = weight * (distance * distance)
        index &+= 1
      }
    }

    /// The mean of x's numbers, summed in order.
    func reduce(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
      var sum: Float = 0, index = 0
      while index < count {
        sum = sum + x[index]
        index &+= 1
      }
      return sum / Float(count)
    }

    /// exp(-factor · Σ path lengths): the score of an isolation forest, whose tensors hold a tree in each
    /// row, node after node of its levels.
    func forestScore(_ operation: Operation, _ x: UnsafePointer<Float>, _ count: Int) -> Float {
      let splits = model.tensor(operation.tensor(0)), values = model.tensor(operation.tensor(1))
      let trees = splits.rows, inner = splits.columns, width = Float(count)
      var sum: Float = 0, tree = 0
      while tree < trees {
        var node = 0
        while node < inner {
          // No column: a leaf.
          let column = splits.element(node &* trees &+ tree)
          guard column >= 0, column < width else { break }
          let value = values.element(node &* trees &+ tree)
          node = 2 &* node &+ (x[wholeNumber(column)] < value ? 1 : 2)
        }
        sum = sum + values.element(node &* trees &+ tree)
        tree &+= 1
      }
      return expOf(-(model.tensor(operation.tensor(2)).element(0) * sum))
    }

    /// The state of a recurrent layer after `parameter` steps of the same x, from zero.
    func recall(
      _ operation: Operation, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
      units: Int
    ) {
      let state = work + units &* operation.gateVectors
      start(state, 2 &* units, bias: ModelFormat.noTensor)
      var step = 0
      while step < operation.parameter {
        advance(operation, units: units, x, state: state)
        step &+= 1
      }
      copy(state, to: y, units)
    }
  }

  extension Matrix {
    /// An element of a float32 or float16 tensor by its place in the block.
    @inline(__always)
    package func element(_ place: Int) -> Float {
      type == .float32 ? floats[place] : floatFromHalf(halves[place])
    }
  }

  /// The whole part of a number from 0 to 2^22.
  @inline(__always)
  private func wholeNumber(_ number: Float) -> Int {
    // Adding 2^23 rounds to the nearest whole number; half less makes that the one below.
    let nearest = Int((number + 8_388_608).bitPattern & 0x7F_FFFF)
    return Float(nearest) > number ? nearest &- 1 : nearest
  }
#endif
