// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimScores
public import MinimSeries
internal import MinimTensor

/// The training part of a problem, prepared and parted into cases to learn from and cases to
/// validate on.
public struct LearningCases: Sendable {
  /// Cases to learn from.
  public let train: PreparedCases
  /// Cases that decide on best weights, schedule and end.
  public let validation: PreparedCases
  /// Where in the set the validation cases stand.
  public let validationIndices: [Int]
  /// What the cases were prepared by.
  public let preparation: Preparation
  /// A fingerprint of the training part.
  public let dataHash: String

  /// Parts a fifth of a set off for validation, stratified, by a seed of its own, and prepares both.
  ///
  /// The split depends on nothing but the labels and `splitSeed`; a scaler is fitted to the cases to
  /// learn from alone. Throws `DataError`, also for a set of fewer than two classes, or without two
  /// cases of any class, of which one could be parted off.
  public init(_ set: SeriesSet, preparation: Preparation, splitSeed: UInt64) throws {
    var generator = SeededGenerator(seed: splitSeed)
    let parts = stratifiedSplit(
      labels: set.cases.map(\.label), fraction: 0.2, using: &generator)
    var learned = set
    learned.cases = parts.train.map { set.cases[$0] }
    let preparation = try preparation.fitted(to: learned)
    let cases = try preparation.apply(to: set)
    guard Set(set.cases.map(\.label)).count > 1, !parts.validation.isEmpty else {
      throw DataError(
        file: set.name,
        found: "\(set.cases.count) cases of \(Set(set.cases.map(\.label)).count) classes",
        expected: "two classes or more, of one of them two cases: one is kept for validation")
    }
    train = cases.subset(parts.train)
    validation = cases.subset(parts.validation)
    validationIndices = parts.validation
    self.preparation = preparation
    dataHash = MinimSeries.dataHash(of: set)
  }
}

/// What `scores.json` of a run folder holds.
///
/// All values are on the validation cases.
public struct ValidationReport: Codable, Sendable {
  /// Always "validation".
  public var split = "validation"
  /// The scores of the best weights.
  public var metrics: ClassificationScores
  /// The validation loss of the best weights.
  public var loss: Double
  /// Trained numbers.
  public var parameters: Int
  /// The epoch that the best weights are from, and the epochs done.
  public var bestEpoch: Int
  /// Epochs done.
  public var epochs: Int

  /// A report from its parts.
  public init(
    metrics: ClassificationScores, loss: Double, parameters: Int, bestEpoch: Int, epochs: Int
  ) {
    self.metrics = metrics
    self.loss = loss
    self.parameters = parameters
    self.bestEpoch = bestEpoch
    self.epochs = epochs
  }
}

/// Trains a classifier by cross-entropy, and a distillation term where one is given.
///
/// With a run folder the state is saved as it goes, and `resume` goes on from what is there: the
/// end is the same bit for bit as without the stop. `identity` is text that must agree for a
/// resume: recipe, data and version. Returns the weights of the best validation loss. Throws
/// `TrainingError`, `FileError`, `SafetensorsError`.
public func trainClassifier<Model: Classifier<Float>>(
  _ model: Model, on cases: LearningCases, plan: TrainingPlan, run: RunFolder? = nil,
  resume: Bool = false, identity: String = "", progress: Progress? = nil,
  extraLoss: ExtraLoss? = nil
) throws -> TrainingOutcome<Model> {
  typealias Trained = Assisted<Model>
  var generator = SeededGenerator(seed: plan.seed)
  let start = Trained(model: model, adapters: extraLoss?.adapters ?? Adapters())
  let state = TrainingState(model: start, plan: plan, generator: generator.split())
  let calibrating = cases.train.batch(spread(cases.train.caseCount, atMost: 1024))
  let trainer = Trainer<Trained>(
    plan: plan, caseCount: cases.train.caseCount,
    loss: { trained, indices, epoch, generator in
      let (series, lengths) = cases.train.batch(indices)
      let forward = trained.model(series, lengths: lengths, training: true)
      let labels = indices.map { cases.train.labels[$0] }
      let loss = Tensor.crossEntropy(logits: forward.output, labels: labels)
      guard let extraLoss else { return loss }
      let batch = TrainingBatch(
        forward: forward, indices: indices, labels: labels, lengths: lengths, epoch: epoch)
      return try loss + extraLoss.value(batch, trained.adapters, &generator)
    },
    calibrate: { $0.model.calibrate(calibrating.series, lengths: calibrating.lengths) },
    validationLoss: { crossEntropy(of: $0.model, on: cases.validation) })
  let end = try trainer.run(
    from: state, in: run, resume: resume, identity: identity, progress: progress)
  let loss =
    end.bestEpoch > 0 ? end.bestLoss : crossEntropy(of: end.best.model, on: cases.validation)
  return TrainingOutcome(
    best: end.best.model, bestEpoch: end.bestEpoch, bestLoss: loss, epochs: end.epoch)
}

/// At most `limit` of `count` indices, evenly spread.
package func spread(_ count: Int, atMost limit: Int) -> [Int] {
  let used = min(count, limit)
  return (0..<used).map { $0 * count / used }
}
