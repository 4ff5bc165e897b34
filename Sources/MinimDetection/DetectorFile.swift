// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
internal import MinimTensor

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

extension Detector {
  /// The detector as a safetensors file that says how to build it again; `metadata` is added to the
  /// file's text.
  public func file(metadata: [String: String]) throws -> SafetensorsFile {
    var text = metadata
    text["detector"] = Self.name
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    text["configuration"] = String(decoding: try encoder.encode(configuration), as: UTF8.self)
    return SafetensorsFile(metadata: text, entries: entries())
  }

  /// A detector from what `file(metadata:)` gave.
  ///
  /// Throws `SafetensorsError`.
  public init(from file: SafetensorsFile, path: String) throws {
    guard file.metadata["detector"] == Self.name,
      let text = file.metadata["configuration"],
      let configuration = try? JSONDecoder().decode(Configuration.self, from: Data(text.utf8)),
      configuration.isValid
    else {
      throw SafetensorsError(
        .otherContents, file: path, found: "no description of a \(Self.name) detector",
        expected: "the best.safetensors of a run")
    }
    try file.requireNumbers(configuration.storedCount, path: path)
    var generator = SeededGenerator(seed: 0)
    self = try Self(configuration, using: &generator).loading(from: file)
  }
}

/// How each detector that files may hold is read.
private let readers: [String: @Sendable (SafetensorsFile, String) throws -> any Detector] = [
  GON.name: { try GON(from: $0, path: $1) },
  IsolationForest.name: { try IsolationForest(from: $0, path: $1) },
  LocalOutlierFactor.name: { try LocalOutlierFactor(from: $0, path: $1) },
  ONLAD.name: { try ONLAD(from: $0, path: $1) },
  OneClassSVM.name: { try OneClassSVM(from: $0, path: $1) },
  PrincipalComponents.name: { try PrincipalComponents(from: $0, path: $1) },
  USAD.name: { try USAD(from: $0, path: $1) },
  LSTMAutoencoder.name: { try LSTMAutoencoder(from: $0, path: $1) },
  MADGAN.name: { try MADGAN(from: $0, path: $1) },
  MSCRED.name: { try MSCRED(from: $0, path: $1) },
  CAEM.name: { try CAEM(from: $0, path: $1) },
  StepTransformerDetector.name: { try StepTransformerDetector(from: $0, path: $1) },
]

/// A detector of whichever kind a file names.
///
/// Throws `SafetensorsError`.
public func storedDetector(from file: SafetensorsFile, path: String) throws -> any Detector {
  try file.reader(of: "detector", among: readers, path: path)(file, path)
}
