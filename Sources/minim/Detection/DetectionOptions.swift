// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MinimDetection
import MinimLayers
import MinimLearning
import MinimSeries

/// The options of `train --task detect`: data, detector, plan and run folder.
struct DetectionOptions: ParsableArguments, RecipeKeyed {
  static let keys =
    [
      "task", "data", "only", "model", "window", "hidden", "layers", "epochs", "batch",
      "learning-rate", "held", "seed", "threads", "teacher", "out", "resume", "joined", "predict",
    ] + TransformerOptions.keys + LooksOption.keys + BinaryOptions.keys
    + SignatureOptions.keys

  @Option(help: "What the model is for.")
  var task = TrainingTask.detect
  @Option(help: "The folder or CSV file of the problem.")
  var data: String
  @Option(help: "The problem, where the folder holds several.")
  var only: String?
  @Option(
    help:
      "One detector for several problems of the folder, comma-separated, or all, each a stream of its own scaled to its own training range."
  )
  var joined: String?
  @Option(
    name: .customLong("model"),
    help: ArgumentHelp(
      "The detector: \(DetectorPreset.all.map { "\($0.name) (\($0.summary))" }.joined(separator: ", ")); pca by default, mscred-small with --method lta."
    ))
  var chosenModel: String?
  @Option(
    parsing: .unconditional, help: "Rows that a score looks at; the detector's own by default.")
  var window: Int?
  @Option(
    parsing: .unconditional,
    help: "Units of hidden layers, components, trees or features; the detector's own by default.")
  var hidden: Int?
  @Option(parsing: .unconditional, help: "Hidden layers; the detector's own by default.")
  var layers: Int?
  @OptionGroup var transformer: TransformerOptions
  @OptionGroup var looking: LooksOption
  @Flag(help: "A transformer predicts the last row from those before, and does not see it.")
  var predict = false
  @OptionGroup var binary: BinaryOptions
  @OptionGroup var signatures: SignatureOptions
  @Option(
    help: "The run of a transformer or an mscred from which another one learns beside the rows.")
  var teacher: String?
  @Option(parsing: .unconditional, help: "Passes over the rows; the detector's own by default.")
  var epochs: Int?
  @Option(parsing: .unconditional, help: "Windows in a step; the detector's own by default.")
  var batch: Int?
  @Option(
    parsing: .unconditional, help: "The learning rate at the start; the detector's own by default.")
  var learningRate: Double?
  @Option(
    parsing: .unconditional,
    help: "The last share of the training rows, kept apart for thresholds and to stop in time.")
  var held = 0.2
  @Option(parsing: .unconditional, help: "The seed of everything random.")
  var seed: UInt64 = 1
  @Option(
    parsing: .unconditional,
    help: "Threads; all processors by default. Results do not depend on it.")
  var threads: Int?
  @Option(help: "The run folder; runs/NAME-MODEL-seedN by default.")
  var out: String?
  @Flag(
    help:
      "Leave a finished run as it is; begin one that is not finished anew, an mscred where it was.")
  var resume = false

  /// The name of the detector.
  var model: String { chosenModel ?? (signatures.method == nil ? "pca" : "mscred-small") }

  /// The chosen detector; refuses values outside their ranges, by one line that names the option.
  func check() throws(OptionError) -> DetectorPreset {
    for (name, value, most) in [
      ("window", window, 4096), ("hidden", hidden, 65_536), ("layers", layers, 64),
      ("epochs", epochs, 1_000_000), ("batch", batch, 1_000_000), ("threads", threads, 64),
    ] {
      if let value, !(1...most).contains(value) {
        throw OptionError("--\(name): found \(value), expected 1 to \(most)")
      }
    }
    if let learningRate, !(learningRate.isFinite && learningRate > 0) {
      throw OptionError("--learning-rate: found \(learningRate), expected a number above 0")
    }
    guard (0.0...0.9).contains(held) else {
      throw OptionError("--held: found \(held), expected 0 to 0.9")
    }
    guard let preset = DetectorPreset.named(model) else {
      throw OptionError(
        "--model: found \"\(model)\", expected one of "
          + DetectorPreset.all.map(\.name).joined(separator: ", ") + " with --task detect")
    }
    try checkTransformer(preset)
    try checkSettings(of: preset)
    return preset
  }

