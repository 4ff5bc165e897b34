// SPDX-License-Identifier: Apache-2.0
import MinimHost
import MinimPacking
import MinimRuntime
import MinimSeries
import MinimTensor
import Testing

/// Every rule of the format, broken alone behind right checksums, gives its own error.
@Suite struct FormatRulesTests {
  /// A section as it stands in a file.
  struct Section {
    var type: Int
    var flags: UInt8 = 1
    var log2: UInt8 = 2
    var bytes: [UInt8]
  }

  /// A file taken apart, which can be put together otherwise than the writer would.
  struct Parts {
    var header: [UInt8]
    var sections: [Section]
    var gap: UInt8 = 0

    init(_ file: [UInt8]) {
      func word(_ place: Int) -> Int {
        (0..<4).reduce(0) { $0 | Int(file[place + $1]) << (8 * $1) }
      }
      header = Array(file[..<64])
      sections = (0..<word(24)).map { index in
        let entry = 64 + 16 * index, start = word(entry + 4)
        return Section(
          type: word(entry) & 0xFFFF, flags: file[entry + 2], log2: file[entry + 3],
          bytes: Array(file[start..<(start + word(entry + 8))]))
      }
    }

    /// The position of a section of a type.
    subscript(_ type: SectionType) -> Int { sections.firstIndex { $0.type == type.rawValue } ?? 0 }

    func file() -> [UInt8] {
      func number(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
      }
      var table: [UInt8] = [], body: [UInt8] = []
      let start = header.count + 16 * sections.count
      for section in sections {
        let size = 1 << Int(section.log2), place = start + body.count
        body += [UInt8](repeating: gap, count: (size - place % size) % size)
        table += number(section.type, 2) + [section.flags, section.log2]
        table += number(start + body.count, 4) + number(section.bytes.count, 4)
        var sum = Checksum()
        section.bytes.withUnsafeBytes { sum.update($0) }
        table += number(Int(sum.value), 4)
        body += section.bytes
      }
      var file = header + table + body
      file.replaceSubrange(12..<20, with: number(header.count, 4) + number(file.count, 4))
      file.replaceSubrange(24..<28, with: number(sections.count, 4))
      file.replaceSubrange(40..<44, with: [0, 0, 0, 0])
      var sum = Checksum()
      file[..<start].withUnsafeBytes { sum.update($0) }
      file.replaceSubrange(40..<44, with: number(Int(sum.value), 4))
      return file
    }
  }

  /// The first tensor of an int8 model is int8, for it has more than four columns.
  private func parts(_ precision: Precision = .float32, bare: Bool = false) throws -> Parts {
    Parts(
      try PackedModels(
        channels: precision == .int8 ? 5 : 2, preparation: Preparation(normalise: .none)
      )
      .packed(precision, bare: bare, provenance: ["b": "é"]).bytes)
  }

  private func code(_ file: [UInt8]) throws -> ModelError.Code? {
    do {
      _ = try ModelFile(bytes: file)
      return nil
    } catch let error as ModelError {
      return error.code
    }
  }

  @Test func partsPutTogetherAreTheFile() throws {
    let bytes = try PackedModels().packed().bytes
    #expect(Parts(bytes).file() == bytes)
  }

  @Test func headerRules() throws {
    let good = try parts()
    let cases: [(Int, UInt8, ModelError.Code)] = [
      (8, 2, .unsupportedVersion), (28, 4, .unknownFeature), (31, 0x80, .unknownFeature),
      (44, 1, .reservedNotZero), (63, 1, .reservedNotZero), (20, 1, .fileLength),
      (36, 0xFF, .memoryDeclared),
    ]
    for (place, byte, expected) in cases {
      var bad = good
      bad.header[place] = byte
      #expect(try code(bad.file()) == expected, "byte \(place)")
    }
    var known = good
    known.header[32] = 0xFF
    #expect(try code(known.file()) == nil, "optional features are ignored")
  }

  @Test func laterMinorVersionsAreRead() throws {
    let good = try parts()
    var longer = good
    longer.header += [UInt8](repeating: 7, count: 16)
    #expect(try code(longer.file()) == .headerLength)
    longer.header[10] = 5
    #expect(try code(longer.file()) == .headerLength)
    longer.header[10] = 6
    #expect(try code(longer.file()) == nil)
    longer.header += [0]
    #expect(try code(longer.file()) == .headerLength)
    var more = good
    more.sections.append(Section(type: 900, flags: 0, bytes: [1, 2, 3]))
    #expect(try code(more.file()) == nil)
    more.sections[more.sections.count - 1].flags = 1
    #expect(try code(more.file()) == .unknownSection)
    more.sections[more.sections.count - 1].flags = 2
    #expect(try code(more.file()) == .reservedNotZero)
  }

