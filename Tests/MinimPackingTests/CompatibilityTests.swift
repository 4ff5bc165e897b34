// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimHost
import MinimPacking
import MinimRuntime
import Testing

/// Model files of every released version, which every later version must read with the same results.
@Suite struct CompatibilityTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Compat/v1")

  @Test func filesOfFormat1LoadAndGiveTheSameBits() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
      .filter { $0.hasSuffix(".minim") }
    #expect(names.count >= 9)
    for name in names.sorted() {
      let bytes = [UInt8](try Data(contentsOf: Self.folder.appending(path: name)))
      let loaded = try LoadedModel(bytes, path: name)
      let test = try SelfTest(loaded.model)
      #expect(test.count > 0, "\(name)")
      #expect(test.run(in: loaded.session) == 0, "\(name)")
      #expect(try ModelFile(loaded.model).bytes() == bytes, "\(name)")
    }
  }
}
