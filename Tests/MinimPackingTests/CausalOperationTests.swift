// SPDX-License-Identifier: Apache-2.0
import CAllocationCounter
import MinimHost
import MinimPacking
import MinimRuntime
import MinimTensor
import Testing

/// Convolutions, minimal gated units, means, joins and additions against `DirectNet`, bit by bit.
@Suite struct CausalOperationTests {
  private func samples(_ count: Int) -> [Float] {
    var made = HandMadeModels(.float32, seed: 21)
    return made.numbers(count).map { 4 * $0 }
  }

  private func bits(_ loaded: LoadedModel) -> [UInt32] {
    let output = loaded.session.result()
    return (0..<loaded.model.outputCount).map { output[$0].bitPattern }
  }

  private func bits(_ numbers: [Float]) -> [UInt32] { numbers.map(\.bitPattern) }

  /// The results after every step, from a fresh session.
  private func streamed(_ file: ModelFile, _ samples: [Float]) throws -> [[UInt32]] {
    let loaded = try LoadedModel(file.bytes(), path: "test")
    let channels = file.preprocessing.channels
    return stride(from: 0, to: samples.count, by: channels).map {
      _ = loaded.session.step(Array(samples[$0..<($0 + channels)]))
      return bits(loaded)
    }
  }

  @Test(arguments: Precision.allCases)
  func convolutionsAreTheDirectSums(_ precision: Precision) throws {
    for (inputs, outputs) in [(1, 1), (1, 8), (3, 5), (8, 12), (9, 9), (4, 17)] {
      for (taps, dilation) in [(1, 1), (1, 4096), (2, 1), (3, 1), (3, 2), (2, 9), (7, 3)] {
        for (variant, bias) in [
          (ConvolutionVariant.full, true), (.full, false), (.depthwise, true), (.depthwise, false),
        ] where variant == .full || inputs == outputs {
          var made = HandMadeModels(precision, seed: UInt64(31 * taps + dilation))
          try made.convolution(
            variant, of: 0, inputs: inputs, outputs: outputs, taps: taps,
            dilation: UInt16(dilation), bias: bias)
          let file = made.file(.stream, channels: inputs, steps: 1)
          let values = samples(40 * inputs)
          let expected = DirectNet(file).results(values).map { bits($0) }
          #expect(
            try streamed(file, values) == expected,
            "\(variant) \(inputs) to \(outputs), \(taps) taps \(dilation) apart")
        }
      }
    }
  }

  @Test func theLongestConvolutionIsTheDirectSum() throws {
    var made = HandMadeModels(.float32)
    try made.convolution(.full, of: 0, inputs: 1, outputs: 1, taps: 256, dilation: 16)
    let file = made.file(.stream, channels: 1, steps: 1)
    let values = samples(5000)
    #expect(try streamed(file, values) == DirectNet(file).results(values).map { bits($0) })
  }

  @Test(arguments: Precision.allCases)
  func aStreamOfTheStudentIsTheDirectNet(_ precision: Precision) throws {
    let file = try HandMadeModels.student(precision, .stream)
    let values = samples(100)
    let expected = DirectNet(file).results(values).map { bits($0) }
    #expect(try streamed(file, values) == expected)
    #expect(Set(expected).count > 90)
  }

  @Test(arguments: Precision.allCases)
  func aWindowOfTheStudentIsTheDirectNetOverIt(_ precision: Precision) throws {
    let file = try HandMadeModels.student(precision, .window)
    let values = samples(70), results = try streamed(file, values)
    for (step, result) in results.enumerated() {
      let window = Array(values[max(0, step - 23)...step])
      #expect(result == DirectNet(file).results(window).last.map { bits($0) })
    }
  }

  @Test(arguments: Precision.allCases, [PreprocessingMode.stream, .window])
  func savingAndRestoringAtEveryStepChangesNothing(
    _ precision: Precision, _ mode: PreprocessingMode
  ) throws {
    let file = try HandMadeModels.student(precision, mode)
    let bytes = try file.bytes(), values = samples(60)
    let straight = try streamed(file, values)
    var resumed = try LoadedModel(bytes, path: "test")
    for (step, value) in values.enumerated() {
      _ = resumed.session.step([value])
      var state = [UInt8](repeating: 0, count: resumed.session.stateBytes)
      try state.withUnsafeMutableBytes { try resumed.session.save(to: $0) }
      resumed = try LoadedModel(bytes, path: "test")
      try state.withUnsafeBytes { try resumed.session.restore(from: $0) }
      #expect(bits(resumed) == straight[step])
    }
    resumed.session.reset()
    _ = resumed.session.step([values[0]])
    #expect(bits(resumed) == straight[0])
  }

  @Test(.enabled(if: allocations_are_counted() != 0, "calls cannot be counted here"))
  func nothingTouchesTheHeap() throws {
    for precision in Precision.allCases {
      for mode in [PreprocessingMode.stream, .window] {
        let loaded = try LoadedModel(
          HandMadeModels.student(precision, mode).bytes(), path: "test")
        let session = loaded.session
        var state = [UInt8](repeating: 0, count: session.stateBytes)
        var sample: Float = 0.5
        let before = allocation_count()
        for step in 0..<20_000 {
          sample = -sample
          _ = session.step(&sample)
          if step % 10 == 0 { _ = session.result() }
          guard step % 100 == 0 else { continue }
          try state.withUnsafeMutableBytes { try session.save(to: $0) }
          try state.withUnsafeBytes { try session.restore(from: $0) }
        }
        #expect(allocation_count() == before)
      }
    }
  }

  /// Numbers that the scaler makes infinite leave a convolution with their step and can be saved.
  @Test func infinitiesLeaveAConvolution() throws {
    var made = HandMadeModels(.float32)
    let first = try made.convolution(.full, of: 0, inputs: 1, outputs: 3, taps: 2, dilation: 2)
    try made.convolution(.depthwise, of: first, inputs: 3, outputs: 3, taps: 3, dilation: 1)
    var file = made.file(.stream, channels: 1, steps: 2)
    file.preprocessing.normalisation = .scaler
    file.preprocessing.scaler = [0, 1e-30]
    let loaded = try LoadedModel(file.bytes(), path: "test")
    let clean = try LoadedModel(file.bytes(), path: "test")
    for sample: Float in [1e20, -1e20, 1e20, 1e-30, 2e-30, 3e-30, 1e-30, 4e-30] {
      #expect(loaded.session.step([sample]) != .rejected)
      _ = clean.session.step([abs(sample) > 1 ? 0 : sample])
      var state = [UInt8](repeating: 0, count: loaded.session.stateBytes)
      try state.withUnsafeMutableBytes { try loaded.session.save(to: $0) }
      try state.withUnsafeBytes { try loaded.session.restore(from: $0) }
    }
    // Two steps of the first and two of the second look back.
    #expect(bits(loaded) == bits(clean))
  }

  @Test func aMeanStaysFinite() throws {
    var made = HandMadeModels(.float32)
    made.append(.init(code: .mean, input: 0, outputLength: 1))
    let file = made.file(.stream, channels: 1, steps: 1)
    let largest = Float.greatestFiniteMagnitude
    let results = try streamed(file, [largest, largest, -largest, -largest, -largest])
      .map { Float(bitPattern: $0[0]) }
    #expect(results == [largest, largest / 2, 0, -largest / 4, -largest / 5])
  }

  /// A count of steps is a whole number, whatever float its bits would be, and stops at its end.
  @Test func aMeanCountsToTheEndOfItsNumber() throws {
    var made = HandMadeModels(.float32)
    made.append(.init(code: .mean, input: 0, outputLength: 1))
    let loaded = try LoadedModel(
      made.file(.stream, channels: 1, steps: 1).bytes(), path: "test")
    for (count, divisor) in [
      (UInt32(0x7F7F_FFFF), Float(0x7F80_0000)), (0x7F80_0000, Float(0x7F80_0001)),
      (.max, Float(UInt32.max)),
    ] {
      loaded.session.reset()
      _ = loaded.session.step([3])
      try restore(loaded) { $0.storeBytes(of: count, toByteOffset: 16, as: UInt32.self) }
      _ = loaded.session.step([2])
      #expect(loaded.session.result()[0] == 5 / divisor)
    }
  }

  /// The place of a convolution's oldest input lies in its ring, or the state is refused.
  @Test func aForgedPlaceIsRefused() throws {
    for (taps, places) in [(3, UInt32(4)), (1, 1)] {
      var made = HandMadeModels(.float32)
      try made.convolution(.full, of: 0, inputs: 1, outputs: 1, taps: taps, dilation: 2)
      let loaded = try LoadedModel(
        made.file(.stream, channels: 1, steps: 1).bytes(), path: "test")
      _ = loaded.session.step([1])
      for place in [places, places + 1, 0x8000_0000, .max] {
        let error = #expect(throws: ModelError.self) {
          try restore(loaded) { $0.storeBytes(of: place, toByteOffset: 16, as: UInt32.self) }
        }
        #expect(error?.code == .stateDamaged && error?.offset == 16)
      }
      try restore(loaded) { $0.storeBytes(of: places - 1, toByteOffset: 16, as: UInt32.self) }
      if taps == 1 { continue }
      let error = #expect(throws: ModelError.self) {
        try restore(loaded) { $0.storeBytes(of: .infinity, toByteOffset: 32, as: Float.self) }
      }
      #expect(error?.offset == 32)
    }
  }

  /// Restores the session's own state, changed and with its checksum right.
  private func restore(
    _ loaded: LoadedModel, changing change: (UnsafeMutableRawBufferPointer) -> Void
  ) throws {
    var state = [UInt8](repeating: 0, count: loaded.session.stateBytes)
    try state.withUnsafeMutableBytes { bytes in
      try loaded.session.save(to: bytes)
      change(bytes)
      bytes.storeBytes(of: 0, toByteOffset: 12, as: UInt32.self)
      var sum = Checksum()
      sum.update(UnsafeRawBufferPointer(bytes))
      bytes.storeBytes(of: sum.value, toByteOffset: 12, as: UInt32.self)
      try loaded.session.restore(from: UnsafeRawBufferPointer(bytes))
    }
  }
}
