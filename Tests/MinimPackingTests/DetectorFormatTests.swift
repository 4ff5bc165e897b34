// SPDX-License-Identifier: Apache-2.0
import MinimHost
import MinimPacking
import MinimRuntime
import MinimTensor
import Testing

/// The file format of detectors, minor version 2.
@Suite struct DetectorFormatTests {
  private typealias Parts = FormatRulesTests.Parts

  private func error(_ file: [UInt8]) -> ModelError? {
    do {
      _ = try ModelFile(bytes: file)
      return nil
    } catch {
      return error as? ModelError
    }
  }

  /// Values 0: 2 channels; 1 clip; 2 window of 3; 3 linear to 4; 4 generation of the last 2 numbers of the
  /// window; 5 forest over the window; 6 recall of 3 units from the window; 7 error of the window and the
  /// clip; 8 reduce.
  ///
  /// Tensors: 0 bounds; 1, 2 the linear map; 3 to 6 two maps of D; 7 splits, 8 values, 9 factor; 10, 11, 12 W, U, b
  /// of an RNN; 13 a weight.
  private func detector(_ alarm: ModelFile.Alarm? = nil) throws -> ModelFile {
    var made = HandMadeModels(.float32)
    func vector(_ numbers: [Float]) throws -> Int {
      made.tensors.append(try .vector(numbers, name: "vector", precision: .float32))
      return made.tensors.count - 1
    }
    func matrix(_ numbers: [Float], rows: Int) throws -> Int {
      made.tensors.append(
        try .matrix(numbers, rows: rows, name: "matrix", precision: .float32, inputScale: 1))
      return made.tensors.count - 1
    }
    let bounds = try vector([-1, 2])
    let clip = made.append(.init(code: .clip, input: 0, tensors: [bounds], outputLength: 2))
    let window = made.append(.init(code: .window, input: clip, parameter: 3, outputLength: 6))
    let linear: [Int?] = [try made.matrix(4, 6), try made.vector(4)]
    made.append(.init(code: .linear, input: window, tensors: linear, outputLength: 4))
    let first = try made.matrix(5, 6)
    _ = try made.vector(5)
    _ = try made.matrix(1, 5)
    _ = try made.vector(1)
    made.append(
      .init(
        code: .generate, variant: 1, input: window, parameter: 2, tensors: [first], outputLength: 2)
    )
    let forest: [Int?] = [
      try matrix([0, -1, 5], rows: 1), try matrix([0.5, 2, 0.25, 0, 0, 3, 4], rows: 1),
      try vector([0.5]),
    ]
    made.append(.init(code: .forest, input: window, tensors: forest, outputLength: 1))
    let cell: [Int?] = [try made.matrix(3, 6), try made.matrix(3, 3), try made.vector(3)]
    made.append(
      .init(code: .recall, input: window, parameter: 4, tensors: cell, outputLength: 3))
    let weight = try vector([0.25])
    let error = made.append(
      .init(
        code: .error, input: window, parameter: UInt16(clip), tensors: [weight], outputLength: 2))
    made.append(.init(code: .reduce, input: error, outputLength: 1))
    var file = ModelFile(
      operations: made.operations, stepOperations: 2, tensors: made.tensors,
      preprocessing: .init(
        mode: .stream, normalisation: .none, channels: 2, window: 3, shortest: 1),
      decision: .none)
    file.decision = .alarm(
      alarm
        ?? ModelFile.Alarm(
          threshold: 1, release: 0.5, minimumSamples: 2, partsValue: error, adapting: nil))
    return file
  }

  /// Step by step against the same formulas over whole series; forest, generation and recall write what
  /// the result does not read.
  @Test func windowsClipsErrorsAndMeans() throws {
    var file = try detector()
    file.operations.removeAll { [.generate, .forest, .recall].contains($0.code) }
    file.operations[4].input = 4
    file.decision = .none
    let bytes = try file.bytes()
    let loaded = try LoadedModel(bytes, path: "test")
    defer { withExtendedLifetime(loaded) {} }
    let samples: [Float] = (0..<40).map { Float(($0 * 37) % 23) / 4 - 2.5 }
    let expected = DirectNet(file).results(samples)
    for step in 0..<20 {
      #expect(loaded.session.step(Array(samples[2 * step..<2 * step + 2])) == .ready)
      #expect(loaded.session.result()[0] == expected[step][0], "step \(step)")
    }
  }

