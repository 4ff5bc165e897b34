// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimForecasting
import MinimLayers
import MinimLearning
import MinimScores
import MinimSeries
import MinimTensor
import Testing

/// 420 rows of 2 channels with a season of 12 rows and noise.
func seasonalRecording(rows: Int = 420, changedFrom: Int = .max) -> Recording {
  var generator = SeededGenerator(seed: 11)
  let noise = Tensor<Float>.normal(deviation: 0.1, shape: [rows * 2], using: &generator).scalars
  let values = (0..<rows * 2).map { place -> Float in
    let row = place / 2, angle = 2 * Double.pi * Double(row) / 12 + Double(place % 2)
    return Float(sin(angle)) + noise[place] + (row < changedFrom ? 0 : 50)
  }
  return Recording(name: "seasonal", channels: 2, values: values)
}

/// Windows of 48 rows and 12 to come to learn from, to validate and to test on.
func seasonalParts(
  _ recording: Recording = seasonalRecording()
) -> (train: ForecastWindows, validation: ForecastWindows, test: ForecastWindows) {
  func windows(_ part: Range<Int>) -> ForecastWindows {
    ForecastWindows(
      recording, times: TimeAxis(start: 0, step: 3600), part: part, lookback: 48, horizon: 12)
  }
  return (windows(0..<260), windows(260..<340), windows(340..<recording.count))
}

/// The errors of forecasts of all windows, forecast and counted so many windows at a time.
private func errors(
  _ model: any Forecaster<Float>, on windows: ForecastWindows, block: Int = 32, counted: Int = 32
) throws -> ForecastErrors {
  var forecasts: [Float] = [], actuals: [Float] = []
  func add(_ model: some Forecaster<Float>) {
    forEachForecast(of: model, on: windows, block: block) { _, forecast, actual in
      forecasts += forecast.permuted([0, 2, 1]).scalars
      actuals += actual.permuted([0, 2, 1]).scalars
    }
  }
  add(model)
  var errors = ForecastErrors(horizon: windows.horizon, channels: windows.channels)
  let size = counted * windows.horizon * windows.channels
  for start in stride(from: 0, to: forecasts.count, by: size) {
    let part = start..<min(start + size, forecasts.count)
    try errors.add(forecast: forecasts[part], actual: actuals[part])
  }
  return errors
}

/// In order, for the thread count is the process's own.
@Suite(.serialized) struct ForecastTrainingTests {
  private let plan = TrainingPlan(epochs: 5, learningRate: 0.01, schedule: .halving, seed: 3)

  private func perceptron() -> ForecastPerceptron<Float> {
    var generator = SeededGenerator(seed: 2)
    return ForecastPerceptron(
      .init(channels: 2, lookback: 48, horizon: 12, hidden: 16), using: &generator)
  }

  @Test func threadsDoNotChangeBits() throws {
    let parts = seasonalParts(), before = threadCount
    defer { threadCount = before }
    func bits(_ threads: Int, seed: UInt64 = 3) throws -> [Tensor<Float>] {
      threadCount = threads
      var plan = plan
      plan.seed = seed
      return try trainForecaster(
        perceptron(), on: parts.train, validation: parts.validation, plan: plan
      ).best.parameters
    }
    let one = try bits(1)
    #expect(try bits(1) == one && bits(2) == one)
    #expect(try bits(1, seed: 4) != one)
  }

