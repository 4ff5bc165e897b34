// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MinimDetection
import MinimLayers
import MinimLearning
import MinimSeries
import MinimTensor
import MinimTrials

/// `minim step-forecast`: a transformer that predicts each row of a CSV file from the rows before it, trained and
/// judged as the sparse binary transformer paper does, as a trial of its reproduction (methods, sbt 4).
struct StepForecast: TrialCommand {
  static let configuration = CommandConfiguration(
    commandName: "step-forecast", abstract: "Train and judge a forecast of the next row.",
    shouldDisplay: false)
  static let required = ["data"]

  @Option(help: "The CSV file.")
  var data: String
  @Option(parsing: .unconditional, help: "The first rows, this many, are learned from.")
  var trainRows = 0
  @Option(parsing: .unconditional, help: "The row from which on windows are judged.")
  var testFrom = 0
  @Option(parsing: .unconditional, help: "Rows in a window.")
  var window = 200
  @Option(parsing: .unconditional, help: "Width of the transformer.")
  var hidden = 64
  @Option(parsing: .unconditional, help: "Passes over the windows, at most.")
  var epochs = 50
  @Option(parsing: .unconditional, help: "The seed of everything random.")
  var seed: UInt64 = 1
  @Option(help: "The run of a transformer to learn from beside the rows.")
  var teacher: String?
  @OptionGroup var transformer: TransformerOptions
  @OptionGroup var detector: TransformerDetectorOptions
  @OptionGroup var binary: BinaryOptions
  @Option(parsing: .unconditional, help: "Threads.")
  var threads: Int?
  @Option(help: "The folder of the result.")
  var out = "forecast"
  @Flag(help: "Begin anew what is not finished.")
  var resume = false
  @OptionGroup var output: OutputOptions

  var resolvedRecipe: [(key: String, value: String)] {
    [
      ("data", data), ("train-rows", "\(trainRows)"), ("test-from", "\(testFrom)"),
      ("window", "\(window)"), ("hidden", "\(hidden)"), ("epochs", "\(epochs)"),
      ("seed", "\(seed)"),
    ] + transformer.given + detector.given + binary.given
      + (teacher.map { [("teacher", $0)] } ?? [])
  }

  func run() throws {
    let startBytes = peakResidentBytes()
    if let threads {
      guard (1...64).contains(threads) else {
        throw OptionError("--threads: found \(threads), expected 1 to 64")
      }
      threadCount = threads
    }
    guard (1...10_000).contains(epochs) else {
      throw OptionError("--epochs: found \(epochs), expected 1 to 10000")
    }
    let rows = try scaledRows()
    var choices = try TransformerChoices(transformer, detector, binary, keep: nil, seed: seed)
    choices.predicts = true
    var generator = SeededGenerator(seed: seed)
    guard
      var model = DetectorPreset.named("transformer")?.detector(
        channels: rows.channels,
        sizes: DetectorSizes(window: window, hidden: hidden, transformer: choices),
        using: &generator) as? StepTransformerDetector
    else {
      throw OptionError("--window, --hidden: found sizes that no transformer has")
    }
    if let binarisation = choices.binarisation {
      try checkNames(of: binarisation, in: model.network.effective)
    }
    if let teacher {
      model.teacher = try transformerTeacher(teacher, of: model, scaler: nil, rows: rows)
    }
    var plan = StepTransformerDetector.plan
    (plan.epochs, plan.seed) = (epochs, seed)
    let folder = try RunFolder(path: out, resume: false)
    // The last tenth of the training rows says when to stop.
    let fit = trainRows - trainRows / 10
    let progress = Progress("train", total: epochs, unit: "epoch", quiet: output.quiet)
    let (error, expense) = try Expense.measuring(above: startBytes) {
      try model.fit(
        Windows(rows.rows(0..<fit), for: model.configuration),
        held: Windows(rows.rows(fit..<trainRows), for: model.configuration), plan: plan,
        progress: progress)
      return errors(of: model, on: rows.rows(testFrom..<rows.count))
    }
    let saved = SavedDetector(detector: model, scaler: nil, calibration: [0])
    try saved.write(to: out)
    try folder.writeJSON(
      TrialMeasures(
        processorSeconds: expense.processorSeconds, kernelLevel: kernelLevel,
        measures: [
          "mse": error.squared, "mae": error.absolute, "numbers": Double(model.storedCount),
          "train_peak_bytes": Double(expense.peakBytes),
        ]), to: "measures.json")
  }

  /// All rows, each channel brought to mean 0 and deviation 1 by the training rows.
  private func scaledRows() throws -> Recording {
    let problem = try DetectionProblem.chosen(at: data, only: nil)
    let all = problem.train, channels = all.channels
    guard trainRows >= window, trainRows < all.count, testFrom >= 0,
      testFrom < all.count - window
    else {
      throw OptionError(
        "--train-rows, --test-from: found \(trainRows) and \(testFrom) of \(all.count) rows, expected as many as the window, \(window), at least, but not all, and more rows than that to the end"
      )
    }
    var values = all.values
    for channel in 0..<channels {
      let learned = (0..<trainRows).map { Double(all.values[$0 * channels + channel]) }
      let mean = learned.reduce(0, +) / Double(trainRows)
      let variance =
        learned.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(trainRows)
      let deviation = variance > 1e-16 ? variance.squareRoot() : 1
      for place in stride(from: channel, to: values.count, by: channels) {
        values[place] = Float((Double(values[place]) - mean) / deviation)
      }
    }
    return Recording(name: all.name, channels: channels, values: values)
  }

  /// The mean squared and absolute errors of the last rows of all whole windows but the last.
  private func errors(
    of model: StepTransformerDetector, on rows: Recording
  ) -> (squared: Double, absolute: Double) {
    let windows = Windows(rows, for: model.configuration)
    var squared = 0.0, absolute = 0.0, count = 0
    let ends = Array((window - 1)..<(rows.count - 1))
    for start in stride(from: 0, to: ends.count, by: 64) {
      let part = ends[start..<min(start + 64, ends.count)]
      for error in model.parts(of: windows.tensor(of: part)).scalars {
        squared += Double(error)
        absolute += Double(error).squareRoot()
        count += 1
      }
    }
    return (squared / Double(count), absolute / Double(count))
  }
}
