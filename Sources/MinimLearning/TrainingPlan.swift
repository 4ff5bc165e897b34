// SPDX-License-Identifier: Apache-2.0

/// How a training run goes: everything that, with data and starting weights, fixes its result.
public struct TrainingPlan: Codable, Equatable, Sendable {
  /// Passes over the training cases, at most.
  public var epochs: Int
  /// Cases in a step; the last batch of an epoch may be smaller and is used all the same.
  public var batch: Int
  /// The learning rate at the start.
  public var learningRate: Double
  /// How the rate changes.
  public var schedule: ScheduleKind
  /// Epochs without a better validation loss after which training stops.
  public var patience: Int
  /// What follows from the gradients.
  public var optimiser: OptimiserKind
  /// Gradients are scaled down so that the norm of all of them together is at most this.
  public var gradientClip: Double
  /// The seed of weights, split, batches and whatever else is random.
  public var seed: UInt64

  /// A plan; the defaults are the protocol of the MemKD paper with a plateau schedule (methods,
  /// memkd 1.5 and 1.8).
  public init(
    epochs: Int = 500, batch: Int = 32, learningRate: Double = 0.003,
    schedule: ScheduleKind = .plateau, patience: Int = 50, optimiser: OptimiserKind = .adam,
    gradientClip: Double = 1, seed: UInt64 = 1
  ) {
    self.epochs = epochs
    self.batch = batch
    self.learningRate = learningRate
    self.schedule = schedule
    self.patience = patience
    self.optimiser = optimiser
    self.gradientClip = gradientClip
    self.seed = seed
  }
}
