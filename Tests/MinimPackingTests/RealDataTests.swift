// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimHost
import MinimLearning
import MinimModels
import MinimPacking
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

@Suite(.enabled(if: realData != nil, "no real data: set MINIM_DATA to a folder with ucr and uea"))
struct RealDataTests {
  /// Up to 1,000 windows, most of them never seen in training: as trained and as packed in float32.
  @Test(arguments: ["ucr/SwedishLeaf", "uea/JapaneseVowels"])
  func trainedAndPackedAgreeOnUnseenWindows(_ path: String) throws {
    let folder = try #require(realData).appending(path: path).path
    let problem = try ClassificationProblem(contentsOf: folder)
    let test = try #require(problem.test)
    let cases = try LearningCases(
      problem.train, preparation: Preparation(length: .pad), splitSeed: 1)
    var generator = SeededGenerator(seed: 1)
    let model = RecurrentClassifier<Float>(
      .init(
        cell: .lstm, layers: 1, hidden: 8, channels: test.channelCount,
        classes: test.classNames.count), using: &generator)
    let trained = try trainClassifier(
      model, on: cases, plan: TrainingPlan(epochs: 5, learningRate: 0.02, seed: 1)
    ).best
    let packed = try LoadedModel(
      pack(trained, trainedOn: problem.train, cases: cases, precision: .float32, window: 128).bytes,
      path: "packed")
    var all = test
    all.cases += problem.train.cases
    all.cases.removeLast(max(0, all.cases.count - 1000))
    let prepared = try cases.preparation.apply(to: all)
    let expected = logits(of: trained, for: prepared).softmax().scalars
    let classes = test.classNames.count
    var largest: Float = 0
    for (index, item) in all.cases.enumerated() {
      let values = (0..<item.length).flatMap { step in
        (0..<all.channelCount).map { item.values[$0 * item.length + step] }
      }
      let result = try #require(packed.result(forCase: values))
      for (place, output) in result.outputs.enumerated() {
        largest = max(largest, abs(output - expected[index * classes + place]))
      }
    }
    #expect(all.cases.count >= 640)
    #expect(largest > 0 && largest < 1e-5)
  }
}
