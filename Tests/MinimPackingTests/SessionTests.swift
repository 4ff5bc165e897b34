// SPDX-License-Identifier: Apache-2.0
import MinimHost
import MinimPacking
import MinimRuntime
import MinimSeries
import MinimTensor
import Testing

@Suite struct SessionTests {
  private func samples(_ count: Int) -> [Float] {
    var generator = SeededGenerator(seed: 5)
    return Tensor<Float>.normal(shape: [count], using: &generator).scalars
  }

  private func load(
    _ precision: Precision, normalise: NormalisePolicy = .eachCase, cell: RecurrentCell = .lstm
  ) throws -> LoadedModel {
    let models = try PackedModels(
      cell: cell, layers: 2, channels: 2, classes: 3,
      preparation: Preparation(normalise: normalise))
    return try LoadedModel(models.packed(precision).bytes, path: "test")
  }

  private func bits(_ loaded: LoadedModel) -> [UInt32] {
    let output = loaded.session.result()
    return (0..<loaded.model.outputCount).map { output[$0].bitPattern }
  }

  @Test(arguments: Precision.allCases, NormalisePolicy.allCases)
  func savingAndRestoringChangesNothing(
    _ precision: Precision, _ normalise: NormalisePolicy
  ) throws {
    let straight = try load(precision, normalise: normalise)
    var resumed = try load(precision, normalise: normalise)
    let values = samples(2 * 1000)
    for step in 0..<1000 {
      let sample = Array(values[(2 * step)..<(2 * step + 2)])
      _ = straight.session.step(sample)
      _ = resumed.session.step(sample)
      guard step % 10 == 9 else { continue }
      var state = [UInt8](repeating: 0, count: resumed.session.stateBytes)
      try state.withUnsafeMutableBytes { try resumed.session.save(to: $0) }
      resumed = try load(precision, normalise: normalise)
      try state.withUnsafeBytes { try resumed.session.restore(from: $0) }
      #expect(bits(resumed) == bits(straight))
    }
  }

  /// A finite sample that the scaler makes infinite: what was saved can be restored.
  @Test func everySavedStateCanBeRestored() throws {
    var file = try ModelFile(bytes: PackedModels().packed(bare: true).bytes)
    file.preprocessing.normalisation = .scaler
    file.preprocessing.scaler = [0, 1e-30]
    let loaded = try LoadedModel(file.bytes(), path: "test")
    #expect(loaded.session.step([1e20]) != .rejected)
    var state = [UInt8](repeating: 0, count: loaded.session.stateBytes)
    try state.withUnsafeMutableBytes { try loaded.session.save(to: $0) }
    try state.withUnsafeBytes { try loaded.session.restore(from: $0) }
  }

  @Test func aStreamedWindowEqualsTheWindowAlone() throws {
    let loaded = try load(.float32)
    let other = try load(.float32)
    let values = samples(2 * 100), window = loaded.model.windowLength
    for step in 0..<100 {
      let status = loaded.session.step(Array(values[(2 * step)..<(2 * step + 2)]))
      #expect(status == (step + 1 < window ? .warming : .ready))
      guard step + 1 >= window else { continue }
      other.session.reset()
      for early in (step + 1 - window)...step {
        _ = other.session.step(Array(values[(2 * early)..<(2 * early + 2)]))
      }
      #expect(bits(other) == bits(loaded))
    }
  }

  @Test(arguments: NormalisePolicy.allCases)
  func aBadSampleIsAsIfItHadNotCome(_ normalise: NormalisePolicy) throws {
    let loaded = try load(.float32, normalise: normalise)
    let other = try load(.float32, normalise: normalise)
    let values = samples(2 * 60)
    for step in 0..<60 {
      for bad in [Float.nan, .infinity, -.infinity] {
        #expect(loaded.session.step([0, bad]) == .rejected)
      }
      _ = loaded.session.step(Array(values[(2 * step)..<(2 * step + 2)]))
      _ = other.session.step(Array(values[(2 * step)..<(2 * step + 2)]))
    }
    #expect(bits(other) == bits(loaded))
  }

  @Test func hugeSamplesDoNotPoisonTheState() throws {
    for cell in RecurrentCell.packed {
      let loaded = try load(.float32, normalise: NormalisePolicy.none, cell: cell)
      for sign in [Float(1), -1] {
        _ = loaded.session.step([sign * .greatestFiniteMagnitude, -sign * .greatestFiniteMagnitude])
      }
      _ = loaded.session.step([0, 0])
      #expect(bits(loaded).allSatisfy { Float(bitPattern: $0).isFinite })
    }
  }

  /// A window is normalised however small its deviation, down to 1e-8.
  @Test func smallDeviationsAreNormalisedToo() throws {
    let loaded = try load(.float32, normalise: .eachCase)
    let values = samples(2 * 24)
    func outputs(_ factor: Float) -> [Float] {
      loaded.session.reset()
      for step in 0..<24 {
        _ = loaded.session.step([values[2 * step] * factor, values[2 * step + 1] * factor])
      }
      return bits(loaded).map { Float(bitPattern: $0) }
    }
    let plain = outputs(1)
    for (a, b) in zip(plain, outputs(1e-7)) { #expect(abs(a - b) < 1e-5) }
    #expect(outputs(1e-10) == outputs(0))
    #expect(plain != outputs(0))
  }

  @Test func aConstantWindowIsAllZeros() throws {
    let loaded = try load(.float32)
    var results: Set<[UInt32]> = []
    for constant in [Float(0), 1000.1, -3e-5, 1e30] {
      loaded.session.reset()
      for _ in 0..<24 { _ = loaded.session.step([constant, constant]) }
      results.insert(bits(loaded))
    }
    #expect(results.count == 1)
  }

  @Test func foreignAndDamagedStatesAreRefused() throws {
    let loaded = try load(.float32)
    _ = loaded.session.step([1, 2])
    var state = [UInt8](repeating: 0, count: loaded.session.stateBytes)
    try state.withUnsafeMutableBytes { try loaded.session.save(to: $0) }
    let before = bits(loaded)
    for place in state.indices {
      var damaged = state
      damaged[place] ^= 4
      #expect(throws: ModelError.self) {
        try damaged.withUnsafeBytes { try loaded.session.restore(from: $0) }
      }
    }
    #expect(throws: ModelError.self) {
      try state.dropLast().withUnsafeBytes { try loaded.session.restore(from: $0) }
    }
    #expect(bits(loaded) == before)
    let other = try load(.int8)
    #expect(throws: ModelError.self) {
      try state.withUnsafeBytes { try other.session.restore(from: $0) }
    }
  }

  @Test func beforeTheFirstSampleTheResultIsZero() throws {
    let loaded = try load(.float32)
    #expect(bits(loaded) == [0, 0, 0])
  }
}
