// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimForecasting
import MinimLayers
import MinimLearning
import MinimSeries
import MinimTensor
import Testing

/// The transformer over rows; its layers are tested against PyTorch in MinimLayersTests.
@Suite struct TransformerForecasterTests {
  private typealias Sizes = TransformerForecaster<Float>.Configuration

  private func sizes(
    lookback: Int = 9, horizon: Int = 1, norm: TransformerNorm = .none,
    looks: TransformerConfiguration.Looks = .everywhere, _ binarisation: Binarisation? = nil
  ) -> Sizes {
    Sizes(
      encoder: TransformerConfiguration(
        inputs: 3, width: 8, feedForward: 10, steps: lookback + 1, norm: norm, looks: looks),
      horizon: horizon, binarisation: binarisation)
  }

  private func windows(_ lookback: Int, seed: UInt64 = 5) -> LookBack<Float> {
    var generator = SeededGenerator(seed: seed)
    return LookBack(
      values: .uniform(in: -1...1, shape: [4, 3, lookback], using: &generator),
      steps: [0, 1, 2, 3])
  }

  @Test func itHoldsWhatItsSizesSay() {
    for horizon in [1, 7] {
      for norm in [TransformerNorm.none, .token, .time] {
        for binarisation in [nil, Binarisation(keep: 0.5)] {
          let sizes = sizes(horizon: horizon, norm: norm, binarisation)
          var generator = SeededGenerator(seed: 1)
          let model = TransformerForecaster<Float>(sizes, using: &generator)
          let held = model.entries().reduce(0) { $0 + $1.shape.reduce(1, *) }
          #expect(sizes.isValid && sizes.storedCount == Double(held))
          #expect(sizes.channels == 3 && sizes.lookback == 9)
        }
      }
    }
    var batch = sizes(norm: .batch), masked = sizes(), short = sizes(lookback: 0), long = sizes()
    masked.encoder.activationMask = .steps
    long.horizon = 65_537
    batch.horizon = 2
    short.horizon = 2
    #expect(!batch.isValid && !masked.isValid && !short.isValid && !long.isValid)
  }

  /// The next row is the last one and what the network makes of a window that ends with it once more.
  @Test(arguments: TransformerConfiguration.Looks.allCases)
  func theNextRowIsTheOnePredicted(_ looks: TransformerConfiguration.Looks) {
    let sizes = sizes(norm: .token, looks: looks, Binarisation(keep: 0.5))
    var generator = SeededGenerator(seed: 2)
    let model = TransformerForecaster<Float>(sizes, using: &generator)
    let rows = windows(9)
    let whole = Tensor<Float>.concatenated(
      [rows.values, rows.values.sliced(8..<9, along: 2)], along: 2)
    let predicted = model.network.effective(whole.permuted([0, 2, 1]))
    let change = model(rows).output - rows.values.sliced(8..<9, along: 2)
    #expect(change.shape == [4, 3, 1] && model(rows).feature == nil)
    for (own, other) in zip(change.scalars, predicted.scalars) { #expect(abs(own - other) < 1e-6) }
    #expect(predicted.scalars.contains { abs($0) > 0.1 })
  }

  /// With weights of zero in the decoder each row to come is its bias: channel by channel.
  @Test func rowsToComeLieChannelByChannel() {
    var generator = SeededGenerator(seed: 3)
    var model = TransformerForecaster<Float>(sizes(horizon: 2), using: &generator)
    model.visitParameters(under: .root) { path, tensor in
      if path.description == "decoder.weight" { tensor = tensor * 0 }
      if path.description == "decoder.bias" {
        tensor = Tensor([10, 11, 20, 21, 30, 31], shape: [6])
      }
    }
    let rows = windows(9)
    let change = model(rows).output - rows.values.sliced(8..<9, along: 2)
    #expect(change.shape == [4, 3, 2])
    for (found, bias) in zip(change.scalars, [10, 11, 20, 21, 30, 31] as [Float]) {
      #expect(abs(found - bias) < 1e-5)
    }
  }

  /// A network whose last ReLU is zero adds its decoder's bias to every last row; of windows that are all the same nobody knows.
  @Test func deadNetworksAreConstant() {
    func windows(_ recording: Recording) -> ForecastWindows {
      ForecastWindows(recording, times: nil, part: 0..<recording.count, lookback: 9, horizon: 2)
    }
    let still = Recording(name: "still", channels: 3, values: [Float](repeating: 2, count: 300))
    let waves = Recording(name: "waves", channels: 3, values: (0..<300).map { sin(Float($0)) })
    var generator = SeededGenerator(seed: 3)
    var model = TransformerForecaster<Float>(sizes(horizon: 2), using: &generator)
    let parts = [windows(waves), windows(still)]
    #expect(parts.map { model.isConstant(on: $0) } == [false, false])
    model.visitParameters(under: .root) { path, tensor in
      if path.description.hasSuffix("layers.1.second.bias") { tensor = tensor - 1e6 }
    }
    #expect(parts.map { model.isConstant(on: $0) } == [true, false])
  }

  @Test func itComesBackFromAFile() throws {
    var generator = SeededGenerator(seed: 4)
    let model = TransformerForecaster<Float>(
      sizes(horizon: 2, looks: .lastStep, Binarisation(keep: 0.25, seed: 7)), using: &generator)
    let file = try model.file(metadata: [:])
    let read = try storedForecaster(from: file, path: "test")
    let back = try #require(read as? TransformerForecaster<Float>)
    #expect(back.configuration == model.configuration)
    #expect(back(windows(9)).output.scalars == model(windows(9)).output.scalars)
    var broken = file.metadata
    broken["configuration"] = broken["configuration"]?
      .replacingOccurrences(of: "\"steps\":10", with: "\"steps\":0")
    #expect(throws: SafetensorsError.self) {
      try storedForecaster(
        from: SafetensorsFile(metadata: broken, entries: model.entries()), path: "test")
    }
  }

  /// Both kinds forecast waves better than the last row does.
  @Test(arguments: ["transformer", "sbt"])
  func itLearns(_ name: String) throws {
    let preset = try #require(ForecasterPreset.named(name))
    let recording = seasonalRecording()
    func windows(_ part: Range<Int>) -> ForecastWindows {
      ForecastWindows(recording, times: nil, part: part, lookback: 24, horizon: 1)
    }
    let train = windows(0..<300), validation = windows(300..<420)
    var generator = SeededGenerator(seed: 1), choices = TransformerChoices()
    choices.feedForward = 16
    let made = try #require(
      preset.forecaster(
        channels: 2, lookback: 24, horizon: 1,
        sizes: ForecasterSizes(hidden: 16, transformer: choices), using: &generator))
    let model = try #require(made as? TransformerForecaster<Float>)
    #expect((model.network.binarisation?.keep ?? 0) == (name == "sbt" ? 0.25 : 0))
    #expect(
      model.configuration.encoder.looks == (name == "sbt" ? .lastStep : .everywhere))
    var plan = preset.plan
    (plan.epochs, plan.patience) = (60, 60)
    let outcome = try trainForecaster(model, on: train, validation: validation, plan: plan)
    let all = Array(0..<validation.count)
    let last = validation.lookBack(all).values.sliced(23..<24, along: 2)
    let naive = Double((last - validation.targets(all)).squared().mean().scalars[0])
    let share = name == "sbt" ? 0.7 : 0.4
    #expect(outcome.bestLoss < share * naive, "\(outcome.bestLoss) of \(naive)")
  }
}
