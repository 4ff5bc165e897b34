// SPDX-License-Identifier: Apache-2.0
import MinimHost
import MinimLayers
import MinimLearning
import MinimModels
import MinimPacking
import MinimRuntime
import MinimSeries
import MinimTensor
import Testing

/// Packed models of every architecture against the trained ones.
@Suite struct ArchitecturePackingTests {
  private func packed(
    _ architecture: PackedArchitecture, _ random: PackedModels, _ precision: Precision = .float32,
    window: Int? = nil
  ) throws -> PackedClassifier {
    try pack(
      architecture.make(for: random.cases), trainedOn: random.set, cases: random.cases,
      precision: precision, window: window)
  }

  @Test(arguments: PackedArchitecture.allCases, Precision.allCases)
  func packedEqualsTrained(_ architecture: PackedArchitecture, _ precision: Precision) throws {
    let lengths: [LengthPolicy] = architecture == .linear ? [.require] : [.require, .pad]
    for length in lengths {
      for (channels, normalise) in [
        (1, NormalisePolicy.eachCase), (1, .training), (3, .eachCase), (3, NormalisePolicy.none),
      ] {
        let random = try PackedModels(
          channels: channels, classes: 4, lengths: length == .pad ? 9...40 : 30...30,
          caseCount: 40, preparation: Preparation(length: length, normalise: normalise))
        let packed = try packed(architecture, random, precision)
        let limits =
          switch precision {
          case .float32: (largest: 2e-6, changed: 0)
          case .float16: (largest: 1e-3, changed: 0)
          case .int8: (largest: 0.07, changed: 2)
          }
        #expect(packed.largestDifference < limits.largest)
        #expect(packed.changedDecisions <= limits.changed)
        #expect(packed.cases == 40)
        let loaded = try LoadedModel(packed.bytes, path: "test")
        #expect(try SelfTest(loaded.model).run(in: loaded.session) == 0)
        let streams = architecture == .mgu && normalise != .eachCase
        #expect(loaded.model.mode == (streams ? .stream : .window))
      }
    }
  }

