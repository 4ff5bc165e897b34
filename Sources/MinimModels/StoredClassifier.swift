// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimTensor

/// What fixes a classifier's shape: enough to make one of the same tensors.
public protocol ClassifierConfiguration: Codable, Equatable, Sendable {
  /// Channels of the series, at least 1.
  var channels: Int { get }
  /// Classes, at least 1.
  var classes: Int { get }
  /// The length that every series must have; nil where any will do.
  var seriesLength: Int? { get }
  /// Whether every size is in its range, so that a classifier can be made.
  var isValid: Bool { get }
  /// The numbers of a classifier of a valid configuration, parameters and buffers; a `Double`, which
  /// no sizes overflow.
  var storedCount: Double { get }
}

extension ClassifierConfiguration {
  /// Any length will do.
  public var seriesLength: Int? { nil }
}

/// A classifier that is saved with its configuration and can be made again from the file.
public protocol StoredClassifier<Scalar>: Classifier {
  /// What fixes its shape.
  associatedtype Configuration: ClassifierConfiguration
  /// The name of the architecture in files, such as "recurrent".
  static var architecture: String { get }
  /// The sizes of this classifier.
  var configuration: Configuration { get }
  /// A classifier at its random start; the configuration must be valid.
  init(_ configuration: Configuration, using generator: inout SeededGenerator)
}

/// How each architecture that files may hold is read.
private let readers:
  [String: @Sendable (SafetensorsFile, String) throws -> any StoredClassifier<Float>] = [
    RecurrentClassifier<Float>.architecture: { try RecurrentClassifier(from: $0, path: $1) },
    TemporalConvolution<Float>.architecture: { try TemporalConvolution(from: $0, path: $1) },
    Lite<Float>.architecture: { try Lite(from: $0, path: $1) },
    LogisticRegression<Float>.architecture: { try LogisticRegression(from: $0, path: $1) },
    MiniRocket.architecture: { try MiniRocket(from: $0, path: $1) },
  ]

/// A classifier of whichever architecture a file names.
///
/// Throws `SafetensorsError`.
public func storedClassifier(
  from file: SafetensorsFile, path: String
) throws -> any StoredClassifier<Float> {
  let name = file.metadata["model"]
  guard let read = name.flatMap({ readers[$0] }) else {
    throw SafetensorsError(
      .otherContents, file: path, found: "model \(name.map { "\"\($0)\"" } ?? "none")",
      expected: "the best.safetensors of a run, with a model of "
        + readers.keys.sorted().joined(separator: ", "))
  }
  return try read(file, path)
}
