// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import MinimDistillation
import MinimForecasting
import MinimLayers
import MinimLearning
public import MinimSeries

extension FillPolicy: ExpressibleByArgument {}
extension TimeDistillation.Mode: ExpressibleByArgument {}

/// How a series to forecast is read.
struct ForecastDataOptions: ParsableArguments, RecipeKeyed {
  static let keys = ["data", "times", "resample", "fill"]

  @Option(
    help: "The CSV file: a column of time stamps, where there are some, and columns of numbers.")
  var data: String
  /// What becomes of time stamps.
  enum Times: String, CaseIterable, ExpressibleByArgument {
    case read, ignore
  }

  @Option(help: "The time stamps: read and checked, or ignored, the rows taken as they stand.")
  var times = Times.read
  @Option(help: "Bring the rows to steps of this length, such as 15min, 1h or 1d, by their means.")
  var resample: String?
  @Option(help: "Fill missing cells and rows: by the last value, or on a line between neighbours.")
  var fill: FillPolicy?

  /// The series; throws `OptionError`, `DataError`.
  func series() throws -> ForecastSeries {
    let step = try resample.map { text in
      guard let seconds = parsedDuration(text) else {
        throw OptionError(
          "--resample: found \"\(text)\", expected a length such as 90s, 15min, 1h or 1d")
      }
      return seconds
    }
    guard times == .read || step == nil else {
      throw OptionError("--resample: found it beside --times ignore, expected one of them")
    }
    return try readForecastSeries(
      at: data, resample: step, fill: fill, ignoringTimes: times == .ignore)
  }

  /// The keys and values that were given.
  var recipe: [(key: String, value: String)] {
    [("data", data)] + (times == .ignore ? [("times", "ignore")] : [])
      + (resample.map { [("resample", $0)] } ?? [])
      + (fill.map { [("fill", $0.rawValue)] } ?? [])
  }
}

/// The options of `train --task forecast`: data, forecaster, plan and run folder.
struct ForecastOptions: ParsableArguments, RecipeKeyed {
  static let keys =
    ["task"] + ForecastDataOptions.keys + [
      "model", "lookback", "horizon", "split", "every", "hidden", "layers", "period", "season",
      "epochs", "batch", "learning-rate", "patience", "seed", "threads", "out", "resume",
    ] + TransformerOptions.keys + LooksOption.keys + BinaryOptions.keys

  @Option(help: "What the model is for.")
  var task = TrainingTask.forecast
  @OptionGroup var data: ForecastDataOptions
  @Option(
    help: ArgumentHelp(
      "The forecaster: \(ForecasterPreset.all.map { "\($0.name) (\($0.summary))" }.joined(separator: ", "))."
    ))
  var model = "mlp"
  @Option(parsing: .unconditional, help: "Rows that a forecast looks at.")
  var lookback = 720
  @Option(parsing: .unconditional, help: "Rows that are forecast.")
  var horizon = 96
  @Option(
    help:
      "Rows or shares to learn from, to validate and to test on, in order, such as 0.7,0.1,0.2; by default that, and for files named ETTh or ETTm 12, 4 and 4 months."
  )
  var split: String?
  @Option(parsing: .unconditional, help: "Rows between windows that are learned from.")
  var every = 1
  @Option(
    parsing: .unconditional,
    help:
      "Units of hidden layers, width of a transformer, rank of a basis, harmonics; the forecaster's own by default."
  )
  var hidden: Int?
  @Option(parsing: .unconditional, help: "Layers or blocks; the forecaster's own by default.")
  var layers: Int?
  @Option(
    parsing: .unconditional,
    help:
      "Rows of a period, also of the season by which errors are scaled; by default those of a day, a week of daily rows, or 24."
  )
  var period: Int?
  @Option(
    parsing: .unconditional,
    help: "Rows of the season by which errors are scaled, where it is not the period.")
  var season: Int?
  @OptionGroup var transformer: TransformerOptions
  @OptionGroup var looking: LooksOption
  @OptionGroup var binary: BinaryOptions
  @Option(
    parsing: .unconditional,
    help: "Passes over the windows, at most; the forecaster's own by default.")
  var epochs: Int?
  @Option(parsing: .unconditional, help: "Windows in a step; the forecaster's own by default.")
  var batch: Int?
  @Option(
    parsing: .unconditional,
    help:
      "The learning rate at the start; the forecaster's own by default. It is halved after every epoch but the first, of transformer and sbt after more than ten that bring nothing."
  )
  var learningRate: Double?
  @Option(
    parsing: .unconditional,
    help:
      "Epochs without a better validation error before training stops; the forecaster's own by default, 5, of transformer and sbt 20."
  )
  var patience: Int?
  @Option(parsing: .unconditional, help: "The seed of everything random.")
  var seed: UInt64 = 1
  @Option(
    parsing: .unconditional,
    help: "Threads; all processors by default. Results do not depend on it.")
  var threads: Int?
  @Option(help: "The run folder; runs/NAME-MODEL-HORIZON-seedN by default.")
  var out: String?
  @Flag(help: "Go on with the run in the run folder.")
  var resume = false

