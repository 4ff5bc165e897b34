// SPDX-License-Identifier: Apache-2.0
import MinimHost
import MinimPacking
import MinimRuntime
import MinimSeries
import MinimTensor
import Testing

/// Operations, scaler and decisions that a packed classifier does not use, by changing its file.
@Suite struct RuntimeOperationTests {
  private func streamFile() throws -> ModelFile {
    let models = try PackedModels(channels: 2, preparation: Preparation(normalise: .none))
    return try ModelFile(bytes: models.packed(bare: true).bytes)
  }

  private func bits(_ file: ModelFile, _ samples: [[Float]]) throws -> [UInt32] {
    let loaded = try LoadedModel(file.bytes(), path: "test")
    for sample in samples { _ = loaded.session.step(sample) }
    let output = loaded.session.result()
    return (0..<loaded.model.outputCount).map { output[$0].bitPattern }
  }

  @Test func theScalerIsAppliedBeforeTheNet() throws {
    let plain = try streamFile()
    var scaled = plain
    scaled.preprocessing.normalisation = .scaler
    scaled.preprocessing.scaler = [10, 4, -3, 0.5]
    let samples: [[Float]] = [[12, -3], [8.5, -2.25], [10, -4], [17, 1]]
    let byHand = samples.map { [($0[0] - 10) / 4, ($0[1] + 3) / 0.5] }
    #expect(try bits(scaled, samples) == bits(plain, byHand))
    #expect(try bits(scaled, samples) != bits(plain, samples))
    scaled.preprocessing.scaler[3] = 0
    #expect(throws: PackingError.self) { try scaled.bytes() }
  }

  @Test func activationsOfTheLogits() throws {
    var file = try streamFile()
    file.decision = .none
    file.operations.removeLast()
    let samples: [[Float]] = [[1, -1], [0.5, 2], [-3, 0]]
    let logits = try bits(file, samples).map { Float(bitPattern: $0) }
    for (variant, function) in [
      (UInt8(0), { max(0, $0) }), (1, { (x: Double) in 1 / (1 + exponential(-x)) }),
      (2, { (x: Double) in 1 - 2 / (exponential(2 * x) + 1) }),
    ] {
      var changed = file
      changed.operations.append(
        .init(code: .activation, variant: variant, input: 2, outputLength: 2))
      let outputs = try bits(changed, samples).map { Float(bitPattern: $0) }
      for (x, y) in zip(logits, outputs) { #expect(abs(Double(y) - function(Double(x))) < 5e-7) }
    }
  }

  /// exp by its series, for the small arguments of this test.
  private func exponential(_ x: Double) -> Double {
    var term = 1.0, sum = 1.0
    for order in 1...60 {
      term *= x / Double(order)
      sum += term
    }
    return sum
  }

  @Test func aThresholdDecides() throws {
    var file = try streamFile()
    // One output: the first class's logit.
    file.operations.removeLast()
    file.operations[1].outputLength = 1
    file.tensors[3] = .init(
      type: .float32, rows: 1, columns: 8, block: [UInt8](repeating: 0, count: 32))
    file.tensors[4] = .init(type: .float32, rows: 1, columns: 1, block: [0, 0, 0, 0x40])
    for (threshold, expected) in [(Float(1.9), 1), (2, 0), (2.1, 0)] {
      file.decision = .threshold(threshold)
      let loaded = try LoadedModel(file.bytes(), path: "test")
      _ = loaded.session.step([0, 0])
      #expect(loaded.session.result()[0] == 2)
      #expect(loaded.session.decision == expected)
      #expect(try ModelFile(loaded.model).decision == .threshold(threshold))
    }
  }

  @Test func channelNamesAreKept() throws {
    var file = try streamFile()
    file.preprocessing.channelNames = ["temperature", "température"]
    let loaded = try LoadedModel(file.bytes(), path: "test")
    #expect(try ModelFile(loaded.model) == file)
    #expect(String(decoding: loaded.model.channelName(1), as: UTF8.self) == "température")
    file.preprocessing.channelNames = ["a\u{7}", "b"]
    #expect(throws: PackingError.self) { try file.bytes() }
  }

  @Test func theFirstOfEqualClassesIsDecided() throws {
    var file = try streamFile()
    file.tensors[3].block = [UInt8](repeating: 0, count: file.tensors[3].block.count)
    file.tensors[4].block = [UInt8](repeating: 0, count: file.tensors[4].block.count)
    let loaded = try LoadedModel(file.bytes(), path: "test")
    _ = loaded.session.step([0.5, 1])
    #expect(loaded.session.result()[0] == loaded.session.result()[1])
    #expect(loaded.session.decision == 0)
  }

  /// Inputs beyond those that int8 was calibrated on are as the largest calibrated one.
  @Test func int8InputsBeyondTheScaleAreLimited() throws {
    let models = try PackedModels(channels: 2, preparation: Preparation(normalise: .none))
    let file = try ModelFile(bytes: models.packed(.int8, bare: true).bytes)
    #expect(try bits(file, [[1e3, -1e3]]) == bits(file, [[1e30, -1e30]]))
  }

  @Test func everyHalfIsReadExactly() {
    for bits in UInt16.min...UInt16.max where bits & 0x7C00 != 0x7C00 {
      let half = Float(Float16(bitPattern: bits))
      #expect(floatFromHalf(bits).bitPattern == half.bitPattern)
    }
  }

  /// tanh and exp against known values; sums of rounding errors stay below what the file promises.
  @Test func elementaryFunctions() {
    var worst = 0.0
    for step in -4000...4000 {
      let x = Double(step) / 400
      let power = exponential(abs(x) / 8)
      let eighth = power * power * power * power * power * power * power * power
      let tanh = (x < 0 ? -1 : 1) * (1 - 2 / (eighth * eighth + 1))
      worst = max(worst, abs(Double(tanhOf(Float(x))) - tanh))
      let small = expOf(Float(-abs(x)))
      #expect(abs(Double(small) * eighth - 1) < 2e-6)
    }
    #expect(worst < 5e-7)
    #expect(tanhOf(.nan).isFinite)
    #expect(tanhOf(.infinity) == tanhOf(100))
    #expect(expOf(-.infinity) >= 0)
  }
}
