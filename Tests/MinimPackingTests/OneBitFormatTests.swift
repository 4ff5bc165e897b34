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
    let bytes = try linearFile(explicit).bytes(), parts = FormatRulesTests.Parts(bytes)
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
      #expect(refusal(of: bytes) == nil)
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
      let stream = tensor.block.dropFirst(12).prefix(item.stream.count / 2)
      #expect(
        stream.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
          == item.stream)
      let loaded = try LoadedModel(linearFile(tensor).bytes(), path: "test")
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

  /// Memory counted by hand: of coded masks alone there are bits in it, and room to decode them in.
  @Test(arguments: OneBitStorage.allCases) func memoryIsThatByHand(_ storage: OneBitStorage) throws
  {
    for (rows, columns) in [(3, 5), (33, 64), (7, 200)] {
      let matrix = OneBitMatrix(rows: rows, columns: columns, keep: 0.5)
      let loaded = try LoadedModel(linearFile(matrix.tensor(storage)).bytes(), path: "test")
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
