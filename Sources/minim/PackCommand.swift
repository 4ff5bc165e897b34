// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import Foundation
import MinimLayers
import MinimLearning
public import MinimPacking
import MinimRuntime
import MinimSeries
import Yams

extension Precision: ExpressibleByArgument {}
extension MaskCoding: ExpressibleByArgument {}

/// `minim pack`.
struct Pack: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn a trained run into one small file that a device can run.",
    discussion: """
      Example: minim pack runs/student --out model.minim --precision int8
      Example: minim pack runs/pca --out detector.minim --minimum-samples 3 --adapt
      """)

  @Argument(help: "The run folder.")
  var path: String
  @Option(help: "The model file to write.")
  var out = "model.minim"
  @Option(help: "How weights are stored.")
  var precision = Precision.float32
  @Option(
    help:
      "How the masks of a model trained with --keep are stored; coded where that takes fewer bytes than plain, the default."
  )
  var masks: MaskCoding?
  @Option(help: "The folder of the problem; by default the one the run was trained on.")
  var data: String?
  @Option(help: "Of a detector trained with --joined: the problem that it is packed for.")
  var only: String?
  @Option(
    parsing: .unconditional,
    help: "The longest series the model takes, where it was trained with --length pad.")
  var window: Int?
  @Flag(help: "Leave out where the model comes from, and the self-test.")
  var bare = false
  @OptionGroup var alarm: AlarmOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try checkOut()
    if try SavedDetector.isOne(run: path) { return try packDetector() }
    try alarm.refuseAny()
    if let only {
      throw OptionError("--only: found \(only), expected none but with a detector")
    }
    if try SavedForecaster.isOne(run: path) { return try packForecaster() }
    let saved = try SavedClassifier(run: path)
    let (recipe, keys) = try readRecipe()
    let folder = try data ?? trainingData(keys)
    let problem = try ClassificationProblem(contentsOf: folder)
    try saved.check(problem.train)
    let cases = try LearningCases(
      problem.train, preparation: saved.preparation, splitSeed: TrainingRun.splitSeed)
    let record = try? JSONDecoder().decode(
      RunRecord.self, from: Data(readFile(at: "\(path)/run.json")))
    guard let record, record.dataHash == cases.dataHash else {
      throw DataError(
        file: folder, found: "other training cases than those of the run",
        expected: "data hash \(record?.dataHash ?? "unknown"), for the file is checked on them",
        advice: "give --data with the folder that the run was trained on")
    }
    if let window {
      let longest = cases.train.length
      guard saved.preparation.length == .pad, (longest...1_000_000).contains(window) else {
        throw OptionError(
          "--window: found \(window), expected \(longest) to 1000000, and a model trained with "
            + "--length pad; leave it out")
      }
    }
    let packed = try pack(
      saved.model, trainedOn: problem.train, cases: cases, precision: precision,
      masks: masks ?? .plain, window: window,
      provenance: ["recipe": recipe, "data": record.data], bare: bare)
    try checkMasks(oneBitMatrices: packed.oneBitMatrices)
    try writeAtomically(packed.bytes, to: out)
    let report = PackReport(out, packed, precision: precision)
    if output.json { try output.printJSON(report) } else { print(report.text) }
  }

  /// Refuses to replace a file that is no model file.
  private func checkOut() throws {
    guard let old = try? readFile(at: out), !old.isEmpty else { return }
    let isModel = withUnsafeBytes(of: ModelFormat.magic.littleEndian) { old.starts(with: $0) }
    guard isModel else {
      throw FileError(
        path: out, operation: "replace", reason: "it is no model file; give another --out")
    }
  }

  /// Refuses a choice of masks for a model that has none.
  func checkMasks(oneBitMatrices: Int) throws(OptionError) {
    if masks == .coded, oneBitMatrices == 0 {
      throw OptionError(
        "--masks: found coded, expected none with a model without masks; leave it out, or train with --keep"
      )
    }
  }

  private func packForecaster() throws {
    if let window {
      throw OptionError("--window: found \(window), expected none with a forecaster")
    }
    let saved = try SavedForecaster(run: path)
    let (recipe, keys) = try readRecipe()
    var source = ForecastDataOptions()
    source.data = try data ?? trainingData(keys)
    source.times = keys?["times"]?.string.flatMap { .init(rawValue: $0) } ?? .read
    source.resample = keys?["resample"]?.string
    source.fill = keys?["fill"]?.string.flatMap { .init(rawValue: $0) }
    let series = try source.series()
    let record = try? JSONDecoder().decode(
      RunRecord.self, from: Data(readFile(at: "\(path)/run.json")))
    guard let record, record.dataHash == dataHash(of: series.recording) else {
      throw DataError(
        file: source.data, found: "other rows than those of the run",
        expected: "data hash \(record?.dataHash ?? "unknown"), for the file is checked on them",
        advice: "give --data with the file that the run was trained on")
    }
    let train = series.recording.rows(
      0..<min(saved.context.split[0], series.recording.count))
    let packed = try pack(
      saved.forecaster, scaler: saved.context.scaler, trainedOn: train,
      intervals: saved.context.intervals, precision: precision, masks: masks ?? .plain,
      provenance: ["recipe": recipe, "data": record.data, "data-hash": record.dataHash].merging(
        saved.context.step.map { ["step": "\($0)"] } ?? [:]
      ) { $1 }, bare: bare)
    try checkMasks(oneBitMatrices: packed.oneBitMatrices)
    try writeAtomically(packed.bytes, to: out)
    let report = ForecasterPackReport(
      out: out, bytes: packed.bytes.count, precision: precision.rawValue,
      windows: packed.windows, relativeDifference: packed.relativeDifference,
      storage: StorageReport(
        packed.bytes, matrices: packed.matrices, oneBit: packed.oneBitMatrices, precision))
    if output.json { try output.printJSON(report) } else { print(report.text) }
  }

  func readRecipe() throws -> (text: String, keys: Node.Mapping?) {
    let text = String(decoding: try readFile(at: "\(path)/recipe.yaml"), as: UTF8.self)
    return (text, try? Yams.compose(yaml: text)?.mapping)
  }

  func trainingData(_ keys: Node.Mapping?) throws -> String {
    guard let folder = keys?["data"]?.string else {
      throw DataError(
        file: "\(path)/recipe.yaml", found: "no key data", expected: "the recipe of a run",
        advice: "give --data")
    }
    return folder
  }
}

