// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MinimLayers
import MinimLearning
import MinimModels
import MinimSeries
import MinimTensor

/// `minim train`.
struct Train: ParsableCommand, RecipeKeyed {
  static let configuration = CommandConfiguration(
    abstract: "Train a classifier.",
    discussion: """
      Detectors and forecasters have options of their own: minim train --task detect --help, --task forecast --help
      Example: minim train --data data/GunPoint --layers 3 --hidden 100 --length resample:100
      """)
  static let keys = TrainingOptions.keys + OutputOptions.keys

  @OptionGroup var options: TrainingOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try TrainingRun(command: "train", options: options, output: output).run()
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
  @OptionGroup var detection: DetectorEvaluationOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let startBytes = peakResidentBytes()
    if try DetectorFleet.isOne(path: path) || SavedDetector.isOne(run: path) {
      return try detection.evaluate(path, data: data, startBytes: startBytes, output: output)
    }
    try detection.refuseAny()
    guard try !SavedForecaster.isOne(run: path) else {
      throw DataError(
        file: path, found: "the run of a forecaster", expected: "that of a classifier or detector",
        advice: "minim backtest says how good forecasters are")
    }
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
