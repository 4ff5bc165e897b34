// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimLayers
import MinimLearning
import MinimModels
import MinimScores
import MinimSeries
import MinimTensor
import Testing

/// The thread count is the process's own, so these run one after the other.
@Suite(.serialized) struct TrainingTests {
  static let cases: LearningCases? = {
    var generator = SeededGenerator(seed: 1)
    let problem = VibrationSample.problem(
      trainCases: 60, testCases: 6, noise: 0.3, using: &generator)
    return try? LearningCases(problem.train, preparation: Preparation(), splitSeed: 1)
  }()

  private func model(seed: UInt64 = 1) -> RecurrentClassifier<Float> {
    var generator = SeededGenerator(seed: seed)
    return RecurrentClassifier(
      .init(cell: .lstm, layers: 2, hidden: 9, channels: 1, classes: 6), using: &generator)
  }

  private func weights(_ tree: RecurrentClassifier<Float>) -> [[Float]] {
    tree.parameters.map(\.scalars)
  }

  /// Validation cases of another scale must not be seen by the scaler.
  @Test func theScalerIsFittedToTheCasesToLearnFromAlone() throws {
    var generator = SeededGenerator(seed: 1)
    var set = VibrationSample.problem(
      trainCases: 60, testCases: 6, noise: 0.3, using: &generator
    ).train
    let preparation = Preparation(normalise: .training)
    let cases = try LearningCases(set, preparation: preparation, splitSeed: 1)
    for index in cases.validationIndices {
      set.cases[index].values = set.cases[index].values.map { $0 * 1000 }
    }
    let changed = try LearningCases(set, preparation: preparation, splitSeed: 1)
    #expect(changed.preparation == cases.preparation)
    #expect(changed.train == cases.train)
    #expect(changed.validation != cases.validation)
    let values = cases.train.values.map { Double($0) }
    #expect(abs(values.reduce(0, +)) / Double(values.count) < 1e-5)
    #expect(abs(values.reduce(0) { $0 + $1 * $1 } / Double(values.count) - 1) < 1e-4)
  }

  @Test func theSameBitsForAnyNumberOfThreadsAndAnotherSeedOthers() throws {
    let cases = try #require(Self.cases)
    let before = threadCount
    defer { threadCount = before }
    var results: [[[Float]]] = []
    for threads in [1, 2, 3, 4, 8] {
      threadCount = threads
      let plan = TrainingPlan(epochs: 4, learningRate: 0.01, seed: 5)
      results.append(weights(try trainClassifier(model(), on: cases, plan: plan).best))
    }
    for result in results.dropFirst() { #expect(result == results[0]) }
    let other = TrainingPlan(epochs: 4, learningRate: 0.01, seed: 6)
    #expect(weights(try trainClassifier(model(), on: cases, plan: other).best) != results[0])
  }

  @Test func theBestWeightsComeBackAndPatienceEndsTheRun() throws {
    let cases = try #require(Self.cases)
    let plan = TrainingPlan(epochs: 400, learningRate: 0.03, schedule: .constant, patience: 5)
    let outcome = try trainClassifier(model(), on: cases, plan: plan)
    #expect(outcome.epochs < 400)
    #expect(outcome.epochs == outcome.bestEpoch + 5)
    let score = try scores(of: outcome.best, on: cases.validation)
    #expect(abs(score.logLoss - outcome.bestLoss) < 1e-5)
  }

  @Test func noEpochsLeaveTheModelUntrained() throws {
    let outcome = try trainClassifier(
      model(), on: try #require(Self.cases), plan: TrainingPlan(epochs: 0))
    #expect(weights(outcome.best) == weights(model()))
    #expect(outcome.bestLoss.isFinite && outcome.bestEpoch == 0)
  }

  @Test func aNumberThatIsNotFiniteIsNamed() throws {
    let cases = try #require(Self.cases)
    let plan = TrainingPlan(
      epochs: 50, learningRate: 1e38, schedule: .constant, optimiser: .sgd, gradientClip: 1e9)
    #expect {
      try trainClassifier(model(), on: cases, plan: plan)
    } throws: { error in
      guard case TrainingError.notFinite(let epoch, let batch, let tensor) = error else {
        return false
      }
      return epoch == 1 && (1...2).contains(batch) && !tensor.isEmpty
    }
    var broken = model()
    broken.head.weight = Tensor(repeating: .nan, shape: broken.head.weight.shape)
    #expect(throws: TrainingError.notFinite(epoch: 1, batch: 1, tensor: "the loss")) {
      try trainClassifier(broken, on: cases, plan: TrainingPlan(epochs: 1))
    }
  }

  @Test func theBatchSizeOfScoringChangesNothing() throws {
    let cases = try #require(Self.cases).train
    let whole = logits(of: model(), for: cases).scalars
    for size in [1, 7, 32] {
      var parts: [Float] = []
      for start in stride(from: 0, to: cases.caseCount, by: size) {
        let indices = Array(start..<min(start + size, cases.caseCount))
        let (series, lengths) = cases.batch(indices)
        parts += model()(series, lengths: lengths).output.scalars
      }
      #expect(parts == whole, "batches of \(size)")
    }
  }
}