/// What `pack` prints of a forecaster.
struct ForecasterPackReport: Encodable {
  let out: String
  let bytes: Int
  let precision: String
  /// The last windows of the training rows, whose forecasts were compared.
  let windows: Int
  let relativeDifference: Double
  let storage: StorageReport

  enum CodingKeys: String, CodingKey {
    case out, bytes, precision, windows, storage
    case relativeDifference = "relative_difference"
  }

  var text: String {
    """
    \(out): \(bytes) bytes in \(precision)\(storage.text)
    \(windows) training windows: forecasts differ from the trained ones by \
    \(String(format: "%.1e", relativeDifference)) of the channels' deviations, root mean square
    """
  }
}

/// What `pack` prints.
struct PackReport: Encodable {
  let out: String
  let bytes: Int
  let precision: String
  let validationAccuracyTrained: Double
  let validationAccuracyPacked: Double
  let largestDifference: Double
  let rootMeanSquareDifference: Double
  let changedDecisions: Int
  let trainingAndValidationCases: Int
  let storage: StorageReport

  enum CodingKeys: String, CodingKey {
    case out, bytes, precision
    case validationAccuracyTrained = "validation_accuracy_trained"
    case validationAccuracyPacked = "validation_accuracy_packed"
    case largestDifference = "largest_difference"
    case rootMeanSquareDifference = "root_mean_square_difference"
    case changedDecisions = "changed_decisions"
    case trainingAndValidationCases = "training_and_validation_cases"
    case storage
  }

  init(_ out: String, _ packed: PackedClassifier, precision: Precision) {
    self.out = out
    bytes = packed.bytes.count
    self.precision = precision.rawValue
    validationAccuracyTrained = packed.accuracyBefore
    validationAccuracyPacked = packed.accuracyAfter
    largestDifference = packed.largestDifference
    rootMeanSquareDifference = packed.meanDifference
    changedDecisions = packed.changedDecisions
    trainingAndValidationCases = packed.cases
    storage = StorageReport(
      packed.bytes, matrices: packed.matrices, oneBit: packed.oneBitMatrices, precision)
  }

  var text: String {
    func percent(_ share: Double) -> String { String(format: "%.1f %%", share * 100) }
    func short(_ number: Double) -> String { String(format: "%.1e", number) }
    return """
      \(out): \(bytes) bytes in \(precision)\(storage.text)
      validation split: accuracy \(percent(validationAccuracyTrained)) as trained, \
      \(percent(validationAccuracyPacked)) as packed
      \(trainingAndValidationCases) training and validation cases: probabilities differ by at most \
      \(short(largestDifference)), root mean square \(short(rootMeanSquareDifference)); \
      \(changedDecisions) decided otherwise
      """
  }
}

/// How the matrices of a packed model are stored.
struct StorageReport: Encodable {
  let matrices: Int
  let oneBitMatrices: Int
  /// Whether int8 was asked for and no tensor has it.
  private let isInVain: Bool

  enum CodingKeys: String, CodingKey {
    case matrices
    case oneBitMatrices = "one_bit_matrices"
  }

  init(_ bytes: [UInt8], matrices: Int, oneBit: Int, _ precision: Precision) {
    self.matrices = matrices
    oneBitMatrices = oneBit
    let tensors = (try? ModelFile(bytes: bytes))?.tensors ?? []
    isInVain = precision == .int8 && !tensors.contains { $0.type == .int8 }
  }

  /// What follows the precision in a line; empty where there is nothing to say.
  var text: String {
    (isInVain ? ", but no matrix takes int8, as with --precision float16" : "")
      + (oneBitMatrices > 0 ? ", \(oneBitMatrices) of \(matrices) matrices one-bit" : "")
  }
}
