// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MinimDistillation
import MinimForecasting
import MinimLayers
import MinimLearning
import MinimSeries
import MinimTensor
import MinimTrials

/// `minim train --task forecast`, and `minim distill --method timedistill` with a teacher.
struct TrainForecaster: TrialCommand, RecipeKeyed {
  static let configuration = CommandConfiguration(
    commandName: "train-forecaster", abstract: "Train a forecaster, alone or taught.",
    usage: """
      minim train --task forecast --data <data> [<options>]
      minim distill --method timedistill --teacher <teacher> --data <data> [<options>]
      """,
    discussion: """
      Example: minim train --task forecast --data ETTh1.csv --model dlinear --horizon 96
      """, shouldDisplay: false)
  static let keys = ForecastOptions.keys + TeacherOptions.keys + OutputOptions.keys
  static let required = ["data"]

  @OptionGroup var options: ForecastOptions
  @OptionGroup var teaching: TeacherOptions
  @OptionGroup var output: OutputOptions

  var resolvedRecipe: [(key: String, value: String)] {
    get throws {
      let preset = try options.check()
      try teaching.check()
      return options.recipe(preset) + teaching.recipe
    }
  }

  func run() throws {
    let startBytes = peakResidentBytes()
    let preset = try options.check()
    try teaching.check()
    if let threads = options.threads { threadCount = threads }
    let series = try options.data.series()
    let name = URL(filePath: options.data.data).lastPathComponent.prefix { $0 != "." }
    let path =
      options.out
      ?? "runs/\(name)-\(preset.name)-\(options.horizon)\(teaching.isGiven ? "-taught" : "")-seed\(options.seed)"
    try FolderContents.require(.forecaster, at: path)
    try RunFolder.check(path: path, resume: options.resume)
    let prepared = try PreparedForecaster(preset, on: series, options: options)
    let isNew = !FileManager.default.fileExists(atPath: path)
    let folder = try RunFolder(path: path, resume: options.resume)
    guard let hold = try FileHold(path: folder.path, seconds: 1) else {
      throw FileError(
        path: folder.path, operation: "use", reason: "another process trains in this folder")
    }
    defer { withExtendedLifetime(hold) {} }
    let (report, expense) = try Expense.measuring(above: startBytes) {
      let start = ContinuousClock.now
      let guide: TeacherOptions.Guide?
      do {
        guide = try teaching.guide(
          for: prepared.model, parts: prepared.parts, of: series, seed: options.seed)
      } catch {
        // A refused teacher leaves no folder.
        if isNew { try? FileManager.default.removeItem(atPath: path) }
        throw error
      }
      return try train(
        prepared, by: guide, on: series, named: String(name), in: folder, since: start)
    }
    try folder.writeJSON(report.measures(expense), to: "measures.json")
    if output.json { try output.printJSON(report) } else { print(report.text(path)) }
  }

