// SPDX-License-Identifier: Apache-2.0
import MinimHost
import MinimLayers
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

  @Test(arguments: RecurrentCell.allCases, Precision.allCases)
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

  @Test func aModelWhoseOutputsDifferIsRefused() throws {
    // A chaotic net: every rounding grows to a different state.
    var models = try PackedModels(cell: .rnn)
    models.model.recurrent.layers[0].recurrent = models.model.recurrent.layers[0].recurrent * 20
    models.model.head.weight = models.model.head.weight * 20
    #expect(throws: PackingError.self) { try models.packed(.int8) }
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
