// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_2
  // What a one-bit tensor must be; what a coded mask says is checked when a session decodes it.
  extension Model {
    /// The three bytes after the type of a one-bit tensor: alpha from 1 (the smallest subnormal) to 7BFF (the
    /// largest finite number), known flags.
    func checkOneBitHead(at record: Int) throws(ModelError) {
      let alpha = reader.u8(record &+ 1) | reader.u8(record &+ 2) << 8
      guard (0x0001...0x7BFF).contains(alpha) else {
        throw ModelError(.scaleNotPositive, at: record &+ 1, found: alpha)
      }
      let flags = reader.u8(record &+ 3)
      guard flags <= 3 else { throw ModelError(.reservedNotZero, at: record &+ 3, found: flags) }
    }

    /// The bytes of a one-bit tensor's block at a place, a multiple of 4; `index` is that of the tensor, whose
    /// descriptor was checked.
    func oneBitLength(_ index: Int, elements: Int, at place: Int) throws(ModelError) -> Int {
      let matrix = tensor(index)
      let words = try checkedSum(elements, 31, .tensorLength, at: place) >> 5
      var length = matrix.hasExplicitSigns ? 0 : 4, kept = 0
      if matrix.hasCodedMask {
        let start = place &+ length
        try reader.requireRange(start, 8, end: weights.end, .tensorLength)
        let stream = try reader.u32(start, atMost: weights.length, .tensorLength)
        guard stream >= 4 else {
          throw ModelError(.tensorLength, at: start, found: stream, expected: 4)
        }
        kept = try reader.u32(start &+ 4, atMost: elements, .maskDamaged)
        length &+= 8 &+ aligned(stream, log2: 2)
      } else {
        let start = place &+ length
        length &+= 4 &* words
        try reader.requireRange(place, length, end: weights.end, .tensorLength)
        for word in 0..<words { kept &+= reader.u32(start &+ 4 &* word).nonzeroBitCount }
      }
      if matrix.hasExplicitSigns { length &+= (kept &+ 31) >> 5 &* 4 }
      return length
    }

    /// The bits and bytes that fill up a one-bit tensor's block are zeros; the block lies inside.
    func checkOneBitPadding(_ index: Int, elements: Int, at place: Int) throws(ModelError) {
      let matrix = tensor(index), start = place &+ (matrix.hasExplicitSigns ? 0 : 4)
      var kept = 0, end = start
      if matrix.hasCodedMask {
        let stream = Int(clamping: reader.u32(start))
        kept = Int(clamping: reader.u32(start &+ 4))
        end = start &+ 8 &+ aligned(stream, log2: 2)
        try reader.requireZeros(start &+ 8 &+ stream, end &- start &- 8 &- stream, .paddingNotZero)
      } else {
        end = try checkZeroBits(after: elements, at: start)
        for word in 0..<matrix.maskWords { kept &+= reader.u32(start &+ 4 &* word).nonzeroBitCount }
      }
      if matrix.hasExplicitSigns { _ = try checkZeroBits(after: kept, at: end) }
    }

    /// The bits of the last word behind so many are zeros; returns where the words end.
    private func checkZeroBits(after bits: Int, at start: Int) throws(ModelError) -> Int {
      let end = start &+ bits >> 5 &* 4
      guard bits & 31 != 0 else { return end }
      guard reader.u32(end) >> UInt32(truncatingIfNeeded: bits & 31) == 0 else {
        throw ModelError(.paddingNotZero, at: end)
      }
      return end &+ 4
    }

    /// Whether any mask is coded, so that a session decodes it.
    var hasCodedMasks: Bool {
      for index in 0..<tensorCount where tensor(index).isCoded { return true }
      return false
    }
  }

  extension Matrix {
    /// Whether it is a one-bit matrix with a coded mask.
    @inline(__always)
    var isCoded: Bool { type == .oneBit && hasCodedMask }
  }

  extension Session {
    /// Decodes the coded masks into the memory of the session; throws `maskDamaged`.
    func decodeMasks() throws(ModelError) {
      guard model.hasCodedMasks else { return }
      var place = layout.masks
      for index in 0..<model.tensorCount {
        let matrix = model.tensor(index)
        guard matrix.isCoded else { continue }
        let bits = (memory + place).assumingMemoryBound(to: UInt32.self)
        let room = (memory + layout.work).assumingMemoryBound(to: UInt32.self)
        guard matrix.decodeMask(into: bits, room: room) else {
          throw ModelError(.maskDamaged, at: matrix.maskData - model.reader.base)
        }
        maskPlaces[index] = UInt32(truncatingIfNeeded: place)
        place &+= 4 &* matrix.maskWords
      }
    }

    /// Where the mask of each tensor was decoded, if any is coded; meaningless for others.
    private var maskPlaces: UnsafeMutablePointer<UInt32> {
      (memory + layout.directory).assumingMemoryBound(to: UInt32.self)
        + (model.valueCount &+ model.operationCount)
    }

    /// A tensor with its mask.
    @inline(__always)
    package func matrix(_ index: Int) -> Matrix {
      var matrix = model.tensor(index)
      if matrix.isCoded {
        matrix.mask = UnsafePointer(
          (memory + Int(truncatingIfNeeded: maskPlaces[index])).assumingMemoryBound(
            to: UInt32.self))
      }
      return matrix
    }
  }
#endif
