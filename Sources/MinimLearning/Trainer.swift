// SPDX-License-Identifier: Apache-2.0
package import MinimLayers
package import MinimTensor

/// What one epoch did, as a line of `log.jsonl`.
public struct EpochRecord: Codable, Equatable, Sendable {
  /// The epoch, from 1.
  public var epoch: Int
  /// The mean training loss over its cases, distillation terms included.
  public var trainLoss: Double
  /// The loss on the validation cases after it.
  public var validationLoss: Double
  /// The learning rate it used.
  public var learningRate: Double
}

/// What a training run came to.
public struct TrainingOutcome<Model: Sendable>: Sendable {
  /// The model of the best validation loss.
  public let best: Model
  /// The epoch it is from, counted from 1; 0 when there was none.
  public let bestEpoch: Int
  /// Its validation loss.
  public let bestLoss: Double
  /// Epochs done.
  public let epochs: Int

  package init(best: Model, bestEpoch: Int, bestLoss: Double, epochs: Int) {
    self.best = best
    self.bestEpoch = bestEpoch
    self.bestLoss = bestLoss
    self.epochs = epochs
  }
}

/// Trains a model step by step, watching the validation loss.
///
/// After every epoch the validation loss decides on the best weights, the schedule and the end. The
/// test split is never seen. The first NaN or infinity in loss, gradients or parameters stops the
/// run and is named.
package struct Trainer<Model: ParameterTree<Float>> {
  let plan: TrainingPlan
  /// Training cases.
  let caseCount: Int
  /// The loss of a batch of case indices in an epoch (from 1), for a model whose parameters are
  /// tracked.
  let loss: (Model, [Int], Int, inout SeededGenerator) throws -> Tensor<Float>
  /// Called before each look at validation data: sets the model's buffers.
  let calibrate: (inout Model) -> Void
  /// The loss on the validation cases.
  let validationLoss: (Model) throws -> Double
  /// Called after every epoch, with the state to save and what the epoch did.
  var afterEpoch: (TrainingState<Model>, EpochRecord) throws -> Void
  /// What of each weight is added to its gradient after clipping.
  let weightDecay: Float

  /// A trainer from its parts, which `Trainer` describes; no buffers and no weight decay by default.
  ///
  /// `loss` gets the model, the indices of the batch's cases, the epoch from 1 and the generator.
  package init(
    plan: TrainingPlan, caseCount: Int, weightDecay: Float = 0,
    loss: @escaping (Model, [Int], Int, inout SeededGenerator) throws -> Tensor<Float>,
    calibrate: @escaping (inout Model) -> Void = { _ in },
    validationLoss: @escaping (Model) throws -> Double,
    afterEpoch: @escaping (TrainingState<Model>, EpochRecord) throws -> Void = { _, _ in }
  ) {
    self.plan = plan
    self.caseCount = caseCount
    self.weightDecay = weightDecay
    self.loss = loss
    self.calibrate = calibrate
    self.validationLoss = validationLoss
    self.afterEpoch = afterEpoch
  }

  /// Runs until the epochs are done or patience is out.
  ///
  /// Throws `TrainingError.notFinite`, and what the closures throw.
  package func run(from start: TrainingState<Model>) throws -> TrainingState<Model> {
    var state = start
    while state.epoch < plan.epochs, state.epoch - state.bestEpoch < plan.patience {
      let rate = state.schedule.rate(epoch: state.epoch)
      let trainLoss = try trainOneEpoch(&state, rate: rate)
      calibrate(&state.model)
      let loss = try validationLoss(state.model)
      guard loss.isFinite else {
        throw TrainingError.notFinite(
          epoch: state.epoch + 1, batch: batchCount, tensor: "the validation loss after it")
      }
      state.epoch += 1
      if loss < state.bestLoss {
        state.bestLoss = loss
        state.bestEpoch = state.epoch
        state.best = state.model
      }
      state.schedule.observe(loss)
      try afterEpoch(
        state,
        EpochRecord(
          epoch: state.epoch, trainLoss: trainLoss, validationLoss: loss, learningRate: rate))
    }
    return state
  }

  private var batchCount: Int { (caseCount + plan.batch - 1) / plan.batch }

  private func trainOneEpoch(_ state: inout TrainingState<Model>, rate: Double) throws -> Double {
    let order = state.generator.permutation(of: caseCount)
    var total = 0.0
    for (batch, start) in stride(from: 0, to: caseCount, by: plan.batch).enumerated() {
      let indices = Array(order[start..<min(start + plan.batch, caseCount)])
      let tracked = state.model.tracked()
      let value = try loss(tracked, indices, state.epoch + 1, &state.generator)
      func stop(_ tensor: String) -> TrainingError {
        .notFinite(epoch: state.epoch + 1, batch: batch + 1, tensor: tensor)
      }
      let height = Double(value.item)
      guard height.isFinite else { throw stop("the loss") }
      var found = gradients(of: consume value, for: tracked.parameters)
      guard clip(&found, to: plan.gradientClip).isFinite else {
        let named = zip(state.model.namedParameters, found).first { $1.firstNonFinite != nil }
        throw stop("the gradient of \(named?.0.name ?? "all parameters together")")
      }
      if weightDecay > 0 { found.addWeightDecay(weightDecay, of: state.model) }
      state.optimiser.update(&state.model, gradients: found, rate: rate)
      total += height * Double(indices.count)
    }
    if let broken = state.model.namedParameters.first(where: { $0.tensor.firstNonFinite != nil }) {
      throw TrainingError.notFinite(
        epoch: state.epoch + 1, batch: batchCount, tensor: broken.name)
    }
    return total / Double(caseCount)
  }
}
