// SPDX-License-Identifier: Apache-2.0
import MinimForecasting
import MinimLayers
import MinimLearning
import MinimSeries
import MinimTensor

/// A forecaster at its start and the windows it learns from: what can be refused at once is, before a run folder is made.
struct PreparedForecaster {
  let preset: ForecasterPreset
  let parts: ForecastParts
  let model: any Forecaster<Float>
  /// Rows of the period that parts look-back and horizon; nil where none does.
  let period: Int?
  /// The matrices that are signs under masks, and all; nil for a forecaster that has none.
  let matrices: (binary: Int, all: Int)?

  /// Parts the series and makes the forecaster.
  ///
  /// Throws `DataError` or `OptionError` for a series too short or sizes that do not go together.
  init(_ preset: ForecasterPreset, on series: ForecastSeries, options: ForecastOptions) throws {
    self.preset = preset
    parts = try ForecastParts(
      series, split: options.split, every: options.every, lookback: options.lookback,
      horizon: options.horizon)
    let sizes = try options.sizes(for: preset, times: series.times)
    var generator = SeededGenerator(seed: options.seed)
    guard
      let model = preset.forecaster(
        channels: series.recording.channels, lookback: options.lookback,
        horizon: options.horizon, sizes: sizes, using: &generator)
    else {
      throw preset.isTransformer
        ? impossibleTransformer(
          preset.name, width: sizes.hidden ?? ForecasterPreset.transformerWidth, sizes.transformer)
        : OptionError(
          "--lookback, --horizon, --hidden, --layers, --period: found \(options.lookback), \(options.horizon) and sizes that no \(preset.name) of \(series.recording.channels) channels has"
        )
    }
    self.model = model
    if let network = (model as? TransformerForecaster<Float>)?.network,
      let binarisation = network.binarisation
    {
      try checkNames(of: binarisation, in: network.effective)
      matrices = (network.signSeeds.count { $0 != nil }, network.effective.matrixPaths.count)
    } else {
      matrices = nil
    }
    period = model.configuration.partingPeriod
    if let asked = options.period, let period, period != asked {
      throw OptionError(
        "--period: found \(asked), expected one that divides --lookback \(options.lookback) (of sparsetsf --horizon \(options.horizon), too), such as \(period)"
      )
    }
  }
}
