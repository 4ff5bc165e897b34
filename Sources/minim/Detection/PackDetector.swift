// SPDX-License-Identifier: Apache-2.0
import MinimDetection
import MinimLayers
import MinimPacking
import MinimSeries
import Yams

extension Pack {
  /// Packs the detector of the run.
  func packDetector() throws {
    if let window {
      throw OptionError("--window: found \(window), expected none with a detector")
    }
    let choice = try alarm.check()
    let saved = try SavedDetector(run: path)
    let (recipe, keys) = try readRecipe()
    let folder = try data ?? trainingData(keys)
    let name = keys?["only"]?.string ?? saved.report?.data
    let joined = saved.joined
    let trainedOn =
      try joined.map { try DetectionProblem.chosen(at: folder, only: nil, joined: $0) }
      ?? trainingProblem(at: folder, name: name)
    let hash = dataHash(of: trainedOn.train)
    if let trained = saved.report?.dataHash, trained != hash {
      throw DataError(
        file: folder, found: "other rows than those of the training, data hash \(hash)",
        expected: "data hash \(trained), for the packed scores are compared on them",
        advice: "give --data with the data that the run was trained on, or train again")
    }
    let problem = try joined == nil ? trainedOn : joinedProblem(at: folder, of: joined)
    let packed = try pack(
      saved.detector, named: saved.name, scaler: scaler(of: saved, for: problem),
      trainedOn: saved.checked(problem.train), calibration: saved.calibration,
      precision: precision, isJoined: saved.joined != nil, masks: masks ?? .plain, alarm: choice,
      provenance: ["recipe": recipe, "data": problem.name, "data-hash": hash], bare: bare)
    try checkMasks(oneBitMatrices: packed.oneBitMatrices)
    try writeAtomically(packed.bytes, to: out)
    let report = DetectorPackReport(
      out, packed, precision: precision, alarm: choice,
      warning: saved.reachWarning(packed.threshold))
    if output.json { try output.printJSON(report) } else { print(report.text) }
  }

  /// The problem of `--only`, for which a detector of joined problems is packed.
  private func joinedProblem(
    at folder: String, of joined: String?
  ) throws -> DetectionProblem {
    guard let only else {
      let known = joined == "all" ? nil : joined?.split(separator: ",").map(String.init)
      let names = try (known ?? detectionSources(at: folder).map(\.name)).prefix(12)
        .joined(separator: " ")
      throw OptionError(
        "--only: found none with a detector of joined problems, expected the one that it is packed for, of \(names)"
      )
    }
    return try .chosen(at: folder, only: only)
  }

  /// The scaler that goes with a detector: of joined problems that of the one that it is packed for.
  ///
  /// Throws `OptionError` for `--only` with a detector of one problem.
  private func scaler(
    of saved: SavedDetector, for problem: DetectionProblem
  ) throws -> RangeScaler? {
    guard saved.joined == nil else {
      return try RangeScaler(problem.train, limit: DetectionProblem.joinedLimit)
    }
    if let only {
      throw OptionError(
        "--only: found \(only), expected none with a detector that was not trained with --joined")
    }
    return saved.scaler
  }

  /// The problem at a path, of several the one of the name that the run was trained on.
  private func trainingProblem(at path: String, name: String?) throws -> DetectionProblem {
    let sources = try detectionSources(at: path)
    guard let source = sources.count == 1 ? sources[0] : sources.first(where: { $0.name == name })
    else {
      throw DataError(
        file: path, found: "\(sources.count) problems",
        expected: "\(name ?? "the one") that the run was trained on")
    }
    return try source.read()
  }
}
