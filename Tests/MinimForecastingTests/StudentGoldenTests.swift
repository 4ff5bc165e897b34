// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimForecasting
import MinimLayers
import MinimTensor
import Testing

/// What Tools/golden/forecast_students.py wrote of forecasters.
private struct GoldenStudents: Decodable, Sendable {
  struct Model: Decodable, Sendable {
    let horizon: Int
    let output: GoldenArray
    let trainingOutput: GoldenArray
    let feature: GoldenArray?
    let penalty: Double?
    let gradients: [String: GoldenArray]

    enum CodingKeys: String, CodingKey {
      case horizon, output, feature, penalty, gradients
      case trainingOutput = "training_output"
    }
  }
  let rows: GoldenArray
  let steps: [Int]
  let targets: [String: GoldenArray]
  let models: [String: Model]

  static let read = Result {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode(
      Self.self, from: Data(contentsOf: tests.appending(path: "Golden/forecast-students.json")))
  }
}

/// Light forecasters beside PyTorch's, with the same weights.
@Suite struct StudentGoldenTests {
  private typealias Linear = LinearForecaster<Double>

  /// Holds a forecaster's passes, its penalty and all gradients of its loss against the script's.
  private func check<F: Forecaster<Double>>(
    as _: F.Type, _ name: String, _ configuration: F.Configuration
  ) throws {
    let golden = try GoldenStudents.read.get()
    let expected = try #require(golden.models[name])
    #expect(configuration.isValid && configuration.horizon == expected.horizon)
    let target = try #require(golden.targets["\(expected.horizon)"])
    let windows = LookBack(values: golden.rows.tensor, steps: golden.steps)
    var generator = SeededGenerator(seed: 1)
    var model = F(configuration, using: &generator)
    model.fillByName()
    let held = model.entries().reduce(0) { $0 + $1.shape.reduce(1, *) }
    #expect(configuration.storedCount == Double(held))

    let used = model(windows)
    expected.output.expect(used.output, "output")
    #expect(used.penalty == nil && (used.feature == nil) == (expected.feature == nil))
    if let feature = used.feature { expected.feature?.expect(feature, "feature") }

    let tracked = model.tracked()
    let fresh = generator
    let pass = tracked.pass(windows, training: true, using: &generator)
    #expect(generator == fresh)
    expected.trainingOutput.expect(pass.output, "output in training")
    if let feature = pass.feature { expected.feature?.expect(feature, "feature in training") }
    // λ times an error of up to 1e-12 under a root.
    #expect(abs((pass.penalty?.item ?? 0) - (expected.penalty ?? 0)) < 1e-9)
    var loss = Tensor.meanSquaredError(pass.output, target.tensor)
    if let penalty = pass.penalty { loss = loss + penalty }
    let found = gradients(of: loss, for: tracked.parameters)
    #expect(Set(tracked.namedParameters.map(\.name)) == Set(expected.gradients.keys))
    for (named, gradient) in zip(tracked.namedParameters, found) {
      expected.gradients[named.name]?.expect(gradient, "gradient of \(named.name)")
    }
    // Buffers by the same windows make the pass in use that of training.
    model.calibrate(windows)
    expected.trainingOutput.expect(model(windows).output, "output after calibration")
  }

  @Test func perceptron() throws {
    try check(
      as: ForecastPerceptron<Double>.self, "mlp",
      .init(channels: 3, lookback: 48, horizon: 12, hidden: 10))
    try check(
      as: ForecastPerceptron<Double>.self, "mlp-plain",
      .init(channels: 3, lookback: 48, horizon: 24, hidden: 9, decomposes: false))
  }

  @Test func linear() throws {
    try check(
      as: Linear.self, "dlinear", .init(kind: .decomposed, channels: 3, lookback: 48, horizon: 12))
    try check(
      as: Linear.self, "nlinear", .init(kind: .last, channels: 3, lookback: 48, horizon: 24))
    try check(
      as: Linear.self, "rlinear", .init(kind: .reversible, channels: 3, lookback: 48, horizon: 12))
    try check(
      as: Linear.self, "low-rank",
      .init(kind: .lowRank, channels: 3, lookback: 48, horizon: 24, rank: 5))
  }

  /// Kernels of an odd and an even period, one map and two.
  @Test func sparse() throws {
    try check(
      as: SparseForecaster<Double>.self, "sparsetsf",
      .init(channels: 3, lookback: 48, horizon: 12, period: 4))
    try check(
      as: SparseForecaster<Double>.self, "sparsetsf-odd",
      .init(channels: 3, lookback: 48, horizon: 24, period: 3))
    try check(
      as: SparseForecaster<Double>.self, "sparsetsf-mlp",
      .init(channels: 3, lookback: 48, horizon: 24, period: 12, hidden: 7))
  }

  /// Few frequencies, all of them, and a horizon so long that K' would be more than there are.
  @Test func fourier() throws {
    typealias Sizes = FourierForecaster<Double>.Configuration
    let few = Sizes(channels: 3, lookback: 48, horizon: 24, period: 12, harmonics: 1)
    #expect(few.frequencies == 15 && few.outputs == 22)
    try check(as: FourierForecaster<Double>.self, "fits", few)
    let all = Sizes(channels: 3, lookback: 48, horizon: 12, period: 4, harmonics: 9)
    #expect(all.frequencies == 25 && all.outputs == 31)
    try check(as: FourierForecaster<Double>.self, "fits-all", all)
    let more = Sizes(channels: 3, lookback: 48, horizon: 48, period: 4, harmonics: 9)
    #expect(more.outputs == 49)
    try check(as: FourierForecaster<Double>.self, "fits-more", more)
  }

  /// With a penalty; with one basis segment, and a horizon that is no multiple of the period.
  @Test func timeBase() throws {
    try check(
      as: TimeBase<Double>.self, "timebase",
      .init(channels: 3, lookback: 48, horizon: 24, period: 12, rank: 3))
    try check(
      as: TimeBase<Double>.self, "timebase-cut",
      .init(channels: 3, lookback: 48, horizon: 12, period: 8, rank: 1))
  }

  @Test func cycleNet() throws {
    try check(
      as: CycleNet<Double>.self, "cyclenet",
      .init(channels: 3, lookback: 48, horizon: 12, period: 7))
    try check(
      as: CycleNet<Double>.self, "cyclenet-mlp",
      .init(channels: 3, lookback: 48, horizon: 24, period: 24, hidden: 6))
  }
}