  /// Refuses what has no effect on the detector; recipes name a plan as it is.
  private func checkSettings(of preset: DetectorPreset) throws(OptionError) {
    let plan = preset.plan
    let changed: [(DetectorSetting, Bool)] = [
      (.window, window != nil), (.hidden, hidden != nil), (.layers, layers != nil),
      (.epochs, epochs ?? plan.epochs != plan.epochs), (.batch, batch ?? plan.batch != plan.batch),
      (.learningRate, learningRate ?? plan.learningRate != plan.learningRate), (.held, held != 0.2),
    ]
    for (setting, isChanged) in changed where isChanged && !preset.settings.contains(setting) {
      let own = DetectorSetting.allCases.filter(preset.settings.contains).map { "--\($0.rawValue)" }
      throw OptionError(
        "--\(setting.rawValue): found it, expected none with \(preset.name), which it does not change; "
          + "that takes \(own.joined(separator: " "))")
    }
  }

  /// Refuses what only transformers have with others.
  private func checkTransformer(_ preset: DetectorPreset) throws(OptionError) {
    if let mask = transformer.activationMask, mask != .none {
      throw OptionError(
        "--activation-mask: found \(mask.rawValue), expected none with --task detect")
    }
    let foreign =
      (preset.isTransformer ? [] : ofTransformers)
      + (preset.readsSignatures ? [] : signatures.given)
      + (preset.isTransformer || preset.readsSignatures
        ? [] : teacher.map { [("teacher", $0)] } ?? [])
    if let (key, value) = foreign.first {
      throw OptionError("--\(key): found \(value), expected none with --model \(model)")
    }
    if preset.readsSignatures { try signatures.check(teacher: teacher) }
    if transformer.norm == .batch {
      throw OptionError(
        "--norm: found batch, expected none, token or time with --task detect, whose last row goes alone"
      )
    }
    _ = try binary.binarisation(seed: seed, usual: preset.keep)
  }

  /// What was given of the options that only transformers have.
  private var ofTransformers: [(key: String, value: String)] {
    transformer.given + looking.given + (predict ? [("predict", "true")] : []) + binary.given
  }

  /// The sizes that were asked for.
  func sizes(for preset: DetectorPreset) throws(OptionError) -> DetectorSizes {
    DetectorSizes(
      window: window, hidden: hidden, layers: layers,
      transformer: try TransformerChoices(
        transformer, looking, binary, keep: preset.keep, seed: seed),
      predicts: predict, signatures: signatures.choices)
  }

  /// The plan of a preset with what the options change.
  func plan(_ preset: DetectorPreset) -> TrainingPlan {
    var plan = preset.plan
    plan.epochs = epochs ?? plan.epochs
    plan.batch = batch ?? plan.batch
    plan.learningRate = learningRate ?? plan.learningRate
    plan.seed = seed
    return plan
  }

  /// The keys and values that fix the run's result.
  func recipe(_ preset: DetectorPreset) -> [(key: String, value: String)] {
    let plan = plan(preset)
    return [("task", task.rawValue), ("data", data)]
      + (only.map { [("only", $0)] } ?? []) + (joined.map { [("joined", $0)] } ?? [])
      + [("model", model)]
      + [("window", window), ("hidden", hidden), ("layers", layers)].compactMap { key, value in
        value.map { (key, "\($0)") }
      } + ofTransformers + signatures.given
      + (teacher.map { [("teacher", $0)] } ?? []) + [
        ("epochs", "\(plan.epochs)"), ("batch", "\(plan.batch)"),
        ("learning-rate", "\(plan.learningRate)"), ("held", "\(held)"), ("seed", "\(seed)"),
      ]
  }
}

extension DetectionProblem {
  /// The one problem that `--data` and `--only` name, or those that `--joined` names, comma-separated, or all, as one.
  ///
  /// `joinedOption` is the option that named them.
  /// Throws `DataError`, or `OptionError` where there are several or none of the name; `otherwise` is what else
  /// the command could be told.
  static func chosen(
    at path: String, only: String?, joined: String? = nil, joinedOption: String = "joined",
    otherwise: String = ""
  ) throws -> DetectionProblem {
    let all = try detectionSources(at: path)
    let names = all.map(\.name)
    let shown = names.prefix(12).joined(separator: " ") + (names.count > 12 ? " …" : "")
    func named(_ name: String, _ option: String) throws -> DetectionSource {
      guard let source = all.first(where: { $0.name == name }) else {
        throw OptionError("--\(option): found \"\(name)\", expected one of \(shown) in \(path)")
      }
      return source
    }
    if let joined {
      guard only == nil else {
        throw OptionError("--only: found it beside --joined, expected one of them")
      }
      let chosen =
        joined == "all"
        ? all : try joined.split(separator: ",").map { try named(String($0), joinedOption) }
      return try .joined(chosen.map { try $0.read() })
    }
    if let only { return try named(only, "only").read() }
    guard all.count == 1 else {
      throw OptionError(
        "--data: found \(all.count) problems in \(path), expected one; choose with --only one of \(shown)"
          + (otherwise.isEmpty ? "" : ", \(otherwise)")
      )
    }
    return try all[0].read()
  }
}
