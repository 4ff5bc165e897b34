// SPDX-License-Identifier: Apache-2.0
internal import MinimRuntime

/// How the masks of matrices of signs are stored.
public enum MaskCoding: String, CaseIterable, Codable, Sendable {
  /// A bit for each element, used where it lies.
  case plain
  /// By an adaptive range coder: fewer bytes in the file, and memory of the session for the bits.
  case coded
}

extension ModelFile.Tensor {
  /// Where the signs of a one-bit matrix come from.
  package enum Signs {
    /// From a seed, as `fixedSigns` makes them.
    case seed(UInt32)
    /// One for each element, row by row; true is negative.
    case explicit([Bool])
  }

  package typealias MaskCoding = MinimPacking.MaskCoding

  /// The matrix alpha · sign · mask; `mask` has the elements row by row, true where one is kept.
  ///
  /// Alpha is rounded to float16. Throws `PackingError.notRepresentable` where that is not finite and above 0.
  package static func oneBit(
    _ mask: [Bool], rows: Int, alpha: Float, signs: Signs, maskCoding: MaskCoding = .plain,
    name: String
  ) throws -> Self {
    let half = Float16(alpha)
    guard half.isFinite, half > 0 else {
      throw PackingError.notRepresentable(tensor: name, value: alpha, precision: .float16)
    }
    let columns = mask.count / rows
    var flags: UInt8 = maskCoding == .coded ? 2 : 0
    var block: [UInt8] = [], explicit: [Bool] = []
    switch signs {
    case .seed(let seed): block.append32(Int(seed))
    case .explicit(let signs):
      flags |= 1
      explicit = mask.indices.filter { mask[$0] }.map { signs[$0] }
    }
    switch maskCoding {
    case .plain: block += packed(mask)
    case .coded:
      let stream = coded(mask, columns: columns)
      block.append32(stream.count)
      block.append32(mask.count { $0 })
      block += stream.padded(to: 4)
    }
    block += packed(explicit)
    var head: [UInt8] = []
    head.append16(Int(half.bitPattern))
    return Self(type: .oneBit, rows: rows, columns: columns, head: head + [flags], block: block)
  }

  /// Bits as bytes, the lowest bit first, zeros up to a multiple of 4 bytes.
  private static func packed(_ bits: [Bool]) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: (bits.count + 7) / 8)
    for (index, bit) in bits.enumerated() where bit { bytes[index / 8] |= 1 << (index % 8) }
    return bytes.padded(to: 4)
  }

  /// The stream of a coded mask (`Documentation/model-file.md`, section "Coded masks").
  private static func coded(_ mask: [Bool], columns: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    // The lower end of the range; a carry goes into the bytes already written.
    var low: UInt32 = 0, range = UInt32.max
    func put() {
      bytes.append(UInt8(truncatingIfNeeded: low >> 24))
      low <<= 8
    }
    var room = [UInt32](repeating: 0, count: MaskContexts.room(columns: columns))
    room.withUnsafeMutableBufferPointer { room in
      guard let room = room.baseAddress else { return }
      var contexts = MaskContexts(columns: columns, room: room)
      for bit in mask {
        let bound = (range >> 12) * contexts.probability()
        contexts.take(bit)
        if bit {
          range = bound
        } else {
          let (sum, carry) = low.addingReportingOverflow(bound)
          low = sum
          range -= bound
          var place = bytes.count - 1
          while carry, place >= 0 {
            bytes[place] &+= 1
            if bytes[place] != 0 { break }
            place -= 1
          }
        }
        while range < 1 << 24 {
          put()
          range <<= 8
        }
      }
    }
    for _ in 0..<4 { put() }
    return bytes
  }
}
