// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MinimLearning
import MinimSeries
import MinimTensor
import MinimTrials

/// `minim reproduce sbt`.
struct ReproduceSBT: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sbt",
    abstract: "The sparse binary transformer paper: dense and binary, alone and taught.",
    discussion: """
      Killed at any point, it goes on when the same command is given again.
      Example: minim reproduce sbt --data data --sets JapaneseVowels,ETTm1,SMAP --out results/sbt
      """)

  private static let known =
    SBTClassificationSet.all.map(\.name) + SBTForecastSet.all.map(\.name)
    + SBTDetectionSet.all.map(\.set.name)

  /// The folder or file of each set.
  private var paths: [(name: String, path: String)] {
    SBTClassificationSet.all.map { ($0.name, "\(data)/uea/\($0.name)") }
      + SBTForecastSet.all.map { ($0.name, "\(data)/forecast/\($0.file)") }
      + SBTDetectionSet.all.map { ($0.set.name, "\(data)/\($0.set.path)") }
  }

  @Option(help: "The folder that holds uea, forecast, smap, msl and smd.")
  var data: String
  @Option(help: "The sets, comma-separated; all by default.")
  var sets: String?
  @Option(parsing: .unconditional, help: "Seeds of every model.")
  var seeds = 3
  @Option(help: "The folder of trials and results.")
  var out = "reproduce-sbt"
  @OptionGroup var workers: WorkerOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try checkSeeds(seeds)
    let names = try chosenPlaces(sets, "--sets", Self.known).map { Self.known[$0] }
    try requireData(of: paths.filter { names.contains($0.name) })
    let executor = try workers.executor()
    try FolderContents.require(.reproduction, at: out)
    let store = try TrialStore(path: out)
    let reproduction = SBTReproduction(
      data: data, seeds: seeds, pool: TrialPool(store: store, executor: executor), store: store,
      say: narrator(quiet: output.quiet))
    var results: [SBTResult] = []
    // In the order of the tables, each once.
    for name in Self.known where names.contains(name) {
      if let set = SBTClassificationSet.all.first(where: { $0.name == name }) {
        results.append(try reproduction.run(set))
      } else if let set = SBTForecastSet.all.first(where: { $0.name == name }) {
        results.append(try reproduction.run(set))
      } else if let set = SBTDetectionSet.all.first(where: { $0.set.name == name }) {
        results.append(try reproduction.run(set))
      }
      try report(results).write(to: out)
    }
    if output.json { try output.printJSON(results) } else { print(report(results).text) }
  }

  private func report(_ results: [SBTResult]) -> SBTReport {
    let names = results.map(\.name).joined(separator: ",")
    return SBTReport(
      results: results, seeds: seeds,
      command: "minim reproduce sbt --sets \(names) --seeds \(seeds)",
      machine: "Minim \(minimVersion), kernels \(kernelLevel)")
  }
}
