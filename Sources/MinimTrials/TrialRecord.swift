// SPDX-License-Identifier: Apache-2.0
public import MinimScores

/// The scores of a trial on one split.
public struct TrialScores: Codable, Equatable, Sendable {
  /// The macro mean of the average precisions.
  public let aucPRC: Double
  /// The macro mean of the areas under the ROC; nil where no class has one.
  public let aucROC: Double?
  /// The share of right decisions.
  public let accuracy: Double
  /// The mean recall.
  public let balancedAccuracy: Double
  /// The mean of -ln p of the true class.
  public let logLoss: Double

  /// The means of what a scoring found.
  public init(_ scores: ClassificationScores) {
    aucPRC = scores.aucPRC
    aucROC = scores.aucROC
    accuracy = scores.accuracy
    balancedAccuracy = scores.balancedAccuracy
    logLoss = scores.logLoss
  }
}

/// What a finished trial came to: a line of the ledger.
public struct TrialRecord: Codable, Sendable {
  /// The trial's name.
  public var id: String
  /// The trial; where its files lay is not recorded.
  public var trial: Trial
  /// The version of Minim and the level of the kernels that did it.
  public var version: String
  /// The level of the kernels: the last digits depend on it.
  public var kernelLevel: String
  /// Trained numbers.
  public var parameters: Int
  /// Epochs done.
  public var epochs: Int
  /// Seconds of processor time, on one thread.
  public var seconds: Double
  /// The validation loss of the best weights; nil where the training stopped at a NaN or infinity.
  public var loss: Double?
  /// Scores on the validation cases.
  public var validation: TrialScores?
  /// Scores on the test cases; only of trials that validation has chosen.
  public private(set) var test: TrialScores?
  /// The fingerprint of those test cases; nil in older records.
  public private(set) var testHash: String?
  /// Named figures of a trial that has other results than a classifier's, `measures.json` of its folder.
  public var measures: [String: Double]?
  /// Why the training stopped, where it has no result.
  public var failure: String?

  /// A record from its parts.
  public init(
    trial: Trial, version: String, kernelLevel: String, parameters: Int = 0, epochs: Int = 0,
    seconds: Double = 0, loss: Double? = nil, validation: TrialScores? = nil,
    measures: [String: Double]? = nil, failure: String? = nil
  ) {
    id = trial.id
    self.trial = Trial(
      command: trial.command, options: trial.options.filter { trial.contents[$0.key] == nil },
      contents: trial.contents)
    self.version = version
    self.kernelLevel = kernelLevel
    self.parameters = parameters
    self.epochs = epochs
    self.seconds = seconds
    self.loss = loss
    self.validation = validation
    self.measures = measures
    self.failure = failure
  }

  /// Notes the scores on the test cases of a fingerprint.
  public mutating func add(test scores: TrialScores, on hash: String) {
    test = scores
    testHash = hash
  }

  /// Whether the test scores are those of the test cases of a fingerprint; those of older records are
  /// taken for it.
  public func isTested(on hash: String) -> Bool { test != nil && (testHash ?? hash) == hash }
}
