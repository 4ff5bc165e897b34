// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimLearning
public import MinimTensor

/// A term added to a forecaster's squared error, and what it trains for itself.
public struct ForecastGuide: Sendable {
  /// The adapters at their start.
  public let adapters: Adapters
  /// The loss of a batch: the student's pass, the indices of its training windows, and the adapters as they are by then.
  public let value: @Sendable (ForecastPass<Float>, [Int], Adapters) throws -> Tensor<Float>

  /// A term from its parts.
  public init(
    adapters: Adapters,
    _ value:
      @escaping @Sendable (ForecastPass<Float>, [Int], Adapters) throws -> Tensor<Float>
  ) {
    self.adapters = adapters
    self.value = value
  }
}

/// Trains a forecaster by the mean squared error of all channels and rows to come, its own penalty, and a guide's term.
///
/// Best weights and end are decided by the mean squared error on the validation windows alone, all of them counted once. With
/// a run folder the state is saved as it goes, and `resume` goes on from there bit for bit; `identity` is text that must
/// agree for it. Throws `TrainingError`, `FileError`, `SafetensorsError`; a part without a window traps.
public func trainForecaster<Model: Forecaster<Float>>(
  _ model: Model, on windows: ForecastWindows, validation: ForecastWindows, plan: TrainingPlan,
  run: RunFolder? = nil, resume: Bool = false, identity: String = "", progress: Progress? = nil,
  guide: ForecastGuide? = nil
) throws -> TrainingOutcome<Model> {
  precondition(
    windows.count > 0 && validation.count > 0,
    "\(windows.count) windows to learn from, \(validation.count) to validate on")
  var generator = SeededGenerator(seed: plan.seed)
  let start = TrainingState(
    model: Assisted(model: model, adapters: guide?.adapters ?? Adapters()), plan: plan,
    generator: generator.split())
  // 16 MB of rows at most, but for very long windows.
  let most = max(32, min(512, (1 << 22) / (windows.channels * windows.lookback)))
  let calibrating = windows.lookBack(spread(windows.count, atMost: most))
  let trainer = Trainer<Assisted<Model>>(
    plan: plan, caseCount: windows.count,
    loss: { trained, indices, _, generator in
      let pass = trained.model.pass(
        windows.lookBack(indices), training: true, using: &generator)
      var loss = Tensor.meanSquaredError(pass.output, windows.targets(indices))
      if let penalty = pass.penalty { loss = loss + penalty }
      guard let guide else { return loss }
      return try loss + guide.value(pass, indices, trained.adapters)
    },
    calibrate: { $0.model.calibrate(calibrating) },
    validationLoss: { meanSquaredError(of: $0.model, on: validation) })
  let end = try trainer.run(
    from: start, in: run, resume: resume, identity: identity, progress: progress)
  let loss =
    end.bestEpoch > 0 ? end.bestLoss : meanSquaredError(of: end.best.model, on: validation)
  return TrainingOutcome(
    best: end.best.model, bestEpoch: end.bestEpoch, bestLoss: loss, epochs: end.epoch)
}

/// The mean squared error over all windows, rows to come and channels, summed in double precision.
func meanSquaredError(of model: some Forecaster<Float>, on windows: ForecastWindows) -> Double {
  var total = 0.0
  forEachForecast(of: model, on: windows) { _, forecast, actual in
    total += (forecast - actual).sumOfSquares
  }
  return total / (Double(windows.count) * Double(windows.channels) * Double(windows.horizon))
}

/// Forecasts all windows in order, in blocks, and hands on the indices with what was forecast and what came,
/// (block, channels, horizon) each.
///
/// In blocks of another size a forecast may differ in its last bits, for how sums are cut goes by the sizes of matrices.
public func forEachForecast(
  of model: some Forecaster<Float>, on windows: ForecastWindows, block: Int = 32,
  _ body: (_ indices: Range<Int>, _ forecast: Tensor<Float>, _ actual: Tensor<Float>) throws -> Void
) rethrows {
  for start in stride(from: 0, to: windows.count, by: block) {
    let indices = start..<min(start + block, windows.count)
    try body(indices, model(windows.lookBack(indices)).output, windows.targets(indices))
  }
}