  @Test func sectionRules() throws {
    let good = try parts()
    var swapped = good
    swapped.sections.swapAt(0, 1)
    #expect(try code(swapped.file()) == .sectionOrder)
    for index in 0..<5 {
      var missing = good
      missing.sections.remove(at: index)
      #expect(try code(missing.file()) == .missingSection)
    }
    var gap = good
    gap.sections[2].log2 = 12
    #expect(try code(gap.file()) == nil)
    gap.gap = 1
    #expect(try code(gap.file()) == .paddingNotZero)
    var alignment = good
    alignment.sections[2].log2 = 1
    #expect(try code(alignment.file()) == .sectionAlignment)
    // Trailing bytes, with the header's length and checksum right.
    var long = good.file() + [0, 0, 0, 0]
    long[16] &+= 4
    #expect(try code(repaired(long)) == .trailingBytes)
  }

  /// A section, bytes to put at a place of it, and the error.
  private typealias Edit = (SectionType, Int, [UInt8], ModelError.Code)

  private func check(_ edits: [Edit], in good: Parts) throws {
    for (section, place, bytes, expected) in edits {
      var bad = good
      let index = bad[section]
      bad.sections[index].bytes.replaceSubrange(place..<(place + bytes.count), with: bytes)
      #expect(try code(bad.file()) == expected, "\(section.name) \(place) \(bytes)")
    }
  }

  @Test func graphRules() throws {
    // Values 0...3; operations LSTM, linear, softmax from byte 24; tensors W U b W b.
    let lstm = 8 + 4 * 4, linear = lstm + 16, softmax = linear + 16
    let good = try parts()
    try check(
      [
        (.graph, 0, [0, 0], .valueCount), (.graph, 2, [0, 0], .operationCount),
        (.graph, 2, [1, 1], .operationCount), (.graph, 4, [4, 0], .outputValue),
        (.graph, 6, [4, 0], .stepOperations), (.graph, 6, [0, 0], .stepOperations),
        (.graph, 8, [3, 0, 0, 0], .valueLength), (.graph, 12, [0, 0, 0, 0], .valueLength),
        (.graph, 12, [0, 0, 0, 2], .valueLength), (.graph, 20, [3], .valueLength),
        (.graph, lstm, [0], .operationCode), (.graph, lstm, [9], .operationCode),
        (.graph, lstm + 1, [3], .operationVariant), (.graph, linear + 1, [1], .operationVariant),
        (.graph, lstm + 2, [1], .operandValue), (.graph, lstm + 4, [2], .operandValue),
        (.graph, lstm + 6, [1], .reservedNotZero), (.graph, lstm + 8, [5], .operandTensor),
        (.graph, lstm + 8, [1], .operandShape), (.graph, lstm + 10, [0], .operandShape),
        (.graph, lstm + 12, [4], .operandShape), (.graph, lstm + 12, [0xFF, 0xFF], .operandTensor),
        (.graph, lstm + 14, [4, 0], .operandTensor), (.graph, linear + 12, [4, 0], .operandTensor),
        (.graph, linear + 2, [0], .operandShape), (.graph, softmax + 2, [1], .valueLength),
      ], in: good)
  }

