// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimHost
import MinimPacking
import MinimRuntime
import MinimTensor
import Testing

/// The file format of the operations of minor version 1.
@Suite struct CausalFormatTests {
  private typealias Parts = FormatRulesTests.Parts

  private func error(_ file: [UInt8]) -> ModelError? {
    do {
      _ = try ModelFile(bytes: file)
      return nil
    } catch {
      return error as? ModelError
    }
  }

  @Test func onlyNewOperationsRaiseTheMinorVersion() throws {
    let old = try PackedModels(cell: .gru).packed().bytes
    #expect(old[10] == 0)
    var made = HandMadeModels(.float32)
    try made.unit(of: 0, inputs: 1, units: 2)
    #expect(try made.file(.stream, channels: 1, steps: 1).bytes()[10] == 1)
    for precision in Precision.allCases {
      let file = try HandMadeModels.student(precision, .window), bytes = try file.bytes()
      #expect(bytes[10] == 1)
      #expect(try ModelFile(bytes: bytes) == file)
      var older = Parts(bytes)
      older.header[10] = 0
      #expect(error(older.file())?.code == .operationCode)
      older.header[10] = 2
      #expect(error(older.file()) == nil)
    }
    var unit = try Parts(made.file(.stream, channels: 1, steps: 1).bytes())
    unit.header[10] = 0
    #expect(error(unit.file())?.code == .operationVariant)
    #expect(error(unit.file())?.expected == 2)
  }

  /// The files that every later version reads are what this version writes.
  @Test func theWriterGivesTheFilesOfCompat() throws {
    for (name, precision, mode) in [
      ("causal-window-float32", Precision.float32, PreprocessingMode.window),
      ("causal-window-int8", .int8, .window), ("causal-stream-float16", .float16, .stream),
      ("causal-stream-int8", .int8, .stream),
    ] {
      let url = CompatibilityTests.folder.appending(path: "\(name).minim")
      let bytes = try HandMadeModels.student(precision, mode).bytes()
      #expect(bytes == [UInt8](try Data(contentsOf: url)), "\(name)")
    }
  }

