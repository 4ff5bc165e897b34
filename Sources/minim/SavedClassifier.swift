// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimLayers
import MinimModels
import MinimSeries

/// A trained classifier with what it takes to use it on raw series: how they are prepared, what the
/// classes are called.
struct SavedClassifier {
  let model: any StoredClassifier<Float>
  let preparation: Preparation
  let classNames: [String]

  init(model: any StoredClassifier<Float>, preparation: Preparation, classNames: [String]) {
    self.model = model
    self.preparation = preparation
    self.classNames = classNames
  }

  /// Reads `best.safetensors` of a run folder.
  ///
  /// Throws `FileError`, `SafetensorsError`, or `DataError` for a detector's run or what is none.
  init(run: String) throws {
    let path = try bestWeights(ofRun: run)
    let file = try SafetensorsFile(contentsOf: path)
    let others = [
      (
        "detector", FolderContents.detector,
        "minim eval says how good it is, --method lta teaches by it"
      ),
      (
        "forecaster", .forecaster,
        "minim backtest says how good it is, --method timedistill teaches by it"
      ),
    ]
    for (key, contents, advice) in others where file.metadata[key] != nil {
      throw DataError(
        file: run, found: contents.rawValue, expected: "that of a classifier", advice: advice)
    }
    model = try storedClassifier(from: file, path: path)
    func decoded<Value: Decodable>(_ key: String) throws -> Value {
      guard let text = file.metadata[key],
        let value = try? JSONDecoder().decode(Value.self, from: Data(text.utf8))
      else {
        throw SafetensorsError(
          .otherContents, file: path, found: "no metadata \"\(key)\"",
          expected: "the best.safetensors of a run")
      }
      return value
    }
    preparation = try decoded("preparation")
    classNames = try decoded("classes")
    guard classNames.count == model.configuration.classes else {
      throw SafetensorsError(
        .otherContents, file: path, found: "\(classNames.count) class names",
        expected: "\(model.configuration.classes), as the model has classes")
    }
  }

  /// Writes the file that `init(run:)` reads.
  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    func text(_ value: some Encodable) throws -> String {
      String(decoding: try encoder.encode(value), as: UTF8.self)
    }
    let metadata = ["preparation": try text(preparation), "classes": try text(classNames)]
    try model.file(metadata: metadata).write(to: path)
  }

  /// Refuses a set with other channels, classes or, where it matters, length than the model learned
  /// from.
  func check(_ set: SeriesSet) throws {
    guard set.channelCount == model.configuration.channels else {
      throw DataError(
        file: set.name, found: "\(set.channelCount) channels",
        expected: "\(model.configuration.channels), as the model was trained on")
    }
    guard set.classNames == classNames else {
      throw DataError(
        file: set.name, found: "classes \(set.classNames.prefix(8).joined(separator: " "))",
        expected: "\(classNames.prefix(8).joined(separator: " ")), as the model was trained on")
    }
    if let length = model.configuration.seriesLength, preparation.length == .require,
      let other = set.cases.first(where: { $0.length != length })
    {
      throw DataError(
        file: set.name, line: other.line, found: "a series of \(other.length) steps",
        expected: "\(length), as the model was trained on",
        advice: "train with --length resample:\(length)")
    }
  }
}

/// The path of `best.safetensors` in a run folder.
///
/// Throws `DataError` for something else than a folder that has one; nothing where there is nothing at the
/// path, which reading it will say.
func bestWeights(ofRun run: String) throws(DataError) -> String {
  let path = "\(run)/best.safetensors", files = FileManager.default
  guard files.fileExists(atPath: run), !files.fileExists(atPath: path) else { return path }
  guard FolderContents(of: run) != .fleet else {
    throw DataError(
      file: run, found: "a fleet of detectors", expected: "one of the run folders in it")
  }
  let isBegun = files.fileExists(atPath: "\(run)/run.json")
  throw DataError(
    file: run, found: isBegun ? "a run that is not finished" : "no run folder",
    expected: "a folder with best.safetensors, as training leaves it",
    advice: isBegun ? "go on with --resume" : "")
}
