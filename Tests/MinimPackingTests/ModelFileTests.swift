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

@Suite struct ModelFileTests {
  /// The check value that every description of CRC-32C gives.
  @Test func checksumOfTheCheckString() {
    var sum = Checksum()
    Array("123456789".utf8).withUnsafeBytes { sum.update($0) }
    #expect(sum.value == 0xE306_9283)
  }

  @Test(arguments: RecurrentCell.packed, Precision.allCases)
  func packedEqualsTrained(_ cell: RecurrentCell, _ precision: Precision) throws {
    for (layers, channels, hidden) in [(1, 1, 8), (2, 3, 5), (3, 2, 33)] {
      for normalise in NormalisePolicy.allCases {
        let models = try PackedModels(
          cell: cell, layers: layers, hidden: hidden, channels: channels, classes: 4,
          lengths: 9...14, preparation: Preparation(length: .pad, normalise: normalise))
        let packed = try models.packed(precision)
        let limit =
          switch precision {
          case .float32: 1e-6
          case .float16: 1e-3
          case .int8: 0.02
          }
        #expect(packed.largestDifference < limit)
        #expect(packed.largestDifference > 0 || precision == .float32)
        #expect(packed.cases == 20)
        #expect(packed.accuracyBefore == packed.accuracyAfter || precision == .int8)
      }
    }
  }

  /// The host prepares whole cases as training did: gaps filled, then resampled, up and down.
  @Test(arguments: [9, 17, 40]) func casesArePreparedAsInTraining(_ steps: Int) throws {
    for normalise in NormalisePolicy.allCases {
      let models = try PackedModels(
        channels: 2, lengths: 12...20,
        preparation: Preparation(
          missing: .interpolate, length: .resample(steps), normalise: normalise),
        gaps: true)
      let packed = try models.packed()
      #expect(packed.largestDifference < 1e-6)
      let loaded = try LoadedModel(packed.bytes, path: "test")
      #expect(loaded.model.windowLength == steps)
      #expect(loaded.model.resamplesCases && loaded.model.interpolatesMissing)
    }
  }

  @Test func aModelWhoseOutputsDifferIsRefused() throws {
    // A chaotic net: every rounding grows to a different state.
    var models = try PackedModels(cell: .rnn)
    models.model.recurrent.layers[0].recurrent = models.model.recurrent.layers[0].recurrent * 20
    models.model.head.weight = models.model.head.weight * 20
    #expect(throws: PackingError.self) { try models.packed(.int8) }
  }

  @Test(arguments: Precision.allCases) func aNaNWeightIsNamed(_ precision: Precision) throws {
    var models = try PackedModels()
    var weights = models.model.recurrent.layers[0].recurrent.scalars
    weights[5] = .nan
    models.model.recurrent.layers[0].recurrent = Tensor(weights, shape: [32, 8])
    let error = #expect(throws: PackingError.self) { try models.packed(precision) }
    guard case .notRepresentable(let tensor, let value, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(tensor == "recurrent layer 1")
    #expect(value.isNaN)
  }

  /// In float32 samples of 1e7 and a few have lost the digits that the training saw in Double.
  @Test func aFloat32FileWhoseOutputsDifferIsRefused() throws {
    let models = try PackedModels()
    let far = SeriesSet(
      name: "far", channelCount: 1, classNames: models.set.classNames,
      cases: models.set.cases.map { item in
        var item = item
        item.values = item.values.map { 3e7 + $0 }
        return item
      })
    let cases = try LearningCases(far, preparation: Preparation(), splitSeed: 1)
    let error = #expect(throws: PackingError.self) {
      try pack(models.model, trainedOn: far, cases: cases, precision: .float32)
    }
    guard case .outputsDiffer(let difference, 1e-5, .float32) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(difference > 1e-5)
  }

  @Test func largeWeightsStandAtACacheLine() throws {
    for (hidden, alignment) in [(8, 16), (33, 64)] {
      let loaded = try LoadedModel(PackedModels(hidden: hidden).packed().bytes, path: "test")
      let file = try PackedModels(hidden: hidden).packed().bytes
      #expect(loaded.model.section(.weights).offset.isMultiple(of: alignment))
      #expect(1 << Int(file[64 + 2 * 16 + 3]) == alignment)
    }
  }

  /// int8: each weight is within half a step of its row, each row's largest within ±127 steps.
  @Test func int8RowsAreRoundedToTheNearestStep() throws {
    let models = try PackedModels(hidden: 33)
    let file = try ModelFile(bytes: models.packed(.int8, bare: true).bytes)
    let weights = models.model.recurrent.layers[0].recurrent.scalars
    let tensor = file.tensors[1], rows = tensor.rows, columns = tensor.columns
    for row in 0..<rows {
      let bits = UInt16(tensor.block[4 + 2 * row]) | UInt16(tensor.block[5 + 2 * row]) << 8
      let scale = Float(Float16(bitPattern: bits))
      for column in 0..<columns {
        let byte = Int8(bitPattern: tensor.block[4 + 2 * rows + column * rows + row])
        let weight = weights[row * columns + column]
        #expect(abs(Float(byte) * scale - weight) <= 0.5001 * scale)
        #expect(abs(weight) <= 127 * scale)
      }
    }
  }

