// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_2
  /// The steps of a window as the rows of a value, one behind the other.
  ///
  /// Rows go through their maps in tiles: numbers of as many rows as a tile has lanes side by side, so that a vector
  /// holds the same number of several rows. A single row goes by itself. Each row has the same bits either way.
  extension Model {
    /// The width of the rows that an operation reads.
    @inline(__always)
    func rowWidth(_ operation: Operation) -> Int {
      operation.code == .pool
        ? valueLength(operation.output) : tensor(operation.tensor(0)).columns
    }

    /// The rows that an operation reads.
    @inline(__always)
    func rowCount(_ operation: Operation) -> Int {
      valueLength(operation.input) / rowWidth(operation)
    }

    /// The rows of a tile: 1 for a row alone, else all, rounded up to a multiple of 16, 256 at most.
    @inline(__always)
    func lanes(_ rows: Int) -> Int { rows == 1 ? 1 : rows < 256 ? (rows &+ 15) & ~15 : 256 }

    /// The numbers that a tile may begin later than the room to work in.
    static let tileMargin = 15

    /// The numbers that an operation on rows works in.
    func rowWork(_ operation: Operation) -> Int {
      let rows = rowCount(operation)
      switch operation.code {
      case .embed: return mapWork(operation, lanes: lanes(rows))
      case .layer:
        let width = rowWidth(operation), hidden = feedWidth(operation)
        let lanes = lanes(rows)
        return (3 &* width &+ hidden) &* lanes &+ max(width, hidden) &+ Model.tileMargin
      case .attend: return attendWork(operation)
      default: return 0
      }
    }

    /// The numbers that the map of rows in tiles works in.
    @inline(__always)
    func mapWork(_ operation: Operation, lanes: Int) -> Int {
      let matrix = tensor(operation.tensor(0))
      return (matrix.columns &+ matrix.rows) &* lanes &+ matrix.columns &+ Model.tileMargin
    }

    /// Units between the two maps of a layer.
    @inline(__always)
    func feedWidth(_ operation: Operation) -> Int {
      tensor(LayerTensors(operation).first).rows
    }
  }

  /// Where the tensors of a layer stand: from the first on matrices, each with its bias where the variant has
  /// biases, then gain and shift of each norm.
  struct LayerTensors {
    let step: Int
    let value: Int
    let output: Int
    let first: Int
    let second: Int
    /// Gain of the first norm, then its shift, gain and shift of the second; meaningless without norms.
    let norms: Int
    /// The number behind the last.
    let end: Int

    @inline(__always)
    init(_ operation: Operation) {
      step = operation.variant & 1 == 0 ? 1 : 2
      let start = operation.tensor(0), own = operation.parameter == 0
      value = start
      output = start &+ step
      first = own ? start &+ 2 &* step : start
      second = first &+ step
      norms = second &+ step
      end = norms &+ (operation.variant >> 1 == 0 ? 0 : 4)
    }
  }

  extension Session {
    /// y_r = √d (b + W x_r) + PE(parameter + r): variant 0 without positions, 1 sinusoids, 2 rows of a table
    /// (tensor 2).
    func embed(
      _ operation: Operation, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
      let matrix = matrix(operation.tensor(0)), rows = model.rowCount(operation)
      let width = matrix.rows
      mapRows(operation, matrix, rows: rows, lanes: model.lanes(rows), x, relu: false, into: y)
      let root = squareRootOf(Float(width))
      var index = 0
      while index < rows &* width {
        y[index] = root * y[index]
        index &+= 1
      }
      if operation.variant == 1 {
        addSinusoids(from: operation.parameter, rows: rows, width: width, to: y)
      }
      if operation.variant == 2 {
        let table = model.tensor(operation.tensor(2))
        var row = 0
        while row < rows {
          var column = 0
          while column < width {
            let place = row &* width &+ column
            y[place] =
              y[place] + table.element(column &* table.rows &+ operation.parameter &+ row)
            column &+= 1
          }
          row &+= 1
        }
      }
    }

    /// y_r = N2(z + W2 relu(W1 z)), z = N1(x_r + f_r); f_r is O V x_r or, with a parameter, a row of that value.
    func layer(
      _ operation: Operation, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
      let width = model.rowWidth(operation), rows = model.rowCount(operation)
      let hidden = model.feedWidth(operation), lanes = model.lanes(rows)
      let tensors = LayerTensors(operation), biased = tensors.step == 2
      let size = width &* lanes
      let own = tile, other = own + size, z = other + size, between = z + size
      let list = between + hidden &* lanes
      func bias(_ matrix: Int) -> Int { biased ? matrix &+ 1 : ModelFormat.noTensor }
      var row = 0
      while row < rows {
        let count = rows &- row < lanes ? rows &- row : lanes
        turn(x + row &* width, rows: count, width: width, lanes: lanes, into: own)
        if operation.parameter == 0 {
          map(tensors.value, bias(tensors.value), own, lanes: lanes, into: other, list: list)
          map(tensors.output, bias(tensors.output), other, lanes: lanes, into: z, list: list)
        } else {
          turn(
            value(operation.parameter) + row &* width, rows: count, width: width, lanes: lanes,
            into: z)
        }
        add(own, z, into: z, size)
        norm(operation, tensors.norms, z, width: width, lanes: lanes)
        map(
          tensors.first, bias(tensors.first), z, lanes: lanes, relu: true, into: between,
          list: list)
        map(tensors.second, bias(tensors.second), between, lanes: lanes, into: other, list: list)
        add(z, other, into: z, size)
        norm(operation, tensors.norms &+ 2, z, width: width, lanes: lanes)
        turnBack(z, rows: count, width: width, lanes: lanes, into: y + row &* width)
        row &+= count
      }
    }

    /// y = the mean of all rows, summed in their order.
    func pool(
      _ operation: Operation, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
      let width = model.rowWidth(operation), rows = model.rowCount(operation)
      var column = 0
      while column < width {
        var sum: Float = 0, row = 0
        while row < rows {
          sum = sum + x[row &* width &+ column]
          row &+= 1
        }
        y[column] = sum / Float(rows)
        column &+= 1
      }
    }

    /// Gain and shift after z - mean over √(variance + 1e-5) (norm 1), or alone (norm 2), in each lane.
    private func norm(
      _ operation: Operation, _ gain: Int, _ z: UnsafeMutablePointer<Float>, width: Int, lanes: Int
    ) {
      let kind = operation.variant >> 1
      guard kind > 0 else { return }
      let gains = model.tensor(gain), shifts = model.tensor(gain &+ 1)
      var lane = 0
      while lane < lanes {
        var mean: Float = 0, inverse: Float = 1, column = 0
        if kind == 1 {
          while column < width {
            mean = mean + z[column &* lanes &+ lane]
            column &+= 1
          }
          mean = mean / Float(width)
          var square: Float = 0
          column = 0
          while column < width {
            let distance = z[column &* lanes &+ lane] - mean
            square = square + distance * distance
            column &+= 1
          }
          inverse = 1 / squareRootOf(square / Float(width) + 1e-5)
        }
        column = 0
        while column < width {
          let place = column &* lanes &+ lane
          z[place] = (z[place] - mean) * inverse * gains.element(column) + shifts.element(column)
          column &+= 1
        }
        lane &+= 1
      }
    }

    /// Adds sin and cos of r · 10000^(-2i / width) to numbers 2i and 2i + 1 of row r, found by turning on by one step from
    /// row to row in float64.
    private func addSinusoids(
      from first: Int, rows: Int, width: Int, to y: UnsafeMutablePointer<Float>
    ) {
      var pair = 0
      while 2 &* pair < width {
        // Four pairs side by side; those past the width are turned in vain.
        var stepSine = SIMD4<Double>(repeating: 0), stepCosine = stepSine
        let pairs = width / 2 &- pair < 4 ? width / 2 &- pair : 4
        for lane in 0..<pairs {
          let place = Double(2 &* (pair &+ lane)) / Double(width)
          let rate = 1 + expm1Of(-9.210_340_371_976_184 * place)
          (stepSine[lane], stepCosine[lane]) = sineAndCosine(rate)
        }
        var sine = SIMD4<Double>(repeating: 0), cosine = SIMD4<Double>(repeating: 1)
        var row = 0 &- first
        while row < rows {
          if row >= 0 {
            let to = y + (row &* width &+ 2 &* pair)
            #if _pointerBitWidth(_64)
              if pairs == 4 {
                var both = SIMD8<Float>()
                both.evenHalf = SIMD4<Float>(sine)
                both.oddHalf = SIMD4<Float>(cosine)
                let place = UnsafeMutableRawPointer(to)
                both = place.loadUnaligned(as: SIMD8<Float>.self) + both
                place.storeBytes(of: both, as: SIMD8<Float>.self)
              }
              let left = pairs == 4 ? 0 : pairs
            #else
              let left = pairs
            #endif
            for lane in 0..<left {
              to[2 &* lane] = to[2 &* lane] + Float(sine[lane])
              to[2 &* lane &+ 1] = to[2 &* lane &+ 1] + Float(cosine[lane])
            }
          }
          let turned = sine * stepCosine + cosine * stepSine
          cosine = cosine * stepCosine - sine * stepSine
          sine = turned
          row &+= 1
        }
        pair &+= 4
      }
    }
  }

  /// sin x and cos x for 0 ≤ x ≤ 1 by their series, within 1e-16.
  private func sineAndCosine(_ x: Double) -> (Double, Double) {
    var sine = 0.0, cosine = 0.0, term = 1.0, n = 0
    while n < 20 {
      // The terms of e^ix in turn: 1, ix, -x²/2, ...
      if n & 1 == 0 {
        cosine = n & 2 == 0 ? cosine + term : cosine - term
      } else {
        sine = n & 2 == 0 ? sine + term : sine - term
      }
      n &+= 1
      term = term * x / Double(n)
    }
    return (sine, cosine)
  }
#endif
