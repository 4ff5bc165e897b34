// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimForecasting
import MinimLayers
import MinimSeries
import MinimTensor

/// A trained forecaster with what it takes to use it on raw rows.
struct SavedForecaster {
  let forecaster: any Forecaster<Float>
  let context: Context

  /// What a forecaster has to know of the series it was trained on.
  struct Context: Codable, Equatable {
    /// The name of the preset.
    let model: String
    /// The mean and deviation of each channel over the rows to learn from.
    let scaler: Scaler
    /// The name of each channel.
    let channelNames: [String]
    /// Seconds from a row to the next; nil without time stamps.
    let step: Int?
    /// Rows of a season, by which forecasts are compared with those of the season before.
    let season: Int
    /// The rows of training, validation and test.
    let split: [Int]
    /// Intervals from the validation windows; nil where there were too few.
    let intervals: ConformalIntervals?

    /// Whether all of it is possible for so many channels and rows to come.
    func isValid(channels: Int, horizon: Int) -> Bool {
      let limit = 1 << 40
      return scaler.means.count == channels && scaler.deviations.count == channels
        && channelNames.count == channels && scaler.means.allSatisfy(\.isFinite)
        && scaler.deviations.allSatisfy { $0.isFinite && $0 > 0 }
        && (1...limit).contains(season) && step.map { (1...limit).contains($0) } ?? true
        && split.count == 3 && split.allSatisfy { (1...limit).contains($0) }
        && intervals?.isValid(channels: channels, horizon: horizon) ?? true
    }
  }

  init(forecaster: any Forecaster<Float>, context: Context) {
    self.forecaster = forecaster
    self.context = context
  }

  /// Whether a run folder holds a forecaster.
  static func isOne(run: String) throws -> Bool {
    try SafetensorsFile(contentsOf: bestWeights(ofRun: run)).metadata["forecaster"] != nil
  }

  /// Reads `best.safetensors` of a run folder.
  ///
  /// Throws `FileError`, `DataError` or `SafetensorsError`.
  init(run: String) throws {
    let path = try bestWeights(ofRun: run)
    let file = try SafetensorsFile(contentsOf: path)
    let forecaster = try storedForecaster(from: file, path: path)
    let sizes = forecaster.configuration
    guard let text = file.metadata["context"],
      let context = try? JSONDecoder().decode(Context.self, from: Data(text.utf8)),
      context.isValid(channels: sizes.channels, horizon: sizes.horizon)
    else {
      throw SafetensorsError(
        .otherContents, file: path, found: "no scaler and names of the forecaster's channels",
        expected: "the best.safetensors of a run")
    }
    self.forecaster = forecaster
    self.context = context
  }

  /// Writes the file that `init(run:)` reads.
  func write(to run: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(context), as: UTF8.self)
    try forecaster.file(metadata: ["context": text]).write(to: "\(run)/best.safetensors")
  }

  /// The series in standardised units.
  ///
  /// Throws `DataError` where its channels or its times are not those that the forecaster was trained on.
  func standardised(_ series: ForecastSeries) throws(DataError) -> Recording {
    try checkNames(of: series.recording, against: context.channelNames)
    try checkTimes(of: series, step: context.step)
    return context.scaler.scaled(series.recording)
  }
}
