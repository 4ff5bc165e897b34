// SPDX-License-Identifier: Apache-2.0
import MinimForecasting
import MinimLayers
import MinimSeries
import MinimTensor

/// Forecasts of other programs from `.npy` files.
enum ForecastArrays {
  /// What another program says of the training windows.
  ///
  /// `predictions` is (windows, horizon, channels) in the data's units, `features` (windows, channels, width). Throws
  /// `DataError` for other shapes, numbers that are not finite, and forecasts that fit the windows worse in this order than
  /// turned round, not clearly better than shuffled, or better as standardised numbers.
  static func teacher(
    predictions: String, features: String?, on parts: ForecastParts
  ) throws -> TeacherForecasts {
    let windows = parts.train
    let (count, channels, horizon) = (windows.count, windows.channels, windows.horizon)
    let array = try NumpyArray(contentsOf: predictions)
    guard array.shape == [count, horizon, channels] else {
      throw DataError(
        file: predictions, found: "shape \(array.shape)",
        expected:
          "\([count, horizon, channels]): training windows\(windows.every == 1 ? "" : ", of which --every \(windows.every) leaves so many"), horizon, channels"
      )
    }
    let raw = try finite(array, predictions)
    let scaler = parts.scaler
    let scaled = raw.enumerated().map { place, value in
      (value - scaler.means[place % channels]) / scaler.deviations[place % channels]
    }
    func asWindows(_ values: [Float]) -> Tensor<Float> {
      Tensor(values, shape: [count, horizon, channels]).permuted([0, 2, 1])
    }
    let output = asWindows(scaled)
    let error = meanError(of: output, on: windows)
    if meanError(of: asWindows(raw), on: windows) < 0.5 * error {
      throw DataError(
        file: predictions, found: "forecasts nearer to the rows in standardised units",
        expected: "the data's own units", advice: "give them the training rows' mean and deviation")
    }
    func reorderedError(inOrder order: [Int]) -> Double {
      meanError(of: output.gathered(order, along: 0), on: windows)
    }
    var generator = SeededGenerator(seed: 0)
    let isReversed = error > 1.1 * reorderedError(inOrder: (0..<count).reversed())
    let isShuffled =
      count > 8 && error > 0.95 * reorderedError(inOrder: (0..<count).shuffled(using: &generator))
    guard !isReversed, !isShuffled else {
      throw DataError(
        file: predictions,
        found: isReversed
          ? "forecasts nearer to the windows in reverse order"
          : "forecasts as far from their windows as from any others",
        expected:
          "window k to be of the rows from row \(windows.lookback) + \(windows.every == 1 ? "" : "\(windows.every) ")k on",
        advice: "write them in the order of the rows, without shuffling")
    }
    let feature = try features.map { path in
      let array = try NumpyArray(contentsOf: path)
      guard array.shape.count == 3, array.shape[0] == count, array.shape[1] == channels else {
        throw DataError(
          file: path, found: "shape \(array.shape)",
          expected: "(\(count), \(channels), width): windows, channels, width")
      }
      return Tensor(try finite(array, path), shape: array.shape)
    }
    return TeacherForecasts(output, feature: feature, on: windows)
  }

  private static func finite(_ array: NumpyArray, _ path: String) throws(DataError) -> [Float] {
    let values = array.values.map { Float($0) }
    if let place = values.firstIndex(where: { !$0.isFinite }) {
      throw DataError(
        file: path, field: "element \(place)", found: "\(array.values[place])",
        expected: "a finite number")
    }
    return values
  }

  /// The mean squared error of forecasts of all windows.
  private static func meanError(of output: Tensor<Float>, on windows: ForecastWindows) -> Double {
    var total = 0.0
    for start in stride(from: 0, to: windows.count, by: 64) {
      let part = Array(start..<min(start + 64, windows.count))
      total += (output.gathered(part, along: 0) - windows.targets(part)).sumOfSquares
    }
    return total / Double(output.count)
  }
}
