// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MinimDetection
import MinimLayers
import MinimLearning
import MinimSeries
import MinimTensor
import MinimTrials

/// `minim train --task detect`.
struct TrainDetector: TrialCommand, RecipeKeyed {
  static let configuration = CommandConfiguration(
    commandName: "train-detector",
    abstract: "Train a detector of anomalies on rows that are taken as normal.",
    discussion:
      "Spelled minim train --task detect. Example: minim train --task detect --model pca --data data/ftsad/FTSAD-1",
    shouldDisplay: false)
  static let keys = DetectionOptions.keys + ["each", "workers"] + OutputOptions.keys

  static let required = ["data"]

  @OptionGroup var options: DetectionOptions
  @Flag(
    help: "Train one detector for each problem of the folder, into OUT/NAME; finished ones stay.")
  var each = false
  @OptionGroup var workers: WorkerOptions
  @OptionGroup var output: OutputOptions

  var resolvedRecipe: [(key: String, value: String)] {
    get throws { options.recipe(try options.check()) }
  }

  func run() throws {
    let startBytes = peakResidentBytes()
    let preset = try options.check()
    if each { return try trainFleet(preset) }
    if let threads = options.threads { threadCount = threads }
    let problem = try DetectionProblem.chosen(at: options.data, only: options.only)
    let path = options.out ?? "runs/\(problem.name)-\(preset.name)-seed\(options.seed)"
    let folder = try RunFolder(path: path, resume: false)
    if FileManager.default.fileExists(atPath: "\(path)/measures.json") {
      guard options.resume else { throw TrainingError.runExists(path: path) }
      return try show(
        JSONDecoder().decode(DetectorReport.self, from: Data(readFile(at: "\(path)/run.json"))))
    }
    try folder.write(
      TrainingRun.yaml([("command", "train")] + options.recipe(preset)), to: "recipe.yaml")
    let (trained, expense) = try Expense.measuring(above: startBytes) {
      try train(preset, on: problem)
    }
    try trained.detector.write(to: path)
    var report = trained.report
    report.expense = expense
    report.run = path
    try folder.writeJSON(report, to: "run.json")
    // The last file: with it the run is finished.
    try folder.writeJSON(report.measures(expense), to: "measures.json")
    try show(report)
  }

  private func trainFleet(_ preset: DetectorPreset) throws {
    guard options.only == nil else {
      throw OptionError("--only: found it beside --each, expected one of them")
    }
    let sources = try detectionSources(at: options.data)
    let folder = options.data.split(separator: "/").last.map(String.init) ?? "fleet"
    let out = options.out ?? "runs/\(folder)-\(preset.name)-seed\(options.seed)"
    let words = options.recipe(preset).filter { !["task", "data"].contains($0.key) }.map {
      "--\($0.key)=\($0.value)"
    }
    let progress = Progress(
      "train", total: sources.count, unit: "detector", quiet: output.quiet)
    let fleet = try DetectorFleet(
      training: sources, data: options.data, model: preset.name, words: words, out: out,
      executor: workers.executor()
    ) { progress.show($0) }
    progress.finish()
    if output.json { return try output.printJSON(fleet) }
    print("\(out): \(fleet.names.count) detectors, \(preset.name)")
  }

  private func show(_ report: DetectorReport) throws {
    if output.json { try output.printJSON(report) } else { print(report.text) }
  }

