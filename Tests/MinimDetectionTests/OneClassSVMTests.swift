// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimDetection
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