  /// Values 0...11, and operations: convolution, relu, depth-wise, convolution, add, relu, unit, mean,
  /// join, linear, softmax.
  ///
  /// Their tensors: 0 and 1, 2, 3 and 4, 5 to 8, 9 and 10.
  @Test func graphRules() throws {
    let good = try Parts(HandMadeModels.student(.float32, .stream).bytes())
    func place(_ operation: Int, _ byte: Int) -> Int { 8 + 4 * 12 + 16 * operation + byte }
    let edits: [(Int, [UInt8], ModelError.Code, UInt32)] = [
      (place(0, 0), [9], .operationCode, 8), (place(0, 1), [2], .operationVariant, 1),
      (place(6, 1), [4], .operationVariant, 3), (place(7, 1), [1], .operationVariant, 0),
      (place(8, 1), [1], .operationVariant, 0), (place(4, 1), [1], .operationVariant, 0),
      // Dilation 1 to 4096.
      (place(0, 6), [0, 0], .operationParameter, 1),
      (place(0, 6), [1, 0x10], .operationParameter, 4096),
      (place(0, 6), [0xFF, 0xFF], .operationParameter, 4096),
      // Others than convolution, join and add have none.
      (place(7, 6), [1], .reservedNotZero, 0), (place(6, 7), [1], .reservedNotZero, 0),
      (place(1, 6), [1], .reservedNotZero, 0), (place(9, 6), [1], .reservedNotZero, 0),
      (place(10, 6), [1], .reservedNotZero, 0),
      // A join of 2 or more values, all written before.
      (place(8, 6), [1], .operationParameter, 2), (place(8, 6), [0], .operationParameter, 2),
      (place(8, 6), [3], .operationParameter, 2), (place(8, 2), [5], .valueLength, 16),
      (place(8, 7), [0xFF], .operationParameter, 2),
      (8 + 4 * 9, [14], .valueLength, 13), (place(8, 8), [0, 0], .operandTensor, 0xFFFF),
      // An addition of two values of the same length, both written before.
      (place(4, 6), [5], .operationParameter, 4), (place(4, 6), [0], .valueLength, 1),
      (place(4, 2), [0], .valueLength, 1), (place(4, 14), [1, 0], .operandTensor, 0xFFFF),
      // A mean is as long as what it reads.
      (8 + 4 * 8, [9], .valueLength, 8), (place(7, 8), [0, 0], .operandTensor, 0xFFFF),
      // Convolutions: (outputs, taps · inputs), (channels, taps).
      (place(0, 8), [11], .operandTensor, 10),
      (place(0, 8), [9], .operandShape, 8), (place(0, 10), [2], .operandShape, 1),
      (place(0, 10), [9], .operandShape, 8), (place(0, 12), [1, 0], .operandTensor, 0xFFFF),
      (place(0, 14), [1, 0], .operandTensor, 0xFFFF), (place(3, 8), [2], .tapCount, 1),
      (place(2, 2), [0], .valueLength, 1),
      (8 + 4 * 3, [7], .valueLength, 8), (place(2, 8), [9], .operandShape, 8),
      // A unit: W, U, b of two gates, c of one.
      (place(6, 8), [0], .operandShape, 10), (place(6, 10), [5], .operandShape, 5),
      (place(6, 12), [8], .operandShape, 10), (place(6, 14), [7], .operandShape, 5),
      (place(6, 14), [0xFF, 0xFF], .operandTensor, 10),
      // State only moves with samples.
      (6, [7], .stepOperations, 8), (6, [6], .stepOperations, 7), (6, [3], .stepOperations, 4),
      (6, [0], .stepOperations, 1),
    ]
    for (place, bytes, code, expected) in edits {
      var bad = good
      bad.sections[bad[.graph]].bytes.replaceSubrange(place..<(place + bytes.count), with: bytes)
      let found = error(bad.file())
      #expect(found?.code == code, "byte \(place) \(bytes)")
      #expect(found?.expected == expected, "byte \(place) \(bytes)")
    }
  }

