// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_4
  /// How long the segments of signature matrices are that span so many rows, and how far apart the matrices.
  ///
  /// Segments of span / 10, 3 span / 10 and 6 span / 10 rows, rounded to the nearest; a gap of ⌊span / 10⌋.
  struct SignatureSpan {
    let span: Int

    @inline(__always)
    func segment(_ scale: Int) -> Int { ((scale == 0 ? 1 : 3 &* scale) &* span &+ 5) / 10 }
    @inline(__always)
    var longest: Int { segment(2) }
    @inline(__always)
    var gap: Int { span / 10 }
    /// Rows that the first row stands for before it: four gaps and one more, or ten rows.
    @inline(__always)
    var reach: Int { 4 &* gap &+ max(gap, 10) }
  }

  extension OperationCode {
    /// Whether it is one of those of signature matrices and images.
    @inline(__always)
    var isOfSignatures: Bool { rawValue >= OperationCode.remember.rawValue }
  }

  extension Model {
    /// The index of the operation that makes signature matrices; nil where there is none.
    var signatures: Int? {
      for index in 0..<stepOperationCount where operation(index).code == .signatures {
        return index
      }
      return nil
    }

    /// The samples from one new result to the next, from the beginning of a stream: 1 but for a model of signature
    /// matrices.
    public var resultInterval: Int {
      signatures.map { SignatureSpan(span: operation($0).parameter).gap } ?? 1
    }

    /// How often the first sample is taken before itself.
    var copiesOfFirst: Int {
      signatures.map { SignatureSpan(span: operation($0).parameter).reach } ?? 0
    }

    /// The numbers that signature matrices of so many channels keep: rows to come before the next and the place of the oldest row (whole
    /// numbers), the rows of the longest segment, three sums of products in float64.
    func signatureState(_ operation: Operation) -> Int {
      let channels = valueLength(operation.input)
      return 2 &+ SignatureSpan(span: operation.parameter).longest &* channels &+ 3 &* channels
        &* (channels &+ 1)
    }

    /// The numbers that an operation of signature matrices and images works in.
    func signatureWork(_ operation: Operation) -> Int {
      switch operation.code {
      case .remember: sharedUnits(operation) &* operation.gateVectors
      case .signatures: valueLength(operation.input)
      case .image: imageWork(operation)
      case .imageLSTM: imageLSTMWork(operation)
      default: 0
      }
    }

    /// The multiply-adds of an operation of signature matrices and images.
    func signatureMultiplyAdds(_ operation: Operation) -> Int64 {
      let inputs = Int64(valueLength(operation.input))
      switch operation.code {
      case .remember:
        let units = Int64(sharedUnits(operation))
        return inputs &* Int64(operation.cell.gateCount) &* units &* (units &+ 1)
      case .signatures: return 3 &* inputs &* (inputs &+ 1)
      case .accumulate:
        let memory = self.operation(operation.parameter &- 1)
        return Int64(valueLength(memory.output)) &* Int64(valueLength(memory.input))
      case .image: return imageMultiplyAdds(operation)
      case .imageLSTM: return imageLSTMMultiplyAdds(operation)
      default: return 0
      }
    }

    /// The units of the cell that channels share.
    @inline(__always)
    func sharedUnits(_ operation: Operation) -> Int {
      valueLength(operation.output) / valueLength(operation.input)
    }
  }

  extension Session {
    /// Whether the last sample brought a new result: always but for signature matrices, which come a gap apart.
    var hasNewResult: Bool {
      guard let index = layout.signatures else { return true }
      return Int(truncatingIfNeeded: count(state(index)))
        == SignatureSpan(span: model.operation(index).parameter).gap
    }

    /// One step of a recurrent layer of one input that all channels share; `state` has h, of an LSTM h and c, of one channel
    /// behind the other.
    func remember(
      _ operation: Operation, _ x: UnsafePointer<Float>, state: UnsafeMutablePointer<Float>,
      into y: UnsafeMutablePointer<Float>
    ) {
      let channels = model.valueLength(operation.input), units = model.sharedUnits(operation)
      let size = operation.cell == .lstm ? 2 &* units : units
      var channel = 0
      while channel < channels {
        let own = state + channel &* size
        advance(operation, units: units, x + channel, state: own)
        copy(own, to: y + channel &* units, units)
        channel &+= 1
      }
    }

    /// Adds a row to the sums of three segments, takes away those that fall out, and writes the matrices M = Σ x xᵀ / rows where
    /// a gap has passed; false where it has not.
    ///
    /// The copies of the first row change nothing, for it stands for all before it.
    func slideSignatures(
      _ operation: Operation, _ x: UnsafePointer<Float>, state: UnsafeMutablePointer<Float>,
      into y: UnsafeMutablePointer<Float>
    ) -> Bool {
      let channels = model.valueLength(operation.input)
      let scales = SignatureSpan(span: operation.parameter), longest = scales.longest
      let ring = state + 2, sums = UnsafeMutableRawPointer(ring + longest &* channels)
      let entries = channels &* (channels &+ 1) / 2
      var left = Int(truncatingIfNeeded: count(state))
      if left == 0 {
        left = scales.reach &- 3 &* scales.gap
        beginSignatures(scales, x, channels, ring: ring, sums: sums)
      }
      if sampleCount > 0 {
        let place = Int(truncatingIfNeeded: count(state + 1))
        let newest = work
        limit(x, into: newest, channels)
        var scale = 0
        while scale < 3 {
          let oldest = place &- scales.segment(scale)
          replaceProducts(
            of: ring + (oldest < 0 ? oldest &+ longest : oldest) &* channels, by: newest, channels,
            in: sums + 8 &* scale &* entries)
          scale &+= 1
        }
        copy(newest, to: ring + place &* channels, channels)
        setCount(state + 1, place &+ 1 == longest ? 0 : UInt32(truncatingIfNeeded: place &+ 1))
      }
      let isDue = left == 1
      setCount(state, UInt32(truncatingIfNeeded: isDue ? scales.gap : left &- 1))
      if isDue { writeSignatures(scales, channels, sums: sums, into: y) }
      return isDue
    }

    /// Fills ring and sums as if the row had always come.
    private func beginSignatures(
      _ scales: SignatureSpan, _ x: UnsafePointer<Float>, _ channels: Int,
      ring: UnsafeMutablePointer<Float>, sums: UnsafeMutableRawPointer
    ) {
      limit(x, into: ring, channels)
      var row = 1
      while row < scales.longest {
        copy(ring, to: ring + row &* channels, channels)
        row &+= 1
      }
      var entry = 0, scale = 0
      while scale < 3 {
        let rows = Double(scales.segment(scale))
        var i = 0
        while i < channels {
          var j = 0
          while j <= i {
            sums.storeBytes(
              of: rows * Double(ring[i]) * Double(ring[j]), toByteOffset: entry, as: Double.self)
            entry &+= 8
            j &+= 1
          }
          i &+= 1
        }
        scale &+= 1
      }
    }

    /// sums(i, j) += new(i) new(j) - old(i) old(j), j ≤ i.
    private func replaceProducts(
      of old: UnsafePointer<Float>, by new: UnsafePointer<Float>, _ channels: Int,
      in sums: UnsafeMutableRawPointer
    ) {
      var entry = sums, i = 0
      while i < channels {
        let a = Double(new[i]), b = Double(old[i])
        var j = 0
        while j <= i {
          let sum = entry.loadUnaligned(fromByteOffset: 8 &* j, as: Double.self)
          entry.storeBytes(
            of: sum + (a * Double(new[j]) - b * Double(old[j])), toByteOffset: 8 &* j,
            as: Double.self)
          j &+= 1
        }
        i &+= 1
        entry += 8 &* i
      }
    }

    private func writeSignatures(
      _ scales: SignatureSpan, _ channels: Int, sums: UnsafeMutableRawPointer,
      into y: UnsafeMutablePointer<Float>
    ) {
      var entry = 0, scale = 0
      while scale < 3 {
        let rows = Double(scales.segment(scale)), matrix = y + scale &* channels &* channels
        var i = 0
        while i < channels {
          var j = 0
          while j <= i {
            let number = Float(sums.loadUnaligned(fromByteOffset: entry, as: Double.self) / rows)
            matrix[i &* channels &+ j] = number
            matrix[j &* channels &+ i] = number
            entry &+= 8
            j &+= 1
          }
          i &+= 1
        }
        scale &+= 1
      }
    }

    /// y = x + L Lᵀ / units for each of three matrices; L (channels, units) is value `parameter`.
    func accumulate(
      _ operation: Operation, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
      let memory = model.operation(operation.parameter &- 1), units = model.sharedUnits(memory)
      let channels = model.valueLength(memory.input), size = channels &* channels
      let states = UnsafePointer(value(operation.parameter))
      var i = 0
      while i < channels {
        var j = 0
        while j < channels {
          var sum: Float = 0, unit = 0
          while unit < units {
            sum = sum + states[i &* units &+ unit] * states[j &* units &+ unit]
            unit &+= 1
          }
          let number = sum / Float(units)
          var place = i &* channels &+ j
          while place < 3 &* size {
            y[place] = x[place] + number
            place &+= size
          }
          j &+= 1
        }
        i &+= 1
      }
    }

    /// For each row of the first matrix how many E = (a - b)² lie above 0.005 (variant 0), or the sum of E (variant 1).
    func deviations(
      _ operation: Operation, _ a: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
      _ channels: Int
    ) {
      let b = UnsafePointer(value(operation.parameter))
      var row = 0, place = 0
      while row < channels {
        let end = place &+ channels
        var sum: Float = 0
        while place < end {
          let distance = a[place] - b[place], error = distance * distance
          sum = sum + (operation.variant == 1 ? error : error > 0.005 ? 1 : 0)
          place &+= 1
        }
        y[row] = sum
        row &+= 1
      }
    }
  }
#endif
