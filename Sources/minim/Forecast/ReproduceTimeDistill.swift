// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MinimLearning
import MinimSeries
import MinimTensor
import MinimTrials

/// `minim reproduce timedistill`.
struct ReproduceTimeDistill: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "timedistill",
    abstract: "The TimeDistill paper: small forecasters alone and taught by a transformer.",
    discussion: """
      Killed at any point, it goes on when the same command is given again.
      Example: minim reproduce timedistill --data data --sets ETTh1 --horizons 96 --out results/timedistill
      """)

  private static let models = ["itransformer"] + ForecastSet.students

  @Option(help: "The folder that holds the folder forecast.")
  var data: String
  @Option(help: "The series, comma-separated; all by default.")
  var sets: String?
  @Option(help: "The horizons, comma-separated.")
  var horizons = "96,336"
  @Option(help: "The forecasters, comma-separated, each alone and taught; all by default.")
  var models: String?
  @Option(parsing: .unconditional, help: "Seeds of every model.")
  var seeds = 3
  @Option(help: "The folder of trials and results.")
  var out = "reproduce-timedistill"
  @OptionGroup var workers: WorkerOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try checkSeeds(seeds)
    let chosen = try chosenPlaces(sets, "--sets", ForecastSet.all.map(\.name))
      .map { ForecastSet.all[$0] }
    let steps = try horizons.split(separator: ",", omittingEmptySubsequences: false).map { text in
      guard let steps = Int(text), (1...4096).contains(steps) else {
        throw OptionError("--horizons: found \"\(text)\", expected numbers from 1 to 4096")
      }
      return steps
    }
    let names = Set(
      try chosenPlaces(models, "--models", Self.models).map { Self.models[$0] })
    try requireData(of: chosen.map { ($0.name, "\(data)/forecast/\($0.file)") })
    let executor = try workers.executor()
    try FolderContents.require(.reproduction, at: out)
    let store = try TrialStore(path: out)
    let pool = TrialPool(store: store, executor: executor)
    var results: [ForecastSetResult] = []
    for horizon in steps {
      for set in chosen {
        let reproduction = ForecastReproduction(
          set: set.name, horizon: horizon, path: "\(data)/forecast/\(set.file)",
          reading: set.period == nil ? [:] : ["times": "ignore"],
          options: ["every": "\(set.every)"].merging(
            set.period.map { ["period": $0] } ?? [:]
          ) { $1 },
          teacher: set.teacher, seeds: seeds, pool: pool, store: store,
          say: narrator(quiet: output.quiet))
        results.append(try reproduction.run(set.entries(names)))
        try report(results).write(to: out)
      }
    }
    if output.json { try output.printJSON(results) } else { print(report(results).text) }
  }

  private func report(_ results: [ForecastSetResult]) -> TimeDistillReport {
    TimeDistillReport(
      results: results, seeds: seeds,
      command:
        "minim reproduce timedistill\(sets.map { " --sets \($0)" } ?? "") --horizons \(horizons)\(models.map { " --models \($0)" } ?? "") --seeds \(seeds)",
      machine: "Minim \(minimVersion), kernels \(kernelLevel)")
  }
}