  /// Columns that are no whole number of taps, too many taps, an int8 bias.
  @Test func convolutionRules() throws {
    func code(
      _ variant: ConvolutionVariant, rows: Int, columns: Int, channels: Int,
      dilation: UInt16 = 1, bias: TensorType? = nil
    ) throws -> ModelError.Code? {
      var made = HandMadeModels(.float32)
      var operands: [Int?] = [try made.matrix(rows, columns)]
      if let bias {
        made.precision = bias == .int8 ? .int8 : .float32
        operands.append(try made.matrix(rows, 1))
      }
      made.append(
        .init(
          code: .convolution, variant: variant.rawValue, input: 0, parameter: dilation,
          tensors: operands, outputLength: rows))
      do {
        _ = try made.file(.stream, channels: channels, steps: 1).bytes()
        return nil
      } catch PackingError.outsideFormat(let error) {
        return error.code
      }
    }
    #expect(try code(.full, rows: 2, columns: 6, channels: 3) == nil)
    #expect(try code(.full, rows: 2, columns: 7, channels: 3) == .operandShape)
    #expect(try code(.full, rows: 2, columns: 2, channels: 3) == .tapCount)
    #expect(try code(.full, rows: 1, columns: 256, channels: 1) == nil)
    #expect(try code(.full, rows: 1, columns: 257, channels: 1) == .tapCount)
    #expect(try code(.depthwise, rows: 3, columns: 256, channels: 3) == nil)
    #expect(try code(.depthwise, rows: 3, columns: 257, channels: 3) == .tapCount)
    #expect(try code(.depthwise, rows: 3, columns: 6, channels: 2) == .valueLength)
    #expect(try code(.full, rows: 2, columns: 6, channels: 3, bias: .float32) == nil)
    #expect(try code(.full, rows: 2, columns: 6, channels: 3, bias: .int8) == .tensorType)
    // 255 · 4096 steps of 4096 channels are no memory for anyone.
    #expect(
      try code(.depthwise, rows: 4096, columns: 256, channels: 4096, dilation: 4096)
        == .memoryTooLarge)
  }

  /// Memory, multiply-adds and parameters of the student, counted by hand.
  @Test(arguments: [PreprocessingMode.stream, .window])
  func costsAreThoseByHand(_ mode: PreprocessingMode) throws {
    for precision in Precision.allCases {
      let loaded = try LoadedModel(HandMadeModels.student(precision, mode).bytes(), path: "test")
      defer { withExtendedLifetime(loaded) {} }
      let model = loaded.model
      // Two steps of 1, four of 8 and none of 8, each with a place; h; sums with a count.
      let states = (1 + 2) + (1 + 4 * 8) + 1 + 5 + (1 + 8)
      let values = 1 + 6 * 8 + 5 + 8 + 13 + 2 + 2
      // The 3 · 8 inputs of the depth-wise convolution are more than the 4 · 5 of the unit.
      let room = 12 + 11 + 24 + (precision == .int8 ? 24 / 4 : 0)
      let ring = mode == .window ? 24 : 0
      #expect(model.memoryBytes == 16 + 4 * (states + ring + values + room))
      #expect(
        loaded.session.stateBytes == 16 + 4 * (states + (mode == .window ? ring : values)))
      let step: Int64 = 24 + 24 + 64 + 80 + 50
      #expect(model.multiplyAdds.step == (mode == .stream ? step : 0))
      #expect(model.multiplyAdds.result == (mode == .stream ? 26 : 24 * step + 26))
      #expect(model.parameterCount == 24 + 8 + 24 + 64 + 8 + 80 + 50 + 10 + 5 + 26 + 2)
    }
  }

  /// Loads a file and, if it is accepted, runs it, its self-test too.
  private func outcome(_ bytes: [UInt8]) throws -> Int {
    let loaded = try LoadedModel(bytes, path: "damaged")
    for _ in 0..<3 { _ = loaded.session.step([Float](repeating: 0.5, count: 8)) }
    _ = loaded.session.result()
    return try SelfTest(loaded.model).run(in: loaded.session)
  }

  @Test func everyTruncationAndEveryFlippedBitIsRefused() throws {
    var made = HandMadeModels(.int8)
    try made.convolution(.full, of: 0, inputs: 2, outputs: 2, taps: 2, dilation: 3)
    made.append(.init(code: .mean, input: 1, outputLength: 2))
    made.append(.init(code: .join, input: 0, parameter: 3, outputLength: 6))
    let file = try made.file(.stream, channels: 2, steps: 2).bytes()
    #expect(try outcome(file) == 0)
    expectDamageIsRefused(file) { _ = try outcome($0) }
  }

  @Test func damageOfTheGraphBehindTheChecksums() throws {
    let good = try Parts(HandMadeModels.student(.int8, .window).bytes())
    let graph = good[.graph]
    var codes: Set<ModelError.Code> = []
    var accepted = 0
    for place in good.sections[graph].bytes.indices {
      for byte in [0, 1, 2, 3, 5, 6, 7, 8, 9, 13, 0x10, 0x80, 0xFF] as [UInt8] {
        var bad = good
        bad.sections[graph].bytes[place] = byte
        do {
          _ = try outcome(bad.file())
          accepted += 1
        } catch HostError.badModel(_, _, let error) {
          codes.insert(error.code)
        }
      }
    }
    #expect(accepted > 100)
    #expect(codes.isSuperset(of: [.operationParameter, .tapCount, .memoryDeclared]), "\(codes)")
  }
}
