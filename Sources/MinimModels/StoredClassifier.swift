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

private typealias Reader =
  @Sendable (SafetensorsFile, String) throws -> any StoredClassifier<Float>

/// How an architecture is read.
private func reader<Model: StoredClassifier<Float>>(_: Model.Type) -> (String, Reader) {
  (Model.architecture, { try Model(from: $0, path: $1) })
}

/// How each architecture that files may hold is read.
private let readers: [String: Reader] = Dictionary(
  uniqueKeysWithValues: [
    reader(RecurrentClassifier<Float>.self), reader(TemporalConvolution<Float>.self),
    reader(Lite<Float>.self), reader(LogisticRegression<Float>.self), reader(MiniRocket.self),
    reader(TransformerClassifier<Float>.self),
    reader(BinaryClassifier<RecurrentClassifier<Float>>.self),
    reader(BinaryClassifier<TemporalConvolution<Float>>.self),
    reader(BinaryClassifier<Lite<Float>>.self),
    reader(BinaryClassifier<LogisticRegression<Float>>.self),
    reader(BinaryClassifier<TransformerClassifier<Float>>.self),
  ])

/// A classifier of whichever architecture a file names.
///
/// Throws `SafetensorsError`.
public func storedClassifier(
  from file: SafetensorsFile, path: String
) throws -> any StoredClassifier<Float> {
  try file.reader(of: "model", among: readers, path: path)(file, path)
}
