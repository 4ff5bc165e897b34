// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimHost
import MinimLayers
import MinimPacking
import MinimRuntime
import MinimTensor
import Testing

/// One-bit tensors in the file, which are of minor version 3.
@Suite struct OneBitFormatTests {
  private typealias Parts = FormatRulesTests.Parts

  /// A linear map of two columns and, as its bias or nothing, a vector.
  private func file(_ tensor: ModelFile.Tensor) throws -> ModelFile {
    var made = HandMadeModels(.float32)
    made.tensors = [tensor]
    made.append(.init(code: .linear, input: 0, tensors: [0], outputLength: tensor.rows))
    return made.file(.stream, channels: tensor.columns, steps: 1)
  }

  private func error(_ file: [UInt8]) -> ModelError? {
    do {
      _ = try LoadedModel(file, path: "test")
      return nil
    } catch HostError.badModel(_, _, let error) {
      return error
    } catch {
      Issue.record("\(error)")
      return nil
    }
  }

  /// Alpha 0.375 is 3600 as a float16.
  @Test func bytesAreThoseByHand() throws {
    let mask = [true, false, false, true, true] + [false, true, true, false, true]
    let signs = [true, true, false, false, true] + [true, true, false, true, false]
    func tensor(
      _ signs: ModelFile.Tensor.Signs, _ coding: ModelFile.Tensor.MaskCoding
    ) throws -> ModelFile.Tensor {
      try .oneBit(mask, rows: 2, alpha: 0.375, signs: signs, maskCoding: coding, name: "")
    }
    let seeded = try tensor(.seed(0x0102_0304), .plain)
    #expect(seeded.head == [0x00, 0x36, 0])
    #expect(seeded.block == [4, 3, 2, 1, 0b1101_1001, 0b10, 0, 0])
    // Of what is kept, elements 0, 3, 4, 6, 7 and 9: signs 1 0 1 1 0 0.
    let explicit = try tensor(.explicit(signs), .plain)
    #expect(explicit.head == [0x00, 0x36, 1])
    #expect(explicit.block == [0b1101_1001, 0b10, 0, 0, 0b1101, 0, 0, 0])
    let coded = try tensor(.seed(1), .coded)
    #expect(coded.head == [0x00, 0x36, 2])
    #expect(coded.block.prefix(4) == [1, 0, 0, 0])
    #expect(coded.block[8..<12] == [6, 0, 0, 0])
    let both = try tensor(.explicit(signs), .coded)
    #expect(both.head == [0x00, 0x36, 3])
    #expect(both.block == Array(coded.block[4...]) + [0b1101, 0, 0, 0])
    let bytes = try file(explicit).bytes(), parts = Parts(bytes)
    #expect(bytes[10] == 3)
    #expect(bytes[28] == 4)
    #expect(parts.sections[parts[.tensors]].bytes.prefix(4) == [3, 0x00, 0x36, 1])
    #expect(parts.sections[parts[.weights]].bytes == explicit.block)
  }

  @Test(arguments: OneBitStorage.allCases) func filesAreReadAndWritten(
    _ storage: OneBitStorage
  ) throws {
    for mode in [PreprocessingMode.stream, .window] {
      let file = try OneBitTwins(storage, mode).oneBit, bytes = try file.bytes()
      #expect(try ModelFile(bytes: bytes) == file)
      #expect(try ModelFile(bytes: bytes).bytes() == bytes)
      #expect(error(bytes) == nil)
    }
  }

  /// The files that every later version reads are what this version writes.
  @Test func theWriterGivesTheFilesOfCompat() throws {
    for (name, storage, mode) in [
      ("one-bit-window", OneBitStorage.codedSeeded, PreprocessingMode.window),
      ("one-bit-stream", .explicit, .stream),
    ] {
      let url = CompatibilityTests.folder.appending(path: "\(name).minim")
      let bytes = try OneBitTwins(storage, mode).tested().bytes()
      #expect(bytes == [UInt8](try Data(contentsOf: url)), "\(name)")
    }
  }

  private struct Golden: Decodable {
    struct Signs: Decodable {
      var seed: UInt32
      var words: [String]
    }

    struct Mask: Decodable {
      var rows, columns: Int
      var mask, stream: String
    }

    var signs: [Signs]
    var masks: [Mask]
  }

  private func golden() throws -> Golden {
    let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Golden/one-bit.json")
    return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
  }

  /// The device's signs, the trainer's, and those of Tools/golden/one_bit.py.
  @Test func signsAreTheSameEverywhere() throws {
    for item in try golden().signs {
      for (k, word) in zip([0, 1, 2, 1000] as [UInt32], item.words) {
        #expect(signWord(seed: item.seed, k) == UInt64(word, radix: 16))
      }
      let trained = fixedSigns(seed: item.seed, count: 1001 * 64 + 5)
      let device = trained.indices.map {
        signWord(seed: item.seed, UInt32($0 / 64)) >> UInt64($0 % 64) & 1 == 1
      }
      #expect(trained == device)
    }
    let seeds =
      (0..<1000).map { signSeed(7, matrix: $0) } + (0..<1000).map { signSeed(8, matrix: $0) }
    #expect(Set(seeds).count == 2000)
  }

