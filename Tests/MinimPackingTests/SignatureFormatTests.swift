// SPDX-License-Identifier: Apache-2.0
import MinimHost
import MinimPacking
import MinimRuntime
import Testing

/// Signature matrices and images in the file, which are of minor version 5.
@Suite struct SignatureFormatTests {
  private typealias Parts = FormatRulesTests.Parts

  private func check(
    _ code: ModelError.Code, found: UInt32, expected: UInt32,
    sourceLocation: SourceLocation = #_sourceLocation, _ change: (inout ModelFile) throws -> Void
  ) throws {
    var file = try SignatureModels.all(), error: ModelError?
    try change(&file)
    do {
      _ = try file.bytes()
    } catch PackingError.outsideFormat(let inner) {
      error = inner
    }
    let text = String(describing: error)
    #expect(error?.code == code, "\(text)", sourceLocation: sourceLocation)
    #expect(
      error?.found == found && error?.expected == expected, "\(text)",
      sourceLocation: sourceLocation)
  }

  private func zeros(
    _ rows: Int, _ columns: Int, _ precision: Precision = .float16
  ) throws -> ModelFile.Tensor {
    try .matrix(
      [Float](repeating: 0, count: rows * columns), rows: rows, name: "zeros",
      precision: precision, inputScale: 1)
  }

  private func signs(_ rows: Int, _ columns: Int) throws -> ModelFile.Tensor {
    try OneBitMatrix(rows: rows, columns: columns, keep: 0.5, alpha: 1, seed: 1).tensor(.explicit)
  }

  private let none: UInt32 = 0xFFFF

  @Test func filesAreReadAndWritten() throws {
    for precision in Precision.allCases {
      for cell in [RecurrentVariant.rnn, .lstm, .gru, .mgu] {
        let file = try SignatureModels.all(precision, cell: cell), bytes = try file.bytes()
        #expect(bytes[10] == 5)
        #expect(try ModelFile(bytes: bytes) == file)
        #expect(try ModelFile(bytes: bytes).bytes() == bytes)
      }
    }
  }

  @Test func memories() throws {
    try check(.operationVariant, found: 4, expected: 3) { $0.operations[0].variant = 4 }
    try check(.reservedNotZero, found: 1, expected: 0) { $0.operations[0].parameter = 1 }
    try check(.valueLength, found: 7, expected: 3) { $0.operations[0].outputLength = 7 }
    try check(.operandShape, found: 6, expected: 9) { $0.operations[0].outputLength = 9 }
    try check(.operandShape, found: 2, expected: 1) { $0.tensors[0] = try zeros(6, 2) }
    try check(.operandShape, found: 1, expected: 2) { $0.tensors[1] = try zeros(6, 1) }
    try check(.operandShape, found: 5, expected: 6) { $0.tensors[2] = try zeros(5, 1) }
    try check(.operandTensor, found: none, expected: 18) { $0.operations[0].tensors[3] = nil }
    try check(.stepOperations, found: 0, expected: 1) { $0.stepOperations = 0 }
  }

  @Test func signatures() throws {
    try check(.operationVariant, found: 1, expected: 0) { $0.operations[1].variant = 1 }
    try check(.operationParameter, found: 9, expected: 10) { $0.operations[1].parameter = 9 }
    try check(.operationParameter, found: 4097, expected: 4096) {
      $0.operations[1].parameter = 4097
    }
    try check(.valueLength, found: 26, expected: 27) { $0.operations[1].outputLength = 26 }
    try check(.operandTensor, found: 0, expected: none) { $0.operations[1].tensors = [0] }
    try check(.stepOperations, found: 1, expected: 2) { $0.stepOperations = 1 }
    try check(.preprocessingMode, found: 1, expected: 0) { $0.preprocessing.mode = .window }
    try check(.operationCode, found: 25, expected: 24) {
      $0.operations[2] = .init(code: .signatures, input: 0, parameter: 20, outputLength: 27)
    }
    // More channels than an image has places along an axis.
    try check(.valueLength, found: 257, expected: 256) {
      $0.operations[0] = .init(code: .window, input: 0, parameter: 1, outputLength: 257)
      $0.preprocessing.channels = 257
      $0.operations[1].outputLength = 3 * 257 * 257
    }
  }

  @Test func accumulations() throws {
    try check(.operationVariant, found: 1, expected: 0) { $0.operations[2].variant = 1 }
    try check(.operationParameter, found: 0, expected: 1) { $0.operations[2].parameter = 0 }
    try check(.operationParameter, found: 3, expected: 2) { $0.operations[2].parameter = 3 }
    try check(.operationParameter, found: 2, expected: 1) { $0.operations[2].parameter = 2 }
    try check(.valueLength, found: 28, expected: 27) { $0.operations[2].outputLength = 28 }
    try check(.valueLength, found: 27, expected: 6) { $0.operations[2].input = 1 }
    try check(.operandTensor, found: 0, expected: none) { $0.operations[2].tensors = [0] }
  }

  @Test func images() throws {
    try check(.operationVariant, found: 8, expected: 7) { $0.operations[3].variant = 8 }
    try check(.operationParameter, found: 0, expected: 1) { $0.operations[3].parameter = 0 }
    try check(.operationParameter, found: 257, expected: 256) { $0.operations[3].parameter = 257 }
    try check(.valueLength, found: 27, expected: 4) { $0.operations[3].parameter = 2 }
    try check(.valueLength, found: 35, expected: 9) { $0.operations[3].outputLength = 35 }
    try check(.valueLength, found: 18, expected: 36) { $0.operations[4].outputLength = 18 }
    try check(.operandTensor, found: none, expected: 18) { $0.operations[3].tensors = [] }
    try check(.operandTensor, found: 19, expected: 18) { $0.operations[3].tensors[1] = 19 }
    try check(.operandTensor, found: 0, expected: none) { $0.operations[3].tensors.append(0) }
    try check(.operandShape, found: 5, expected: 4) { $0.tensors[4] = try zeros(5, 27) }
    for columns in [26, 15, 48, 6] {
      try check(.operandShape, found: UInt32(columns), expected: 27) {
        $0.tensors[4] = try zeros(4, columns)
      }
    }
    try check(.operandShape, found: 8, expected: 9) { $0.tensors[6] = try zeros(4, 8) }
    try check(.operandShape, found: 3, expected: 4) { $0.tensors[5] = try zeros(3, 1) }
    try check(.tensorType, found: 2, expected: 1) { $0.tensors[5] = try zeros(4, 1, .int8) }
    try check(.tensorType, found: 3, expected: 2) { $0.tensors[4] = try signs(4, 27) }
  }

  @Test func imageLSTMs() throws {
    let whole = 10, parted = 12
    try check(.operationVariant, found: 1, expected: 0) { $0.operations[whole].variant = 1 }
    try check(.operationParameter, found: 0, expected: 1) { $0.operations[whole].parameter = 0 }
    try check(.valueLength, found: 8, expected: 9) { $0.operations[whole].parameter = 3 }
    try check(.valueLength, found: 160, expected: 48) { $0.operations[whole].outputLength = 12 }
    try check(.operandTensor, found: none, expected: 18) { $0.operations[whole].tensors = [] }
    try check(.operandTensor, found: 0, expected: none) {
      $0.operations[whole].tensors = [13, nil, 0]
    }
    try check(.operandShape, found: 7, expected: 8) { $0.tensors[13] = try zeros(7, 18) }
    for columns in [17, 10, 32] {
      try check(.operandShape, found: UInt32(columns), expected: 18) {
        $0.tensors[13] = try zeros(8, columns)
      }
    }
    try check(.tensorType, found: 3, expected: 2) { $0.tensors[13] = try signs(8, 18) }
    try check(.operandShape, found: 36, expected: 4) { $0.tensors[16] = try zeros(16, 36) }
    try check(.operandShape, found: 5, expected: 9) { $0.tensors[17] = try zeros(4, 5) }
    try check(.operandShape, found: 3, expected: 4) { $0.tensors[17] = try zeros(3, 9) }
    try check(.tensorType, found: 3, expected: 2) { $0.tensors[17] = try signs(4, 9) }
    // More steps than a session has room for.
    try check(.valueLength, found: 65 * 144, expected: 144) {
      $0.operations[6].parameter = 65
      $0.operations[6].outputLength = 65 * 144
      $0.operations[parted].tensors = [16, 17]
    }
  }

  @Test func deviations() throws {
    let index = 15
    try check(.operationVariant, found: 2, expected: 1) { $0.operations[index].variant = 2 }
    try check(.operationParameter, found: 16, expected: 15) { $0.operations[index].parameter = 16 }
    try check(.valueLength, found: 9, expected: 16) { $0.operations[index].outputLength = 4 }
    try check(.valueLength, found: 6, expected: 9) { $0.operations[index].parameter = 1 }
    try check(.operandTensor, found: 0, expected: none) { $0.operations[index].tensors = [0] }
  }

  @Test func olderVersionsDoNotKnowThem() throws {
    var older = try Parts(SignatureModels.all().bytes())
    older.header[10] = 4
    let error = refusal(of: older.file())
    #expect(error?.code == .operationCode && error?.found == 24 && error?.expected == 23)
  }

  /// Counted by hand: header, states, values, directory, and the room of the widest operation, the convolutional LSTM in two parts over
  /// images of 3 × 3.
  @Test func memoryIsThatByHand() throws {
    func memory(_ file: ModelFile) throws -> Int {
      try withModel(file.bytes()) { $0.memoryBytes }
    }
    let signatures = 2 + 12 * 3 + 2 * 18
    let values = 3 + 6 + 27 + 27 + 36 + 36 + 144 + 720 + 8 + 32 + 160 + 8 + 36 + 36 + 72 + 9 + 3 + 1
    let work = 4 * 21 + 16 + (6 * 4 + 4 + 4) * 16 + 5 + 5 * 9
    let base = 4 + signatures + 2 + values + 18 + 17 + work
    #expect(try memory(SignatureModels.all()) == 4 * (base + 6))
    #expect(try memory(SignatureModels.all(cell: .lstm)) == 4 * (base + 12))
    // The memory's matrices of one and two columns alone round inputs to bytes.
    #expect(try memory(SignatureModels.all(.int8)) == 4 * (base + 6 + 1))
    // A convolution that halves reads four planes for each image.
    var file = try SignatureModels.all()
    file.operations = Array(file.operations[..<4])
    file.operations.append(
      .init(
        code: .image, variant: 1, input: 4, parameter: 3, tensors: [9, 10], outputLength: 8))
    file.stepOperations = 5
    let few = 4 + 6 + signatures + (3 + 6 + 27 + 27 + 36 + 8) + 6 + 5
    #expect(try memory(file) == 4 * (few + 4 * 4 * 13 + 16 + 4 * 16 + 5 * 16))
  }

  @Test func multiplyAdds() throws {
    let adds = try withModel(SignatureModels.all().bytes()) { $0.multiplyAdds }
    #expect(adds.step == 3 * 6 * 3 + 3 * 3 * 4)
    let images = 9 * 4 * 27 + 9 * 4 * 9 + 9 * 16 * 4 + 4 * 2 * 16 + 4 * 8 * 18
    let states = 4 * 8 * 4 * 18 + 2 * 5 * 8 + 4 * 36 * (4 * 4 + 9) + 2 * 5 * 36
    #expect(adds.result == 18 + images + states + 9 * 4 * 18 / 4 + 9 * 72)
  }
}
