// SPDX-License-Identifier: Apache-2.0
public import MinimForecasting
internal import MinimHost
internal import MinimLearning
internal import MinimRuntime
public import MinimSeries
internal import MinimTensor

/// What packing a forecaster gave: the file, and how its forecasts compare with the trained forecaster's.
public struct PackedForecaster: Sendable {
  /// The model file.
  public let bytes: [UInt8]
  /// Matrices of the model.
  public let matrices: Int
  /// Those stored as signs of one magnitude under a mask.
  public let oneBitMatrices: Int
  /// The windows of training rows whose forecasts were compared.
  public let windows: Int
  /// The root mean square difference of the forecasts in deviations of their channels; where the forecasts themselves are
  /// larger than that, as a share of their root mean square.
  public let relativeDifference: Double
}

/// Packs a trained forecaster into a model file that reads and forecasts samples in original units.
///
/// `recording` are the raw rows that it was trained on, `scaler` brings them to its units: int8 inputs are calibrated on
/// their windows, and the forecasts of the last ones are compared. `intervals` are in deviations of the look-back. `bare` leaves
/// `provenance` and the self-test out of the file. Throws `PackingError`.
public func pack(
  _ forecaster: any Forecaster<Float>, scaler: Scaler, trainedOn recording: Recording,
  intervals: ConformalIntervals? = nil, precision: Precision, masks: MaskCoding = .plain,
  provenance: [String: String] = [:], bare: Bool = false
) throws -> PackedForecaster {
  let configuration = forecaster.configuration
  let (channels, lookback) = (configuration.channels, configuration.lookback)
  let windows = ForecastWindows(
    scaler.scaled(recording), times: nil, part: 0..<recording.count, lookback: lookback,
    horizon: configuration.horizon)
  guard windows.count > 0 else {
    throw PackingError.tooFewRows(
      recording.count, least: lookback + configuration.horizon)
  }
  // Some 64 MB of numbers at most.
  let most = min(windows.count, max(8, min(256, (1 << 24) / (channels * lookback))))
  let chosen = (0..<most).map { $0 * windows.count / most }
  var graph = GraphBuilder(precision: precision, window: lookback, channels: channels)
  graph.maskCoding = masks
  try graph.add(forecaster, calibratedOn: windows.lookBack(chosen).values)
  let names = recording.channelNames
  var file = ModelFile(
    operations: graph.operations, stepOperations: graph.stepOperations, tensors: graph.tensors,
    preprocessing: .init(
      mode: .stream, normalisation: .scaler, channels: channels, window: lookback,
      shortest: lookback, scaler: zip(scaler.means, scaler.deviations).flatMap { [$0, $1] },
      channelNames: names == names.indices.map(String.init) ? [] : names),
    decision: .none)
  file.intervals = intervals.map { intervals in
    ModelFile.Intervals(
      levels: intervals.levels.map { Float($0) }, scales: intervals.scales,
      widths: intervals.widths)
  }
  let packed = try LoadedModel(try file.bytes(), path: "packed forecaster")
  let compared = windows.count - min(windows.count, 64)..<windows.count
  let trained = forecaster(windows.lookBack(compared)).output.permuted([0, 2, 1]).scalars
  let numbers = configuration.horizon * channels
  var differing = ForecastDifference(scaler: scaler)
  packed.forEachForecast(
    from: compared.lowerBound + lookback, count: compared.count, of: recording
  ) { window, forecast in
    differing.add(forecast, trained[window * numbers..<(window + 1) * numbers])
  }
  packed.session.reset()
  let difference = differing.value
  guard difference <= precision.forecastTolerance else {
    throw PackingError.outputsDiffer(
      difference: difference, tolerance: precision.forecastTolerance, precision: precision)
  }
  if !bare {
    file.provenance = provenance.merging([
      "tool": "minim \(minimVersion)", "precision": precision.rawValue,
    ]) { given, _ in given }
    // Fewer rows than a window has, for the first stands for those before it.
    let rows = max(1, min(recording.count, lookback, 512 / channels))
    let samples = Array(recording.values[((recording.count - rows) * channels)...])
    file.selfTests = [packed.selfTest(of: samples)]
  }
  return PackedForecaster(
    bytes: try file.bytes(), matrices: graph.matrices.all,
    oneBitMatrices: graph.matrices.oneBit, windows: compared.count,
    relativeDifference: difference)
}

extension Precision {
  /// The largest relative difference of packed and trained forecasts at which a file is still written.
  public var forecastTolerance: Double {
    switch self {
    case .float32: 1e-4
    case .float16: 0.01
    case .int8: 0.05
    }
  }
}
