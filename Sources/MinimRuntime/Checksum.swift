// SPDX-License-Identifier: Apache-2.0

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78, start and final inversion) in pieces.
public struct Checksum {
  private var register: UInt32 = 0xFFFF_FFFF

  /// The checksum of nothing.
  public init() {}

  /// The checksum of the bytes so far; "123456789" gives 0xE3069283.
  public var value: UInt32 { ~register }

  /// Takes in bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    for byte in bytes { update(byte) }
  }

  /// Takes in one byte, four bits at a time.
  mutating func update(_ byte: UInt8) {
    register ^= UInt32(byte)
    register = (register >> 4) ^ Self.entry(register & 15)
    register = (register >> 4) ^ Self.entry(register & 15)
  }

  /// Four steps of the polynomial division of a four-bit number.
  @inline(__always)
  private static func entry(_ bits: UInt32) -> UInt32 {
    var entry: UInt32 = 0
    if bits & 1 != 0 { entry ^= 0x105E_C76F }
    if bits & 2 != 0 { entry ^= 0x20BD_8EDE }
    if bits & 4 != 0 { entry ^= 0x417B_1DBC }
    if bits & 8 != 0 { entry ^= 0x82F6_3B78 }
    return entry
  }
}
