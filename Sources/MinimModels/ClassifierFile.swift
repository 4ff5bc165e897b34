// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
internal import MinimTensor

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

extension StoredClassifier where Scalar == Float {
  /// The classifier as a safetensors file that says how to build it again; `metadata` is added to
  /// the file's text.
  public func file(metadata: [String: String]) throws -> SafetensorsFile {
    var text = metadata
    text["model"] = Self.architecture
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    text["configuration"] = String(decoding: try encoder.encode(configuration), as: UTF8.self)
    return SafetensorsFile(metadata: text, entries: entries())
  }

  /// A classifier from what `file(metadata:)` gave.
  ///
  /// Throws `SafetensorsError`.
  public init(from file: SafetensorsFile, path: String) throws {
    guard file.metadata["model"] == Self.architecture,
      let text = file.metadata["configuration"],
      let configuration = try? JSONDecoder().decode(Configuration.self, from: Data(text.utf8)),
      configuration.isValid
    else {
      throw SafetensorsError(
        .otherContents, file: path, found: "no description of a \(Self.architecture) classifier",
        expected: "the best.safetensors of a run")
    }
    try file.requireNumbers(configuration.storedCount, path: path)
    var generator = SeededGenerator(seed: 0)
    self = try Self(configuration, using: &generator).loading(from: file)
  }
}
