// SPDX-License-Identifier: Apache-2.0

/// What a trial's process leaves in `measures.json` where its results are no classifier's.
public struct TrialMeasures: Codable, Equatable, Sendable {
  /// Seconds of processor time.
  public var processorSeconds: Double
  /// The level of the kernels: the last digits depend on it.
  public var kernelLevel: String
  /// Finite figures by name; what is undefined is left out.
  public var measures: [String: Double]

  /// Measures from their parts.
  public init(processorSeconds: Double, kernelLevel: String, measures: [String: Double]) {
    self.processorSeconds = processorSeconds
    self.kernelLevel = kernelLevel
    self.measures = measures
  }
}