  /// Streams are those of Tools/golden/one_bit.py, and the reader makes the masks of them.
  @Test func codedMasksAreThoseOfTheReference() throws {
    let masks = try golden().masks
    #expect(masks.count == 9)
    for item in masks {
      let mask = item.mask.map { $0 == "1" }
      let tensor = try ModelFile.Tensor.oneBit(
        mask, rows: item.rows, alpha: 1, signs: .seed(0), maskCoding: .coded, name: "")
      let stream = tensor.block[12..<(12 + item.stream.count / 2)]
      #expect(
        stream.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
          == item.stream)
      let loaded = try LoadedModel(file(tensor).bytes(), path: "test")
      defer { withExtendedLifetime(loaded) {} }
      let bits = loaded.session.matrix(0).maskBits
      #expect(mask.indices.map { bits[$0 / 32] >> UInt32($0 % 32) & 1 == 1 } == mask)
    }
  }

  /// A mask of rows and columns that differ takes less room than its bits, one without structure hardly more than
  /// its entropy.
  @Test func codedMasksAreSmall() throws {
    let flat = OneBitMatrix(rows: 128, columns: 128, keep: 0.25)
    let share = Double(flat.mask.count { $0 }) / Double(flat.mask.count)
    let bits = -share * log2(share) - (1 - share) * log2(1 - share)
    let bytes = bits * Double(flat.mask.count) / 8
    #expect(bytes < 1750)
    #expect(try Double(flat.tensor(.codedSeeded).block.count) < 1.01 * bytes + 16)
    let uneven = (0..<(64 * 64)).map { element in
      (element / 64 * 31 + element % 64 * 17) % 7 == 0 && element % 64 % 3 == 0
    }
    let tensor = try ModelFile.Tensor.oneBit(
      uneven, rows: 64, alpha: 1, signs: .seed(1), maskCoding: .coded, name: "")
    #expect(tensor.block.count < 200)
  }

  /// What was found and expected of features that are refused.
  private func feature(_ parts: Parts) -> [UInt32] {
    guard let error = error(parts.file()), error.code == .unknownFeature else { return [] }
    return [error.found, error.expected]
  }

  /// Alpha and flags, versions and features.
  @Test func headRules() throws {
    let matrix = OneBitMatrix(rows: 3, columns: 5, keep: 0.5)
    let good = try Parts(file(matrix.tensor(.seeded)).bytes())
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
      #expect(error(bad.file())?.code == code, "byte \(place) \(bytes)")
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
    #expect(error(later.file()) == nil)
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
        file(
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
        #expect(error(bad.file())?.code == code, "\(storage) byte \(place) \(bytes)")
      }
      for length in 0..<good.sections[good[.weights]].bytes.count {
        var short = good
        short.sections[short[.weights]].bytes.removeLast(
          good.sections[good[.weights]].bytes.count - length)
        #expect(error(short.file())?.code == .tensorLength, "\(storage) \(length) bytes")
      }
      var long = good
      long.sections[long[.weights]].bytes += [0, 0, 0, 0]
      #expect(error(long.file())?.code == .tensorLength)
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
    let damaged = try damagedStream(parts(.codedSeeded)), found = try #require(error(damaged))
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
    let good = try Parts(file(matrix.tensor(.codedSeeded)).bytes())
    let weights = good[.weights], length = good.sections[weights].bytes.count
    #expect(error(good.file()) == nil)
    for place in 12..<length {
      for bit in 0..<8 {
        var bad = good
        bad.sections[weights].bytes[place] ^= 1 << bit
        let code = error(bad.file())?.code
        #expect(code == .maskDamaged || code == .paddingNotZero, "byte \(place)")
      }
    }
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<200 {
      var bad = good
      for place in 12..<(12 + Int(good.sections[weights].bytes[4])) {
        bad.sections[weights].bytes[place] = UInt8(truncatingIfNeeded: generator.next())
      }
      #expect(error(bad.file())?.code == .maskDamaged)
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
    let bytes = try file(OneBitMatrix(rows: 5, columns: 13, keep: 0.4).tensor(storage)).bytes()
    try outcome(bytes)
    for length in bytes.indices {
      #expect(throws: (any Error).self) { try outcome(Array(bytes[..<length])) }
      #expect(throws: (any Error).self) { try outcome(repaired(Array(bytes[..<length]))) }
    }
    for place in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[place] ^= 1 << bit
        #expect(throws: (any Error).self) { try outcome(damaged) }
        // Behind right checksums it is refused or runs; a crash would end the tests.
        _ = try? outcome(repaired(damaged))
      }
    }
  }

  /// Memory counted by hand: of coded masks alone there are bits in it, and room to decode them in.
  @Test(arguments: OneBitStorage.allCases) func memoryIsThatByHand(_ storage: OneBitStorage) throws
  {
    for (rows, columns) in [(3, 5), (33, 64), (7, 200)] {
      let matrix = OneBitMatrix(rows: rows, columns: columns, keep: 0.5)
      let loaded = try LoadedModel(file(matrix.tensor(storage)).bytes(), path: "test")
      defer { withExtendedLifetime(loaded) {} }
      // Values, offsets of two values and an operation; then an offset for the tensor, contexts and columns.
      let plain = 4 + (columns + rows) + 3
      let coded = 1 + (16 + columns) + (rows * columns + 31) / 32
      let isCoded = storage == .codedSeeded || storage == .codedExplicit
      #expect(loaded.model.memoryBytes == 4 * (plain + (isCoded ? coded : 0)))
      #expect(loaded.session.stateBytes == 4 * (4 + columns + rows))
      #expect(loaded.model.parameterCount == rows * columns)
    }
  }

  @Test func inspectNamesTheType() throws {
    let loaded = try LoadedModel(OneBitTwins(.codedSeeded).oneBit.bytes(), path: "test")
    let url = FileManager.default.temporaryDirectory.appending(path: "minim-\(UUID().uuidString)")
    try Data().write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    let handle = try FileHandle(forWritingTo: url)
    try InspectCommand(json: false).run(loaded, output: handle.fileDescriptor)
    let text = try String(contentsOf: url, encoding: .utf8)
    #expect(text.contains("in float32 and one-bit"))
    #expect(text.contains("format 1.3"))
  }
}
