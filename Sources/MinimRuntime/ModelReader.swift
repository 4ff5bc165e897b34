// SPDX-License-Identifier: Apache-2.0

#if _endian(big)
  #error("the runtime reads the file's little-endian numbers where they lie")
#endif

/// Checked access to the bytes of a file: every read says whether it stays inside.
struct ModelReader {
  let base: UnsafeRawPointer
  let count: Int

  /// The number at an offset, or 0 where it does not lie inside; callers check the range once with
  /// `requireRange`.
  @inline(never)
  func u8(_ offset: Int) -> Int {
    offset >= 0 && offset < count ? Int(base.load(fromByteOffset: offset, as: UInt8.self)) : 0
  }

  @inline(never)
  func u16(_ offset: Int) -> Int { u8(offset) | u8(offset &+ 1) << 8 }

  @inline(never)
  func u32(_ offset: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: u16(offset)) | UInt32(truncatingIfNeeded: u16(offset &+ 2)) << 16
  }

  /// A 32-bit number as `Int`, where it must not exceed a limit (below 2^31).
  func u32(
    _ offset: Int, atMost limit: Int, _ code: ModelError.Code
  ) throws(ModelError) -> Int {
    let number = u32(offset)
    guard number <= UInt32(clamping: limit) else {
      throw ModelError(code, at: offset, found: Int(clamping: number), expected: limit)
    }
    return Int(clamping: number)
  }

  /// The number at an even offset of which it is known that it lies inside.
  @inline(__always)
  func known16(_ offset: Int) -> Int {
    Int(base.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  /// The number at an offset of which it is known that it lies inside; below 2^31.
  @inline(__always)
  func known32(_ offset: Int) -> Int {
    Int(truncatingIfNeeded: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  func float(_ offset: Int) -> Float { Float(bitPattern: u32(offset)) }

  /// Throws unless `length` bytes from `offset` lie before `end`.
  func requireRange(
    _ offset: Int, _ length: Int, end: Int, _ code: ModelError.Code
  ) throws(ModelError) {
    let (sum, overflow) = offset.addingReportingOverflow(length)
    guard !overflow, offset >= 0, length >= 0, sum <= end, end <= count else {
      throw ModelError(code, at: offset, found: length, expected: max(0, end &- offset))
    }
  }

  /// Throws unless all bytes of a range are zero.
  func requireZeros(
    _ offset: Int, _ length: Int, _ code: ModelError.Code
  ) throws(ModelError) {
    var place = offset
    while place < offset &+ length {
      guard u8(place) == 0 else { throw ModelError(code, at: place, found: u8(place)) }
      place &+= 1
    }
  }

  /// The checksum of a range that lies inside, in which four bytes from `hole` count as zeros.
  func checksum(_ offset: Int, _ length: Int, zeroingFrom hole: Int = -4) -> UInt32 {
    var sum = Checksum()
    var place = offset
    while place < offset &+ length {
      let byte = base.load(fromByteOffset: place, as: UInt8.self)
      sum.update(place >= hole && place < hole &+ 4 ? 0 : byte)
      place &+= 1
    }
    return sum.value
  }

  /// Reads a text of one length byte and that many bytes of UTF-8 without control characters, and
  /// returns where it ends.
  func text(at offset: Int, end: Int) throws(ModelError) -> Int {
    try requireRange(offset, 1, end: end, .textLength)
    let length = u8(offset)
    try requireRange(offset &+ 1, length, end: end, .textLength)
    try requireUTF8(offset &+ 1, length, lineBreaks: false)
    return offset &+ 1 &+ length
  }

  /// Throws unless a range is well-formed UTF-8 (Unicode table 3-7) without control characters;
  /// `lineBreaks` permits line feed and tab.
  func requireUTF8(_ offset: Int, _ length: Int, lineBreaks: Bool) throws(ModelError) {
    var place = offset
    let end = offset &+ length
    while place < end {
      let first = u8(place), second = place &+ 1 < end ? u8(place &+ 1) : 0
      var size = 1
      var fine = first >= 0x20 && first < 0x7F || lineBreaks && (first == 0x0A || first == 0x09)
      if first >= 0xC2 && first <= 0xF4 {
        size = first < 0xE0 ? 2 : (first < 0xF0 ? 3 : 4)
        let lowest = first == 0xE0 ? 0xA0 : (first == 0xF0 ? 0x90 : 0x80)
        let highest = first == 0xED ? 0x9F : (first == 0xF4 ? 0x8F : 0xBF)
        // C2 80 to C2 9F are control characters.
        fine = second >= (first == 0xC2 ? 0xA0 : lowest) && second <= highest
        var next = place &+ 2
        while next < place &+ size {
          fine = fine && next < end && u8(next) & 0xC0 == 0x80
          next &+= 1
        }
      }
      guard fine else { throw ModelError(.textNotUTF8, at: place, found: first) }
      place &+= size
    }
  }
}

/// The least multiple of 2^log2 that is not below a number; both small enough not to overflow.
@inline(__always)
func aligned(_ number: Int, log2: Int) -> Int {
  let mask = (1 << log2) &- 1
  return (number &+ mask) & ~mask
}

/// The product of two sizes, or an error where it exceeds what `Int32` holds.
func checkedProduct(
  _ a: Int, _ b: Int, _ code: ModelError.Code, at offset: Int
) throws(ModelError) -> Int {
  let (product, overflow) = a.multipliedReportingOverflow(by: b)
  guard !overflow, product <= Int(Int32.max) else {
    throw ModelError(code, at: offset, found: product, expected: Int(Int32.max))
  }
  return product
}

/// The sum of two sizes, or an error where it exceeds what `Int32` holds.
func checkedSum(
  _ a: Int, _ b: Int, _ code: ModelError.Code, at offset: Int
) throws(ModelError) -> Int {
  let (sum, overflow) = a.addingReportingOverflow(b)
  guard !overflow, sum <= Int(Int32.max) else {
    throw ModelError(code, at: offset, found: sum, expected: Int(Int32.max))
  }
  return sum
}

/// Whether a number is neither NaN nor infinite.
@inline(__always)
func isFinite(_ number: Float) -> Bool { number.bitPattern & 0x7F80_0000 != 0x7F80_0000 }