  /// What the report says is what a count by hand over the packed file gives.
  @Test func theReportCountsByHand() throws {
    // Coarse on purpose: large weights, so that int8 decides some cases otherwise.
    var models = try PackedModels(cell: .rnn, classes: 4, caseCount: 200)
    models.model.recurrent.layers[0].recurrent = models.model.recurrent.layers[0].recurrent * 1.5
    let packed = try models.packed(.int8)
    let loaded = try LoadedModel(packed.bytes, path: "test")
    let prepared = try models.cases.preparation.apply(to: models.set)
    let trained = models.model(
      Tensor(prepared.values, shape: [200, prepared.length, 1])
    ).output.scalars
    var changed = 0, before = 0, after = 0
    for (index, item) in models.set.cases.enumerated() {
      let result = try #require(loaded.result(forCase: item.values))
      let logits = trained[(4 * index)..<(4 * index + 4)]
      let decision =
        logits.indices.reduce(4 * index) { logits[$1] > logits[$0] ? $1 : $0 } - 4 * index
      changed += decision == result.decision ? 0 : 1
      guard models.cases.validationIndices.contains(index) else { continue }
      before += decision == item.label ? 1 : 0
      after += result.decision == item.label ? 1 : 0
    }
    #expect(changed > 0, "the test needs a case that is decided otherwise")
    #expect(packed.changedDecisions == changed)
    let count = Double(models.cases.validationIndices.count)
    #expect(abs(packed.accuracyBefore - Double(before) / count) < 1e-12)
    #expect(abs(packed.accuracyAfter - Double(after) / count) < 1e-12)
  }

  @Test(arguments: Precision.allCases) func writeOfReadGivesTheSameBytes(
    _ precision: Precision
  ) throws {
    for bare in [true, false] {
      let models = try PackedModels(cell: .gru, layers: 2, channels: 3)
      let bytes = try models.packed(precision, bare: bare, provenance: ["recipe": "a: b\nc: d\n"])
        .bytes
      let loaded = try LoadedModel(bytes, path: "test")
      #expect(try ModelFile(loaded.model).bytes() == bytes)
      #expect(
        try models.packed(precision, bare: bare, provenance: ["recipe": "a: b\nc: d\n"]).bytes
          == bytes)
    }
  }

  /// MemKD's student for two classes: 320 + 9 · 2 numbers (methods, memkd 1.6).
  @Test func sizesOfTheStudent() throws {
    let models = try PackedModels()
    let floats = try models.packed(.float32, bare: true).bytes
    let bytes = try models.packed(.int8, bare: true).bytes
    #expect(floats.count <= 2000)
    #expect(bytes.count <= 900)
    let loaded = try LoadedModel(floats, path: "test")
    defer { withExtendedLifetime(loaded) {} }
    let model = loaded.model
    #expect(model.parameterCount == 338)
    #expect(model.multiplyAdds.step == 0)
    #expect(model.multiplyAdds.result == 24 * 288 + 16)
    // Overhead beside the numbers themselves: rule M20.
    #expect(floats.count - 4 * 338 <= 256 + 16 * model.tensorCount)
  }

  @Test(arguments: Precision.allCases) func selfTestPassesAndFails(_ precision: Precision) throws {
    let bytes = try PackedModels(cell: .gru).packed(precision).bytes
    let loaded = try LoadedModel(bytes, path: "test")
    let test = try SelfTest(loaded.model)
    #expect(test.count == 1)
    #expect(test.run(in: loaded.session) == 0)
    // A high bit of the last number, the head's bias; checksums made right again.
    var damaged = bytes
    let weights = loaded.model.section(.weights)
    damaged[weights.offset + weights.length - 1] ^= 0x10
    let other = try LoadedModel(repaired(damaged), path: "test")
    #expect(try SelfTest(other.model).run(in: other.session) > 0)
  }

  @Test func aLongerWindowTakesLongerCases() throws {
    let models = try PackedModels(lengths: 9...14, preparation: Preparation(length: .pad))
    let longer = try PackedModels(lengths: 20...20)
    let values = longer.set.cases[0].values
    let packed = try pack(
      models.model, trainedOn: models.set, cases: models.cases, precision: .float32, window: 20)
    let loaded = try LoadedModel(packed.bytes, path: "test")
    #expect(loaded.model.windowLength == 20)
    #expect(loaded.model.shortestLength == 9)
    let alone = try #require(loaded.result(forCase: values))
    let prepared = try Preparation().apply(to: longer.set)
    let trained = models.model(
      Tensor(Array(prepared.values[..<20]), shape: [1, 20, 1])
    ).output.softmax().scalars
    for (a, b) in zip(alone.outputs, trained) { #expect(abs(a - b) < 1e-6) }
  }

  @Test func provenanceIsKept() throws {
    let bytes = try PackedModels().packed(provenance: ["recipe": "layers: 1\n\"é\""]).bytes
    let file = try ModelFile(bytes: bytes)
    #expect(file.provenance["recipe"] == "layers: 1\n\"é\"")
    #expect(file.provenance["precision"] == "float32")
    #expect(throws: PackingError.self) {
      try PackedModels().packed(provenance: ["recipe": "\u{1B}[31m"])
    }
  }
}