  /// After any samples before it, the last window gives what the trained model makes of it alone.
  @Test(arguments: PackedArchitecture.windowed)
  func aStreamedWindowIsTheCaseAlone(_ architecture: PackedArchitecture) throws {
    let random = try PackedModels(
      channels: 2, classes: 3, preparation: Preparation(normalise: .none))
    let model = architecture.make(for: random.cases)
    let loaded = try LoadedModel(packed(architecture, random).bytes, path: "test")
    let window = loaded.model.windowLength
    var generator = SeededGenerator(seed: 11)
    let values = Tensor<Float>.normal(shape: [2 * 80], using: &generator).scalars.map { 5 + 3 * $0 }
    for step in 0..<80 {
      _ = loaded.session.step(Array(values[(2 * step)..<(2 * step + 2)]))
      guard step + 1 >= window else { continue }
      let output = loaded.session.result()
      let alone = model(
        Tensor(Array(values[(2 * (step + 1 - window))..<(2 * step + 2)]), shape: [1, window, 2])
      ).output.softmax().scalars
      for index in 0..<3 { #expect(abs(output[index] - alone[index]) < 2e-6) }
    }
  }

  /// Case and stream agree to the last bit, also where a case is shorter than the window.
  @Test(arguments: PackedArchitecture.pooled, Precision.allCases)
  func aStreamedCaseHasTheBitsOfTheCase(
    _ architecture: PackedArchitecture, _ precision: Precision
  ) throws {
    let random = try PackedModels(
      lengths: 9...24, preparation: Preparation(length: .pad, normalise: .training))
    let bytes = try packed(architecture, random, precision).bytes
    let whole = try LoadedModel(bytes, path: "test"), stream = try LoadedModel(bytes, path: "test")
    for item in random.set.cases {
      let result = try #require(whole.result(forCase: item.values))
      stream.session.reset()
      for value in item.values { _ = stream.session.step([Float(value)]) }
      let output = stream.session.result()
      #expect(result.outputs == [output[0], output[1]])
      #expect(result.decision == stream.session.decision)
    }
  }

  /// Taps that reach back before every case are left out, and are there where the window is longer.
  @Test func tapsBeyondTheWindowAreLeftOut() throws {
    let random = try PackedModels(lengths: 9...14, preparation: Preparation(length: .pad))
    func taps(_ bytes: [UInt8]) throws -> [Int] {
      let file = try ModelFile(bytes: bytes)
      return file.operations.filter { $0.code == .convolution }.map { operation in
        let matrix = operation.tensors[0].map { file.tensors[$0] }
        return (matrix?.columns ?? 0) / (operation.input == 0 ? 1 : 5)
      }
    }
    // Dilations 1, 2, 4, 8, 16.
    #expect(try taps(packed(.deepTCN, random).bytes) == [3, 3, 3, 2, 1])
    let long = try packed(.deepTCN, random, window: 33)
    #expect(try taps(long.bytes) == [3, 3, 3, 3, 3])
    let others = try PackedModels(lengths: 33...33)
    let prepared = try Preparation().apply(to: others.set)
    let (series, _) = prepared.batch(Array(0..<prepared.caseCount))
    let model = PackedArchitecture.deepTCN.make(for: random.cases)
    let trained = model(series).output.softmax()
    let loaded = try LoadedModel(long.bytes, path: "test")
    for (index, item) in others.set.cases.enumerated() {
      let result = try #require(loaded.result(forCase: item.values))
      for (a, b) in zip(result.outputs, trained.scalars[(2 * index)...]) {
        #expect(abs(a - b) < 2e-6)
      }
    }
  }

  /// The scale of each int8 input is the largest number that training cases bring there, found by
  /// hand; what stands behind a padded case's end is none of them.
  @Test func int8InputsAreCalibratedWhereTheyAre() throws {
    let random = try PackedModels(
      channels: 2, lengths: 9...40, preparation: Preparation(length: .pad, normalise: .none))
    let model = try #require(
      PackedArchitecture.tcn.make(for: random.cases) as? TemporalConvolution<Float>)
    let bytes = try packed(.tcn, random, .int8).bytes
    let file = try ModelFile(bytes: bytes)
    let found = file.tensors.filter { $0.type == .int8 }.map { tensor in
      Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(tensor.block[$1]) << (8 * UInt32($1)) })
    }
    var largest = [Float](repeating: 0, count: 4)
    func note(_ place: Int, _ values: [Float]) {
      largest[place] = values.reduce(largest[place]) { max($0, abs($1)) }
    }
    let train = random.cases.train
    for index in 0..<train.caseCount {
      // Each case alone and without padding.
      let length = train.lengths[index], start = index * train.length * 2
      var x = Tensor(Array(train.values[start..<(start + length * 2)]), shape: [1, length, 2])
      for (place, block) in model.blocks.enumerated() {
        note(place, x.scalars)
        let result = block.norm(block.convolution(x), lengths: nil, training: false)
        x = (result.shape == x.shape ? result + x : result).relu()
      }
      note(3, x.mean(over: [1]).scalars)
    }
    #expect(found.count == 4)
    for (scale, limit) in zip(found, largest) { #expect(abs(scale * 127 / limit - 1) < 1e-5) }
  }

  @Test func whatTheFormatCannotHoldIsSaid() throws {
    let long = try PackedModels(lengths: 257...257)
    let error = #expect(throws: PackingError.self) { try packed(.linear, long) }
    #expect(error == .tooManySteps(257, limit: 256))
    #expect("\(try #require(error))".contains("found 257 steps, expected at most 256"))
    _ = try packed(.linear, PackedModels(lengths: 256...256))
    var generator = SeededGenerator(seed: 1)
    let random = try PackedModels()
    let rocket = MiniRocket(
      .init(features: 84, length: 24, channels: 1, classes: 2), using: &generator)
    #expect(throws: PackingError.architecture("minirocket")) {
      try pack(rocket, trainedOn: random.set, cases: random.cases, precision: .float32)
    }
  }

  /// A weight that is no number is named where it stands.
  @Test func aNaNInANormIsNamed() throws {
    let random = try PackedModels()
    var model = try #require(
      PackedArchitecture.tcn.make(for: random.cases) as? TemporalConvolution<Float>)
    model.blocks[1].norm.weight = model.blocks[1].norm.weight * Float.nan
    for precision in Precision.allCases {
      let error = #expect(throws: PackingError.self) {
        try pack(model, trainedOn: random.set, cases: random.cases, precision: precision)
      }
      guard case .notRepresentable("block 2", let value, precision) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(value.isNaN)
    }
  }
}
