// SPDX-License-Identifier: Apache-2.0
import MinimHost
import MinimPacking
import MinimRuntime
import Testing

/// Forecasts in the file, which are of minor version 4.
@Suite struct ForecastFormatTests {
  private typealias Parts = FormatRulesTests.Parts

  private func check(
    _ code: ModelError.Code, found: UInt32, expected: UInt32,
    sourceLocation: SourceLocation = #_sourceLocation, _ change: (inout ModelFile) throws -> Void
  ) throws {
    var file = try ForecastModels.all(), error: ModelError?
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

  private let none: UInt32 = 0xFFFF

  @Test func filesAreReadAndWritten() throws {
    for precision in [Precision.float32, .float16, .int8, nil] {
      for level in SeriesLevel.allCases {
        var file = try ForecastModels.all(precision, level: level, smooths: level != .phases)
        for _ in 0..<2 {
          let bytes = try file.bytes()
          #expect(bytes[10] == 4)
          #expect(try ModelFile(bytes: bytes) == file)
          #expect(try ModelFile(bytes: bytes).bytes() == bytes)
          file.intervals = nil
        }
      }
    }
  }

  @Test func series() throws {
    try check(.operandValue, found: 0, expected: 1) { $0.operations[1].input = 0 }
    // A window of something else than samples.
    try check(.operandValue, found: 2, expected: 1) {
      $0.operations.insert(.init(code: .window, input: 1, parameter: 1, outputLength: 24), at: 1)
      for index in 2..<7 { $0.operations[index].input += 1 }
      $0.operations[2].input = 2
      $0.stepOperations = 2
    }
    try check(.operationVariant, found: 6, expected: 5) { $0.operations[1].variant = 6 }
    try check(.operationParameter, found: 0, expected: 1) { $0.operations[1].parameter = 0 }
    try check(.operationParameter, found: 13, expected: 12) { $0.operations[1].parameter = 13 }
    try check(.operationParameter, found: 5, expected: 12) { $0.operations[1].parameter = 5 }
    try check(.valueLength, found: 23, expected: 24) { $0.operations[1].outputLength = 23 }
    try check(.operandTensor, found: 6, expected: 5) { $0.operations[1].tensors = [6] }
    try check(.operandTensor, found: 0, expected: none) { $0.operations[1].variant = 5 }
    try check(.operandTensor, found: 0, expected: none) { $0.operations[1].tensors = [nil, 0] }
    try check(.operandTensor, found: 1, expected: none) { $0.operations[1].tensors = [0, 1] }
    try check(.operandShape, found: 2, expected: 1) { $0.tensors[0] = try zeros(2, 1) }
    try check(.operandShape, found: 25, expected: 23) { $0.tensors[0] = try zeros(25, 1) }
    try check(.operandShape, found: 3, expected: 1) { $0.tensors[0] = try zeros(3, 3) }
    try check(.tensorType, found: 2, expected: 1) { $0.tensors[0] = try zeros(3, 1, .int8) }
  }

  @Test func maps() throws {
    try check(.operationVariant, found: 2, expected: 1) { $0.operations[2].variant = 2 }
    try check(.reservedNotZero, found: 1, expected: 0) { $0.operations[2].parameter = 1 }
    try check(.operandTensor, found: none, expected: 5) { $0.operations[2].tensors[0] = nil }
    try check(.operandTensor, found: 6, expected: 5) { $0.operations[2].tensors[0] = 6 }
    try check(.operandTensor, found: 6, expected: 5) { $0.operations[2].tensors[1] = 6 }
    try check(.operandTensor, found: 0, expected: none) { $0.operations[2].tensors.append(0) }
    try check(.valueLength, found: 24, expected: 5) { $0.tensors[1] = try zeros(6, 5) }
    try check(.valueLength, found: 36, expected: 42) { $0.tensors[1] = try zeros(7, 4) }
    try check(.operandShape, found: 65_537, expected: 65_536) {
      $0.tensors[1] = try zeros(6, 65_537)
    }
    try check(.operandShape, found: 65_537, expected: 65_536) {
      $0.tensors[1] = try zeros(65_537, 4)
    }
    try check(.operandShape, found: 5, expected: 6) { $0.tensors[2] = try zeros(5, 1) }
    try check(.operandShape, found: 2, expected: 1) { $0.tensors[2] = try zeros(6, 2) }
    try check(.tensorType, found: 2, expected: 1) { $0.tensors[2] = try zeros(6, 1, .int8) }
  }

  @Test func affines() throws {
    try check(.operationVariant, found: 2, expected: 1) { $0.operations[3].variant = 2 }
    try check(.reservedNotZero, found: 1, expected: 0) { $0.operations[3].parameter = 1 }
    try check(.operandTensor, found: 6, expected: 5) { $0.operations[3].tensors[0] = 6 }
    try check(.operandTensor, found: none, expected: 5) { $0.operations[3].tensors = [3] }
    try check(.operandTensor, found: 0, expected: none) { $0.operations[3].tensors.append(0) }
    try check(.valueLength, found: 35, expected: 36) { $0.operations[3].outputLength = 35 }
    try check(.valueLength, found: 36, expected: 24) { $0.tensors[3] = try zeros(6, 4) }
    try check(.valueLength, found: 36, expected: 14) { $0.tensors[3] = try zeros(7, 2) }
    try check(.operandShape, found: 2, expected: 3) { $0.tensors[3] = try zeros(6, 3) }
    try check(.operandShape, found: 3, expected: 6) { $0.tensors[4] = try zeros(3, 2) }
    for vector in [3, 4] {
      try check(.tensorType, found: 2, expected: 1) { $0.tensors[vector] = try zeros(6, 2, .int8) }
    }
  }

  @Test func forecasts() throws {
    try check(.operationVariant, found: 1, expected: 0) { $0.operations[5].variant = 1 }
    try check(.operandTensor, found: 0, expected: none) { $0.operations[5].tensors = [0] }
    // The series: a value written before, by such an operation.
    try check(.operationParameter, found: 0, expected: 1) { $0.operations[5].parameter = 0 }
    try check(.operationParameter, found: 6, expected: 5) { $0.operations[5].parameter = 6 }
    try check(.operationParameter, found: 3, expected: 2) { $0.operations[5].parameter = 3 }
    try check(.valueLength, found: 10, expected: 6) {
      $0.operations[5].input = 6
      $0.operations.insert(
        .init(code: .error, input: 5, parameter: 5, outputLength: 10), at: 5)
    }
    try check(.valueLength, found: 9, expected: 2) { $0.operations[5].outputLength = 9 }
    try check(.valueLength, found: 14, expected: 12) { $0.operations[5].outputLength = 14 }
    try check(.outputValue, found: 7, expected: 6) {
      $0.operations.append(.init(code: .activation, input: 6, outputLength: 10))
    }
    try check(.decisionKind, found: 1, expected: 0) {
      $0.decision = .classes((0..<10).map { "\($0)" })
    }
    // A window that is normalised as a whole.
    try check(.normalisation, found: 2, expected: 1) {
      $0.preprocessing.mode = .window
      $0.preprocessing.normalisation = .window
      $0.preprocessing.scaler = []
    }
  }

  @Test func intervals() throws {
    try check(.intervals, found: 0, expected: 8) { $0.intervals?.levels = [] }
    try check(.intervals, found: 9, expected: 8) {
      $0.intervals?.levels = (1...9).map { Float($0) / 10 }
    }
    try check(.intervals, found: 4, expected: 5) {
      $0.intervals?.widths = [[1, 1, 1, 1], [1, 1, 1, 1]]
    }
    try check(.sectionLength, found: 60, expected: 64) { $0.intervals?.scales.removeLast() }
    try check(.sectionLength, found: 68, expected: 64) { $0.intervals?.scales.append(1) }
    for levels: [Float] in [[0, 0.5], [0.5, 0.5], [0.5, 0.25], [0.5, 1], [.nan, 0.5]] {
      try check(.intervals, found: 0, expected: 1) { $0.intervals?.levels = levels }
    }
    for number in [0, -1, Float.infinity, .nan] {
      try check(.intervals, found: 0, expected: 0) { $0.intervals?.scales[1] = number }
    }
    for number in [-1, Float.infinity, .nan] {
      try check(.intervals, found: 0, expected: 0) { $0.intervals?.widths[1][4] = number }
    }
    // Of a model that forecasts nothing.
    try check(.intervals, found: 5, expected: 0) {
      $0.operations[5] = .init(code: .activation, input: 5, outputLength: 12)
    }
    let good = try Parts(ForecastModels.all().bytes())
    var reserved = good
    reserved.sections[good[.intervals]].bytes[2] = 1
    #expect(refusal(of: reserved.file())?.code == .reservedNotZero)
    reserved.sections[good[.intervals]].bytes = [1, 0, 0, 0]
    #expect(refusal(of: reserved.file())?.code == .sectionLength)
    // No reader needs them, and files of earlier versions have none.
    #expect(good.sections[good[.intervals]].flags == 0)
    var older = try Parts(RowModels.all().bytes())
    older.sections.append(good.sections[good[.intervals]])
    let error = refusal(of: older.file())
    #expect(error?.code == .unknownSection && error?.found == 9 && error?.expected == 7)
    try withModel(good.file()) { model in
      let intervals = try #require(model.intervals)
      #expect(intervals.levelCount == 2 && intervals.horizon == 5 && model.horizon == 5)
      #expect(intervals.level(0) == 0.5 && intervals.level(1) == 0.875)
      #expect(intervals.halfWidth(level: 0, step: 3, channel: 0) == 0.75)
      #expect(intervals.halfWidth(level: 1, step: 4, channel: 1) == 24)
    }
    try withModel(RowModels.all().bytes()) { #expect($0.intervals == nil && $0.horizon == 0) }
  }

  @Test func olderVersionsDoNotKnowThem() throws {
    var older = try Parts(ForecastModels.all().bytes())
    older.header[10] = 3
    let error = refusal(of: older.file())
    #expect(error?.code == .operationCode && error?.found == 20 && error?.expected == 19)
  }

  /// Counted by hand: header, window, values, directory, and the room of the widest operation; few rows go one by one.
  @Test func memoryIsThatByHand() throws {
    let base = 4 + 1 + (2 + 24 + 24 + 36 + 36 + 12 + 10) + (7 + 6)
    func memory(_ file: ModelFile) throws -> Int {
      try withModel(file.bytes()) { $0.memoryBytes }
    }
    #expect(try memory(ForecastModels.all()) == 4 * (base + 10 + 4 + 15))
    #expect(try memory(ForecastModels.all(.int8)) == 4 * (base + 10 + 4 + 15 + 2))
    for (channels, lanes) in [(1, 1), (7, 1), (8, 16), (17, 32), (300, 256)] {
      let file = try ForecastModels.map(.float32, channels: channels, relu: false, biased: false)
      #expect(
        try memory(file) / 4
          == 4 + 1 + channels * (1 + 4 + 4 + 3 + 3) + 5 + 4 + (4 + 3) * lanes + 4 + 15)
    }
    // A smoothed series works in the steps of a channel.
    var file = try ForecastModels.all()
    file.operations[2] = .init(code: .forecast, input: 2, parameter: 2, outputLength: 24)
    file.operations.removeLast(3)
    file.intervals = nil
    let alone = 4 + 1 + (2 + 24 + 24 + 24) + (4 + 3)
    #expect(try memory(file) == 4 * (alone + 12))
    file.operations[1].tensors = []
    #expect(try memory(file) == 4 * alone)
  }

  @Test func multiplyAdds() throws {
    let adds = try withModel(ForecastModels.all().bytes()) { $0.multiplyAdds }
    #expect(adds.step == 0)
    #expect(adds.result == 24 * 3 + 6 * 4 * 6 + 36 + 6 * 6 * 2)
  }
}
