// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
internal import MinimTensor

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

extension Forecaster where Scalar == Float {
  /// The forecaster as a safetensors file that says how to build it again; `metadata` is added to the file's text.
  public func file(metadata: [String: String]) throws -> SafetensorsFile {
    var text = metadata
    text["forecaster"] = Self.name
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    text["configuration"] = String(decoding: try encoder.encode(configuration), as: UTF8.self)
    return SafetensorsFile(metadata: text, entries: entries())
  }

  /// A forecaster from what `file(metadata:)` gave.
  ///
  /// Throws `SafetensorsError`.
  public init(from file: SafetensorsFile, path: String) throws {
    guard file.metadata["forecaster"] == Self.name,
      let text = file.metadata["configuration"],
      let configuration = try? JSONDecoder().decode(Configuration.self, from: Data(text.utf8)),
      configuration.isValid
    else {
      throw SafetensorsError(
        .otherContents, file: path, found: "no description of a \(Self.name) forecaster",
        expected: "the best.safetensors of a run")
    }
    try file.requireNumbers(configuration.storedCount, path: path)
    var generator = SeededGenerator(seed: 0)
    self = try Self(configuration, using: &generator).loading(from: file)
  }
}

/// How each forecaster that files may hold is read.
private let readers: [String: @Sendable (SafetensorsFile, String) throws -> any Forecaster<Float>] =
  [
    ForecastPerceptron<Float>.name: { try ForecastPerceptron(from: $0, path: $1) },
    LinearForecaster<Float>.name: { try LinearForecaster(from: $0, path: $1) },
    SparseForecaster<Float>.name: { try SparseForecaster(from: $0, path: $1) },
    FourierForecaster<Float>.name: { try FourierForecaster(from: $0, path: $1) },
    TimeBase<Float>.name: { try TimeBase(from: $0, path: $1) },
    CycleNet<Float>.name: { try CycleNet(from: $0, path: $1) },
    InvertedTransformer<Float>.name: { try InvertedTransformer(from: $0, path: $1) },
    PatchTransformer<Float>.name: { try PatchTransformer(from: $0, path: $1) },
    ModernTCN<Float>.name: { try ModernTCN(from: $0, path: $1) },
    TransformerForecaster<Float>.name: { try TransformerForecaster(from: $0, path: $1) },
  ]

/// A forecaster of whichever kind a file names.
///
/// Throws `SafetensorsError`.
public func storedForecaster(
  from file: SafetensorsFile, path: String
) throws -> any Forecaster<Float> {
  try file.reader(of: "forecaster", among: readers, path: path)(file, path)
}
