// SPDX-License-Identifier: Apache-2.0
import MinimHost
import MinimPacking
import MinimRuntime
import MinimTensor
import Testing

/// Every rule of one-bit tensors, broken alone behind right checksums, gives its own error.
@Suite struct OneBitDamageTests {
  private typealias Parts = FormatRulesTests.Parts

  /// What was found and expected of features that are refused.
  private func feature(_ parts: Parts) -> [UInt32] {
    guard let error = refusal(of: parts.file()), error.code == .unknownFeature else { return [] }
    return [error.found, error.expected]
  }

  /// Alpha and flags, versions and features.
  @Test func headRules() throws {
    let matrix = OneBitMatrix(rows: 3, columns: 5, keep: 0.5)
    let good = try Parts(linearFile(matrix.tensor(.seeded)).bytes())
    let edits: [(Int, [UInt8], ModelError.Code)] = [
      (1, [0, 0], .scaleNotPositive), (1, [0, 0x7C], .scaleNotPositive),
      (1, [1, 0x7E], .scaleNotPositive), (1, [0, 0xB8], .scaleNotPositive),
      (1, [0, 0x80], .scaleNotPositive), (3, [4], .reservedNotZero), (3, [0x80], .reservedNotZero),
      // Type 4 is not known, float16 has no alpha.
      (0, [4], .tensorType), (0, [1], .unknownFeature), (4, [4], .operandShape),
    ]
    for (place, bytes, code) in edits {
      var bad = good
      bad.sections[bad[.tensors]].bytes.replaceSubrange(place..<(place + bytes.count), with: bytes)
      #expect(refusal(of: bad.file())?.code == code, "byte \(place) \(bytes)")
    }
    for minor: UInt8 in [0, 1, 2] {
      var older = good
      older.header[10] = minor
      #expect(feature(older) == [4, 3])
    }
    var silent = good
    silent.header[28] = 3
    #expect(feature(silent) == [3, 7])
    var more = good
    more.header[28] = 8
    #expect(feature(more) == [8, 7])
    var later = good
    later.header[10] = 4
    #expect(refusal(of: later.file()) == nil)
    for alpha: Float in [0, -1, .infinity, .nan, 65_600, 1e-9] {
      #expect(throws: PackingError.self) {
        try ModelFile.Tensor.oneBit([true], rows: 1, alpha: alpha, signs: .seed(1), name: "w")
      }
    }
  }

  /// Bits that fill up, lengths, and what a coded mask says of itself.
  @Test func blockRules() throws {
    // 15 elements, mask 1011 0110 1101 101, ten of them kept.
    let mask = (0..<15).map { $0 % 3 != 1 }, signs = (0..<15).map { $0 % 2 == 0 }
    func parts(_ storage: OneBitStorage) throws -> Parts {
      try Parts(
        linearFile(
          .oneBit(
            mask, rows: 3, alpha: 1, signs: storage.isExplicit ? .explicit(signs) : .seed(9),
            maskCoding: storage.coding, name: "")
        ).bytes())
    }
    func check(
      _ storage: OneBitStorage, _ edits: [(Int, [UInt8], ModelError.Code?)]
    ) throws {
      let good = try parts(storage)
      for (place, bytes, code) in edits {
        var bad = good
        bad.sections[bad[.weights]].bytes.replaceSubrange(
          place..<(place + bytes.count), with: bytes)
        #expect(refusal(of: bad.file())?.code == code, "\(storage) byte \(place) \(bytes)")
      }
      for length in 0..<good.sections[good[.weights]].bytes.count {
        var short = good
        short.sections[short[.weights]].bytes.removeLast(
          good.sections[good[.weights]].bytes.count - length)
        #expect(refusal(of: short.file())?.code == .tensorLength, "\(storage) \(length) bytes")
      }
      var long = good
      long.sections[long[.weights]].bytes += [0, 0, 0, 0]
      #expect(refusal(of: long.file())?.code == .tensorLength)
    }
    try check(
      .seeded,
      [(0, [1], nil), (4, [1], nil), (5, [0x80], .paddingNotZero), (7, [1], .paddingNotZero)])
    try check(
      .explicit,
      [
        (1, [0x80], .paddingNotZero), (3, [0x80], .paddingNotZero), (4, [0], nil),
        (5, [4], .paddingNotZero), (7, [0x80], .paddingNotZero),
        // One weight less is kept, and so there is a sign too many.
        (0, [0b0110_1100], .paddingNotZero),
      ])
    let stream = try Int(parts(.codedSeeded).sections[2].bytes[4])
    #expect(stream % 4 != 0)
    try check(
      .codedSeeded,
      [
        (4, [3], .tensorLength), (4, [UInt8(stream) - 1], .paddingNotZero),
        (4, [UInt8(stream) + 1], .maskDamaged),
        (4, [UInt8(stream) + 9], .tensorLength), (7, [0x7F], .tensorLength),
        (7, [0x80], .tensorLength), (8, [16], .maskDamaged), (8, [9], .maskDamaged),
        (12, [0xFF, 0xFF], .maskDamaged), (12 + stream, [1], .paddingNotZero),
      ])
    try check(
      .codedExplicit,
      [(4, [9], .paddingNotZero), (4, [11], .maskDamaged), (4, [16], .maskDamaged)])
    // More weights kept than there are is found before a session begins.
    var many = try parts(.codedExplicit)
    many.sections[many[.weights]].bytes[4] = 16
    #expect(throws: ModelError.self) { try ModelFile(bytes: many.file()) }
    let damaged = try damagedStream(parts(.codedSeeded)), found = try #require(refusal(of: damaged))
    #expect(found.code == .maskDamaged)
    let start = try withAlignedBytes(damaged) { (bytes) throws in
      try Model(bytes).section(.weights).offset
    }
    #expect(found.offset == UInt32(start + 4))
    // A vector cannot be one-bit.
    var made = HandMadeModels(.float32)
    made.tensors = [
      try OneBitMatrix(rows: 3, columns: 2, keep: 1).tensor(.seeded),
      try OneBitMatrix(rows: 3, columns: 1, keep: 1).tensor(.seeded),
    ]
    made.append(.init(code: .linear, input: 0, tensors: [0, 1], outputLength: 3))
    let refused = #expect(throws: PackingError.self) {
      try made.file(.stream, channels: 2, steps: 1).bytes()
    }
    guard case .outsideFormat(let inner) = refused else { return }
    #expect(inner.code == .tensorType && inner.found == 3 && inner.expected == 1)
  }

  private func damagedStream(_ good: Parts) -> [UInt8] {
    var bad = good
    bad.sections[bad[.weights]].bytes[13] ^= 1
    return bad.file()
  }

  /// Every stream of a coded mask with one bit flipped, or none but random bytes, is refused.
  @Test func damagedStreamsAreFound() throws {
    let matrix = OneBitMatrix(rows: 24, columns: 33, keep: 0.3)
    let good = try Parts(linearFile(matrix.tensor(.codedSeeded)).bytes())
    let weights = good[.weights], length = good.sections[weights].bytes.count
    #expect(refusal(of: good.file()) == nil)
    for place in 12..<length {
      for bit in 0..<8 {
        var bad = good
        bad.sections[weights].bytes[place] ^= 1 << bit
        let code = refusal(of: bad.file())?.code
        #expect(code == .maskDamaged || code == .paddingNotZero, "byte \(place)")
      }
    }
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<200 {
      var bad = good
      for place in 12..<(12 + Int(good.sections[weights].bytes[4])) {
        bad.sections[weights].bytes[place] = UInt8(truncatingIfNeeded: generator.next())
      }
      #expect(refusal(of: bad.file())?.code == .maskDamaged)
    }
  }

  /// Loads a file and, if it is accepted, runs it.
  private func outcome(_ bytes: [UInt8]) throws {
    let loaded = try LoadedModel(bytes, path: "damaged")
    _ = try ModelFile(loaded.model)
    for _ in 0..<3 {
      _ = loaded.session.step([Float](repeating: 0.5, count: loaded.model.channelCount))
    }
    _ = loaded.session.result()
  }

  @Test(arguments: OneBitStorage.allCases)
  func everyTruncationAndEveryFlippedBitIsRefused(_ storage: OneBitStorage) throws {
    let bytes = try linearFile(OneBitMatrix(rows: 5, columns: 13, keep: 0.4).tensor(storage))
      .bytes()
    try outcome(bytes)
    expectDamageIsRefused(bytes, outcome)
  }
}
