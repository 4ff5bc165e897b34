// SPDX-License-Identifier: Apache-2.0

/// The version of the package; a checkpoint is resumed by the version that wrote it.
public let minimVersion = "0.1.0"

/// What `run.json` of a run folder holds: where the run's numbers come from.
public struct RunRecord: Codable, Equatable, Sendable {
  /// The version of Minim.
  public var version = minimVersion
  /// The seed of the run.
  public var seed: UInt64
  /// The name of the data.
  public var data: String
  /// The fingerprint of its training part.
  public var dataHash: String
  /// Training and validation cases.
  public var trainCases: Int
  /// Validation cases.
  public var validationCases: Int
  /// Threads and the kernels' level; results do not depend on the first.
  public var threads: Int
  /// The kernels' level: results depend on it in the last digits.
  public var kernelLevel: String
  /// Seconds from start to end of this call; 0 until it ends.
  public var seconds: Double
  /// Seconds of processor time of the same, all threads together; nil in older records.
  public var processorSeconds: Double?

  /// A record from its parts.
  public init(
    seed: UInt64, data: String, dataHash: String, trainCases: Int, validationCases: Int,
    threads: Int,
    kernelLevel: String, seconds: Double
  ) {
    self.seed = seed
    self.data = data
    self.dataHash = dataHash
    self.trainCases = trainCases
    self.validationCases = validationCases
    self.threads = threads
    self.kernelLevel = kernelLevel
    self.seconds = seconds
  }
}