  /// The chosen forecaster; refuses values outside their ranges, by one line that names the option.
  func check() throws(OptionError) -> ForecasterPreset {
    for (name, value, most) in [
      ("lookback", lookback, 65_536), ("horizon", horizon, 65_536), ("every", every, 65_536),
      ("hidden", hidden, 65_536), ("layers", layers, 64), ("period", period, 65_536),
      ("season", season, 65_536), ("epochs", epochs, 1_000_000),
      ("batch", batch, 1_000_000), ("patience", patience, 1_000_000), ("threads", threads, 64),
    ] {
      if let value, !(1...most).contains(value) {
        throw OptionError("--\(name): found \(value), expected 1 to \(most)")
      }
    }
    if let learningRate, !(learningRate.isFinite && learningRate > 0) {
      throw OptionError("--learning-rate: found \(learningRate), expected a number above 0")
    }
    guard let preset = ForecasterPreset.named(model) else {
      throw OptionError(
        "--model: found \"\(model)\", expected one of "
          + ForecasterPreset.all.map(\.name).joined(separator: ", ") + " with --task forecast")
    }
    for (setting, isGiven) in [
      (ForecasterSetting.hidden, hidden != nil), (.layers, layers != nil),
    ] where isGiven && !preset.settings.contains(setting) {
      throw OptionError(
        "--\(setting.rawValue): found it, expected none with \(preset.name), which it does not change"
      )
    }
    try checkTransformer(preset)
    return preset
  }

  /// Refuses what a transformer over rows cannot be, and what only it has with others.
  private func checkTransformer(_ preset: ForecasterPreset) throws(OptionError) {
    if !preset.isTransformer, let (key, value) = ofTransformers.first {
      throw OptionError("--\(key): found \(value), expected none with --model \(model)")
    }
    if let mask = transformer.activationMask, mask != .none {
      throw OptionError(
        "--activation-mask: found \(mask.rawValue), expected none with --task forecast")
    }
    if preset.isTransformer, lookback > 65_535 {
      throw OptionError("--lookback: found \(lookback), expected 1 to 65535 with \(preset.name)")
    }
    if transformer.norm == .batch {
      throw OptionError(
        "--norm: found batch, expected none, token or time with --task forecast, where rows to come go alone"
      )
    }
    _ = try binary.binarisation(seed: seed, usual: preset.keep)
  }

  /// What was given of the options that only transformers over rows have.
  private var ofTransformers: [(key: String, value: String)] {
    transformer.given + looking.given + binary.given
  }

  /// The sizes that were asked for, of rows with `times`.
  func sizes(
    for preset: ForecasterPreset, times: TimeAxis?
  ) throws(OptionError) -> ForecasterSizes {
    ForecasterSizes(
      hidden: hidden, layers: layers, period: period ?? usualSeason(of: times),
      transformer: try TransformerChoices(
        transformer, looking, binary, keep: preset.keep, seed: seed))
  }

  /// The plan of a preset with what the options change.
  func plan(_ preset: ForecasterPreset) -> TrainingPlan {
    var plan = preset.plan
    plan.epochs = epochs ?? plan.epochs
    plan.batch = batch ?? plan.batch
    plan.learningRate = learningRate ?? plan.learningRate
    plan.patience = patience ?? plan.patience
    plan.seed = seed
    return plan
  }

  /// The keys and values that fix the run's result.
  func recipe(_ preset: ForecasterPreset) -> [(key: String, value: String)] {
    let plan = plan(preset)
    let sizes = [("hidden", hidden), ("layers", layers), ("period", period), ("season", season)]
    return [("task", task.rawValue)] + data.recipe + [
      ("model", model), ("lookback", "\(lookback)"), ("horizon", "\(horizon)"),
    ] + (split.map { [("split", $0)] } ?? []) + (every == 1 ? [] : [("every", "\(every)")])
      + sizes.compactMap { key, value in value.map { (key, "\($0)") } } + ofTransformers + [
        ("epochs", "\(plan.epochs)"), ("batch", "\(plan.batch)"),
        ("learning-rate", "\(plan.learningRate)"), ("patience", "\(plan.patience)"),
        ("seed", "\(seed)"),
      ]
  }
}
