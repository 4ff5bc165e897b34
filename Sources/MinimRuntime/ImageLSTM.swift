// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_4
  extension Model {
    /// The steps of a convolutional LSTM.
    @inline(__always)
    func imageSteps(_ operation: Operation) -> Int {
      valueLength(operation.input) / (4 &* valueLength(operation.output))
    }

    /// The numbers that a convolutional LSTM works in: the planes of h, rows of lanes for h of all steps, for c, for the gates of
    /// a channel and, in two parts, for what comes of the first; a weight of each step; the terms of a sum.
    func imageLSTMWork(_ operation: Operation) -> Int {
      let planes = ImagePlanes(side: operation.parameter)
      let channels = imageChannels(operation), steps = imageSteps(operation)
      let parted = operation.tensor(1) != ModelFormat.noTensor
      let rows = (steps &+ 1 &+ (parted ? 1 : 0)) &* channels &+ 4
      // A part channel by channel has at most nine terms.
      let columns = max(9, tensor(operation.tensor(0)).columns)
      return channels &* planes.size &+ ImagePlanes.margin &+ rows &* planes.lanes &+ steps
        &+ 5 &* columns
    }

    /// The channels of a convolutional LSTM.
    @inline(__always)
    func imageChannels(_ operation: Operation) -> Int {
      valueLength(operation.output) / (operation.parameter &* operation.parameter)
    }

    /// The multiply-adds of the products of a convolutional LSTM's states and of its attention.
    func imageLSTMMultiplyAdds(_ operation: Operation) -> Int64 {
      let steps = Int64(imageSteps(operation)), numbers = Int64(valueLength(operation.output))
      var products = 4 &* Int64(tensor(operation.tensor(0)).columns)
      if operation.tensor(1) != ModelFormat.noTensor {
        products &+= Int64(tensor(operation.tensor(1)).columns)
      }
      return (steps &- 1) &* numbers &* products &+ 2 &* steps &* numbers
    }
  }

  extension Session {
    /// Ĥ = Σ α_i h_i of a convolutional LSTM over all steps from a zero state, α = softmax of ⟨h_last, h_i⟩ / steps.
    ///
    /// x holds the input's part of the gates of each step, (steps, 4, channels, places): i f g o. Tensors U and, in two parts, the kernels of
    /// channels before it.
    func runImageLSTM(
      _ operation: Operation, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
      let extent = operation.parameter, planes = ImagePlanes(side: extent), lanes = planes.lanes
      let channels = model.imageChannels(operation), steps = model.imageSteps(operation)
      let size = channels &* lanes, images = work
      let hidden = images + (channels &* planes.size &+ ImagePlanes.margin)
      let cell = hidden + steps &* size, gates = cell + size, parted = gates + 4 &* lanes
      let isParted = operation.tensor(1) != ModelFormat.noTensor
      let alphas = isParted ? parted + size : parted, terms = alphas + steps
      start(cell, size, bias: ModelFormat.noTensor)
      // Lanes between rows stay zero.
      start(hidden, steps &* size, bias: ModelFormat.noTensor)
      start(
        images, channels &* planes.size &+ ImagePlanes.margin, bias: ModelFormat.noTensor)
      var step = 0
      while step < steps {
        if step > 0 {
          spreadState(operation, hidden + (step &- 1) &* size, planes, channels, into: images)
          if isParted {
            filterChannels(operation, planes, channels, images, terms: terms, into: parted)
          }
        }
        var channel = 0
        while channel < channels {
          var gate = 0
          while gate < 4 {
            let place = ((step &* 4 &+ gate) &* channels &+ channel) &* extent &* extent
            widen(x + place, planes, into: gates + gate &* lanes)
            gate &+= 1
          }
          if step > 0 {
            addState(
              operation, channel: channel, channels, planes,
              UnsafePointer(isParted ? parted : images), terms: terms, into: gates)
          }
          let own = hidden + (step &* size &+ channel &* lanes)
          K.updateCell(gates, cell + channel &* lanes, lanes: lanes, into: own)
          clearBetweenRows(own, planes)
          channel &+= 1
        }
        step &+= 1
      }
      attendSteps(hidden, size: size, steps: steps, alphas: alphas)
      var channel = 0
      while channel < channels {
        mixSteps(hidden + channel &* lanes, size: size, steps: steps, alphas, lanes, into: gates)
        var row = 0
        while row < extent {
          copy(
            gates + row &* planes.pitch, to: y + (channel &* extent &+ row) &* extent, extent)
          row &+= 1
        }
        channel &+= 1
      }
    }

    /// A state as the planes that the next step's convolution reads.
    private func spreadState(
      _ operation: Operation, _ state: UnsafePointer<Float>, _ planes: ImagePlanes,
      _ channels: Int, into images: UnsafeMutablePointer<Float>
    ) {
      let parted = operation.tensor(1) != ModelFormat.noTensor
      let matrix = model.tensor(operation.tensor(parted ? 1 : 0))
      var channel = 0
      while channel < channels {
        // With the zeros between rows.
        let to = images + (channel &* planes.size &+ planes.origin)
        let count = planes.side &* planes.pitch
        copy(state + channel &* planes.lanes, to: to, count)
        if matrix.type == .int8 { roundToSteps(to, count, scale: matrix.inputScale) }
        channel &+= 1
      }
    }

    /// The first part of a convolution in two: each channel's own kernel; rows of lanes.
    private func filterChannels(
      _ operation: Operation, _ planes: ImagePlanes, _ channels: Int,
      _ images: UnsafePointer<Float>, terms: UnsafeMutablePointer<Float>,
      into parted: UnsafeMutablePointer<Float>
    ) {
      let matrix = model.tensor(operation.tensor(1)), second = model.tensor(operation.tensor(0))
      let taps = ImageTaps(
        kind: .depthwise, inputs: 1, planes: planes, parts: 1, kernel: kernelOf(matrix.columns))
      let lanes = planes.lanes
      start(parted, channels &* lanes, bias: ModelFormat.noTensor)
      var channel = 0
      while channel < channels {
        let count = taps.list(matrix, row: channel, rows: 1, every: 1, phase: 0, into: terms)
        addTerms(
          matrix, row: channel, rows: 1, every: 1, terms, count, images + channel &* planes.size,
          lanes: lanes, into: parted + channel &* lanes)
        channel &+= 1
      }
      if second.type == .int8 {
        roundToSteps(parted, channels &* lanes, scale: second.inputScale)
      }
    }

    /// gates += U h of one channel's four gates.
    private func addState(
      _ operation: Operation, channel: Int, _ channels: Int, _ planes: ImagePlanes,
      _ images: UnsafePointer<Float>, terms: UnsafeMutablePointer<Float>,
      into gates: UnsafeMutablePointer<Float>
    ) {
      let matrix = model.tensor(operation.tensor(0))
      let parted = operation.tensor(1) != ModelFormat.noTensor
      let taps = ImageTaps(
        kind: .same, inputs: channels, planes: planes, parts: 1,
        kernel: kernelOf(matrix.columns / channels))
      let count = taps.list(
        matrix, row: channel, rows: 4, every: channels, phase: 0, into: terms)
      if parted {
        // Rows of lanes instead of planes.
        let offsets = UnsafeMutableRawPointer(terms + 4 &* count)
          .assumingMemoryBound(to: UInt32.self)
        var other = 0
        while other < count {
          offsets[other] = UInt32(truncatingIfNeeded: other &* planes.lanes)
          other &+= 1
        }
      }
      addTerms(
        matrix, row: channel, rows: 4, every: channels, terms, count, images,
        lanes: planes.lanes, into: gates)
    }

    /// An image as a row of lanes, zeros between rows and behind the last.
    private func widen(
      _ image: UnsafePointer<Float>, _ planes: ImagePlanes, into lanes: UnsafeMutablePointer<Float>
    ) {
      var row = 0
      while row < planes.side {
        let to = lanes + row &* planes.pitch
        copy(image + row &* planes.side, to: to, planes.side)
        to[planes.side] = 0
        row &+= 1
      }
      let end = planes.side &* planes.pitch
      start(lanes + end, planes.lanes &- end, bias: ModelFormat.noTensor)
    }

    private func clearBetweenRows(_ lanes: UnsafeMutablePointer<Float>, _ planes: ImagePlanes) {
      let end = planes.side &* planes.pitch
      var lane = planes.side
      while lane < end {
        lanes[lane] = 0
        lane &+= planes.pitch
      }
      start(lanes + end, planes.lanes &- end, bias: ModelFormat.noTensor)
    }

    /// α = softmax of ⟨h_last, h_i⟩ / steps; lane t of every row goes to sum t mod 16, the sums come together in halves.
    private func attendSteps(
      _ hidden: UnsafePointer<Float>, size: Int, steps: Int, alphas: UnsafeMutablePointer<Float>
    ) {
      let last = UnsafeRawPointer(hidden + (steps &- 1) &* size)
      var step = 0
      while step < steps {
        let own = UnsafeRawPointer(hidden + step &* size)
        var sums = SIMD16<Float>(repeating: 0), place = 0
        while place < 4 &* size {
          sums =
            sums + last.loadUnaligned(fromByteOffset: place, as: SIMD16<Float>.self)
            * own.loadUnaligned(fromByteOffset: place, as: SIMD16<Float>.self)
          place &+= 64
        }
        let eight = sums.lowHalf + sums.highHalf, four = eight.lowHalf + eight.highHalf
        let two = four.lowHalf + four.highHalf
        alphas[step] = (two[0] + two[1]) / Float(steps)
        step &+= 1
      }
      softmax(alphas, alphas, steps)
    }

    /// Σ α_i h_i of one channel's lanes.
    private func mixSteps(
      _ hidden: UnsafePointer<Float>, size: Int, steps: Int, _ alphas: UnsafePointer<Float>,
      _ lanes: Int, into out: UnsafeMutablePointer<Float>
    ) {
      start(out, lanes, bias: ModelFormat.noTensor)
      var step = 0
      while step < steps {
        let alpha = alphas[step], own = hidden + step &* size
        var lane = 0
        while lane < lanes {
          out[lane] = out[lane] + alpha * own[lane]
          lane &+= 1
        }
        step &+= 1
      }
    }
  }
#endif
