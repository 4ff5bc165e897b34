// SPDX-License-Identifier: Apache-2.0

/// The memory of a threshold that goes along with a stream: all of it is state.
///
/// It begins with a checksum of the settings and one of the rest, two 32-bit numbers.
struct ThresholdMemory {
  static let headerBytes = 8
  let base: UnsafeMutableRawPointer
  let count: Int

  /// Takes the first `count` bytes of `memory`; throws `memoryTooSmall` or `misaligned`.
  init(_ memory: UnsafeMutableRawBufferPointer, count: Int) throws(ThresholdError) {
    guard let base = memory.baseAddress, memory.count >= count else {
      throw ThresholdError(.memoryTooSmall, found: memory.count, expected: count)
    }
    let rest = Int(bitPattern: base) & 7
    guard rest == 0 else { throw ThresholdError(.misaligned, found: rest, expected: 0) }
    self.base = base
    self.count = count
  }

  /// The `count` bytes, aligned to 8, that a threshold began in before.
  init(_ base: UnsafeMutableRawPointer, count: Int) {
    self.base = base
    self.count = count
  }

  /// Sets everything to zero but the checksum of the settings.
  func clear(settings: UInt32) {
    let words = counts(0)
    for index in 0..<(count / 8) { words[index] = 0 }
    halves(0)[0] = settings
  }

  @inline(__always)
  func doubles(_ offset: Int) -> UnsafeMutablePointer<Double> {
    (base + offset).assumingMemoryBound(to: Double.self)
  }
  @inline(__always)
  func counts(_ offset: Int) -> UnsafeMutablePointer<UInt64> {
    (base + offset).assumingMemoryBound(to: UInt64.self)
  }
  @inline(__always)
  func halves(_ offset: Int) -> UnsafeMutablePointer<UInt32> {
    (base + offset).assumingMemoryBound(to: UInt32.self)
  }

  /// Copies the state; throws `stateLength` where there is too little room.
  func save(to bytes: UnsafeMutableRawBufferPointer) throws(ThresholdError) {
    guard let target = bytes.baseAddress, bytes.count >= count else {
      throw ThresholdError(.stateLength, found: bytes.count, expected: count)
    }
    halves(4)[0] = SavedThreshold.checksum(UnsafeRawPointer(base), count)
    target.copyMemory(from: base, byteCount: count)
  }

  /// Goes on from a state that was checked.
  func restore(_ saved: SavedThreshold) { base.copyMemory(from: saved.base, byteCount: count) }
}

/// A saved state before it is believed; its bytes may have any alignment.
struct SavedThreshold {
  let base: UnsafeRawPointer

  /// A saved state of `count` bytes with the checksum of some settings and the right one of the rest;
  /// throws `stateLength`, `stateOfOtherSettings` or `stateDamaged`.
  init(
    _ bytes: UnsafeRawBufferPointer, count: Int, settings: UInt32
  ) throws(ThresholdError) {
    guard let source = bytes.baseAddress, bytes.count == count else {
      throw ThresholdError(.stateLength, found: bytes.count, expected: count)
    }
    base = source
    guard half(0) == settings else {
      throw ThresholdError(
        .stateOfOtherSettings, found: Double(half(0)), expected: Double(settings))
    }
    guard half(4) == Self.checksum(source, count) else { throw Self.damage(at: 4) }
  }

  /// The checksum of a state, in which its own four bytes count as zeros.
  static func checksum(_ state: UnsafeRawPointer, _ count: Int) -> UInt32 {
    ModelReader(base: state, count: count).checksum(0, count, zeroingFrom: 4)
  }

  func half(_ offset: Int) -> UInt32 {
    base.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
  }

  func count(_ offset: Int) -> UInt64 {
    base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }

  /// Throws `stateDamaged` unless a 32-bit number is at most `limit`.
  func require(_ offset: Int, atMost limit: Int) throws(ThresholdError) {
    guard half(offset) <= UInt32(clamping: limit) else { throw Self.damage(at: offset) }
  }

  /// Throws `stateDamaged` unless `count` numbers lie between `least` and 2e300.
  func requireNumbers(
    _ offset: Int, _ count: Int, from least: Double
  ) throws(ThresholdError) {
    for index in 0..<count {
      let number = Double(bitPattern: self.count(offset &+ 8 &* index))
      guard number >= least && number <= 2e300 else {
        throw Self.damage(at: offset &+ 8 &* index)
      }
    }
  }

  static func damage(at offset: Int) -> ThresholdError {
    ThresholdError(.stateDamaged, found: offset, expected: 0)
  }
}

extension Checksum {
  /// Takes in eight bytes, the lowest first.
  mutating func update(word: UInt64) {
    var rest = word
    for _ in 0..<8 {
      update(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }
}
