// SPDX-License-Identifier: Apache-2.0
import MinimPacking
import MinimRuntime

/// Model files of forecasts, put together by hand.
enum ForecastModels {
  /// All operations of forecasts, over two channels with a scaler and intervals.
  ///
  /// Values 0: the sample; 1: a window of 12; 2: its six phases of four; 3: a map of them to rows of six, max(y, 0);
  /// 4: an affine one in two groups; 5: a map to rows of two; 6: five rows of two channels.
  ///
  /// Tensors: 0 kernel of three taps; 1 and 2 the first map; 3 and 4 scales and shifts; 5 the second map.
  static func all(
    _ precision: Precision? = .float32, level: SeriesLevel = .mean, smooths: Bool = true
  ) throws -> ModelFile {
    var made = RowModels(precision)
    let window = made.window(0, rows: 12, width: 2)
    let kernel = try made.vector(3)
    let series = made.made.append(
      .init(
        code: .series, variant: level.rawValue, input: window, parameter: 3,
        tensors: smooths ? [kernel] : [], outputLength: 24))
    let first = made.made.append(
      .init(
        code: .map, variant: 1, input: series,
        tensors: [try made.matrix(6, 4), try made.vector(6)],
        outputLength: 36))
    var tensors: [Int?] = []
    for type in [Precision.float32, .float16] {
      let numbers = made.made.numbers(12)
      made.made.tensors.append(
        try .matrix(numbers, rows: 6, name: "affine", precision: type, inputScale: 1))
      tensors.append(made.made.tensors.count - 1)
    }
    let affine = made.made.append(
      .init(code: .affine, input: first, tensors: tensors, outputLength: 36))
    let second = made.made.append(
      .init(code: .map, input: affine, tensors: [try made.matrix(2, 6)], outputLength: 12))
    made.made.append(
      .init(code: .forecast, input: second, parameter: UInt16(series), outputLength: 10))
    var file = made.file(channels: 2, steps: 1)
    file.preprocessing.normalisation = .scaler
    file.preprocessing.scaler = [3, 0.5, -20, 4]
    file.preprocessing.window = 12
    file.preprocessing.shortest = 12
    file.intervals = .init(
      levels: [0.5, 0.875], scales: [0.25, 3],
      widths: [[0, 1, 2, 3, 4], [2, 2.5, 3, 4, 8]])
    return file
  }

  /// A map alone over rows of four numbers of each channel, in place of the six phases.
  static func map(
    _ precision: Precision?, channels: Int, relu: Bool, biased: Bool
  ) throws -> ModelFile {
    var made = RowModels(precision)
    let window = made.window(0, rows: 4, width: channels)
    let series = made.made.append(
      .init(code: .series, input: window, parameter: 1, outputLength: 4 * channels))
    let tensors = [try made.matrix(3, 4)] + (biased ? [try made.vector(3)] : [])
    let mapped = made.made.append(
      .init(
        code: .map, variant: relu ? 1 : 0, input: series, tensors: tensors,
        outputLength: 3 * channels))
    made.made.append(
      .init(
        code: .forecast, input: mapped, parameter: UInt16(series), outputLength: 3 * channels))
    return made.file(channels: channels, steps: 1)
  }
}
