// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimDetection
import MinimLayers
import MinimSeries
import MinimTensor

/// A trained detector with what it takes to use it on raw rows.
struct SavedDetector {
  let detector: any Detector
  /// Nil for one that reads rows as they are.
  let scaler: RangeScaler?
  /// The problems that were joined, as `--joined` names them, each scaled by its own training rows; nil for one problem.
  let joined: String?
  /// Scores of the last normal rows, from which thresholds are found: those that training kept apart, or
  /// all training rows with a whole window where these are fewer than 1,000.
  let calibration: [Double]
  /// What `run.json` says of the training; nil where it says nothing, and before it is written.
  let report: DetectorReport?

  init(
    detector: any Detector, scaler: RangeScaler?, joined: String? = nil, calibration: [Double]
  ) {
    report = nil
    self.joined = joined
    self.detector = detector
    self.scaler = scaler
    self.calibration = calibration
  }

  /// Whether a run folder holds a detector.
  ///
  /// Throws `FileError`, `SafetensorsError`, or `DataError` for what is no run folder.
  static func isOne(run: String) throws -> Bool {
    try SafetensorsFile(contentsOf: bestWeights(ofRun: run)).metadata["detector"] != nil
  }

  /// Reads `best.safetensors` and `calibration.csv` of a run folder.
  ///
  /// Throws `FileError`, `DataError` or `SafetensorsError`.
  init(run: String) throws {
    let path = try bestWeights(ofRun: run)
    let file = try SafetensorsFile(contentsOf: path)
    let detector = try storedDetector(from: file, path: path)
    if let broken = detector.namedParameters.first(where: {
      $0.tensor.scalars.contains(where: \.isNaN)
    }) {
      throw SafetensorsError(
        .otherContents, file: path, tensor: broken.name, found: "a NaN",
        expected: "numbers; train it again")
    }
    self.detector = detector
    scaler = try file.metadata["scaler"].map { text in
      guard let scaler = try? JSONDecoder().decode(RangeScaler.self, from: Data(text.utf8)),
        scaler.minimums.count == detector.configuration.channels
      else {
        throw SafetensorsError(
          .otherContents, file: path, found: "no scaler of the detector's channels",
          expected: "the best.safetensors of a run")
      }
      return scaler
    }
    joined = file.metadata["joined"]
    calibration = try readScores(at: "\(run)/calibration.csv")
    report = (try? readFile(at: "\(run)/run.json")).flatMap {
      try? JSONDecoder().decode(DetectorReport.self, from: Data($0))
    }
  }

  /// The name of the preset, or of the detector's kind where `run.json` does not say it.
  var name: String { report?.model ?? type(of: detector).name }

  /// Writes the files that `init(run:)` reads.
  func write(to run: String) throws {
    var metadata: [String: String] = [:]
    if let scaler {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      metadata["scaler"] = String(decoding: try encoder.encode(scaler), as: UTF8.self)
    }
    metadata["joined"] = joined
    try detector.file(metadata: metadata).write(to: "\(run)/best.safetensors")
    try writeScores(calibration, to: "\(run)/calibration.csv")
  }

  /// The scores of a raw recording's rows, and how many values were clipped.
  ///
  /// Throws `DataError` for other channels than those learned from.
  func scores(of recording: Recording) throws -> (rows: RowScores, clipped: Int) {
    let recording = try checked(recording)
    guard let scaler else {
      return (detector.scores(of: recording), 0)
    }
    let scaled = try scaler.apply(to: recording)
    return (detector.scores(of: scaled.recording), scaled.clipped.reduce(0, +))
  }
}

extension SavedDetector {
  /// What to say of a threshold that no score of this detector can exceed; nil where one can.
  func reachWarning(_ threshold: Double) -> String? {
    guard let largest = detector.configuration.largestScore, threshold >= largest else {
      return nil
    }
    return
      "no score can exceed the threshold, for none is above \(largest): train with --score residual, or give --threshold"
  }

  /// The problem that `--data` and `--only` name for this detector: of one of joined problems those that were joined, or some of
  /// them, comma-separated, each scaled by its own training rows.
  ///
  /// Throws `DataError` or `OptionError`.
  func problem(at data: String, only: String?) throws -> DetectionProblem {
    guard let joined else { return try .chosen(at: data, only: only) }
    return try .chosen(
      at: data, only: nil, joined: only ?? joined, joinedOption: only == nil ? "joined" : "only")
  }

  /// A recording of the channels that the detector was trained on.
  ///
  /// Throws `DataError` for others, also where both have names for them that are not the same.
  func checked(_ recording: Recording) throws -> Recording {
    guard recording.channels == detector.configuration.channels else {
      throw DataError(
        file: recording.name, found: "\(recording.channels) channels",
        expected: "\(detector.configuration.channels), as the detector was trained on")
    }
    if let trained = report?.channelNames, recording.channelNames != trained,
      recording.hasNamedChannels, trained != trained.indices.map(String.init)
    {
      throw DataError(
        file: recording.name, found: "columns \(recording.channelNames.joined(separator: ","))",
        expected: "\(trained.joined(separator: ",")), as the detector was trained on",
        advice: "bring them into that order")
    }
    return recording
  }
}

extension Recording {
  /// Whether its channels have names of their own.
  var hasNamedChannels: Bool { channelNames != channelNames.indices.map(String.init) }
}

/// Scores from a file of one finite number a line, a header allowed.
///
/// Throws `FileError`, or `DataError` that names the line.
func readScores(at path: String) throws -> [Double] {
  let text = String(decoding: try readFile(at: path), as: UTF8.self)
  var scores: [Double] = []
  let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
  for (index, line) in lines.enumerated() {
    let word = line.trimmingCharacters(in: .whitespaces)
    if word.isEmpty, index == lines.count - 1 { continue }
    let number = Double(word)
    if number == nil, index == 0 { continue }
    guard let score = number, score.isFinite else {
      throw DataError(
        file: path, line: index + 1, found: "\"\(word.prefix(40))\"",
        expected: "one finite number a line")
    }
    scores.append(score)
  }
  guard !scores.isEmpty else {
    throw DataError(file: path, found: "no numbers", expected: "one number a line")
  }
  return scores
}

/// Writes scores under a header, one a line, by a temporary file.
func writeScores(_ scores: [Double], to path: String) throws {
  let text = "score\n" + scores.map { "\($0)\n" }.joined()
  try writeAtomically(Array(text.utf8), to: path)
}
