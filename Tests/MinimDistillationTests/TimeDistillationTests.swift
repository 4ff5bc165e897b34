// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimDistillation
import MinimForecasting
import MinimLayers
import MinimLearning
import MinimTensor
import Testing

/// What Tools/golden/forecast_students.py wrote of TimeDistill's loss.
private struct GoldenTimeDistillation: Decodable, Sendable {
  struct Array: Decodable, Sendable {
    let shape: [Int]
    let values: [Double]

    var tensor: Tensor<Double> { Tensor(values, shape: shape) }
  }
  struct Losses: Decodable, Sendable {
    let lean: Double
    let reference: Double
    let inputs: [String: Array]
    let gradients: [String: Array]
  }
  let distillation: Losses

  static let read = Result {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode(
      Self.self, from: Data(contentsOf: tests.appending(path: "Golden/forecast-students.json"))
    ).distillation
  }
}

@Suite struct TimeDistillationTests {
  /// The vectors of methods, timedistill 2.
  private let teacher = Tensor<Double>(
    [0.1, 0.4, 0.2, -0.3, -0.1, 0.5, 0.3, -0.2], shape: [1, 1, 8])
  private let student = Tensor<Double>(
    [0, 0.3, 0.3, -0.1, -0.2, 0.2, 0.4, 0.1], shape: [1, 1, 8])

  @Test func goldenVector() {
    var difference = student - teacher
    for expected in [0.03375, 0.028125, 0.0003125, 0.00015625] {
      #expect(abs(difference.squared().mean().item - expected) < 1e-12)
      if difference.count > 1 { difference = difference.averagePooled(over: [2]) }
    }
    #expect(abs(TimeDistillation.scaleLoss(student, teacher).item - 0.0155859375) < 1e-12)
    func expect(_ x: Tensor<Double>, _ amplitudes: [Double], _ shares: [Double]) {
      let found = x.spectrumAmplitudes().sliced(1..<5, along: 2)
      #expect((found - Tensor(amplitudes, shape: [1, 1, 4])).absolute().max().item < 1e-7)
      let softmax = (found / 0.5).logSoftmax().exp()
      #expect((softmax - Tensor(shares, shape: [1, 1, 4])).absolute().max().item < 1e-7)
    }
    expect(
      teacher, [0.31350322, 1.48660687, 0.20424429, 0.1],
      [0.07750709, 0.80962952, 0.06229316, 0.05057023])
    expect(
      student, [0.44608850, 1.02956301, 0.03170253, 0],
      [0.19768607, 0.63500274, 0.08630680, 0.08100438])
    let mean = TimeDistillation.periodLoss(student, teacher).item
    #expect(abs(mean - 0.01999747) < 1e-7 && abs(4 * mean - 0.07998988) < 1e-7)
    #expect(abs(TimeDistillation.periodLoss(teacher, teacher).item) < 1e-15)
    #expect(TimeDistillation.scaleLoss(teacher, teacher).item == 0)
  }

  /// An impulse shows which elements each scale still has: an odd last one is left out.
  @Test func scalesAreOfPairs() {
    func loss(_ length: Int, at place: Int) -> Double {
      var values = [Double](repeating: 0, count: length)
      values[place] = 1
      let zeros = Tensor<Double>(zeros: [1, 1, length])
      return TimeDistillation.scaleLoss(Tensor(values, shape: [1, 1, length]), zeros).item
    }
    // 96 → 48 → 24 → 12: means of squares 1/96, 1/4/48, 1/16/24, 1/64/12.
    #expect(abs(loss(96, at: 95) - (1 / 96 + 1 / 192 + 1 / 384 + 1 / 768.0) / 4) < 1e-15)
    // 720 → 360 → 180 → 90.
    #expect(abs(loss(720, at: 0) - (1 / 720 + 1 / 1440 + 1 / 2880 + 1 / 5760.0) / 4) < 1e-15)
    // 7 → 3 → 1: the last element is in the first scale alone, and three scales are all.
    #expect(abs(loss(7, at: 6) - 1 / 7.0 / 3) < 1e-15)
    #expect(abs(loss(7, at: 0) - (1 / 7 + 1 / 12 + 1 / 16.0) / 3) < 1e-15)
    #expect(loss(1, at: 0) == 1)
  }

