// SPDX-License-Identifier: Apache-2.0
internal import MinimForecasting
internal import MinimLayers
internal import MinimRuntime
internal import MinimTensor

extension GraphBuilder {
  /// The graph of a forecaster over a stream of standardised samples, which ends in the forecast.
  ///
  /// `windows` (count, channels, look-back) are standardised windows that int8 inputs are calibrated on. Decompositions,
  /// transforms and norms are folded into maps and scales; the level stays apart, for it is added again at the end, and
  /// rows of rounded weights need not sum to zero then. Throws `PackingError`.
  mutating func add(
    _ forecaster: any Forecaster<Float>, calibratedOn windows: Tensor<Float>
  ) throws {
    switch forecaster {
    case let model as ForecastPerceptron<Float>: try add(model, calibratedOn: windows)
    case let model as LinearForecaster<Float>: try add(model, calibratedOn: windows)
    case let model as SparseForecaster<Float>: try add(model, calibratedOn: windows)
    case let model as FourierForecaster<Float>:
      var rows = try ForecastRows(windows, of: .sampleDeviation, in: &self)
      let (matrix, bias) = model.folded
      try rows.map(
        matrix.scalars.map { Float($0) }, bias: bias.scalars.map { Float($0) }, name: "spectrum",
        in: &self)
      rows.finish(horizon: model.configuration.horizon, in: &self)
    case let model as TimeBase<Float>:
      var rows = try ForecastRows(
        windows, of: .phases, period: model.configuration.period, in: &self)
      for (map, name) in [(model.basis, "basis"), (model.head, "head")] {
        try rows.map(map.weight.scalars, bias: map.bias.scalars, name: name, in: &self)
      }
      rows.finish(horizon: model.configuration.horizon, in: &self)
    case let model as TransformerForecaster<Float>: try add(model, calibratedOn: windows)
    case is CycleNet<Float>:
      throw PackingError.forecaster(
        "\(CycleNet<Float>.name), which has to be told the number of each step",
        instead: "train one of those")
    default:
      throw PackingError.forecaster(
        "\(type(of: forecaster).name), a teacher", instead: "distil it into one of those")
    }
  }

  /// One map for the first layers of both branches, one for the second, and the norms between them as a scale and shift of
  /// each channel and branch.
  private mutating func add(
    _ model: ForecastPerceptron<Float>, calibratedOn windows: Tensor<Float>
  ) throws {
    var rows = try ForecastRows(windows, of: .mean, in: &self)
    let branches = [model.season] + (model.trend.map { [$0] } ?? [])
    var first = branches.map(\.first.weight.scalars)
    if branches.count == 2 {
      let (rest, _) = parted(branches[0].first.weight),
        (_, trend) = parted(branches[1].first.weight)
      first = [rest, trend].map { $0.map { Float($0) } }
    }
    try rows.map(
      first.flatMap { $0 }, bias: branches.flatMap(\.first.bias.scalars), name: "first maps",
      in: &self)
    var scales: [Float] = [], shifts: [Float] = []
    for channel in 0..<model.configuration.channels {
      for norm in branches.map(\.norm) {
        let deviation = (Double(norm.runningVariance.scalars[channel]) + 1e-5).squareRoot()
        let scale = Double(norm.weight.scalars[channel]) / deviation
        scales.append(Float(scale))
        shifts.append(
          Float(
            Double(norm.bias.scalars[channel])
              - scale * Double(norm.runningMean.scalars[channel])))
      }
    }
    try rows.affine(scales, shifts, relu: true, in: &self)
    let second = Tensor.concatenated(branches.map(\.second.weight), along: 1)
    let bias = branches.dropFirst().reduce(branches[0].second.bias) { $0 + $1.second.bias }
    try rows.map(second.scalars, bias: bias.scalars, name: "second maps", in: &self)
    rows.finish(horizon: model.configuration.horizon, in: &self)
  }

  private mutating func add(
    _ model: LinearForecaster<Float>, calibratedOn windows: Tensor<Float>
  ) throws {
    let levels: [LinearForecaster<Float>.Kind: SeriesLevel] = [
      .decomposed: .none, .last: .last, .reversible: .deviation, .lowRank: .mean,
    ]
    var rows = try ForecastRows(
      windows, of: levels[model.configuration.kind] ?? .none, in: &self)
    let scales = model.affine?.scale.scalars ?? [], shifts = model.affine?.shift.scalars ?? []
    if model.affine != nil { try rows.affine(scales, shifts, relu: false, in: &self) }
    if let basis = model.basis {
      try rows.map(basis.scalars, bias: nil, name: "basis", in: &self)
    }
    var weight = model.map.weight.scalars, bias = model.map.bias
    if let trend = model.trend {
      let (rest, _) = parted(model.map.weight), (_, slow) = parted(trend.weight)
      weight = zip(rest, slow).map { Float($0 + $1) }
      bias = bias + trend.bias
    }
    try rows.map(weight, bias: bias.scalars, name: "map", in: &self)
    if model.affine != nil {
      let inverse = scales.map { 1 / ($0 + 1e-10) }
      try rows.affine(inverse, zip(shifts, inverse).map { -$0 * $1 }, relu: false, in: &self)
    }
    rows.finish(horizon: model.configuration.horizon, in: &self)
  }

  private mutating func add(
    _ model: SparseForecaster<Float>, calibratedOn windows: Tensor<Float>
  ) throws {
    var rows = try ForecastRows(
      windows, of: .mean, period: model.configuration.period, kernel: model.kernel, in: &self)
    try rows.map(
      model.first.scalars, bias: model.rest?.bias.scalars, outputs: model.first.shape[0],
      relu: model.rest != nil, name: "first map", in: &self)
    if let second = model.rest?.second {
      try rows.map(second.weight.scalars, bias: second.bias.scalars, name: "second map", in: &self)
    }
    rows.finish(horizon: model.configuration.horizon, in: &self)
  }
}

extension GraphBuilder {
  /// The transformer over samples, and beside it the window whose last row is added and by whose deviation intervals are
  /// scaled.
  private mutating func add(
    _ model: TransformerForecaster<Float>, calibratedOn windows: Tensor<Float>
  ) throws {
    let configuration = model.configuration, channels = configuration.channels
    let lookback = configuration.lookback
    guard lookback <= ModelFormat.maximumRepeats else {
      throw PackingError.lookbackTooLong(lookback, limit: ModelFormat.maximumRepeats)
    }
    let window = try lastRows(lookback, of: 0)
    let shown = windows.permuted([0, 2, 1]).repeatingLastRow()
    let made = try add(
      model.network, over: 0, ahead: true,
      calibratedOn: shown.reshaped(to: [windows.shape[0], (lookback + 1) * channels]))
    let series = append(
      .init(
        code: .series, variant: SeriesLevel.last.rawValue, input: window, parameter: 1,
        outputLength: lookback * channels))
    _ = append(
      .init(
        code: .forecast, input: made, parameter: UInt16(series),
        outputLength: configuration.horizon * channels))
  }
}

/// W (I - A) and W A row by row: W over what is left of a window without its moving average A of 25 rows, the ends
/// repeated, and over that average.
private func parted(_ weight: Tensor<Float>) -> (rest: [Double], average: [Double]) {
  let steps = weight.shape[1], numbers = weight.scalars
  var average = [Double](repeating: 0, count: numbers.count)
  for (place, number) in numbers.enumerated() {
    let step = place % steps, row = place - step
    for other in step - 12...step + 12 {
      average[row + max(0, min(steps - 1, other))] += Double(number) / 25
    }
  }
  return (zip(numbers, average).map { Double($0) - $1 }, average)
}