  /// By hand: the forest's tree of three splits, of which one is a leaf, and of a split that looks
  /// beyond the window.
  @Test func forestsByHand() throws {
    func score(_ splits: [Float], _ sample: [Float]) throws -> Float {
      var made = HandMadeModels(.float32)
      for numbers in [splits, [0.5, 2, 0.25, 0, 0, 3, 4]] {
        made.tensors.append(
          try .matrix(numbers, rows: 1, name: "tree", precision: .float32, inputScale: 1))
      }
      made.tensors.append(try .vector([0.5], name: "factor", precision: .float32))
      made.append(.init(code: .forest, input: 0, tensors: [0, 1, 2], outputLength: 1))
      let loaded = try LoadedModel(
        made.file(.stream, channels: 2, steps: 1).bytes(), path: "test")
      defer { withExtendedLifetime(loaded) {} }
      _ = loaded.session.step(sample)
      return loaded.session.result()[0]
    }
    for (splits, sample, path) in [
      ([0, -1, 1], [0.25, 9], 2), ([0, -1, 1], [0.5, 0], 3), ([0, -1, 1], [0.5, 0.25], 4),
      ([0, -1, 2], [0.5, 0], 0.25), ([-2, 0, 0], [0.5, 0], 0.5),
    ] as [([Float], [Float], Float)] {
      #expect(abs(try score(splits, sample) - expOf(-0.5 * path)) < 1e-7, "\(splits) \(sample)")
    }
  }

  @Test func graphRules() throws {
    let good = try Parts(detector().bytes())
    #expect(error(good.file()) == nil)
    func place(_ operation: Int, _ byte: Int) -> Int { 8 + 4 * 9 + 16 * operation + byte }
    let edits: [(Int, [UInt8], ModelError.Code, UInt32)] = [
      (place(0, 0), [16], .operationCode, 15), (place(0, 1), [1], .operationVariant, 0),
      (place(3, 1), [2], .operationVariant, 1), (place(5, 1), [4], .operationVariant, 3),
      (place(1, 6), [0], .operationParameter, 1),
      (place(1, 6), [1, 0x10], .operationParameter, 4096), (place(1, 6), [2], .valueLength, 4),
      (place(1, 8), [0, 0], .operandTensor, 0xFFFF),
      (place(0, 8), [0xFF, 0xFF], .operandTensor, 13),
      (place(0, 8), [2], .operandShape, 2), (place(0, 6), [1], .reservedNotZero, 0),
      (8 + 4 * 1, [3], .valueLength, 2),
      // A window keeps state.
      (6, [1], .stepOperations, 2),
      // A generation: its maps, their shapes, what it writes.
      (place(3, 6), [0], .operationParameter, 1), (place(3, 6), [17], .operationParameter, 16),
      (place(3, 6), [1], .operandShape, 1), (place(3, 8), [4], .operandShape, 6),
      (place(3, 8), [12], .operandTensor, 10), (place(3, 10), [0, 0], .operandTensor, 0xFFFF),
      (8 + 4 * 4, [7], .valueLength, 6),
      // A forest.
      (8 + 4 * 5, [2], .valueLength, 1), (place(4, 8), [14], .operandTensor, 13),
      (place(4, 8), [8], .operandShape, 15), (place(4, 10), [7], .operandShape, 7),
      (place(4, 12), [0], .operandShape, 1), (place(4, 14), [0, 0], .operandTensor, 0xFFFF),
      (place(4, 6), [1], .reservedNotZero, 0),
      // A recall: repeats and a cell's tensors.
      (place(5, 6), [0], .operationParameter, 1), (place(5, 8), [1], .operandShape, 3),
      (place(5, 12), [0], .operandShape, 3),
      // An error: a value written before, numbers that both have, one weight.
      (place(6, 6), [7], .operationParameter, 6), (8 + 4 * 7, [3], .valueLength, 2),
      (place(6, 8), [0], .operandShape, 1), (place(6, 10), [0, 0], .operandTensor, 0xFFFF),
      (8 + 4 * 8, [2], .valueLength, 1), (place(7, 8), [0, 0], .operandTensor, 0xFFFF),
    ]
    for (place, bytes, code, expected) in edits {
      var bad = good
      bad.sections[bad[.graph]].bytes.replaceSubrange(place..<(place + bytes.count), with: bytes)
      let found = error(bad.file())
      #expect(found?.code == code, "byte \(place) \(bytes): \(String(describing: found))")
      #expect(found?.expected == expected, "byte \(place) \(bytes)")
    }
  }

