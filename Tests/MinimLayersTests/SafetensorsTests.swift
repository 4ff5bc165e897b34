// SPDX-License-Identifier: Apache-2.0

import Foundation
import MinimLayers
import Testing

@Suite struct SafetensorsTests {
  /// What Tools/golden/safetensors_files.py wrote into a file.
  struct Golden: Decodable {
    struct Entry: Decodable {
      var name: String
      var dtype: String
      var shape: [Int]
      var bytes: [UInt8]
    }

    var metadata: [String: String]
    var entries: [Entry]
  }

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Golden/safetensors")

  static let small = SafetensorsFile(
    metadata: ["epoch": "3"],
    entries: [
      .init(name: "w", shape: [2, 3], values: [1, 2, 3, 4, 5, 6] as [Float]),
      .init(name: "n", shape: [], values: [9] as [UInt64]),
      .init(name: "b", shape: [2], values: [7, 8] as [UInt8]),
    ])

  @Test(arguments: ["mixed", "types", "nothing"])
  func readsAndRewritesFilesOfTheReferencePackage(name: String) throws {
    let path = Self.folder.appendingPathComponent("\(name).safetensors").path
    let file = try SafetensorsFile(contentsOf: path)
    let json = try Data(contentsOf: Self.folder.appendingPathComponent("\(name).json"))
    let golden = try JSONDecoder().decode(Golden.self, from: json)
    #expect(file.metadata == golden.metadata)
    #expect(file.entries.count == golden.entries.count)
    for expected in golden.entries {
      let entry = try #require(file.entry(named: expected.name))
      #expect(entry.dtype.rawValue == expected.dtype)
      #expect(entry.shape == expected.shape)
      #expect(entry.bytes == expected.bytes)
    }
    // The same bytes come out again, from any order of the entries.
    let original = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(try file.encoded() == original)
    let reversed = SafetensorsFile(metadata: file.metadata, entries: file.entries.reversed())
    #expect(try reversed.encoded() == original)
  }

  @Test func readsNumbers() throws {
    let file = try SafetensorsFile(
      contentsOf: Self.folder.appendingPathComponent("mixed.safetensors").path)
    let weight = try #require(try file.entry(named: "layer.weight")?.values(as: Float.self))
    #expect(weight.dropLast() == [0.5, -1.25, 3.0e38, .leastNonzeroMagnitude, .infinity])
    #expect(weight.last?.isNaN == true)
    let bias = try #require(try file.entry(named: "layer.bias")?.values(as: Double.self))
    #expect(bias.map(\.bitPattern) == [0.1, -0.0].map(\.bitPattern))
    #expect(try file.entry(named: "step")?.values(as: Int64.self) == [-9_007_199_254_740_993])
    #expect(try file.entry(named: "generator")?.values(as: UInt64.self) == [.max, 1])
    #expect(try file.entry(named: "mask")?.values(as: UInt8.self) == [1, 2, 255])
    #expect(try file.entry(named: "empty")?.values(as: Float.self) == [])
    #expect(file.entry(named: "absent") == nil)
    let error = #expect(throws: SafetensorsError.self) {
      try file.entry(named: "step")?.values(as: Double.self)
    }
    #expect(error?.kind == .otherContents)
  }

  @Test func bitsOfNaNSurvive() throws {
    let value = Float(bitPattern: 0x7FA0_1234)
    let entry = SafetensorsFile.Entry(name: "x", shape: [1], values: [value])
    let file = try SafetensorsFile(bytes: SafetensorsFile(entries: [entry]).encoded())
    #expect(try file.entry(named: "x")?.values(as: Float.self).first?.bitPattern == 0x7FA0_1234)
  }

  @Test func headerIsPaddedToEightBytes() throws {
    for count in 1...9 {
      let name = String(repeating: "x", count: count)
      let entry = SafetensorsFile.Entry(name: name, shape: [1], values: [1] as [UInt8])
      let bytes = try SafetensorsFile(entries: [entry]).encoded()
      #expect(bytes[0] % 8 == 0)
      #expect(bytes.count == 8 + Int(bytes[0]) + 1)
    }
  }

  @Test func writesAndReadsBack() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("small.safetensors")
    try Self.small.write(to: path)
    let file = try SafetensorsFile(contentsOf: path)
    #expect(file.entries.map(\.name) == ["n", "w", "b"])
    #expect(file.metadata == Self.small.metadata)
    for entry in Self.small.entries { #expect(file.entry(named: entry.name) == entry) }
  }

  @Test func errorsNameTheFile() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("short\nname")
    try writeAtomically([1, 2, 3], to: path)
    let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(contentsOf: path) }
    #expect(error?.kind == .tooShort)
    #expect(error?.file == path)
    #expect(
      error?.description.hasSuffix("found 3 bytes, expected at least the 8 of the header length")
        == true)
    #expect(error?.description.contains("\n") == false)
    #expect(throws: FileError.self) { try SafetensorsFile(contentsOf: folder.path("absent")) }
  }

  @Test func refusesToEncodeWhatIsNotValid() {
    func expect(_ kind: SafetensorsError.Kind, _ entries: [SafetensorsFile.Entry]) {
      let error = #expect(throws: SafetensorsError.self) {
        try SafetensorsFile(entries: entries).encoded()
      }
      #expect(error?.kind == kind)
      #expect(error?.tensor == entries.first?.name)
    }
    let one = SafetensorsFile.Entry(name: "a", dtype: .uint8, shape: [1], bytes: [0])
    expect(.duplicateKey, [one, one])
    expect(.invalidHeader, [.init(name: "__metadata__", dtype: .uint8, shape: [1], bytes: [0])])
    expect(.sizeMismatch, [.init(name: "a", dtype: .float32, shape: [2], bytes: [0, 0, 0, 0])])
    expect(.invalidShape, [.init(name: "a", dtype: .uint8, shape: [-1, -1], bytes: [0])])
    expect(.invalidShape, [.init(name: "a", dtype: .int16, shape: [.max], bytes: [])])
    expect(.invalidShape, [.init(name: "a", dtype: .uint8, shape: [.max, 3], bytes: [])])
  }

  @Test func valuesMustFillTheShape() async {
    await #expect(processExitsWith: .failure) {
      _ = SafetensorsFile.Entry(name: "a", shape: [2], values: [1] as [Float])
    }
  }

  /// A run of another kind is named as what it is.
  @Test func readersAreOfOneKind() throws {
    let readers = ["pca": 1, "gon": 2]
    func found(_ metadata: [String: String]) throws(SafetensorsError) -> Int {
      try SafetensorsFile(metadata: metadata).reader(of: "detector", among: readers, path: "x")
    }
    #expect(try found(["detector": "gon"]) == 2)
    for (metadata, says) in [
      (["forecaster": "mlp"], "x: found a forecaster, \"mlp\", expected"),
      (["model": "tcn"], "found a classifier, \"tcn\""),
      (["detector": "new"], "found a detector, \"new\""), ([:], "found no model"),
    ] {
      let error = #expect(throws: SafetensorsError.self) { try found(metadata) }
      let text = "\(try #require(error))"
      #expect(text.contains(says) && text.contains("a detector of gon, pca"), "\(text)")
    }
  }
}