  private func train(
    _ preset: DetectorPreset, on problem: DetectionProblem
  ) throws -> (detector: SavedDetector, report: DetectorReport) {
    let scaler = preset.readsRaw ? nil : try RangeScaler(problem.train)
    let rows = try scaler.map { try $0.apply(to: problem.train).recording } ?? problem.train
    var generator = SeededGenerator(seed: options.seed)
    let sizes = try options.sizes
    guard var detector = preset.detector(channels: rows.channels, sizes: sizes, using: &generator)
    else {
      throw OptionError(
        "--window, --hidden, --layers\(preset.isTransformer ? ", --heads, --norm, --looks" : ""): found sizes that no \(preset.name) of \(rows.channels) channels has"
      )
    }
    // All but one row may be learned from; the reference code of GON keeps none apart.
    let kept = preset.readsRaw ? 0 : Int(Double(rows.count) * options.held)
    let fit = rows.rows(0..<max(1, rows.count - kept))
    let held = kept > 0 ? rows.rows(rows.count - kept..<rows.count) : fit
    let plan = options.plan(preset)
    let progress = Progress(
      "train \(problem.name)", total: plan.epochs, unit: "epoch", quiet: output.quiet)
    func fitted(_ detector: inout some Detector) throws {
      try detector.fit(
        Windows(fit, for: detector.configuration), held: Windows(held, for: detector.configuration),
        plan: plan, progress: progress)
    }
    if var student = detector as? StepTransformerDetector, let teacher = options.teacher {
      student.teacher = try transformerTeacher(teacher, of: student, scaler: scaler)
      detector = student
    }
    try fitted(&detector)
    // No window of the rows that thresholds are found from reaches beyond the first row.
    let reach = min(detector.configuration.window - 1 + detector.configuration.lag, rows.count - 1)
    let first = kept >= 1000 ? rows.count - kept - reach : 0
    let scored = detector.scores(of: rows.rows(max(0, first)..<rows.count)).scores
    if let row = scored.firstIndex(where: { !$0.isFinite }) {
      throw TrainingError.notFinite(
        epoch: plan.epochs, batch: row / plan.batch + 1, tensor: "the score of training row \(row)")
    }
    let calibration = Array(scored[reach...])
    let report = DetectorReport(
      model: preset.name, data: problem.name, seed: options.seed, channels: rows.channels,
      window: detector.configuration.window, parameters: detector.storedCount,
      trainRows: fit.count, heldRows: kept, anomalousTrainRows: problem.train.labels?.count { $0 },
      constantChannels: scaler?.constantChannels ?? [], kernelLevel: kernelLevel)
    return (SavedDetector(detector: detector, scaler: scaler, calibration: calibration), report)
  }
}

/// The transformer detector of a run, to learn from.
///
/// Throws `DataError` for another kind, other windows or another scale than the student's.
private func transformerTeacher(
  _ run: String, of student: StepTransformerDetector, scaler: RangeScaler?
) throws -> StepTransformer<Float> {
  let saved = try SavedDetector(run: run)
  guard let teacher = saved.detector as? StepTransformerDetector,
    teacher.configuration.channels == student.configuration.channels,
    teacher.configuration.window == student.configuration.window,
    teacher.configuration.predicts == student.configuration.predicts, saved.scaler == scaler
  else {
    throw DataError(
      file: run,
      found:
        "a \(type(of: saved.detector).name) detector of \(saved.detector.configuration.window) rows",
      expected:
        "a transformer detector of \(student.configuration.window) rows, trained on the same rows and likewise \(student.configuration.predicts ? "to predict" : "to reconstruct")"
    )
  }
  return teacher.network.effective
}

/// What `run.json` of a detector's run folder holds.
struct DetectorReport: Codable {
  var version = minimVersion
  let model: String
  let data: String
  let seed: UInt64
  let channels: Int
  let window: Int
  /// Numbers that the detector is made of, trained or found otherwise.
  let parameters: Int
  let trainRows: Int
  let heldRows: Int
  /// Training rows that labels call anomalous; nil without labels.
  let anomalousTrainRows: Int?
  /// Channels that did not change in training.
  let constantChannels: [Int]
  let kernelLevel: String
  var expense: Expense?
  var run: String?

  enum CodingKeys: String, CodingKey {
    case version, model, data, seed, channels, window, parameters, expense, run
    case trainRows = "train_rows"
    case heldRows = "held_rows"
    case anomalousTrainRows = "anomalous_train_rows"
    case constantChannels = "constant_channels"
    case kernelLevel = "kernel_level"
  }

  /// What a search or reproduction keeps of it.
  func measures(_ expense: Expense) -> TrialMeasures {
    TrialMeasures(
      processorSeconds: expense.processorSeconds, kernelLevel: kernelLevel,
      measures: [
        "train_seconds": expense.seconds, "train_peak_bytes": Double(expense.peakBytes),
        "numbers": Double(parameters), "train_rows": Double(trainRows),
      ])
  }

  var text: String {
    var lines = [
      "\(run ?? ""): \(model), \(parameters) numbers, window of \(window) rows of \(channels) channels, from \(trainRows) rows"
        + (heldRows > 0 ? ", \(heldRows) kept apart" : "")
    ]
    if let expense {
      lines.append(
        String(
          format: "%.2f s, %.1f MiB above the start", expense.seconds,
          Double(expense.peakBytes) / 1_048_576))
    }
    if !constantChannels.isEmpty {
      lines.append(
        "\(constantChannels.count) channels never change in training: "
          + constantChannels.prefix(16).map(String.init).joined(separator: " ")
          + (constantChannels.count > 16 ? " …" : ""))
    }
    if let anomalousTrainRows, anomalousTrainRows > 0 {
      lines.append(
        "\(anomalousTrainRows) training rows are labelled anomalous; they were taken as normal")
    }
    return lines.joined(separator: "\n")
  }
}