  @Test func tensorRules() throws {
    try check(
      [
        (.tensors, 0, [5], .tensorType), (.tensors, 1, [1], .reservedNotZero),
        (.tensors, 4, [0], .tensorRows), (.tensors, 8, [0], .tensorColumns),
        (.tensors, 7, [2], .tensorRows), (.tensors, 11, [2], .tensorColumns),
        (.tensors, 28, [4], .tensorOffset), (.weights, 2, [0x80, 0x7F], .weightNotFinite),
        (.weights, 2, [0xC0, 0xFF], .weightNotFinite),
      ], in: parts())
    try check([(.weights, 0, [0, 0x7C], .weightNotFinite)], in: parts(.float16))
    try check(
      [
        (.weights, 0, [0, 0, 0, 0], .scaleNotPositive), (.weights, 3, [0xBC], .scaleNotPositive),
        (.weights, 0, [0, 0, 0x80, 0x7F], .scaleNotPositive),
        (.weights, 0, [1, 0, 0, 0], .scaleNotPositive), (.weights, 4, [0, 0], .scaleNotPositive),
        (.weights, 4, [0, 0x7C], .scaleNotPositive), (.weights, 4, [0, 0x80], .scaleNotPositive),
      ], in: parts(.int8))
    for precision in [Precision.float16, .int8] {
      var undeclared = try parts(precision)
      undeclared.header[28] &= ~(precision == .int8 ? 2 : 1)
      #expect(try code(undeclared.file()) == .unknownFeature)
    }
    var wide = try ModelFile(bytes: parts(.int8, bare: true).file())
    wide.tensors[0].columns = (1 << 17) + 1
    #expect(throws: PackingError.self) { try wide.bytes() }
    try check([(.tensors, 10, [2], .tensorColumns)], in: parts(.int8))
    var long = try parts()
    long.sections[2].bytes += [0, 0, 0, 0]
    #expect(try code(long.file()) == .tensorLength)
    // The bias of the head as int8: its block would be read as float16.
    var file = try ModelFile(bytes: parts(.int8, bare: true).file())
    file.tensors[4] = .init(
      type: .int8, rows: 2, columns: 1, block: [0, 0, 0x80, 0x3F, 1, 0, 1, 0, 1, 1])
    let error = #expect(throws: PackingError.self) { try file.bytes() }
    guard case .outsideFormat(let inner) = error else {
      Issue.record("not outside the format")
      return
    }
    #expect(inner.code == .tensorType)
  }

  @Test func preprocessingAndDecisionRules() throws {
    try check(
      [
        (.preprocessing, 0, [2], .preprocessingMode), (.preprocessing, 1, [2], .normalisation),
        (.preprocessing, 2, [0], .channelCount), (.preprocessing, 3, [0x20], .channelCount),
        (.preprocessing, 4, [0], .windowLength), (.preprocessing, 7, [2], .windowLength),
        (.preprocessing, 8, [25], .shortestLength), (.preprocessing, 8, [0], .shortestLength),
        (.preprocessing, 12, [8], .reservedNotZero), (.preprocessing, 13, [1], .reservedNotZero),
        (.decision, 0, [3], .decisionKind), (.decision, 1, [1], .reservedNotZero),
        (.decision, 0, [0], .classCount),
      ], in: parts())
    // Texts: an overlong form, a surrogate, DEL, a C1 control, a lone lead byte.
    let texts: [[UInt8]] = [
      [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0x7F], [0xC2, 0x80], [0xC3],
      [0xF5, 0x80, 0x80, 0x80],
      [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x0A],
    ]
    for text in texts {
      var bad = try parts()
      let index = bad[.decision]
      bad.sections[index].bytes = [1, 0, 2, 0, UInt8(text.count)] + text + [1, 0x61]
      #expect(try code(bad.file()) == .textNotUTF8, "\(text)")
    }
    var few = try parts()
    let decision = few[.decision]
    few.sections[decision].bytes = [1, 0, 1, 0, 1, 0x61]
    #expect(try code(few.file()) == .classCount)
    few.sections[decision].bytes = [2, 0, 0, 0, 0, 0, 0, 0]
    #expect(try code(few.file()) == .classCount)
    few.sections[decision].bytes = [2, 0, 0, 0, 0, 0, 0x80, 0x7F]
    #expect(try code(few.file()) == .thresholdNotFinite)
  }

  @Test func provenanceAndSelfTestRules() throws {
    let good = try parts()
    let provenance = good[.provenance], selfTest = good[.selfTest]
    func entry(_ key: String, _ value: [UInt8]) -> [UInt8] {
      [UInt8(key.utf8.count), 0, UInt8(value.count & 255), UInt8(value.count >> 8)]
        + Array(key.utf8) + value
    }
    let cases: [([UInt8], ModelError.Code?)] = [
      ([2, 0, 0, 0] + entry("a", []) + entry("b", [0x0A]), nil),
      ([2, 0, 0, 0] + entry("b", []) + entry("a", []), .provenanceOrder),
      ([2, 0, 0, 0] + entry("a", []) + entry("a", []), .provenanceOrder),
      ([1, 0, 0, 0] + entry("A", []), .textNotUTF8), ([1, 0, 0, 0] + entry("", []), .textLength),
      ([1, 0, 0, 0] + entry("a", [0x0D]), .textNotUTF8),
      ([1, 0, 0, 0] + entry("a", []) + [0], .sectionLength),
      (
        [2, 0, 0, 0] + entry("a", [UInt8](repeating: 0x61, count: 65_000))
          + entry("b", [UInt8](repeating: 0x61, count: 600)), .sectionLength
      ),
    ]
    for (bytes, expected) in cases {
      var file = good
      file.sections[provenance].bytes = bytes
      #expect(try code(file.file()) == expected, "\(bytes.prefix(12))")
    }
    var broken = good
    broken.sections[provenance].bytes[2] = 1
    #expect(throws: HostError.self) { try LoadedModel(broken.file(), path: "test") }
    for (place, bytes, expected) in [
      (0, [0], ModelError.Code.selfTestCount), (0, [5], .selfTestCount), (2, [1], .reservedNotZero),
      (4, [0], .selfTestSteps), (6, [2], .selfTestSteps),
      (8, [0, 0, 0x80, 0x7F], .selfTestNotFinite),
    ] as [(Int, [UInt8], ModelError.Code)] {
      var file = good
      file.sections[selfTest].bytes.replaceSubrange(place..<(place + bytes.count), with: bytes)
      #expect(try code(file.file()) == expected, "SELFTEST \(place)")
    }
  }

