// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimDetection
import MinimLearning
import MinimSeries
import MinimTensor
import Testing

@Suite struct OneClassSVMTests {
  let golden: ClosedFormGolden.Machine
  /// A machine with the reference's features.
  let machine: OneClassSVM

  init() throws {
    golden = try ClosedFormGolden.read().machine
    var machine = OneClassSVM(.init(channels: golden.channels, features: golden.features))
    machine.frequencies = Tensor(golden.frequencies, shape: machine.frequencies.shape)
    machine.phases = Tensor(golden.phases, shape: machine.phases.shape)
    self.machine = machine
  }

  @Test func scoresOfTheSameWeights() {
    var given = machine
    given.weight = Tensor(golden.weight, shape: given.weight.shape)
    given.offset = Tensor([golden.offset], shape: [1])
    let scores = given.scores(of: recording(golden.test, channels: golden.channels)).scores
    #expect(distance(scores, golden.scores) < 1e-5)
  }

  /// F of the training windows, in float64 from the scores ρ - w · φ.
  private func objective(_ machine: OneClassSVM, _ train: Recording) -> Double {
    let scores = machine.scores(of: train).scores
    let hinge = scores.reduce(0) { $0 + max(0, $1) } / Double(scores.count)
    let norm = machine.weight.scalars.reduce(0.0) { $0 + Double($1) * Double($1) }
    return norm / 2 - Double(machine.offset.item) + hinge / machine.configuration.nu
  }

  @Test func comesCloseToTheLeastObjective() throws {
    let train = recording(golden.train, channels: golden.channels)
    let found = try machine.fitted(to: train, epochs: 300)
    let value = objective(found, train)
    #expect(value > golden.least - 1e-5)
    #expect(value < golden.least + 0.002)
    #expect(value < golden.rival + 0.001)
    // ν n = 30; the window on the boundary itself scores 0.
    let outside = found.scores(of: train).scores.filter { $0 > 1e-6 }.count
    #expect(outside <= 30 && outside >= 25)
  }

  /// Three steps over all windows in plain float64: the mean of w weighs step t, from 0, by t + 1.
  @Test func averagesByTheWeightsOfTheSteps() throws {
    let train = recording(golden.train, channels: golden.channels)
    var plan = OneClassSVM.plan
    (plan.epochs, plan.batch, plan.seed) = (3, train.count, 5)
    var found = machine
    let windows = Windows(train, for: found.configuration)
    try found.fit(
      windows, held: windows, plan: plan,
      progress: Progress("test", total: 3, unit: "epoch", quiet: true))

    let count = golden.features, size = golden.channels
    let mapped = (0..<train.count).map { row in
      (0..<count).map { feature in
        let turn = (0..<size).reduce(Double(golden.phases[feature])) {
          $0 + Double(golden.frequencies[feature * size + $1])
            * Double(golden.train[row * size + $1])
        }
        return (2 / Double(count)).squareRoot() * cos(turn)
      }
    }
    var generator = SeededGenerator(seed: 5)
    var w = [Double](repeating: 0, count: count), sum = w
    for step in 0..<3 {
      let along = generator.permutation(of: train.count).map { row in
        (row: row, value: zip(w, mapped[row]).reduce(0) { $0 + $1.0 * $1.1 })
      }
      // Equal ones, as all are at the first step, keep the order of the batch.
      let places = along.indices.sorted { (along[$0].value, $0) < (along[$1].value, $1) }
      var left = found.configuration.nu * Double(train.count)
      var direction = [Double](repeating: 0, count: count)
      for place in places where left > 0 {
        for feature in 0..<count {
          direction[feature] += min(1, left) * mapped[along[place].row][feature]
        }
        left -= 1
      }
      let mass = found.configuration.nu * Double(train.count)
      for feature in 0..<count {
        w[feature] += 2 / Double(step + 2) * (direction[feature] / mass - w[feature])
        sum[feature] += Double(step + 1) * w[feature]
      }
    }
    #expect(distance(found.weight.scalars.map(Double.init), sum.map { $0 / 6 }) < 1e-5)
  }

  @Test func ranksAsTheKernel() throws {
    let train = recording(golden.train, channels: golden.channels)
    let found = try OneClassSVM(.init(channels: golden.channels)).fitted(to: train)
    let scores = found.scores(of: recording(golden.test, channels: golden.channels)).scores
    #expect(rankCorrelation(scores, golden.kernelScores) > 0.95)
  }

  @Test func impossibleSizes() {
    #expect(OneClassSVM.Configuration(channels: 2, window: 3).gamma == 1.0 / 6)
    for bad in [
      OneClassSVM.Configuration(channels: 0), .init(channels: 1, window: 0),
      .init(channels: 1, features: 0), .init(channels: 1, nu: 0), .init(channels: 1, nu: 1.1),
      .init(channels: 1, nu: .nan),
    ] { #expect(!bad.isValid) }
  }
}
