// SPDX-License-Identifier: Apache-2.0
internal import MinimRuntime
internal import MinimTensor

/// The rows of a forecast while its graph is put together, and what they are in training windows.
struct ForecastRows {
  /// The value that the last operation wrote.
  private var value: Int
  /// The value of the series.
  private let series: Int
  /// The same numbers of training windows: (windows, rows, width).
  private var numbers: Tensor<Float>
  private let channels: Int

  /// The phases of a window of samples without their level, smoothed where there is a kernel (1, 1, taps).
  ///
  /// `windows` are (count, channels, steps). Throws `PackingError.forecaster` for more steps than a window has.
  init(
    _ windows: Tensor<Float>, of level: SeriesLevel, period: Int = 1,
    kernel: Tensor<Float>? = nil, in graph: inout GraphBuilder
  ) throws {
    let (count, steps) = (windows.shape[0], windows.shape[2])
    channels = windows.shape[1]
    guard steps <= ModelFormat.maximumRepeats else {
      throw PackingError.lookbackTooLong(steps, limit: ModelFormat.maximumRepeats)
    }
    let window = graph.append(
      .init(
        code: .window, input: 0, parameter: UInt16(steps), outputLength: steps * channels))
    graph.endStep()
    let operands = try kernel.map { [try graph.vector($0.scalars, name: "kernel")] } ?? []
    series = graph.append(
      .init(
        code: .series, variant: level.rawValue, input: window, parameter: UInt16(period),
        tensors: operands, outputLength: steps * channels))
    value = series
    let phases = [count, channels, steps / period, period]
    var x = windows
    switch level {
    case .none: break
    case .last: x = x - x.sliced(steps - 1..<steps, along: 2)
    case .phases:
      x = x.reshaped(to: phases)
      x = x - x.mean(over: [2], keepingAxes: true)
    case .mean, .deviation, .sampleDeviation: x = x - x.mean(over: [2], keepingAxes: true)
    }
    if level == .deviation || level == .sampleDeviation {
      let terms = level == .deviation ? steps : max(1, steps - 1)
      let squares = x.squared().sum(over: [2], keepingAxes: true)
      x = x / (squares / Float(terms) + 1e-5).squareRoot()
    }
    if let kernel {
      let lines = x.reshaped(to: [count * channels, 1, steps])
      x = lines + lines.convolution(weight: kernel, padding: [kernel.shape[2] / 2])
    }
    numbers = x.reshaped(to: phases).permuted([0, 1, 3, 2])
      .reshaped(to: [count, channels * period, steps / period])
  }

  /// b + W x of each row, or max(0, b + W x); W is given row by row, with as many rows as `outputs` or the bias.
  mutating func map(
    _ weight: [Float], bias: [Float]?, outputs: Int? = nil, relu: Bool = false, name: String,
    in graph: inout GraphBuilder
  ) throws {
    let inputs = numbers.shape[2], outputs = outputs ?? weight.count / inputs
    let largest = numbers.scalars.reduce(0) { max($0, abs($1)) }
    let operands: [Int?] = [
      try graph.matrix(weight, rows: outputs, largest: largest, name: name),
      try bias.map { try graph.vector($0, name: name) },
    ]
    value = graph.append(
      .init(
        code: .map, variant: relu ? 1 : 0, input: value, tensors: operands,
        outputLength: numbers.shape[1] * outputs))
    numbers = numbers.linear(
      weight: Tensor(weight, shape: [outputs, inputs]),
      bias: bias.map { Tensor($0, shape: [outputs]) })
    if relu { numbers = numbers.relu() }
  }

  /// scale x + shift of each channel, or max(0, ·); with several scales a channel, of as many groups of its numbers.
  mutating func affine(
    _ scales: [Float], _ shifts: [Float], relu: Bool, in graph: inout GraphBuilder
  ) throws {
    let operands = try [scales, shifts].map {
      try graph.fineMatrix($0, rows: channels, name: "scales and shifts")
    }
    value = graph.append(
      .init(
        code: .affine, variant: relu ? 1 : 0, input: value, tensors: operands,
        outputLength: graph.length(of: value)))
    let shape = numbers.shape, groups = scales.count / channels
    let parts = numbers.reshaped(to: [shape[0], channels, groups, shape[2] / groups])
    let factors = [scales, shifts].map { Tensor($0, shape: [channels, groups, 1]) }
    numbers = (parts * factors[0] + factors[1]).reshaped(to: shape)
    if relu { numbers = numbers.relu() }
  }

  /// The forecast.
  func finish(horizon: Int, in graph: inout GraphBuilder) {
    _ = graph.append(
      .init(
        code: .forecast, input: value, parameter: UInt16(series), outputLength: horizon * channels))
  }
}