  private func train(
    _ prepared: PreparedForecaster, by guide: TeacherOptions.Guide?, on series: ForecastSeries,
    named name: String, in folder: RunFolder, since start: ContinuousClock.Instant
  ) throws -> ForecastTrainingReport {
    let parts = prepared.parts, preset = prepared.preset
    var record = RunRecord(
      seed: options.seed, data: name, dataHash: dataHash(of: series.recording),
      trainCases: parts.train.count, validationCases: parts.validation.count,
      threads: threadCount, kernelLevel: kernelLevel, seconds: 0)
    if !options.resume {
      let command = teaching.isGiven ? "distill" : "train"
      try folder.write(
        TrainingRun.yaml([("command", command)] + options.recipe(preset) + teaching.recipe),
        to: "recipe.yaml")
      try folder.writeJSON(record, to: "run.json")
    }
    let keys = (options.recipe(preset) + teaching.recipe).filter { $0.key != "data" }
    let identity =
      "\(minimVersion) \(record.dataHash) \(kernelLevel) "
      + keys.map { "\($0.key)=\(guide?.contents[$0.key] ?? $0.value)" }
      .joined(separator: " ")
    let plan = options.plan(preset)
    let progress = Progress(
      "train \(name)", total: plan.epochs, unit: "epoch", quiet: output.quiet)
    func fitted(_ model: some Forecaster<Float>) throws -> ForecastTrainingReport {
      let outcome = try trainForecaster(
        model, on: parts.train, validation: parts.validation, plan: plan, run: folder,
        resume: options.resume, identity: identity, progress: progress, guide: guide?.guide
      )
      let intervals = ConformalIntervals(outcome.best, on: parts.validation)
      let context = SavedForecaster.Context(
        model: preset.name, scaler: parts.scaler, channelNames: series.recording.channelNames,
        step: series.times?.step,
        season: options.season ?? options.period ?? usualSeason(of: series.times),
        split: [parts.split.trainRows, parts.split.validationRows, parts.split.testRows],
        intervals: intervals)
      try SavedForecaster(forecaster: outcome.best, context: context).write(to: folder.path)
      record.seconds = start.duration(to: .now) / .seconds(1)
      record.processorSeconds = Double(clock()) / Double(CLOCKS_PER_SEC)
      try folder.writeJSON(record, to: "run.json")
      let report = ForecastTrainingReport(
        model: preset.name, period: prepared.period, mse: outcome.bestLoss,
        windows: parts.validation.count,
        parameters: outcome.best.parameterCount, bestEpoch: outcome.bestEpoch,
        epochs: outcome.epochs, binaryMatrices: prepared.matrices?.binary,
        matrices: prepared.matrices?.all,
        constantOutput: (outcome.best as? TransformerForecaster<Float>)
          .map { $0.isConstant(on: parts.validation) }, risingChannels: risingNames(of: series),
        intervalLevels: intervals?.levels ?? [])
      try folder.writeJSON(report, to: "scores.json")
      return report
    }
    return try fitted(prepared.model)
  }
}

/// What training a forecaster came to, on the validation windows.
struct ForecastTrainingReport: Encodable {
  var split = "validation"
  let model: String
  /// Rows of the period that parts look-back and horizon; nil where none does.
  let period: Int?
  /// The mean squared error in standardised units.
  let mse: Double
  let windows: Int
  let parameters: Int
  let bestEpoch: Int
  let epochs: Int
  /// The matrices that are signs under masks, and all; nil for a forecaster that has none.
  let binaryMatrices: Int?
  let matrices: Int?
  /// Whether a transformer adds the same to every last row; nil for other forecasters.
  let constantOutput: Bool?
  /// Channels that rise from each row to the next, as a row's number does.
  let risingChannels: [String]
  /// The levels that intervals were found for.
  let intervalLevels: [Double]

  enum CodingKeys: String, CodingKey {
    case split, model, period, mse, windows, parameters, epochs, matrices
    case constantOutput = "constant_output"
    case risingChannels = "rising_channels"
    case intervalLevels = "interval_levels"
    case bestEpoch = "best_epoch"
    case binaryMatrices = "binary_matrices"
  }

  func measures(_ expense: Expense) -> TrialMeasures {
    TrialMeasures(
      processorSeconds: expense.processorSeconds, kernelLevel: kernelLevel,
      measures: [
        "validation_mse": mse, "parameters": Double(parameters), "epochs": Double(epochs),
        "train_peak_bytes": Double(expense.peakBytes),
      ].merging(constantOutput.map { ["constant_output": $0 ? 1 : 0] } ?? [:]) { $1 })
  }

  func text(_ path: String) -> String {
    "\(path): \(parameters) parameters\(period.map { ", phases of \($0) rows" } ?? "")\(binaryMatrices.map { ", \(binaryMatricesText($0, of: matrices ?? $0))" } ?? ""), best of \(epochs) epochs is \(bestEpoch)\n"
      + "validation split, \(windows) windows: MSE \(String(format: "%.4f", mse)) in standardised units"
      + (constantOutput == true
        ? "\n" + constantTransformerWarning(isBinary: binaryMatrices != nil) : "")
      + (intervalLevels.contains(0.95)
        ? ""
        : "\nno intervals of \(intervalLevels.contains(0.8) ? "95 %" : "80 and 95 %"): too few validation windows for these")
      + (risingChannels.isEmpty
        ? ""
        : "\n\(risingChannels.joined(separator: " ")): rises with every row and is forecast like any channel; if it numbers the rows, remove it")
  }
}

/// The names of the channels that rise from each row to the next.
private func risingNames(of series: ForecastSeries) -> [String] {
  risingChannels(of: series.recording).map { series.recording.channelNames[$0] }
}
