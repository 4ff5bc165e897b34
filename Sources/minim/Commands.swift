// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
public import MinimDistillation
import MinimLayers
import MinimLearning
import MinimModels
import MinimSeries
import MinimTensor

extension DistillationMethod: ExpressibleByArgument {}
extension Discrepancy: ExpressibleByArgument {}

/// `minim train`.
struct Train: ParsableCommand, RecipeKeyed {
  static let configuration = CommandConfiguration(
    abstract: "Train a classifier.",
    discussion:
      "Example: minim train --data data/GunPoint --layers 3 --hidden 100 --length resample:100")
  static let keys = TrainingOptions.keys + OutputOptions.keys

  @OptionGroup var options: TrainingOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try TrainingRun(command: "train", options: options, output: output).run()
  }
}

/// `minim distill`.
struct Distill: ParsableCommand, RecipeKeyed {
  static let configuration = CommandConfiguration(
    abstract: "Train a small classifier with the help of a trained one.",
    discussion:
      "Example: minim distill --data data/GunPoint --teacher runs/teacher --learning-rate 0.02")
  static let keys =
    ["teacher", "method", "weight", "discrepancy"] + TrainingOptions.keys + OutputOptions.keys

  @Option(help: "The run folder of the teacher.")
  var teacher: String
  @Option(help: "The distillation method.")
  var method = DistillationMethod.memkd
  @Option(
    parsing: .unconditional, help: "The weight of the distillation loss beside the cross-entropy.")
  var weight = 1.0
  @Option(help: "MemKD: the form of the memory discrepancy.")
  var discrepancy = Discrepancy.startNorm
  @OptionGroup var options: TrainingOptions
  @OptionGroup var output: OutputOptions

  /// The keys and values that only this command has.
  var ownKeys: [(key: String, value: String)] {
    [
      ("teacher", teacher), ("method", method.rawValue), ("weight", "\(weight)"),
      ("discrepancy", discrepancy.rawValue),
    ]
  }

  func run() throws {
    guard weight.isFinite, weight >= 0 else {
      throw OptionError("--weight: found \(weight), expected 0 or more")
    }
    let needsCells = discrepancy == .cell || discrepancy == .hiddenAndCell
    if method == .memkd, needsCells, options.model != .lstm {
      throw OptionError(
        "--discrepancy \(discrepancy.rawValue): found --model \(options.model.rawValue), expected lstm"
      )
    }
    guard options.model != .minirocket else {
      throw OptionError("--model: found minirocket, which is fitted, expected one that is trained")
    }
    if method == .memkd, options.model == .linear {
      throw OptionError("--model: found linear, which has no hidden states, expected another or kd")
    }
    var run = TrainingRun(command: "distill", options: options, output: output)
    run.ownKeys = ownKeys
    try run.run { set, cases in
      let saved = try SavedClassifier(run: teacher)
      let model = saved.model
      try saved.check(set)
      guard saved.preparation == cases.preparation else {
        let theirs = saved.preparation
        throw DataError(
          file: teacher,
          found: "a teacher trained with --length \(theirs.length) --missing "
            + "\(theirs.missing.rawValue) --normalise \(theirs.normalise.rawValue)",
          expected: "the same three here, and the same training cases")
      }
      let (series, lengths) = cases.train.batch([0])
      if method == .memkd, model(series, lengths: lengths).taps[.hidden] == nil {
        throw OptionError("--teacher: found no hidden states in \(teacher), expected some, or kd")
      }
      let recurrent = model as? RecurrentClassifier<Float>
      if method == .memkd, needsCells, recurrent?.configuration.cell != .lstm {
        throw OptionError("--discrepancy \(discrepancy.rawValue): the teacher is no LSTM")
      }
      let cache = TeacherCache(
        model, cases: cases.train, discrepancy: method == .memkd ? discrepancy : nil)
      return cache.loss(method, weight: weight, memkd: MemKD(discrepancy: discrepancy))
    }
  }
}

/// `minim eval`.
struct Eval: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say how good a trained model is on the test split.",
    discussion: "Example: minim eval runs/teacher --data data/GunPoint --json")

  @Argument(help: "The run folder.")
  var path: String
  @Option(help: "The folder of the problem.")
  var data: String
  @OptionGroup var output: OutputOptions

  func run() throws {
    let saved = try SavedClassifier(run: path)
    let problem = try ClassificationProblem(contentsOf: data)
    guard let test = problem.test else {
      throw DataError(file: data, found: "no test part", expected: "a NAME_TEST file")
    }
    try saved.check(test)
    let result = EvaluationResult(
      split: "test", scores: try scores(of: saved.model, on: saved.preparation.apply(to: test)),
      parameters: saved.model.parameterCount)
    if output.json { try output.printJSON(result) } else { print(result.text) }
  }
}