  /// Tensors of these operations are no int8.
  @Test func bytesAreRefused() throws {
    for tensor in [0, 3, 4, 7, 8, 9, 13] {
      var file = try detector()
      let shape = (file.tensors[tensor].rows, file.tensors[tensor].columns)
      file.tensors[tensor] = try .matrix(
        [Float](repeating: 0.5, count: shape.0 * shape.1), rows: shape.0, name: "int8",
        precision: .int8, inputScale: 1)
      #expect {
        _ = try file.bytes()
      } throws: { error in
        guard case PackingError.outsideFormat(let error) = error else { return false }
        return error.code == .tensorType
      }
    }
  }

  @Test func olderVersionsDoNotKnowThem() throws {
    for minor in [0, 1] as [UInt8] {
      var older = try Parts(detector().bytes())
      older.header[10] = minor
      #expect(error(older.file())?.code == .operationCode)
      #expect(error(older.file())?.expected == (minor == 0 ? 4 : 8))
    }
    var flagged = try Parts(PackedModels().packed().bytes)
    #expect(flagged.header[10] == 0)
    flagged.sections[flagged[.preprocessing]].bytes[12] |= 8
    #expect(error(flagged.file())?.code == .reservedNotZero)
    flagged.header[10] = 2
    #expect(error(flagged.file()) == nil)
    var alarm = try detector()
    alarm.operations = [.init(code: .activation, input: 0, outputLength: 1)]
    alarm.stepOperations = 1
    alarm.tensors = []
    alarm.preprocessing.channels = 1
    alarm.decision = .alarm(
      .init(threshold: 1, release: 1, minimumSamples: 1, partsValue: 1, adapting: nil))
    var parts = Parts(try alarm.bytes())
    #expect(parts.header[10] == 2 && error(parts.file()) == nil)
    parts.header[10] = 1
    #expect(error(parts.file())?.code == .decisionKind)
  }

  @Test func alarmRules() throws {
    let settings = try StreamThresholdSettings(level: 0.9, risk: 1e-3, capacity: 16)
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: settings.memoryBytes, alignment: 8)
    defer { memory.deallocate() }
    let threshold = try StreamThreshold(settings, memory: memory)
    var scores = (0..<200).map { Double(($0 * 37) % 101) }
    try scores.withUnsafeMutableBufferPointer { try threshold.calibrate($0) }
    var state = [UInt8](repeating: 0, count: settings.memoryBytes)
    try state.withUnsafeMutableBytes { try threshold.save(to: $0) }
    let good = Parts(
      try detector(
        .init(
          threshold: 1, release: 0.5, minimumSamples: 2, partsValue: 7,
          adapting: (settings, state))
      ).bytes())
    #expect(error(good.file()) == nil)
    let infinity: [UInt8] = [0, 0, 0x80, 0x7F]
    let edits: [(Int, [UInt8], ModelError.Code)] = [
      (0, [4], .decisionKind), (1, [2], .reservedNotZero), (1, [0], .sectionLength),
      (2, [9], .operandValue), (2, [6], .operandValue), (4, infinity, .thresholdNotFinite),
      (8, [0, 0, 0, 0], .alarm), (8, [0, 0, 0x80, 0xBF], .alarm), (8, [0, 0, 0, 0x40], .alarm),
      (8, infinity, .alarm), (12, [0], .alarm), (12, [0, 0, 0, 0xFF], .alarm),
      // level, risk, peaks, interval of the threshold, and its state.
      (23, [0x7F], .alarm), (31, [0x7F], .alarm), (32, [9], .alarm), (32, [17], .sectionLength),
      (36, [0], .alarm), (40, [state[0] ^ 1], .alarm), (44, [state[4] ^ 1], .alarm),
      (100, [state[60] ^ 1], .alarm),
    ]
    for (place, bytes, code) in edits {
      var bad = good
      bad.sections[bad[.decision]].bytes.replaceSubrange(place..<(place + bytes.count), with: bytes)
      #expect(error(bad.file())?.code == code, "byte \(place) \(bytes)")
    }
    for length in 0..<good.sections[good[.decision]].bytes.count {
      var short = good
      let bytes = short.sections[short[.decision]].bytes
      short.sections[short[.decision]].bytes = Array(bytes[..<length])
      #expect(error(short.file())?.code == .sectionLength, "\(length) bytes")
    }
    var none = good
    none.sections[none[.decision]].bytes.replaceSubrange(2..<4, with: [0xFF, 0xFF])
    #expect(error(none.file()) == nil)
  }

  /// Ten thousand files with some bytes changed and the checksums right: refused by a named error, or
  /// run to a result that is the same twice.
  @Test func changedFilesAreRefusedOrRun() throws {
    let file = try detector().bytes()
    var generator = SeededGenerator(seed: 5)
    var accepted = 0
    for _ in 0..<10_000 {
      var changed = file
      for _ in 0...Int(generator.next() % 3) {
        changed[64 + Int(generator.next() % UInt64(file.count - 64))] = UInt8(
          truncatingIfNeeded: generator.next())
      }
      let bytes = repaired(changed)
      guard let loaded = try? LoadedModel(bytes, path: "changed") else { continue }
      accepted += 1
      var results: [[UInt32]] = []
      for _ in 0..<2 {
        loaded.session.reset()
        let sample = (0..<loaded.model.channelCount).map { Float($0) * 0.75 - 0.5 }
        for _ in 0..<3 { _ = loaded.session.step(sample) }
        let output = loaded.session.result()
        results.append((0..<min(loaded.model.outputCount, 100)).map { output[$0].bitPattern })
      }
      #expect(results[0] == results[1])
      withExtendedLifetime(loaded) {}
    }
    #expect(accepted > 100)
  }
}
