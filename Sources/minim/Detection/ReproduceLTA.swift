// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MinimLayers
import MinimLearning
import MinimSeries
import MinimTensor
import MinimTrials

/// `minim reproduce lta`.
struct ReproduceLTA: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lta",
    abstract:
      "The LTA-MSCRED paper: a teacher of long windows, students of short ones with a memory.",
    discussion: """
      Killed at any point, it goes on when the same command is given again.
      Example: minim reproduce lta --data data --sets SMAP --spans 100,50 --out results/lta
      """)

  @Option(help: "The folder that holds smap and msl.")
  var data: String
  @Option(help: "The sets, comma-separated, of SMAP, MSL; both by default.")
  var sets: String?
  @Option(help: "Rows of the students' samples, comma-separated; the paper's by default.")
  var spans: String?
  @Option(parsing: .unconditional, help: "Seeds of every model.")
  var seeds = 3
  @Option(parsing: .unconditional, help: "Passes over the training windows.")
  var epochs = 10
  @Option(help: "The folder of trials and results.")
  var out = "reproduce-lta"
  @OptionGroup var workers: WorkerOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try checkSeeds(seeds)
    guard (1...10_000).contains(epochs) else {
      throw OptionError("--epochs: found \(epochs), expected 1 to 10000")
    }
    let chosen = try chosenPlaces(sets, "--sets", LTASet.all.map(\.set.name)).map { LTASet.all[$0] }
    let executor = try workers.executor()
    try FolderContents.require(.reproduction, at: out)
    let store = try TrialStore(path: out)
    let pool = TrialPool(store: store, executor: executor)
    var results: [DetectionSetResult] = [], published: [String: [String: Double]] = [:]
    for set in chosen {
      let entries = try set.entries(spans: chosenSpans(of: set), epochs: epochs)
      published[set.set.name] = Dictionary(
        uniqueKeysWithValues: entries.compactMap { entry in
          entry.published.map { (entry.detector.name, $0) }
        })
      // A count of broken entries never exceeds that of channels, so that POT fits no tail to it.
      let own = try DetectionReproduction(
        set: set.set, data: "\(data)/\(set.set.path)", joinedEvery: set.every,
        entries: entries.map(\.detector), judging: ["times-largest": "1.5"], seeds: seeds,
        pool: pool,
        store: store, say: narrator(quiet: output.quiet)
      ).run { try report(results + [$0], published).write(to: out) }
      results.append(own)
    }
    if output.json {
      try output.printJSON(results)
    } else {
      print("\(report(results, published).text)\n\(out)/report.md")
    }
  }

  private func chosenSpans(of set: LTASet) throws -> [Int] {
    let known = LTASet.all.flatMap(\.spans)
    let names = Array(Set(known)).sorted(by: >)
    let own = try chosenPlaces(spans, "--spans", names.map(String.init)).map { names[$0] }
      .filter(set.spans.contains)
    guard !own.isEmpty else {
      throw OptionError(
        "--spans: found \(spans ?? ""), expected some of \(set.spans.map(String.init).joined(separator: ",")) for \(set.set.name)"
      )
    }
    return own
  }

  private func report(
    _ results: [DetectionSetResult], _ published: [String: [String: Double]]
  ) -> LTAReport {
    let names = results.map(\.set).joined(separator: ",")
    return LTAReport(
      results: results, published: published, seeds: seeds, epochs: epochs,
      command: "minim reproduce lta --sets \(names)\(spans.map { " --spans \($0)" } ?? "")"
        + " --seeds \(seeds) --epochs \(epochs)",
      machine: "Minim \(minimVersion), kernels \(kernelLevel)")
  }
}
