// SPDX-License-Identifier: Apache-2.0
import MinimHost
import MinimPacking
import MinimRuntime
import Testing

/// Operations on rows in the file, which are of minor version 3.
@Suite struct RowFormatTests {
  private typealias Parts = FormatRulesTests.Parts

  /// Why the file of all operations is refused after a change.
  private func refusal(_ change: (inout ModelFile) throws -> Void) throws -> ModelError? {
    var file = try RowModels.all()
    try change(&file)
    do {
      _ = try file.bytes()
      return nil
    } catch PackingError.outsideFormat(let error) {
      return error
    }
  }

  private func check(
    _ code: ModelError.Code, found: UInt32, expected: UInt32,
    sourceLocation: SourceLocation = #_sourceLocation, _ change: (inout ModelFile) throws -> Void
  ) throws {
    let error = try refusal(change)
    #expect(error?.code == code, "\(String(describing: error))", sourceLocation: sourceLocation)
    #expect(
      error?.found == found && error?.expected == expected, "\(String(describing: error))",
      sourceLocation: sourceLocation)
  }

  private func zeros(_ rows: Int, _ columns: Int, _ precision: Precision = .float16) throws
    -> ModelFile.Tensor
  {
    try .matrix(
      [Float](repeating: 0, count: rows * columns), rows: rows, name: "zeros",
      precision: precision, inputScale: 1)
  }

  private let none: UInt32 = 0xFFFF

  @Test func filesAreReadAndWritten() throws {
    for precision in [Precision.float32, .float16, .int8, nil] {
      let file = try RowModels.all(precision), bytes = try file.bytes()
      #expect(bytes[10] == 3)
      #expect(try ModelFile(bytes: bytes) == file)
      #expect(try ModelFile(bytes: bytes).bytes() == bytes)
    }
    #expect(try refusal { _ in } == nil)
  }

  @Test func embeddings() throws {
    try check(.operandTensor, found: none, expected: 31) { $0.operations[1].tensors[0] = nil }
    try check(.operandTensor, found: 32, expected: 31) { $0.operations[1].tensors[0] = 32 }
    // What it writes, and what it reads in rows of six.
    try check(.valueLength, found: 24, expected: 14) { $0.operations[1].tensors[0] = 22 }
    try check(.valueLength, found: 3, expected: 6) { $0.operations[7].tensors[0] = 22 }
    // Sinusoids of an odd width.
    try check(.operandShape, found: 7, expected: 6) {
      $0.operations[1].variant = 1
      $0.operations[1].tensors = [22]
    }
    try check(.operandShape, found: 7, expected: 6) { $0.operations[7].tensors = [0, 22] }
    try check(.operandShape, found: 3, expected: 1) { $0.operations[7].tensors = [0, 0] }
    try check(.operandTensor, found: 2, expected: none) { $0.operations[7].tensors = [0, nil, 2] }
    try check(.operationParameter, found: 3, expected: 0) { $0.operations[7].variant = 0 }
    try check(.operationVariant, found: 3, expected: 2) { $0.operations[7].variant = 3 }
    // The table: there, long and wide enough, in float32 or float16.
    try check(.operandTensor, found: none, expected: 31) { $0.operations[1].tensors[2] = nil }
    try check(.operandShape, found: 5, expected: 6) { $0.operations[1].parameter = 2 }
    try check(.operandShape, found: 5, expected: 6) { $0.operations[1].tensors[2] = 9 }
    try check(.operandTensor, found: 2, expected: none) { $0.operations[1].tensors.append(2) }
    try check(.tensorType, found: 2, expected: 1) { $0.tensors[2] = try zeros(5, 6, .int8) }
    try check(.tensorType, found: 2, expected: 1) { $0.tensors[1] = try zeros(6, 1, .int8) }
    try check(.operandShape, found: 65_537, expected: 65_536) {
      $0.tensors[0] = try zeros(6, 65_537)
    }
    try check(.operandShape, found: 65_538, expected: 65_536) {
      $0.tensors[0] = try zeros(65_538, 3)
    }
  }

  @Test func layers() throws {
    try check(.operationVariant, found: 6, expected: 5) { $0.operations[2].variant = 6 }
    try check(.operandTensor, found: none, expected: 20) { $0.operations[2].tensors = [] }
    try check(.operandTensor, found: 21, expected: 20) { $0.operations[2].tensors = [21] }
    try check(.operandTensor, found: 4, expected: none) { $0.operations[2].tensors = [3, 4] }
    try check(.operandShape, found: 6, expected: 3) { $0.operations[2].tensors = [0] }
    try check(.valueLength, found: 12, expected: 24) { $0.operations[2].outputLength = 12 }
    try check(.operandShape, found: 65_537, expected: 65_536) {
      $0.tensors[3] = try zeros(6, 65_537)
    }
    try check(.valueLength, found: 24, expected: 5) { $0.tensors[3] = try zeros(5, 5) }
    // What was found: a value written before, as long as the rows; with 0 the tensors begin with V and O.
    try check(.operationParameter, found: 5, expected: 4) { $0.operations[4].parameter = 5 }
    try check(.valueLength, found: 24, expected: 12) { $0.operations[4].parameter = 1 }
    try check(.operandShape, found: 7, expected: 6) { $0.operations[4].parameter = 0 }
    for (tensor, rows, columns, found, expected) in [
      (3, 7, 6, 7, 6), (5, 6, 5, 5, 6), (7, 5, 5, 5, 6), (9, 6, 4, 4, 5), (9, 5, 5, 5, 6),
      (4, 5, 1, 5, 6), (6, 6, 2, 2, 1), (8, 4, 1, 4, 5), (10, 5, 1, 5, 6), (11, 5, 1, 5, 6),
      (12, 7, 1, 7, 6), (13, 6, 2, 2, 1), (14, 5, 1, 5, 6), (23, 6, 6, 6, 7), (27, 1, 6, 1, 6),
    ] as [(Int, Int, Int, UInt32, UInt32)] {
      try check(.operandShape, found: found, expected: expected) {
        $0.tensors[tensor] = try zeros(rows, columns)
      }
    }
    try check(.operandShape, found: 65_537, expected: 65_536) {
      $0.tensors[22] = try zeros(65_537, 6)
    }
    for vector in [4, 6, 8, 10, 11, 12, 13, 14, 24, 25, 26, 27] {
      try check(.tensorType, found: 2, expected: 1) {
        $0.tensors[vector] = try zeros($0.tensors[vector].rows, 1, .int8)
      }
    }
  }

  @Test func attentions() throws {
    try check(.operandTensor, found: 26, expected: 25) { $0.operations[3].tensors = [26] }
    try check(.operandTensor, found: none, expected: 28) { $0.operations[6].tensors = [] }
    try check(.operandTensor, found: 16, expected: none) { $0.operations[3].tensors = [15, 16] }
    try check(.operationParameter, found: 4, expected: 3) { $0.operations[3].parameter = 4 }
    try check(.valueLength, found: 6, expected: 24) { $0.operations[3].outputLength = 6 }
    // Four rows ask two, one row asks half a row, and none.
    try check(.valueLength, found: 12, expected: 24) { $0.operations[3].parameter = 1 }
    try check(.valueLength, found: 3, expected: 12) { $0.operations[6].parameter = 0 }
    try check(.valueLength, found: 6, expected: 12) { $0.operations[6].parameter = 6 }
    try check(.operationVariant, found: 5, expected: 1) { $0.operations[6].variant = 4 << 2 | 2 }
    try check(.valueLength, found: 24, expected: 5) { $0.tensors[15] = try zeros(6, 5) }
    for (tensor, rows, columns, found, expected) in [
      (15, 5, 6, 5, 6), (16, 5, 1, 5, 6), (17, 6, 5, 5, 6), (18, 5, 6, 5, 6), (19, 6, 2, 2, 1),
      (20, 7, 6, 7, 6), (21, 5, 1, 5, 6), (28, 7, 6, 7, 6), (29, 6, 5, 5, 6), (30, 5, 6, 5, 6),
      (31, 6, 7, 7, 6),
    ] as [(Int, Int, Int, UInt32, UInt32)] {
      try check(.operandShape, found: found, expected: expected) {
        $0.tensors[tensor] = try zeros(rows, columns)
      }
    }
    for vector in [16, 19, 21] {
      try check(.tensorType, found: 2, expected: 1) {
        $0.tensors[vector] = try zeros(6, 1, .int8)
      }
    }
  }

  @Test func means() throws {
    try check(.valueLength, found: 24, expected: 5) { $0.operations[5].outputLength = 5 }
    try check(.valueLength, found: 24, expected: 25) { $0.operations[5].outputLength = 25 }
    try check(.operandTensor, found: 0, expected: none) { $0.operations[5].tensors = [0] }
    try check(.reservedNotZero, found: 1, expected: 0) { $0.operations[5].parameter = 1 }
    try check(.operationVariant, found: 1, expected: 0) { $0.operations[5].variant = 1 }
  }

  @Test func olderVersionsDoNotKnowThem() throws {
    let good = try Parts(RowModels.all().bytes())
    for (minor, found, expected) in [(0, 9, 4), (1, 9, 8), (2, 16, 15)] as [(UInt8, UInt32, UInt32)]
    {
      var older = good
      older.header[10] = minor
      let error = MinimPackingTests.refusal(of: older.file())
      #expect(error?.code == .operationCode)
      #expect(error?.found == found && error?.expected == expected)
    }
    var unknown = good
    // The code of the embedding, behind ten values and the window.
    unknown.sections[unknown[.graph]].bytes[8 + 4 * 10 + 16] = 30
    let error = MinimPackingTests.refusal(of: unknown.file())
    #expect(error?.code == .operationCode && error?.found == 30 && error?.expected == 29)
  }

  /// The memory of a session that has one operation on rows, but for the room that it works in.
  private func room(_ file: ModelFile) throws -> Int {
    let memory = try withModel(file.bytes()) { $0.memoryBytes }
    let values = file.preprocessing.channels + file.operations.reduce(0) { $0 + $1.outputLength }
    let states = file.operations.count { $0.code == .window }
    return memory / 4 - 4 - states - values - 2 * file.operations.count - 1
  }

  /// Memory counted by hand; lanes are rows rounded up to 16, 256 at most, one row's alone 1.
  @Test(arguments: [(1, 1), (2, 16), (16, 16), (17, 32), (255, 256), (257, 256)])
  func roomIsThatByHand(_ rows: Int, _ lanes: Int) throws {
    var embedding = RowModels()
    var window = embedding.window(0, rows: rows, width: 3)
    let embed = try ModelFile.Operation(
      code: .embed, input: window, tensors: [embedding.matrix(6, 3)], outputLength: 6 * rows)
    embedding.made.append(embed)
    #expect(
      try room(embedding.file(channels: 3, steps: 1)) == (3 + 6) * lanes + 3 + 15)
    for hidden in [2, 9] {
      var layer = RowModels()
      window = layer.window(0, rows: rows, width: 6)
      let tensors = try layer.layerTensors(width: 6, hidden: hidden, biased: false, norms: false)
      layer.made.append(
        .init(code: .layer, input: window, tensors: [tensors], outputLength: 6 * rows))
      #expect(
        try room(layer.file(channels: 6, steps: 1)) == (18 + hidden) * lanes + max(6, hidden) + 15)
    }
    for (variant, heads, left) in [(0, 1, 0), (2 << 2, 3, 0), (2 << 2 | 2, 3, 1)] where rows > left
    {
      var attention = RowModels()
      window = attention.window(0, rows: rows, width: 6)
      let tensors = try attention.attentionTensors(width: 6, biased: false)
      let asked = rows - left
      attention.made.append(
        .init(
          code: .attend, variant: UInt8(variant), input: window, parameter: UInt16(window),
          tensors: [tensors], outputLength: 6 * rows))
      #expect(
        try room(attention.file(channels: 6, steps: 1))
          == (rows == 1
            ? (6 + heads) * 6 + asked : (rows + 2 * asked + 2 * lanes + 1) * 6 + asked))
      // The newest sample asks.
      attention.made.operations[1].input = 0
      attention.made.operations[1].outputLength = 6
      #expect(try room(attention.file(channels: 6, steps: 1)) == (6 + heads) * 6 + asked)
    }
    var mean = RowModels()
    window = mean.window(0, rows: rows, width: 6)
    mean.made.append(.init(code: .pool, input: window, outputLength: 6))
    #expect(try room(mean.file(channels: 6, steps: 1)) == 0)
  }

  /// All operations together; int8 has a byte for each input of the widest product more, coded masks their bits.
  @Test func memoryIsThatByHand() throws {
    let base = 4 + 1 + 135 + 19 + (18 + 7) * 16 + 7 + 15
    func memory(_ file: ModelFile) throws -> Int {
      try withModel(file.bytes()) { $0.memoryBytes }
    }
    #expect(try memory(RowModels.all()) == 4 * base)
    #expect(try memory(RowModels.all(.int8)) == 4 * (base + 2))
    let file = try RowModels.all(nil)
    let coded = file.tensors.filter { $0.type == .oneBit && $0.head[2] & 2 == 2 }
    #expect(coded.count > 3)
    let masks = coded.reduce(0) { $0 + ($1.rows * $1.columns + 31) / 32 }
    #expect(try memory(file) == 4 * (base + file.tensors.count + masks))
  }

  /// What each operation costs: of a matrix of one column, too.
  @Test func multiplyAdds() throws {
    let adds = try withModel(RowModels.all().bytes()) { $0.multiplyAdds }
    #expect(adds.step == 0)
    let embeddings = 5 * 18, layers = 4 * (72 + 60) + 4 * 84
    #expect(
      adds.result
        == Int64(embeddings + layers + (16 * 36 + 2 * 4 * 4 * 6) + (4 * 36 + 2 * 3 * 3 * 6)))
    var narrow = RowModels()
    let matrix = try narrow.matrix(6, 1)
    narrow.made.append(.init(code: .embed, input: 0, tensors: [matrix], outputLength: 6))
    let tensors = try narrow.layerTensors(width: 6, hidden: 1, biased: true, norms: true)
    narrow.made.append(
      .init(code: .layer, variant: 3, input: 1, tensors: [tensors], outputLength: 6))
    let few = try withModel(narrow.file(channels: 1, steps: 2).bytes()) { $0.multiplyAdds }
    #expect(few.step == 6 + 72 + 12)
  }
}