  /// Also where amplitudes are 0: of the highest frequency, and of all.
  @Test func gradientsAreThoseOfDifferences() throws {
    var generator = SeededGenerator(seed: 2)
    let a = Tensor<Double>.normal(shape: [2, 3, 9], using: &generator)
    let b = Tensor<Double>.normal(shape: [2, 3, 9], using: &generator)
    try checkGradients(at: [a, b]) { [TimeDistillation.scaleLoss($0[0], $0[1])] }
    try checkGradients(at: [a, b], absolute: 1e-8) { [TimeDistillation.periodLoss($0[0], $0[1])] }
    let even = Tensor<Double>(
      [0.25, 0.5, 0.5, -0.5, -0.25, 0.25, 0.75, 1, 0.5, 0.25, 0.25, 0.5], shape: [1, 1, 12])
    #expect(even.spectrumAmplitudes().scalars[6] == 0)
    let none = Tensor<Double>(zeros: [1, 1, 12])
    let other = Tensor<Double>.normal(shape: [1, 1, 12], using: &generator)
    for (x, y) in [(even, other), (none, other), (other, even), (other, none), (even, none)] {
      try checkGradients(at: [x, y], absolute: 1e-8) {
        [TimeDistillation.periodLoss($0[0], $0[1])]
      }
    }
  }

  private let names = [
    "student", "teacher", "student.feature", "teacher.feature", "first.weight", "first.bias",
    "second.weight", "second.bias",
  ]

  private func whole(
    _ mode: TimeDistillation.Mode, _ inputs: [Tensor<Double>], regressor: [Tensor<Double>]
  ) -> Tensor<Double> {
    TimeDistillation(alpha: 0.7, beta: 1.3, mode: mode).loss(
      ForecastPass(output: inputs[0], feature: inputs[2]),
      ForecastPass(output: inputs[1], feature: inputs[3]), regressor: regressor)
  }

  /// Forecasts of an odd length, features, and a regressor, all of whose gradients are PyTorch's.
  @Test func wholeLossIsThatOfPyTorch() throws {
    let golden = try GoldenTimeDistillation.read.get()
    let inputs = try names.map { try #require(golden.inputs[$0]).tensor.variable() }
    let lean = whole(.lean, inputs, regressor: Array(inputs[4...]))
    #expect(abs(lean.item - golden.lean) < 1e-9)
    let reference = whole(.reference, inputs, regressor: Array(inputs[4...]))
    #expect(abs(reference.item - golden.reference) < 1e-9)
    for (name, gradient) in zip(names, gradients(of: reference, for: inputs)) {
      let expected = try #require(golden.gradients[name]).tensor
      #expect((gradient - expected).absolute().max().item < 1e-9, "\(name)")
      #expect(expected.absolute().max().item > 1e-4, "\(name)")
    }
  }

  /// A side without features leaves the forecasts' terms.
  @Test func withoutFeaturesTheForecastsAreCompared() throws {
    let golden = try GoldenTimeDistillation.read.get()
    let inputs = try names.map { try #require(golden.inputs[$0]).tensor }
    let loss = TimeDistillation(alpha: 0.7, beta: 1.3)
    let plain =
      (TimeDistillation.scaleLoss(inputs[0], inputs[1]).item
        + TimeDistillation.periodLoss(inputs[0], inputs[1]).item) * 0.7
    let regressor = Array(inputs[4...])
    let own = ForecastPass(output: inputs[0]), other = ForecastPass(output: inputs[1])
    let owned = ForecastPass(output: inputs[0], feature: inputs[2])
    let given = ForecastPass(output: inputs[1], feature: inputs[3])
    #expect(abs(loss.loss(own, given, regressor: regressor).item - plain) < 1e-15)
    #expect(abs(loss.loss(owned, other, regressor: regressor).item - plain) < 1e-15)
    #expect(abs(loss.loss(owned, given, regressor: []).item - plain) < 1e-15)
    #expect(loss.loss(owned, given, regressor: regressor).item > plain + 1e-3)
  }

  /// One row to come has no period.
  @Test func oneRowHasScalesAlone() {
    let a = Tensor<Double>([1, 2], shape: [2, 1, 1]), b = Tensor<Double>([0, 4], shape: [2, 1, 1])
    let loss = TimeDistillation().loss(
      ForecastPass(output: a), ForecastPass(output: b), regressor: [])
    #expect(loss.item == 2.5)
  }
}
