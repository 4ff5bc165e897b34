// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
public import MinimLearning
public import MinimSeries

extension ScheduleKind: ExpressibleByArgument {}
extension OptimiserKind: ExpressibleByArgument {}
extension MissingPolicy: ExpressibleByArgument {}
extension NormalisePolicy: ExpressibleByArgument {}

/// The tasks that models are trained for.
enum TrainingTask: String, CaseIterable, ExpressibleByArgument {
  case classify, detect, forecast
}

/// The options that `train` and `distill` share: data, model, plan and run folder.
struct TrainingOptions: ParsableArguments, RecipeKeyed {
  static let keys =
    [
      "task", "data", "model", "layers", "hidden", "features", "length", "missing", "normalise",
      "epochs",
      "batch",
      "learning-rate", "schedule", "patience", "optimiser", "seed", "threads", "out", "resume",
    ] + TransformerOptions.keys + BinaryOptions.keys

  @Option(help: "What the model is for.")
  var task = TrainingTask.classify
  @Option(help: "The folder of the problem.")
  var data: String
  @Option(help: "The architecture.")
  var model = ModelKind.lstm
  @Option(
    parsing: .unconditional, help: "Recurrent layers, blocks of a tcn, or layers of a transformer.")
  var layers = 1
  @Option(
    parsing: .unconditional,
    help:
      "Units in each layer, channels of a tcn's blocks, filters of each size of a lite, width of a transformer."
  )
  var hidden = 8
  @Option(
    parsing: .unconditional, help: "Features of a minirocket, a multiple of 84; 9996 by default.")
  var features: Int?
  @OptionGroup var transformer: TransformerOptions
  @OptionGroup var binary: BinaryOptions
  @Option(help: "Series of different length: require, pad or resample:N.")
  var length = "require"
  @Option(help: "Missing values.")
  var missing = MissingPolicy.error
  @Option(help: "Scale channels by each case, by the training cases, or not at all.")
  var normalise = NormalisePolicy.eachCase
  @Option(
    parsing: .unconditional,
    help: "Passes over the training cases, at most; 0 leaves the model untrained.")
  var epochs = 500
  @Option(parsing: .unconditional, help: "Cases in a step.")
  var batch = 32
  @Option(parsing: .unconditional, help: "The learning rate at the start.")
  var learningRate = 0.003
  @Option(help: "How the learning rate changes.")
  var schedule = ScheduleKind.plateau
  @Option(
    parsing: .unconditional, help: "Epochs without a better validation loss before training stops.")
  var patience = 50
  @Option(help: "The optimiser.")
  var optimiser = OptimiserKind.adam
  @Option(parsing: .unconditional, help: "The seed of everything random.")
  var seed: UInt64 = 1
  @Option(
    parsing: .unconditional,
    help: "Threads; all processors by default. Results do not depend on it.")
  var threads: Int?
  @Option(help: "The run folder; runs/DATA-MODEL-LAYERSxHIDDEN-METHODS-seedN or so by default.")
  var out: String?
  @Flag(help: "Go on with the run in the run folder.")
  var resume = false

  /// Refuses values outside their ranges, by one line that names the option.
  func check() throws(OptionError) {
    guard task == .classify else {
      throw OptionError(
        "--task: found \(task.rawValue), expected classify; detectors learn from others by train, forecasters by distill --method timedistill"
      )
    }
    try checkModel()
    try Self.require("layers", layers, 1...64)
    try Self.require("hidden", hidden, 1...4096)
    try Self.require("epochs", epochs, 0...1_000_000)
    try Self.require("batch", batch, 1...1_000_000)
    try Self.require("patience", patience, 1...1_000_000)
    if let threads { try Self.require("threads", threads, 1...64) }
    guard learningRate.isFinite, learningRate > 0 else {
      throw OptionError("--learning-rate: found \(learningRate), expected a number above 0")
    }
    _ = try LengthPolicy(length)
  }

  private static func require(
    _ name: String, _ value: Int, _ range: ClosedRange<Int>
  ) throws(OptionError) {
    guard range.contains(value) else {
      throw OptionError(
        "--\(name): found \(value), expected \(range.lowerBound) to \(range.upperBound)")
    }
  }

  var preparation: Preparation {
    get throws {
      Preparation(missing: missing, length: try LengthPolicy(length), normalise: normalise)
    }
  }

  var plan: TrainingPlan {
    TrainingPlan(
      epochs: model == .minirocket ? 0 : epochs, batch: batch, learningRate: learningRate,
      schedule: schedule,
      patience: patience, optimiser: optimiser, seed: seed)
  }

  /// The keys and values that fix the run's result, in the order of the options.
  var recipe: [(key: String, value: String)] {
    [
      ("task", task.rawValue), ("data", data), ("model", model.rawValue),
    ] + (model.hasLayers ? [("layers", "\(layers)")] : [])
      + (model.hasWidth ? [("hidden", "\(hidden)")] : [])
      + (model == .minirocket ? [("features", "\(featureCount)")] : []) + transformer.given
      + binary.given + [
        ("length", length), ("missing", missing.rawValue),
        ("normalise", normalise.rawValue), ("epochs", "\(epochs)"), ("batch", "\(batch)"),
        ("learning-rate", "\(learningRate)"),
        ("schedule", schedule.rawValue), ("patience", "\(patience)"),
        ("optimiser", optimiser.rawValue), ("seed", "\(seed)"),
      ]
  }
}
