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
    usage: """
      minim train --task detect --data <data> [<options>]
      minim distill --method lta --teacher <teacher> --data <data> [<options>]
      """,
    discussion: "Example: minim train --task detect --model pca --data data/ftsad/FTSAD-1",
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
    guard workers.workers == nil else {
      throw OptionError("--workers: found it, expected none without --each")
    }
    let problem = try DetectionProblem.chosen(
      at: options.data, only: options.only, joined: options.joined,
      otherwise: "or give --each or --joined")
    let path = options.out ?? "runs/\(runName(problem))-\(preset.name)-seed\(options.seed)"
    guard URL(filePath: path).standardized.path != URL(filePath: options.data).standardized.path
    else {
      throw OptionError("--out: found \(path), the folder of the data, expected another one")
    }
    if let report = try finished(preset, problem, path) { return try show(report) }
    let resumes =
      options.resume && FileManager.default.fileExists(atPath: "\(path)/last.safetensors")
    let folder = try RunFolder(path: path, resume: resumes)
    try? FileManager.default.removeItem(atPath: "\(path)/measures.json")
    try folder.write(
      TrainingRun.yaml([("command", "train")] + options.recipe(preset)), to: "recipe.yaml")
    let mark = DetectorMark(
      model: preset.name, data: problem.name, dataHash: dataHash(of: problem.train))
    try folder.writeJSON(mark, to: "run.json")
    let (trained, expense): ((detector: SavedDetector, report: DetectorReport), Expense)
    do {
      (trained, expense) = try Expense.measuring(above: startBytes) {
        try train(preset, on: problem, in: folder, resume: resumes)
      }
    } catch {
      // Nothing was learned: the folder is free for another try.
      if !FileManager.default.fileExists(atPath: "\(path)/last.safetensors") {
        try? FileManager.default.removeItem(atPath: "\(path)/run.json")
        try? FileManager.default.removeItem(atPath: "\(path)/recipe.yaml")
      }
      throw error
    }
    try trained.detector.write(to: path)
    var report = trained.report
    report.dataHash = mark.dataHash
    report.expense = expense
    report.run = path
    try folder.writeJSON(report, to: "run.json")
    // The last file: with it the run is finished.
    try folder.writeJSON(report.measures(expense), to: "measures.json")
    try show(report)
  }

  /// The report of the run that a folder holds, where it is this one and finished; nil where there is
  /// something to do.
  ///
  /// Throws `FileError` where the folder belongs to something else, `TrainingError.runExists` where it holds a
  /// run and `--resume` is not given.
  private func finished(
    _ preset: DetectorPreset, _ problem: DetectionProblem, _ path: String
  ) throws -> DetectorReport? {
    let own = DetectorRun(recipe: options.recipe(preset), train: problem.train)
    // Before its run.json a run has done nothing.
    if !options.resume, FileManager.default.fileExists(atPath: "\(path)/run.json") {
      try FolderContents.require(.detector, at: path)
      throw TrainingError.runExists(path: path)
    }
    try own.check(folder: path)
    guard options.resume, FileManager.default.fileExists(atPath: "\(path)/measures.json"),
      let bytes = try? readFile(at: "\(path)/run.json")
    else { return nil }
    return try? JSONDecoder().decode(DetectorReport.self, from: Data(bytes))
  }

  private func trainFleet(_ preset: DetectorPreset) throws {
    guard options.only == nil, options.joined == nil else {
      throw OptionError(
        "--each: found it beside \(options.only == nil ? "--joined" : "--only"), expected one of them"
      )
    }
    guard options.teacher == nil else {
      throw OptionError(
        "--teacher: found it beside --each, expected none, for each detector learns from a teacher of its own rows; train with --only, one by one"
      )
    }
    let sources = try detectionSources(at: options.data)
    let folder = options.data.split(separator: "/").last.map(String.init) ?? "fleet"
    let out = options.out ?? "runs/\(folder)-\(preset.name)-each-seed\(options.seed)"
    let words = options.recipe(preset).filter { !["task", "data"].contains($0.key) }.map {
      "--\($0.key)=\($0.value)"
    }
    let progress = Progress(
      "train", total: sources.count, unit: "detector", quiet: output.quiet)
    let fleet = try DetectorFleet(
      training: sources, data: options.data, model: preset.name, words: words, out: out,
      executor: workers.executor(),
      check: { try DetectorRun(recipe: options.recipe(preset), train: $0).check(folder: $1) }
    ) { progress.show($0) }
    progress.finish()
    if output.json { return try output.printJSON(fleet) }
    print("\(out): \(fleet.names.count) detectors, \(preset.name)")
  }

  /// What a run folder is called: the problem, of joined ones the folder of the data, and whether a memory was taught.
  private func runName(_ problem: DetectionProblem) -> String {
    let folder = URL(filePath: options.data).lastPathComponent.prefix { $0 != "." }
    return (options.joined == nil ? problem.name : "\(folder)-joined")
      + (options.signatures.method.map { "-\($0)" } ?? "")
  }

  private func show(_ report: DetectorReport) throws {
    if output.json { try output.printJSON(report) } else { print(report.text) }
  }

  /// Why a preset has no detector of these sizes.
  private func sizeError(
    _ preset: DetectorPreset, channels: Int, _ sizes: DetectorSizes
  ) -> OptionError {
    if preset.readsSignatures {
      return OptionError(
        "--window: found \(sizes.window ?? 100) for \(channels) channels, expected 10 to 4096, and channels squared times the first level's width up to 16777216"
      )
    }
    guard preset.isTransformer else {
      return OptionError(
        "--window, --hidden, --layers: found sizes that no \(preset.name) of \(channels) channels has"
      )
    }
    var longer = sizes, generator = SeededGenerator(seed: options.seed)
    longer.window = 2
    if sizes.window == 1,
      preset.detector(channels: channels, sizes: longer, using: &generator) != nil
    {
      return OptionError(
        "--window: found 1, expected 2 to 4096, for the last row looks at those before it alone, or is predicted from them"
      )
    }
    return impossibleTransformer(
      preset.name, width: sizes.hidden ?? max(16, 2 * channels), sizes.transformer)
  }

  private func train(
    _ preset: DetectorPreset, on problem: DetectionProblem, in folder: RunFolder, resume: Bool
  ) throws -> (detector: SavedDetector, report: DetectorReport) {
    // Joined problems are scaled already, each by itself.
    let scaler =
      preset.readsRaw || options.joined != nil
      ? nil : try RangeScaler(problem.train, limit: preset.rangeLimit)
    let rows = try scaler.map { try $0.apply(to: problem.train).recording } ?? problem.train
    var generator = SeededGenerator(seed: options.seed)
    let sizes = try options.sizes(for: preset)
    guard var detector = preset.detector(channels: rows.channels, sizes: sizes, using: &generator)
    else {
      throw sizeError(preset, channels: rows.channels, sizes)
    }
    // The reference code of GON keeps none apart.
    let held = preset.readsRaw ? 0 : options.held
    let configuration = detector.configuration
    // Windows of an mscred are whole: those of rows kept apart reach back before them.
    let parts = rows.parted(
      last: held, lead: preset.readsSignatures ? configuration.window - configuration.gap : 0)
    let kept = rows.count - parts.first.count
    let longest = parts.first.streams.map(\.count).max() ?? 0
    guard !preset.isTransformer || longest >= configuration.window else {
      throw DataError(
        file: problem.train.name, found: "\(longest) rows to learn from, \(kept) kept apart",
        expected: "a window of \(configuration.window) rows at least",
        advice: "train with a smaller --window, or give more rows")
    }
    let fit = Windows(parts.first, for: configuration)
    let watched =
      parts.last.isEmpty ? fit : Windows(.joined(parts.last, name: rows.name), for: configuration)
    let plan = options.plan(preset)
    let progress = Progress(
      "train \(problem.name)", total: plan.epochs, unit: "epoch", quiet: output.quiet)
    var matrices: (binary: Int, all: Int)?
    if var student = detector as? StepTransformerDetector {
      if let binarisation = student.configuration.binarisation {
        let network = student.network.effective
        try checkNames(of: binarisation, in: network)
        matrices = (student.network.signSeeds.count { $0 != nil }, network.matrixPaths.count)
      }
      if let teacher = options.teacher {
        student.teacher = try transformerTeacher(
          teacher, of: student, scaler: scaler, rows: problem.train)
      }
      detector = student
    }
    if var student = detector as? MSCRED {
      let guide = try options.teacher.map {
        try options.signatures.guide($0, of: student, scaler: scaler, rows: problem.train)
      }
      try student.fit(
        fit, held: watched, plan: plan, progress: progress, guide: guide,
        every: options.signatures.stride, run: folder, resume: resume,
        identity: try identity(of: preset, rows: problem.train))
      detector = student
    } else {
      try detector.fit(fit, held: watched, plan: plan, progress: progress)
    }
    let calibration = try calibrationScores(of: detector, rows: rows, held: held, kept: kept)
    let report = DetectorReport(
      model: preset.name, data: problem.name, seed: options.seed, channels: rows.channels,
      window: detector.configuration.window, parameters: detector.storedCount,
      trainRows: fit.count, heldRows: kept, calibrationScores: calibration.count,
      anomalousTrainRows: problem.train.labels?.count { $0 },
      constantChannels: scaler?.constantChannels ?? [], channelNames: rows.channelNames,
      droppedColumns: problem.droppedColumns, risingChannels: risingChannels(of: problem.train),
      kernelLevel: kernelLevel, binaryMatrices: matrices?.binary, matrices: matrices?.all,
      constantOutput: (detector as? StepTransformerDetector)?.isConstant(on: watched),
      joined: options.joined)
    let saved = SavedDetector(
      detector: detector, scaler: scaler, joined: options.joined, calibration: calibration)
    return (saved, report)
  }

  /// What has to agree for a run to go on: version, kernels, rows, teacher and every option that fixes the result.
  private func identity(of preset: DetectorPreset, rows: Recording) throws -> String {
    let teacher = try options.teacher.map {
      fingerprint(of: try readFile(at: bestWeights(ofRun: $0)))
    }
    let keys = options.recipe(preset).filter { !["data", "only", "joined"].contains($0.key) }
    return "\(minimVersion) \(dataHash(of: rows)) \(kernelLevel) "
      + keys.map { "\($0.key)=\($0.key == "teacher" ? teacher ?? "" : $0.value)" }
      .joined(separator: " ")
  }
}
