// SPDX-License-Identifier: Apache-2.0
internal import MinimRuntime

/// The contents of a model file as values: what `bytes()` writes, and what reading the same bytes
/// gives back.
public struct ModelFile: Equatable, Sendable {
  /// A matrix and how it is stored.
  public struct Tensor: Equatable, Sendable {
    var type: TensorType
    var rows: Int
    var columns: Int
    /// The block of the WEIGHTS section, without padding.
    var block: [UInt8]
  }

  /// A record of the GRAPH section; it writes the value after the last one written.
  public struct Operation: Equatable, Sendable {
    var code: OperationCode
    var variant: UInt8 = 0
    var input: Int
    /// Indices of tensors; nil for none.
    var tensors: [Int?] = []
    /// The length of the value that it writes.
    var outputLength: Int
  }

  /// How samples are prepared.
  public struct Preprocessing: Equatable, Sendable {
    var mode: PreprocessingMode
    var normalisation: Normalisation
    var channels: Int
    var window: Int
    var shortest: Int
    var resamplesCases = false
    var interpolatesMissing = false
    /// Mean and deviation of each channel in turn; empty without a scaler.
    var scaler: [Float] = []
    /// A name for each channel, or none at all.
    var channelNames: [String] = []
  }

  /// What the output means.
  public enum Decision: Equatable, Sendable {
    case none
    /// The names of the classes.
    case classes([String])
    /// An anomaly is above it.
    case threshold(Float)
  }

  /// An input and what the model makes of it.
  public struct SelfTestVector: Equatable, Sendable {
    var samples: [Float]
    var output: [Float]
  }

  var operations: [Operation]
  /// The first operations, this many, run for every sample.
  var stepOperations: Int
  var tensors: [Tensor]
  var preprocessing: Preprocessing
  var decision: Decision
  /// Keys and values; no section is written if empty.
  public var provenance: [String: String] = [:]
  /// At most four; no section is written if empty.
  var selfTests: [SelfTestVector] = []
}
