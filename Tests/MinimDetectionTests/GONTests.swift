// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimDetection
import MinimLayers
import MinimLearning
import MinimScores
import MinimSeries
import MinimTensor
import Testing

@Suite struct GONTests {
  @Test func parameters() {
    var generator = SeededGenerator(seed: 1)
    // Methods, gon 1.2: 16 n + 305.
    for (channels, count) in [(1, 545), (25, 6305), (55, 13505), (38, 9425)] {
      let detector = GON(.compat(channels: channels), using: &generator)
      #expect(detector.parameterCount == count)
    }
  }

  @Test func explore() throws {
    let root = "/work/shared/data/"
    for name in ["ftsad/FTSAD-1", "gon_smd"] {
      for compat in [true, false] {
      let problem = try readDetectionProblems(at: root + name)[0]
      let scaler = try RangeScaler(problem.train)
      print(name, problem.train.count, problem.train.channels, scaler.constantChannels.count)
      let train = compat ? problem.train : try scaler.apply(to: problem.train).recording
      let test = compat ? problem.test! : try scaler.apply(to: problem.test!).recording
      var generator = SeededGenerator(seed: 1)
      let c = problem.train.channels
      var detector = GON(compat ? .compat(channels: c) : .init(channels: c), using: &generator)
      let windows = Windows(train, for: detector.configuration)
      var plan = compat ? TrainingPlan(epochs: c == 1 ? 5 : 1, batch: 1, learningRate: c == 1 ? 5e-4 : 1e-4) : GON.plan
      plan.seed = 1
      let start = Date()
      try detector.fit(windows, held: windows, plan: plan, progress: Progress("x", total: 1, unit: "e", quiet: true))
      let middle = Date()
      let own = detector.scores(of: windows).scores.sorted()
      let scores = detector.scores(of: Windows(test, for: detector.configuration)).scores
      print("train s", middle.timeIntervalSince(start), "score s", Date().timeIntervalSince(middle))
      let labels = test.labels!
      let t = own[Int(0.9999 * Double(own.count))] * 1.01
      var tp = 0, fp = 0, fn = 0
      for i in scores.indices { if scores[i] > t { if labels[i] {tp += 1} else {fp += 1} } else if labels[i] { fn += 1 } }
      let order = scores.indices.sorted { scores[$0] > scores[$1] }
      var hits = 0.0, ap = 0.0
      for (k, i) in order.enumerated() where labels[i] { hits += 1; ap += hits / Double(k + 1) }
      print(compat, "raw F1", 2 * Double(tp) / Double(2 * tp + fp + fn), "AP", ap / hits, tp, fp, fn, t)
      }
    }
  }
}
