// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import Foundation
import MinimForecasting
import MinimLayers
import MinimLearning
public import MinimSeries
import MinimTensor
import MinimTrials

/// The rows that `backtest` counts windows of.
enum BacktestRows: String, CaseIterable, ExpressibleByArgument {
  case train, validation, test, all

  /// The part of the split; nil for all rows of a file, whatever they are.
  var part: ForecastSplit.Part? { ForecastSplit.Part(rawValue: rawValue) }
}

/// `minim backtest`.
struct Backtest: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Forecast every window of the test rows, and set the errors beside simple methods.",
    discussion: "Example: minim backtest runs/ETTh1-mlp-96-seed1 --data ETTh1.csv")

  @Argument(help: "The run folder.")
  var path: String
  @OptionGroup var data: ForecastDataOptions
  @Option(help: "The rows: those of training, validation or test, or all, of a file of later rows.")
  var split = BacktestRows.test
  @Option(help: "A model file packed from the run, whose errors are set beside the run's.")
  var packed: String?
  @OptionGroup var output: OutputOptions

  func run() throws {
    let packed = try packed.map { try ForecastModel(contentsOf: $0) }
    let saved = try SavedForecaster(run: path)
    let series = try data.series()
    let record = try? JSONDecoder().decode(
      RunRecord.self, from: Data(readFile(at: "\(path)/run.json")))
    if let record, split != .all, record.dataHash != dataHash(of: series.recording) {
      let unused = series.recording.count - saved.context.split.reduce(0, +)
      let note =
        "minim: \(data.data): other rows than those of the run; the split goes by their numbers"
        + (unused > 0
          ? ", and the last \(unused) are not used; --split all counts all windows" : "")
      FileHandle.standardError.write(Data((note + "\n").utf8))
    }
    let result = try ForecastEvaluation(saved, on: series, part: split.part, packed: packed)
    if output.json { try output.printJSON(result) } else { print(result.text) }
  }
}

/// `minim evaluate-forecaster`: what `backtest` says of the test rows, as a trial of a reproduction.
struct EvaluateForecaster: TrialCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate-forecaster", abstract: "Evaluate a forecaster into a folder.",
    shouldDisplay: false)
  static let required = ["forecaster", "data"]

  /// Which methods without training are evaluated beside the forecaster.
  enum Yardsticks: String, CaseIterable, ExpressibleByArgument {
    case none, all
  }

  @Option(help: "The run folder.")
  var forecaster: String
  @OptionGroup var data: ForecastDataOptions
  @Option(help: "The methods without training to evaluate too: none, or all.")
  var yardsticks = Yardsticks.none
  @Option(parsing: .unconditional, help: "Threads.")
  var threads: Int?
  @Option(help: "The folder of the result.")
  var out = "evaluation"
  @Flag(help: "Begin anew what is not finished.")
  var resume = false
  @OptionGroup var output: OutputOptions

  var resolvedRecipe: [(key: String, value: String)] {
    [("forecaster", forecaster)] + data.recipe + [("yardsticks", yardsticks.rawValue)]
  }

  func run() throws {
    let startBytes = peakResidentBytes()
    if let threads { threadCount = threads }
    let saved = try SavedForecaster(run: forecaster)
    let series = try data.series()
    let folder = try RunFolder(path: out, resume: false)
    let (result, expense) = try Expense.measuring(above: startBytes) {
      try ForecastEvaluation(
        saved, on: series, part: .test, yardsticks: yardsticks == .all ? Yardstick.allCases : [])
    }
    try folder.writeJSON(result, to: "evaluation.json")
    try folder.writeJSON(
      TrialMeasures(
        processorSeconds: expense.processorSeconds, kernelLevel: kernelLevel,
        measures: result.measures), to: "measures.json")
  }
}

extension ForecastEvaluation {
  /// The figures that tables are made of, by name: those of methods without training as "NAME: FIGURE".
  var measures: [String: Double] {
    var measures: [String: Double] = [
      "parameters": Double(parameters), "microseconds": microseconds,
    ]
    for (place, row) in rows.enumerated() {
      let prefix = place == 0 ? "" : "\(row.name): "
      measures["\(prefix)mse"] = row.mse
      measures["\(prefix)mae"] = row.mae
      measures["\(prefix)mase"] = row.mase
    }
    for interval in intervals {
      measures["coverage_\(Int(interval.level * 100))"] = interval.coverage
    }
    return measures
  }
}