  @Test func selfTestsStartAfreshAndCompareEveryNumber() throws {
    var file = try ModelFile(bytes: parts().file())
    file.selfTests.append(file.selfTests[0])
    let loaded = try LoadedModel(file.bytes(), path: "test")
    #expect(try SelfTest(loaded.model).run(in: loaded.session) == 0)
    file.selfTests[1].output[1] += 0.25
    let other = try LoadedModel(file.bytes(), path: "test")
    #expect(try SelfTest(other.model).run(in: other.session) == 1)
  }

  @Test func limitsAndMemory() throws {
    let bytes = try parts(bare: true).file()
    try withAlignedBytes(bytes) { (file) throws in
      func refusal(_ body: () throws(ModelError) -> Void) -> ModelError.Code? {
        do throws(ModelError) { try body() } catch { return error.code }
        return nil
      }
      #expect(
        refusal { () throws(ModelError) in _ = try Model(file, limit: bytes.count - 1) }
          == .fileTooLarge)
      let model = try Model(file)
      let room = UnsafeMutableRawBufferPointer.allocate(
        byteCount: model.memoryBytes + 8, alignment: 16)
      defer { room.deallocate() }
      for (offset, length, expected) in [
        (0, model.memoryBytes, nil), (4, model.memoryBytes, nil),
        (0, model.memoryBytes - 1, ModelError.Code.memoryTooSmall),
        (2, model.memoryBytes, .misaligned),
      ] {
        let part = UnsafeMutableRawBufferPointer(rebasing: room[offset..<(offset + length)])
        #expect(
          refusal { () throws(ModelError) in _ = try Session<PlainKernels>(model, memory: part) }
            == expected)
      }
      let shifted = UnsafeMutableRawBufferPointer.allocate(
        byteCount: bytes.count + 2, alignment: 16)
      defer { shifted.deallocate() }
      let odd = UnsafeMutableRawBufferPointer(rebasing: shifted[2...])
      odd.copyMemory(from: file)
      #expect(
        refusal { () throws(ModelError) in _ = try Model(UnsafeRawBufferPointer(odd)) }
          == .misaligned)
    }
    var wide = try ModelFile(bytes: PackedModels().packed(bare: true).bytes)
    wide.preprocessing.window = 1 << 24
    let large = try wide.bytes()
    // 2^24 samples of one channel and the rest: just above 64 MiB.
    #expect(try code(large) == .memoryTooLarge)
  }

  /// A state whose checksum is right but whose position lies outside the ring.
  @Test func aForgedPositionIsRefused() throws {
    let loaded = try LoadedModel(PackedModels().packed(bare: true).bytes, path: "test")
    _ = loaded.session.step([1])
    var state = [UInt8](repeating: 0, count: loaded.session.stateBytes)
    try state.withUnsafeMutableBytes { try loaded.session.save(to: $0) }
    for (place, bytes) in [(4, [24, 0, 0, 0]), (7, [0x80]), (18, [0x80, 0x7F])] as [(Int, [UInt8])]
    {
      var forged = state
      forged.replaceSubrange(place..<(place + bytes.count), with: bytes)
      forged.replaceSubrange(12..<16, with: [0, 0, 0, 0])
      var sum = Checksum()
      forged.withUnsafeBytes { sum.update($0) }
      for index in 0..<4 {
        forged[12 + index] = UInt8(truncatingIfNeeded: sum.value >> (8 * UInt32(index)))
      }
      #expect(throws: ModelError.self) {
        try forged.withUnsafeBytes { try loaded.session.restore(from: $0) }
      }
    }
  }
}
