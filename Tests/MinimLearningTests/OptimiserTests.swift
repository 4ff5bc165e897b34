// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimLayers
import MinimLearning
import MinimTensor
import Testing

/// A weight of four and a bias: the smallest tree.
struct Line: ParameterTree {
  var weight = Tensor<Float>(repeating: 1, shape: [4])
  var bias = Tensor<Float>(zeros: [1])

  mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    try visit(path.appending("weight"), &weight)
    try visit(path.appending("bias"), &bias)
  }
}

struct GoldenPaths: Decodable {
  let a: [Float]
  let b: [Float]
  let paths: [String: [[Double]]]

  static func read() throws -> GoldenPaths {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode(
      GoldenPaths.self, from: Data(contentsOf: tests.appending(path: "Golden/optimisers.json")))
  }
}

@Suite struct OptimiserTests {
  @Test(arguments: OptimiserKind.allCases) func followsPyTorch(_ kind: OptimiserKind) throws {
    let golden = try GoldenPaths.read()
    let a = Tensor(golden.a, shape: [6, 4]), b = Tensor(golden.b, shape: [6])
    var line = Line()
    var optimiser = Optimiser(kind, for: line)
    for expected in try #require(golden.paths[kind.rawValue]) {
      let tracked = line.tracked()
      let product = a.product(tracked.weight.reshaped(to: [4, 1])).reshaped(to: [6])
      let loss = (product + tracked.bias - b).squared().sum() * 0.5
      var found = gradients(of: loss, for: tracked.parameters)
      _ = clip(&found, to: 5)
      optimiser.update(&line, gradients: found, rate: kind == .sgd ? 0.01 : 0.05)
      for (x, y) in zip(line.weight.scalars + line.bias.scalars, expected) {
        #expect(abs(Double(x) - y) < 1e-5 * max(1, abs(y)))
      }
    }
    #expect(optimiser.steps == 20)
  }

  @Test func clippingKeepsTheDirectionAndLeavesSmallGradientsAlone() {
    var gradients = [Tensor<Float>([3, 0], shape: [2]), Tensor<Float>([4], shape: [1])]
    #expect(clip(&gradients, to: 10) == 5)
    #expect(gradients[0].scalars == [3, 0])
    #expect(clip(&gradients, to: 1) == 5)
    #expect(abs(gradients[0].scalars[0] - 0.6) < 1e-5 && abs(gradients[1].scalars[0] - 0.8) < 1e-5)
  }

  @Test func schedules() {
    func rates(_ kind: ScheduleKind, _ epochs: [Int]) -> [Double] {
      let schedule = Schedule(TrainingPlan(epochs: 100, learningRate: 2, schedule: kind))
      return epochs.map { schedule.rate(epoch: $0) }
    }
    #expect(rates(.constant, [0, 99]) == [2, 2])
    #expect(rates(.step, [0, 49, 50, 74, 75]) == [2, 2, 0.2, 0.2, 0.02])
    let cosine = rates(.cosine, [0, 50, 100])
    #expect(cosine[0] == 2 && abs(cosine[1] - 1) < 1e-12 && abs(cosine[2]) < 1e-12)
  }

  @Test func plateauHalvesAfterElevenEpochsWithoutGain() {
    var schedule = Schedule(TrainingPlan(learningRate: 1, schedule: .plateau))
    schedule.observe(1)
    for _ in 0..<10 { schedule.observe(1) }
    #expect(schedule.rate(epoch: 0) == 1)
    schedule.observe(1)
    #expect(schedule.rate(epoch: 0) == 0.5)
    schedule.observe(0.5)
    for _ in 0..<200 { schedule.observe(0.5) }
    #expect(schedule.rate(epoch: 0) == 1e-3)
  }
}
