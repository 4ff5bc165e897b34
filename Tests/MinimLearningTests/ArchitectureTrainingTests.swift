// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimLayers
import MinimLearning
import MinimModels
import MinimScores
import MinimSeries
import MinimTensor
import Testing

/// The folder of real data sets, or nil where there is none.
private let realData: URL? = {
  let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  let named = ProcessInfo.processInfo.environment["MINIM_DATA"].map { URL(filePath: $0) }
  let folder = named ?? package.deletingLastPathComponent().appending(path: "shared/data")
  return FileManager.default.fileExists(atPath: folder.appending(path: "ucr").path) ? folder : nil
}()

/// Within the other suite, for the thread count is the process's own.
extension TrainingTests {
  /// Classifiers with norms in whole training runs.
  @Suite struct ArchitectureTrainingTests {
    private func cases(_ length: LengthPolicy = .require) throws -> LearningCases {
      var generator = SeededGenerator(seed: 1)
      var set = VibrationSample.problem(
        trainCases: 60, testCases: 6, noise: 0.3, using: &generator
      ).train
      if length == .pad {
        for index in set.cases.indices {
          let kept = set.cases[index].length - index % 17
          set.cases[index].length = kept
          set.cases[index].values.removeLast(set.cases[index].values.count - kept)
        }
      }
      return try LearningCases(set, preparation: Preparation(length: length), splitSeed: 1)
    }

    private func models() -> [any StoredClassifier<Float>] {
      var generator = SeededGenerator(seed: 4)
      return [
        TemporalConvolution(
          .init(layers: 3, hidden: 6, channels: 1, classes: 6), using: &generator),
        Lite(.init(hidden: 4, channels: 1, classes: 6), using: &generator),
      ]
    }

    private func numbers(_ tree: some ParameterTree<Float>) -> [[Float]] {
      tree.entries().map { (try? $0.values(as: Float.self)) ?? [] }
    }

    @Test(arguments: [LengthPolicy.require, .pad])
    func theSameBitsForAnyNumberOfThreads(_ length: LengthPolicy) throws {
      let cases = try cases(length)
      func run<M: StoredClassifier<Float>>(_ model: M) throws -> [[Float]] {
        let plan = TrainingPlan(epochs: 3, learningRate: 0.01, seed: 5)
        return numbers(try trainClassifier(model, on: cases, plan: plan).best)
      }
      let before = threadCount
      defer { threadCount = before }
      for model in models() {
        threadCount = 1
        let alone = try run(model)
        #expect(alone.count > model.parameters.count, "buffers are saved")
        for threads in [2, 5] {
          threadCount = threads
          #expect(try run(model) == alone, "\(threads) threads")
        }
      }
    }

    @Test func aResumedRunEndsWithTheSameBits() throws {
      let cases = try cases()
      func run<M: StoredClassifier<Float>>(
        _ model: M, epochs: Int, in folder: String, resume: Bool
      ) throws -> [[Float]] {
        let plan = TrainingPlan(epochs: epochs, learningRate: 0.01, seed: 5)
        let run = try RunFolder(path: folder, resume: resume)
        if !resume { try run.write("{}", to: "run.json") }
        return numbers(
          try trainClassifier(
            model, on: cases, plan: plan, run: run, resume: resume, identity: "x"
          ).best)
      }
      for model in models() {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let whole = try run(model, epochs: 6, in: "\(folder)/whole", resume: false)
        _ = try run(model, epochs: 2, in: "\(folder)/parts", resume: false)
        #expect(try run(model, epochs: 6, in: "\(folder)/parts", resume: true) == whole)
      }
    }

    /// What validates is the model with the buffers of the cases to learn from.
    @Test func theBestWeightsComeWithTheirBuffers() throws {
      let cases = try cases()
      func check<M: StoredClassifier<Float>>(_ model: M) throws {
        let outcome = try trainClassifier(
          model, on: cases, plan: TrainingPlan(epochs: 4, learningRate: 0.01, seed: 5))
        let score = try scores(of: outcome.best, on: cases.validation)
        #expect(abs(score.logLoss - outcome.bestLoss) < 1e-5)
        var again = outcome.best
        again.calibrate(cases.train.batch(Array(0..<cases.train.caseCount)).series, lengths: nil)
        #expect(numbers(again) == numbers(outcome.best))
      }
      for model in models() { try check(model) }
    }

    private func accuracy<M: StoredClassifier<Float>>(
      _ name: String, _ length: LengthPolicy,
      _ make: (_ classes: Int, inout SeededGenerator) -> M
    ) throws -> Double {
      let folder = try #require(realData).appending(path: "ucr/\(name)").path
      let problem = try ClassificationProblem(contentsOf: folder)
      let cases = try LearningCases(
        problem.train, preparation: Preparation(length: length), splitSeed: 1)
      var generator = SeededGenerator(seed: 1)
      let model = make(problem.train.classNames.count, &generator)
      let plan = TrainingPlan(epochs: 60, learningRate: 0.01, seed: 1)
      let best = try trainClassifier(model, on: cases, plan: plan).best
      return try scores(of: best, on: cases.preparation.apply(to: #require(problem.test))).accuracy
    }

    /// Seeds 1 to 3 gave 85 to 87 % of fifteen classes, and 91 to 92 % of two.
    @Test(.enabled(if: realData != nil, "no real data: set MINIM_DATA to a folder with ucr"))
    func sixtyEpochsOnRealData() throws {
      let temporal = try accuracy("SwedishLeaf", .resample(32)) {
        TemporalConvolution(.init(layers: 3, hidden: 8, channels: 1, classes: $0), using: &$1)
      }
      #expect(temporal > 0.75)
      let lite = try accuracy("ItalyPowerDemand", .require) {
        Lite(.init(hidden: 8, channels: 1, classes: $0), using: &$1)
      }
      #expect(lite > 0.85)
    }
  }
}
