// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimHost
import MinimLayers
import MinimLearning
import MinimPacking
import MinimScores
import MinimSeries
import Yams

/// A run folder with the data it was trained on: what `compare` measures.
struct ComparedRun {
  let path: String
  /// The kind of model and its size, by the recipe: `lstm 1x8`.
  let model: String
  let parameters: Int
  let dataHash: String
  private let saved: SavedClassifier
  private let problem: ClassificationProblem
  private let cases: LearningCases
  private let validation: ClassificationScores

  /// Reads a run folder, and the problem in `data` or else in the folder that the recipe names.
  ///
  /// Throws `FileError`, `SafetensorsError` or `DataError`, also where the run was trained on other
  /// cases.
  init(path: String, data: String?) throws {
    saved = try SavedClassifier(run: path)
    let recipe = try Self.recipe(of: path)
    guard let folder = data ?? recipe["data"]?.string else {
      throw DataError(
        file: "\(path)/recipe.yaml", found: "no key data", expected: "the recipe of a run",
        advice: "give --data")
    }
    problem = try ClassificationProblem(contentsOf: folder)
    try saved.check(problem.train)
    cases = try LearningCases(
      problem.train, preparation: saved.preparation, splitSeed: TrainingRun.splitSeed)
    let record: RunRecord = try Self.decoded("\(path)/run.json")
    guard record.dataHash == cases.dataHash else {
      throw DataError(
        file: folder, found: "other training cases than those of \(path)",
        expected: "data hash \(record.dataHash)",
        advice: "give --data with the folder that the run was trained on")
    }
    let report: ValidationReport = try Self.decoded("\(path)/scores.json")
    validation = report.metrics
    parameters = report.parameters
    dataHash = record.dataHash
    self.path = path
    let size = ["layers", "hidden"].compactMap { recipe[$0]?.string }.joined(separator: "x")
    model = [recipe["model"]?.string ?? "unknown", size].filter { $0 != "" }.joined(separator: " ")
  }

  /// The scores of the best weights; those on validation cases are read, those on test cases made.
  ///
  /// Throws `DataError` and `ScoreError`.
  func scores(on split: ComparedSplit) throws -> ClassificationScores {
    guard split == .test else { return validation }
    let test = try testPart()
    try saved.check(test)
    return try MinimLearning.scores(of: saved.model, on: saved.preparation.apply(to: test))
  }

  /// The model file, or why there is none.
  ///
  /// Throws `DataError`.
  func packed(_ precision: Precision) throws -> Result<[UInt8], PackingError> {
    do {
      let packed = try pack(
        saved.model, trainedOn: problem.train, cases: cases, precision: precision, bare: true)
      return .success(packed.bytes)
    } catch let error as PackingError {
      return .failure(error)
    }
  }

  /// Microseconds that a packed model takes for a case: the median of nine rounds over the first 32
  /// cases of a split, after one that does not count.
  ///
  /// Throws `DataError`, and `HostError` for a file that is no model.
  func microseconds(_ file: [UInt8], on split: ComparedSplit) throws -> Double {
    let set = split == .test ? try testPart() : problem.train
    let indices = split == .test ? Array(set.cases.indices) : cases.validationIndices
    let series = indices.prefix(32).map { index in
      let item = set.cases[index]
      return (0..<item.length).flatMap { step in
        (0..<set.channelCount).map { item.values[$0 * item.length + step] }
      }
    }
    let loaded = try LoadedModel(file, path: path)
    let rounds = (0..<10).map { _ in
      let start = ContinuousClock.now
      for values in series { _ = loaded.result(forCase: values) }
      return start.duration(to: .now) / .microseconds(1) / Double(series.count)
    }
    return rounds.dropFirst().sorted()[4]
  }

  private func testPart() throws -> SeriesSet {
    guard let test = problem.test else {
      throw DataError(
        file: problem.name, found: "no test part", expected: "a NAME_TEST file",
        advice: "compare by --split validation")
    }
    return test
  }

  private static func recipe(of path: String) throws -> Node.Mapping {
    let text = String(decoding: try readFile(at: "\(path)/recipe.yaml"), as: UTF8.self)
    guard let mapping = (try? Yams.compose(yaml: text))?.mapping else {
      throw DataError(
        file: "\(path)/recipe.yaml", found: "no keys", expected: "the recipe of a run")
    }
    return mapping
  }

  /// The value in a JSON file of a finished run.
  ///
  /// Throws `FileError` and `DataError`.
  static func decoded<Value: Decodable>(_ path: String) throws -> Value {
    let bytes = try readFile(at: path)
    do {
      return try JSONDecoder().decode(Value.self, from: Data(bytes))
    } catch {
      throw DataError(
        file: path, found: "other contents", expected: "the file that a finished run has",
        advice: "train again, or go on with --resume")
    }
  }
}
