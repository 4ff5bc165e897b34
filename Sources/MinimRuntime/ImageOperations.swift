// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_4
  /// The variants of `OperationCode.image`, without bit 2, which means SELU.
  public enum ImageVariant: UInt8, CaseIterable, Sendable {
    /// An image of the same extent.
    case same = 0
    /// An image of half the extent, rounded up.
    case halved = 1
    /// The transposed of that: an image of twice the extent, or one less.
    case doubled = 2
    /// The same extent, each channel from that of its own number.
    case depthwise = 3
  }

  extension Operation {
    /// What kind of convolution of images it is.
    @inline(__always)
    var imageVariant: ImageVariant { ImageVariant(rawValue: variant & 3) ?? .same }
  }

  /// Images as convolutions read them: planes of `side` × `side` places, one zero between rows, zero rows around, so
  /// that a tap is the same shift for every place and all places lie in one line of lanes.
  ///
  /// Place (row, column) is number row · pitch + column of the lanes, and lies `origin` further in a plane.
  struct ImagePlanes {
    let side: Int

    /// From one row to the next.
    @inline(__always)
    var pitch: Int { side &+ 1 }
    @inline(__always)
    var origin: Int { pitch &+ 1 }
    /// The numbers of a plane.
    @inline(__always)
    var size: Int { (side &+ 2) &* pitch &+ 1 }
    /// The places, those between rows with them, rounded up to a multiple of 16.
    @inline(__always)
    var lanes: Int { (side &* pitch &+ 15) & ~15 }
    /// Numbers behind the last plane that lanes beyond the last place read.
    static let margin = 16
  }

  extension Model {
    /// The places along an axis of what a convolution of images reads.
    @inline(__always)
    func imageExtent(read operation: Operation) -> Int {
      operation.imageVariant == .doubled
        ? (operation.parameter &+ 1) / 2 : operation.parameter
    }

    /// The places along an axis of what it writes.
    @inline(__always)
    func imageExtent(written operation: Operation) -> Int {
      operation.imageVariant == .halved
        ? (operation.parameter &+ 1) / 2 : operation.parameter
    }

    /// The planes that a convolution of images reads: of half the extent, where it halves or doubles.
    @inline(__always)
    func imagePlanes(_ operation: Operation) -> ImagePlanes {
      ImagePlanes(
        side: min(imageExtent(read: operation), imageExtent(written: operation)))
    }

    /// The numbers that a convolution of images works in: planes, those of even and odd places apart where it halves, four
    /// rows of lanes, and of each term of a sum four weights and a place.
    func imageWork(_ operation: Operation) -> Int {
      let extent = imageExtent(read: operation), planes = imagePlanes(operation)
      let inputs = valueLength(operation.input) / (extent &* extent)
      let parts = operation.imageVariant == .halved ? 4 : 1
      return parts &* inputs &* planes.size &+ ImagePlanes.margin &+ 4 &* planes.lanes
        &+ 5 &* tensor(operation.tensor(0)).columns
    }

    /// The multiply-adds of a convolution of images: of a doubling one a quarter of the taps meets a place.
    func imageMultiplyAdds(_ operation: Operation) -> Int64 {
      let places = imageExtent(written: operation) &* imageExtent(written: operation)
      let matrix = tensor(operation.tensor(0))
      let all = Int64(places) &* Int64(matrix.rows) &* Int64(matrix.columns)
      return operation.imageVariant == .doubled ? all / 4 : all
    }
  }

  extension Session {
    /// A convolution of images, with SELU where bit 2 of the variant says so.
    func convolveImage(
      _ operation: Operation, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
      let matrix = model.tensor(operation.tensor(0)), kind = operation.imageVariant
      let extent = model.imageExtent(read: operation), planes = model.imagePlanes(operation)
      let written = model.imageExtent(written: operation)
      let inputs = model.valueLength(operation.input) / (extent &* extent)
      let parts = kind == .halved ? 2 : 1
      let out = work + (parts &* parts &* inputs &* planes.size &+ ImagePlanes.margin)
      let terms = out + 4 &* planes.lanes
      spread(x, matrix, channels: inputs, extent: extent, parts: parts, planes, into: work)
      let reach = ImageTaps(
        kind: kind, inputs: kind == .depthwise ? 1 : inputs, planes: planes, parts: parts,
        kernel: kernelOf(kind == .depthwise ? matrix.columns : matrix.columns / inputs))
      let step = kind == .doubled ? 2 : 1
      var row = 0
      while row < matrix.rows {
        let rows = kind == .depthwise ? 1 : matrix.rows &- row < 4 ? matrix.rows &- row : 4
        let images = UnsafePointer(
          kind == .depthwise ? work + row &* planes.size : work)
        var phase = 0
        while phase < step &* step {
          start(out, lanes: planes.lanes, rows: rows, bias: operation.tensor(1), from: row)
          let count = reach.list(matrix, row: row, rows: rows, every: 1, phase: phase, into: terms)
          addTerms(
            matrix, row: row, rows: rows, every: 1, terms, count, images, lanes: planes.lanes,
            into: out)
          if operation.variant & 4 != 0 { K.selu(out, rows &* planes.lanes) }
          var own = 0
          while own < rows {
            gather(
              out + own &* planes.lanes, planes, step: step, phase: phase, extent: written,
              into: y + (row &+ own) &* written &* written)
            own &+= 1
          }
          phase &+= 1
        }
        row &+= rows
      }
    }

    /// Fills rows of lanes with their biases, zeros where there are none.
    private func start(
      _ out: UnsafeMutablePointer<Float>, lanes: Int, rows: Int, bias: Int, from first: Int
    ) {
      var row = 0
      while row < rows {
        let number =
          bias == ModelFormat.noTensor ? 0 : model.tensor(bias).element(first &+ row)
        var lane = row &* lanes
        while lane < (row &+ 1) &* lanes {
          out[lane] = number
          lane &+= 1
        }
        row &+= 1
      }
    }

    /// Copies images into planes, zeros around them; with two parts, even and odd rows and columns into planes of
    /// their own.
    ///
    /// For an int8 matrix in whole steps of its input scale.
    func spread(
      _ x: UnsafePointer<Float>, _ matrix: Matrix, channels: Int, extent: Int, parts: Int,
      _ planes: ImagePlanes, into out: UnsafeMutablePointer<Float>
    ) {
      start(
        out, parts &* parts &* channels &* planes.size &+ ImagePlanes.margin,
        bias: ModelFormat.noTensor)
      var channel = 0
      while channel < channels {
        var row = 0
        while row < extent {
          let from = x + (channel &* extent &+ row) &* extent
          var part = 0
          while part < parts {
            let plane = (row % parts &* parts &+ part) &* channels &+ channel
            let to = out + (plane &* planes.size &+ planes.origin &+ row / parts &* planes.pitch)
            var column = part, place = 0
            while column < extent {
              to[place] = from[column]
              column &+= parts
              place &+= 1
            }
            if matrix.type == .int8 { roundToSteps(to, place, scale: matrix.inputScale) }
            part &+= 1
          }
          row &+= 1
        }
        channel &+= 1
      }
    }

    /// Copies the places of one row of lanes into an image, every second row and column where `step` is 2.
    private func gather(
      _ lanes: UnsafePointer<Float>, _ planes: ImagePlanes, step: Int, phase: Int, extent: Int,
      into y: UnsafeMutablePointer<Float>
    ) {
      var row = phase / step, from = lanes
      while row < extent {
        let to = y + row &* extent
        var column = phase % step, place = 0
        while column < extent {
          to[column] = from[place]
          column &+= step
          place &+= 1
        }
        row &+= step
        from += planes.pitch
      }
    }

    /// y += W x over the terms of `ImageTaps.list`: 1,024 at a time, of int8 exact sums times their scales.
    func addTerms(
      _ matrix: Matrix, row: Int, rows: Int, every stride: Int,
      _ terms: UnsafeMutablePointer<Float>,
      _ count: Int, _ x: UnsafePointer<Float>, lanes: Int, into y: UnsafeMutablePointer<Float>
    ) {
      var scales = SIMD4<Float>(repeating: 1)
      if matrix.type == .int8 {
        var own = 0
        while own < rows {
          scales[own] =
            floatFromHalf(matrix.rowScales[row &+ own &* stride]) * matrix.inputScale
          own &+= 1
        }
      }
      let offsets = UnsafeRawPointer(terms + rows &* count).assumingMemoryBound(to: UInt32.self)
      var first = 0
      while first < count {
        let some = count &- first < 1024 ? count &- first : 1024
        K.accumulateShifted(
          terms + rows &* first, rows: rows, offsets + first, count: some, x, lanes: lanes,
          scales: matrix.type == .int8 ? scales : nil, into: y)
        first &+= some
      }
    }
  }

  /// The places along an axis of a kernel of so many taps: 1, 2 or 3 of 1, 4 or 9; 0 for another number.
  func kernelOf(_ taps: Int) -> Int { taps == 1 ? 1 : taps == 4 ? 2 : taps == 9 ? 3 : 0 }

  /// x in whole steps of a scale, as `quantise` rounds.
  func roundToSteps(_ x: UnsafeMutablePointer<Float>, _ count: Int, scale: Float) {
    let inverse = 1 / scale
    var index = 0
    while index < count {
      let scaled = x[index] * inverse
      let clamped: Float = scaled > -127 ? (scaled < 127 ? scaled : 127) : -127
      x[index] = (clamped + 12_582_912) - 12_582_912
      index &+= 1
    }
  }
#endif
