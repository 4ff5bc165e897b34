// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimLayers
import MinimLearning
import MinimModels
import MinimScores
import MinimSeries
import MinimTensor
import Yams

/// A training run of the command line: reads data, trains, writes the run folder, prints the
/// result.
struct TrainingRun {
  let command: String
  let options: TrainingOptions
  let output: OutputOptions
  /// Keys of the command's own, after the shared ones.
  var ownKeys: [(key: String, value: String)] = []
  /// Fingerprints of what lies behind keys that are paths: a run is gone on with where they are the same,
  /// wherever the files lie.
  var contents: [String: String] = [:]
  /// A part of the run folder's name by default; may be empty.
  var nameSuffix = ""

  /// Trains a fresh classifier.
  ///
  /// `extraLoss` makes a distillation term from the prepared cases and the model at its start; it
  /// may throw.
  func run(
    extraLoss: (SeriesSet, LearningCases, any Classifier<Float>) throws -> ExtraLoss? = { _, _, _ in
      nil
    }
  ) throws {
    try options.check()
    if let threads = options.threads { threadCount = threads }
    let problem = try ClassificationProblem(contentsOf: options.data)
    let cases = try LearningCases(
      problem.train, preparation: options.preparation, splitSeed: Self.splitSeed)
    let model = try options.freshClassifier(for: cases)
    let extra = try extraLoss(problem.train, cases, model)
    try train(model, on: cases, of: problem, extraLoss: extra)
  }

  private func train<Model: StoredClassifier<Float>>(
    _ model: Model, on cases: LearningCases, of problem: ClassificationProblem,
    extraLoss: ExtraLoss?
  ) throws {
    let path = path(problem.name)
    try FolderContents.require(.classifier, at: path)
    let folder = try RunFolder(path: path, resume: options.resume)
    guard let hold = try FileHold(path: folder.path, seconds: 1) else {
      throw FileError(
        path: folder.path, operation: "use", reason: "another process trains in this folder")
    }
    defer { withExtendedLifetime(hold) {} }
    let start = ContinuousClock.now
    var record = RunRecord(
      seed: options.seed, data: problem.name, dataHash: cases.dataHash,
      trainCases: cases.train.caseCount, validationCases: cases.validation.caseCount,
      threads: threadCount, kernelLevel: kernelLevel, seconds: 0)
    if !options.resume {
      try folder.write(
        Self.yaml([("command", command)] + options.recipe + ownKeys), to: "recipe.yaml")
      try folder.writeJSON(record, to: "run.json")
    }
    let progress = Progress(
      "\(command) \(problem.name)", total: options.plan.epochs, unit: "epoch", quiet: output.quiet)
    let outcome = try trainClassifier(
      model, on: cases, plan: options.plan, run: folder, resume: options.resume,
      identity: identity(cases), progress: progress, extraLoss: extraLoss)
    record.seconds = start.duration(to: .now) / .seconds(1)
    record.processorSeconds = Double(clock()) / Double(CLOCKS_PER_SEC)
    try finish(outcome, cases: cases, folder: folder, record: record)
  }

  /// The split into training and validation cases is the same for every run on the same data.
  static let splitSeed: UInt64 = 1

  private func path(_ problem: String) -> String {
    options.out
      ?? "runs/"
      + [problem, options.model.rawValue, options.size, nameSuffix, "seed\(options.seed)"]
      .filter { !$0.isEmpty }.joined(separator: "-")
  }

  private func identity(_ cases: LearningCases) -> String {
    let keys = (options.recipe + ownKeys).filter { $0.key != "data" }
    return "\(minimVersion) \(cases.dataHash) \(kernelLevel) "
      + keys.map { "\($0.key)=\(contents[$0.key] ?? $0.value)" }.joined(separator: " ")
  }

  private func finish(
    _ outcome: TrainingOutcome<some StoredClassifier<Float>>, cases: LearningCases,
    folder: RunFolder, record: RunRecord
  ) throws {
    let saved = SavedClassifier(
      model: outcome.best, preparation: cases.preparation, classNames: cases.train.classNames)
    try saved.write(to: "\(folder.path)/best.safetensors")
    let report = ValidationReport(
      metrics: try scores(of: outcome.best, on: cases.validation), loss: outcome.bestLoss,
      parameters: outcome.best.parameterCount, bestEpoch: outcome.bestEpoch, epochs: outcome.epochs)
    try folder.writeJSON(report, to: "scores.json")
    try folder.writeJSON(record, to: "run.json")
    let result = EvaluationResult(
      split: "validation", scores: report.metrics, parameters: report.parameters, run: folder.path)
    if output.json { return try output.printJSON(result) }
    let epochs = "best of \(outcome.epochs) epochs is \(outcome.bestEpoch)"
    let way = options.model == .minirocket ? "fitted" : epochs
    let binary = (outcome.best as? any BinaryModel).map { model in
      ", " + binaryMatricesText(model.signSeeds.count, of: model.inUse.matrixPaths.count)
    }
    print("\(folder.path): \(report.parameters) parameters\(binary ?? ""), \(way)")
    print(result.text)
  }

  static func yaml(_ pairs: [(key: String, value: String)]) throws -> String {
    let nodes = pairs.map { (Node($0.key), Node($0.value)) }
    return try Yams.serialize(node: Node.mapping(Node.Mapping(nodes)))
  }
}

/// What `eval` prints, and `train` at its end: a split's name, its scores, and the model's size.
struct EvaluationResult: Encodable {
  struct Metrics: Encodable {
    let aucPRC: Double
    let aucROC: Double?
    let accuracy: Double
    let balancedAccuracy: Double
    let logLoss: Double

    enum CodingKeys: String, CodingKey {
      case aucPRC = "auc_prc"
      case aucROC = "auc_roc"
      case accuracy
      case balancedAccuracy = "balanced_accuracy"
      case logLoss = "log_loss"
    }
  }
  let split: String
  let cases: Int
  let metrics: Metrics
  let parameters: Int
  var run: String?

  init(split: String, scores: ClassificationScores, parameters: Int, run: String? = nil) {
    self.split = split
    self.parameters = parameters
    self.run = run
    cases = scores.caseCount
    metrics = Metrics(
      aucPRC: scores.aucPRC, aucROC: scores.aucROC, accuracy: scores.accuracy,
      balancedAccuracy: scores.balancedAccuracy, logLoss: scores.logLoss)
  }

  var text: String {
    func percent(_ value: Double?) -> String {
      value.map { String(format: "%.1f %%", $0 * 100) } ?? "none"
    }
    return "\(split) split, \(cases) cases: AUC-PRC \(percent(metrics.aucPRC)), AUC-ROC "
      + "\(percent(metrics.aucROC)), accuracy \(percent(metrics.accuracy))"
  }
}
