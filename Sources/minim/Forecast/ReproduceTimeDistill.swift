// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MinimDistillation
import MinimLearning
import MinimSeries
import MinimTensor
import MinimTrials

/// `minim reproduce timedistill`.
struct ReproduceTimeDistill: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "timedistill",
    abstract: "The TimeDistill paper: small forecasters alone and taught by a large one.",
    discussion: """
      Killed at any point, it goes on when the same command is given again.
      Example: minim reproduce timedistill --data data --sets ETTh1 --horizons 96 --out results/timedistill
      """)

  @Option(help: "The folder that holds the folder forecast.")
  var data: String
  @Option(help: "The series, comma-separated; all by default.")
  var sets: String?
  @Option(help: "The horizons, comma-separated.")
  var horizons = "96,336"
  @Option(help: "The forecasters, comma-separated, each alone and taught; all by default.")
  var models: String?
  @Option(help: "The teacher: itransformer, patchtst or modern-tcn.")
  var teacher = TableTeacher.itransformer
  @Option(help: "The terms that teach: reference, scales and periods, or lean, scales alone.")
  var loss = TimeDistillation.Mode.reference
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
    if let twice = Dictionary(grouping: steps, by: \.self).values.first(where: { $0.count > 1 }) {
      throw OptionError("--horizons: found \(twice[0]) a second time, expected each once")
    }
    let names = Set(
      try chosenPlaces(models, "--models", ForecastSet.students).map { ForecastSet.students[$0] })
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
          teacher: set.entry(of: teacher), seeds: seeds, pool: pool, store: store,
          say: narrator(quiet: output.quiet))
        results.append(
          try reproduction.run(set.entries(names, teacher: teacher, loss: loss)))
        try report(results).write(to: out)
      }
    }
    if output.json { try output.printJSON(results) } else { print(report(results).text) }
  }

  private func report(_ results: [ForecastSetResult]) -> TimeDistillReport {
    let words =
      ["minim reproduce timedistill"] + (sets.map { ["--sets \($0)"] } ?? [])
      + ["--horizons \(horizons)"] + (models.map { ["--models \($0)"] } ?? [])
      + (teacher == .itransformer ? [] : ["--teacher \(teacher.rawValue)"])
      + (loss == .reference ? [] : ["--loss \(loss.rawValue)"]) + ["--seeds \(seeds)"]
    return TimeDistillReport(
      results: results, seeds: seeds, teacher: teacher, command: words.joined(separator: " "),
      machine: "Minim \(minimVersion), kernels \(kernelLevel)")
  }
}
