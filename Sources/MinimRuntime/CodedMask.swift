// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_2
  /// The probabilities of a coded mask: of each next bit, from those of its row and of its column before it.
  ///
  /// `Documentation/model-file.md`, section "Coded masks", has the formulas. It works in the caller's memory.
  package struct MaskContexts {
    /// Memory for a mask of so many columns, in 32-bit numbers.
    package static func room(columns: Int) -> Int { 16 &+ columns }

    /// Sixteen contexts: probability of a 1 as u16, bits seen above it.
    private let contexts: UnsafeMutablePointer<UInt32>
    /// The ones of each column.
    private let ones: UnsafeMutablePointer<UInt32>
    private let columns: Int
    private var row: UInt32 = 0
    private var column = 0
    private var onesOfRow: UInt32 = 0
    private var onesBefore: UInt64 = 0
    /// The ones of twelve bits, in sixteenths, at the density of the rows before, and the zeros.
    private var one: UInt32 = 96
    private var zero: UInt32 = 96
    private var context = 0

    /// Before the first bit; `room` has `room(columns:)` numbers.
    package init(columns: Int, room: UnsafeMutablePointer<UInt32>) {
      contexts = room
      ones = room + 16
      self.columns = columns
      for index in 0..<16 { contexts[index] = 0x8000 }
      for index in 0..<columns { ones[index] = 0 }
    }

    /// The weights kept so far.
    package var onesSeen: UInt64 { onesBefore &+ UInt64(onesOfRow) }

    /// The probability that the next bit is 1, in 1/4096, from 2 to 4093.
    @inline(__always)
    package mutating func probability() -> UInt32 {
      let above = ones[column]
      let zerosOfRow = UInt32(truncatingIfNeeded: column) &- onesOfRow
      let odds =
        log2Of(16 &* onesOfRow &+ one) &- log2Of(16 &* zerosOfRow &+ zero)
        &+ log2Of(16 &* above &+ one) &- log2Of(16 &* (row &- above) &+ zero)
        &- log2Of(one) &+ log2Of(zero)
      context = max(0, min(15, (odds &+ 68) >> 3))
      return (contexts[context] & 0xFFFF) >> 4
    }

    /// Takes the bit that `probability` was asked for.
    @inline(__always)
    package mutating func take(_ isOne: Bool) {
      let old = Int32(truncatingIfNeeded: contexts[context] & 0xFFFF)
      let seen = contexts[context] >> 16
      let rate = Int32(truncatingIfNeeded: 2 &* seen &+ 3)
      let new = old &+ ((isOne ? 65_503 : 32) &- old) &* 2 / rate
      contexts[context] = UInt32(truncatingIfNeeded: new) | min(seen &+ 1, 127) << 16
      if isOne {
        ones[column] &+= 1
        onesOfRow &+= 1
      }
      column &+= 1
      guard column == columns else { return }
      column = 0
      row &+= 1
      onesBefore &+= UInt64(onesOfRow)
      onesOfRow = 0
      let bits = UInt64(row) &* UInt64(columns)
      one = max(1, UInt32(truncatingIfNeeded: 192 &* (onesBefore &+ 1) / (bits &+ 2)))
      zero = 192 &- one
    }

    /// Eight times the binary logarithm, between powers of two along a line, rounded down.
    @inline(__always)
    private func log2Of(_ number: UInt32) -> Int {
      let power = 31 &- number.leadingZeroBitCount
      let bits =
        power > 3
        ? number >> UInt32(truncatingIfNeeded: power &- 3)
        : number << UInt32(truncatingIfNeeded: 3 &- power)
      return 8 &* power &+ Int(truncatingIfNeeded: bits & 7)
    }
  }

  extension Matrix {
    /// Decodes a coded mask into `bits`, of `maskWords` words; `room` has `MaskContexts.room` numbers.
    ///
    /// Whether the stream is whole: its last state is that of an encoder that has written just this mask.
    func decodeMask(
      into bits: UnsafeMutablePointer<UInt32>, room: UnsafeMutablePointer<UInt32>
    ) -> Bool {
      let length = Int(truncatingIfNeeded: maskData.load(as: UInt32.self))
      let kept = maskData.load(fromByteOffset: 4, as: UInt32.self)
      let stream = (maskData + 8).assumingMemoryBound(to: UInt8.self)
      var contexts = MaskContexts(columns: columns, room: room)
      // The stream has four bytes or more.
      var range = UInt32.max, place = 4
      var code = maskData.load(fromByteOffset: 8, as: UInt32.self).byteSwapped
      var element = 0
      let elements = rows &* columns
      while element < elements {
        let bound = (range >> 12) &* contexts.probability(), isOne = code < bound
        if isOne {
          range = bound
        } else {
          code &-= bound
          range &-= bound
        }
        contexts.take(isOne)
        if element & 31 == 0 { bits[element >> 5] = 0 }
        if isOne { bits[element >> 5] |= 1 << UInt32(truncatingIfNeeded: element & 31) }
        while range < 1 << 24 {
          guard place < length else { return false }
          code = code << 8 | UInt32(stream[place])
          range = range << 8
          place &+= 1
        }
        element &+= 1
      }
      return code == 0 && place == length && contexts.onesSeen == UInt64(kept)
    }
  }
#endif