  @Test func aResumedRunEndsWithTheSameBits() throws {
    let parts = seasonalParts()
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func outcome(
      epochs: Int, in name: String, resume: Bool, identity: String = "x"
    ) throws -> TrainingOutcome<ForecastPerceptron<Float>> {
      var plan = plan
      plan.epochs = epochs
      let run = try RunFolder(path: "\(folder)/\(name)", resume: resume)
      if !resume { try run.write("{}", to: "run.json") }
      return try trainForecaster(
        perceptron(), on: parts.train, validation: parts.validation, plan: plan, run: run,
        resume: resume, identity: identity)
    }
    let whole = try outcome(epochs: 5, in: "whole", resume: false)
    #expect(try outcome(epochs: 2, in: "parts", resume: false).epochs == 2)
    #expect(throws: TrainingError.otherRun(path: "\(folder)/parts/last.safetensors")) {
      try outcome(epochs: 5, in: "parts", resume: true, identity: "y")
    }
    let rest = try outcome(epochs: 5, in: "parts", resume: true)
    #expect(
      rest.epochs == 5 && rest.bestEpoch == whole.bestEpoch && rest.bestLoss == whole.bestLoss)
    #expect(rest.best.parameters == whole.best.parameters)
    #expect(rest.best.entries().map(\.bytes) == whole.best.entries().map(\.bytes))
  }

  /// The best loss is the mean over all validation windows, counted once each.
  @Test func theBestLossIsThatOfTheBestModel() throws {
    let parts = seasonalParts()
    let outcome = try trainForecaster(
      perceptron(), on: parts.train, validation: parts.validation, plan: plan)
    #expect(parts.validation.count % 32 != 0)
    let mse = try #require(try errors(outcome.best, on: parts.validation).mse)
    #expect(abs(outcome.bestLoss - mse) < 1e-6 * mse)
    var none = plan
    none.epochs = 0
    let untouched = try trainForecaster(
      perceptron(), on: parts.train, validation: parts.validation, plan: none)
    #expect(untouched.best.parameters == perceptron().parameters && untouched.bestEpoch == 0)
    #expect(untouched.bestLoss.isFinite && untouched.bestLoss > outcome.bestLoss)
  }

  /// Rows to test on may be anything: a forecaster and its intervals are the same.
  @Test func testRowsAreNotRead() throws {
    let parts = seasonalParts(), other = seasonalParts(seasonalRecording(changedFrom: 340))
    #expect(parts.test.targets([0]) != other.test.targets([0]))
    let all = Array(0..<parts.validation.count)
    #expect(parts.validation.targets(all) == other.validation.targets(all))
    func trained(
      _ train: ForecastWindows, _ validation: ForecastWindows
    ) throws -> TrainingOutcome<ForecastPerceptron<Float>> {
      try trainForecaster(perceptron(), on: train, validation: validation, plan: plan)
    }
    let one = try trained(parts.train, parts.validation)
    let two = try trained(other.train, other.validation)
    #expect(one.best.parameters == two.best.parameters && one.bestLoss == two.bestLoss)
    #expect(
      ConformalIntervals(one.best, on: parts.validation)?.widths
        == ConformalIntervals(two.best, on: other.validation)?.widths)
  }

  @Test(arguments: [100, 300]) func aNumberThatIsNoneIsNamed(row: Int) throws {
    var values = seasonalRecording().values
    values[2 * row] = .nan
    let parts = seasonalParts(Recording(name: "broken", channels: 2, values: values))
    do {
      _ = try trainForecaster(
        perceptron(), on: parts.train, validation: parts.validation, plan: plan)
      Issue.record("trained")
    } catch TrainingError.notFinite(let epoch, _, let tensor) {
      #expect(epoch == 1 && tensor == (row == 100 ? "the loss" : "the validation loss after it"))
    }
  }

  /// Of every preset: errors below the last value's, the same in any block, and from a file.
  ///
  /// Transformers over rows take longer to learn (`TransformerForecasterTests`).
  @Test(arguments: ForecasterPreset.all.map(\.name)) func presetsLearn(_ name: String) throws {
    let preset = try #require(ForecasterPreset.named(name)), parts = seasonalParts()
    var generator = SeededGenerator(seed: 4)
    let isTeacher = preset.summary.hasPrefix("a teacher")
    let start = try #require(
      preset.forecaster(
        channels: 2, lookback: 48, horizon: 12,
        sizes: ForecasterSizes(hidden: isTeacher ? 16 : nil, layers: 1, period: 12),
        using: &generator))
    var plan = preset.plan
    plan.epochs = 8
    plan.schedule = .constant
    plan.learningRate = max(plan.learningRate, 0.005)
    func fitted(_ model: some Forecaster<Float>) throws -> any Forecaster<Float> {
      try trainForecaster(model, on: parts.train, validation: parts.validation, plan: plan).best
    }
    let best = try fitted(start)
    let whole = try errors(best, on: parts.test)
    var naive = ForecastErrors(horizon: 12, channels: 2)
    let all = Array(0..<parts.test.count)
    try naive.add(
      forecast: Yardstick.last.forecasts(
        parts.test.lookBack(all), horizon: 12, season: 12, scaler: Scaler(seasonalRecording())
      ).permuted([0, 2, 1]).scalars[...],
      actual: parts.test.targets(all).permuted([0, 2, 1]).scalars[...])
    let mse = try #require(whole.mse), last = try #require(naive.mse)
    #expect(
      preset.isTransformer || mse < last / 3, "\(name): \(mse), last value \(last)")

    #expect(parts.test.count % 7 != 0 && parts.test.count > 32)
    for counted in [1, 7, 1000] {
      #expect(try errors(best, on: parts.test, counted: counted) == whole)
    }
    for block in [1, 7, 1000] {
      let other = try #require(try errors(best, on: parts.test, block: block).mse)
      #expect(abs(other - mse) < 1e-6 * mse, "\(name), \(block) windows at a time")
    }
    // Alone, or all at once, windows have the same forecasts but for rounding.
    let together = best(parts.test.lookBack(all)).output
    for index in [0, 5, 68] {
      let alone = best(parts.test.lookBack([index])).output
      let difference = (alone - together.sliced(index..<index + 1, along: 0)).absolute().max().item
      #expect(difference < 1e-5, "\(name), window \(index)")
    }

    let file = try SafetensorsFile(bytes: try best.file(metadata: ["a": "b"]).encoded())
    let loaded = try storedForecaster(from: file, path: "x")
    #expect(file.metadata["a"] == "b" && type(of: loaded) == type(of: best))
    #expect(try errors(loaded, on: parts.test) == whole)
  }

  @Test(arguments: ForecasterPreset.all.map(\.name)) func impossibleSizesGiveNone(_ name: String) {
    func forecaster(_ channels: Int, _ lookback: Int, _ horizon: Int) -> (any Forecaster<Float>)? {
      var generator = SeededGenerator(seed: 4)
      return ForecasterPreset.named(name)?.forecaster(
        channels: channels, lookback: lookback, horizon: horizon,
        sizes: ForecasterSizes(hidden: 16, layers: 1), using: &generator)
    }
    #expect(forecaster(2, 48, 24) != nil)
    #expect(forecaster(0, 48, 24) == nil)
    #expect(forecaster(2, 0, 24) == nil)
    #expect(forecaster(2, 48, 0) == nil)
  }

  /// A period that parts nothing gives way to the largest of 6 … 1 that does.
  @Test func periodsPartTheRows() throws {
    func period(
      _ name: String, _ lookback: Int, _ horizon: Int, _ given: Int
    ) throws -> Int? {
      var generator = SeededGenerator(seed: 4)
      let model = try #require(ForecasterPreset.named(name)).forecaster(
        channels: 2, lookback: lookback, horizon: horizon, sizes: ForecasterSizes(period: given),
        using: &generator)
      return (model as? SparseForecaster<Float>)?.configuration.period
        ?? (model as? TimeBase<Float>)?.configuration.period
    }
    for name in ["sparsetsf", "sparsetsf-mlp", "timebase"] {
      #expect(try period(name, 144, 24, 24) == 24)
      #expect(try period(name, 48, 24, 7) == 6)
      #expect(try period(name, 50, 20, 24) == 5)
      #expect(try period(name, 53, 20, 24) == 1)
    }
    #expect(try period("sparsetsf", 48, 20, 24) == 4)
    #expect(try period("timebase", 144, 20, 24) == 24)
    // Fewer segments than basis segments.
    #expect(try period("timebase", 48, 20, 24) == 4)
    #expect(try period("timebase", 720, 96, 144) == 6)
  }
}
