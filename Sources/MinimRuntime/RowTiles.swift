// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_2
  // Maps of rows in tiles.
  extension Session {
    /// y_r = b + W x_r of so many rows in tiles of so many lanes, tensors 0 (`matrix`) and 1, or max(y_r, 0).
    @inline(__always)
    func mapRows(
      _ operation: Operation, _ matrix: Matrix, rows: Int, lanes: Int, _ x: UnsafePointer<Float>,
      relu: Bool, into y: UnsafeMutablePointer<Float>
    ) {
      let width = matrix.rows, bias = operation.tensor(1)
      let vector = bias == ModelFormat.noTensor ? nil : model.tensor(bias)
      if K.multiplyRows(
        matrix, x, rows: rows, bias: vector, relu: relu, into: y, quantised: quantised)
      {
        return
      }
      let from = tile, to = from + matrix.columns &* lanes, list = to + width &* lanes
      var row = 0
      while row < rows {
        let count = rows &- row < lanes ? rows &- row : lanes
        turn(
          x + row &* matrix.columns, rows: count, width: matrix.columns, lanes: lanes, into: from)
        map(
          operation.tensor(0), bias, from, lanes: lanes, relu: relu, into: to, list: list)
        turnBack(to, rows: count, width: width, lanes: lanes, into: y + row &* width)
        row &+= count
      }
    }

    /// y = b + W x of each lane of a tile, or max(y, 0); `list` has room for a number for each column.
    func map(
      _ tensor: Int, _ bias: Int, _ x: UnsafePointer<Float>, lanes: Int, relu: Bool = false,
      into y: UnsafeMutablePointer<Float>, list: UnsafeMutablePointer<Float>
    ) {
      let matrix = matrix(tensor)
      if lanes == 1 {
        start(y, matrix.rows, bias: bias)
        K.accumulate(matrix, rows: 0..<matrix.rows, x, into: y, quantised: quantised)
        if relu { activate(ActivationVariant.relu.rawValue, y, y, matrix.rows) }
        return
      }
      let vector = bias == ModelFormat.noTensor ? nil : model.tensor(bias)
      K.multiply(
        matrix, x, lanes: lanes, bias: vector, relu: relu, into: y, quantised: quantised,
        list: UnsafeMutableRawPointer(list).assumingMemoryBound(to: UInt32.self))
    }

    /// The room to work in from the next multiple of 64 bytes on, so that vectors of a tile do not cross lines of the cache.
    var tile: UnsafeMutablePointer<Float> {
      let room = UnsafeMutableRawPointer(work)
      return room.advanced(by: Int((0 &- UInt(bitPattern: room)) & 63))
        .assumingMemoryBound(to: Float.self)
    }

    /// Rows one behind the other as a tile, zeros in lanes that have none.
    func turn(
      _ x: UnsafePointer<Float>, rows: Int, width: Int, lanes: Int,
      into tile: UnsafeMutablePointer<Float>
    ) {
      var lane = 0
      while lane < lanes {
        var column = 0
        while column < width {
          tile[column &* lanes &+ lane] = lane < rows ? x[lane &* width &+ column] : 0
          column &+= 1
        }
        lane &+= 1
      }
    }

    /// The rows of a tile one behind the other.
    func turnBack(
      _ tile: UnsafePointer<Float>, rows: Int, width: Int, lanes: Int,
      into y: UnsafeMutablePointer<Float>
    ) {
      var lane = 0
      while lane < rows {
        var column = 0
        while column < width {
          y[lane &* width &+ column] = tile[column &* lanes &+ lane]
          column &+= 1
        }
        lane &+= 1
      }
    }
  }
#endif
