// SPDX-License-Identifier: Apache-2.0
package import MinimHost
internal import MinimRuntime
package import MinimSeries

extension LoadedModel {
  /// Calls `body` with each of `count` forecasts (horizon · channels) of a forecaster, the first of the rows from `first` on, in
  /// the units of a recording, which goes through the model sample by sample from the first look-back on.
  package func forEachForecast(
    from first: Int, count: Int, of recording: Recording,
    _ body: (_ window: Int, _ forecast: UnsafeBufferPointer<Float>) throws -> Void
  ) rethrows {
    defer { withExtendedLifetime(self) {} }
    session.reset()
    for row in first - model.shortestLength..<first + count - 1 {
      Array(recording.row(row)).withUnsafeBufferPointer { sample in
        if let start = sample.baseAddress { _ = session.step(start) }
      }
      guard row >= first - 1 else { continue }
      try body(
        row - first + 1, UnsafeBufferPointer(start: session.result(), count: model.outputCount))
    }
  }
}

/// How far packed forecasts are from the trained forecaster's: the root of Σ (difference / deviation)² / max(numbers, Σ forecast²),
/// so in deviations of the channels, or as a share of the forecasts where these are larger.
package struct ForecastDifference {
  private let scaler: Scaler
  private var squares = 0.0
  private var size = 0.0
  private var count = 0

  /// No forecasts yet, of a forecaster that was trained on what `scaler` gives.
  package init(scaler: Scaler) { self.scaler = scaler }

  /// Adds a packed forecast (horizon · channels) in original units, in which both are rounded the same way, and the trained one's, in
  /// the same order and standardised.
  package mutating func add(_ packed: UnsafeBufferPointer<Float>, _ trained: ArraySlice<Float>) {
    for (place, number) in trained.enumerated() {
      let channel = place % scaler.means.count
      let (mean, deviation) = (scaler.means[channel], scaler.deviations[channel])
      let difference = Double(packed[place] - (number * deviation + mean)) / Double(deviation)
      squares += difference * difference
      size += Double(number) * Double(number)
    }
    count += trained.count
  }

  /// The difference; infinity if a forecast is not finite.
  package var value: Double {
    let value = (squares / max(Double(count), size, 1)).squareRoot()
    // A NaN is no small difference.
    return value >= 0 ? value : .infinity
  }
}
