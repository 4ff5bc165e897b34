// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MinimLayers
import MinimLearning
import MinimSeries
import MinimTensor
import MinimTrials

/// `minim reproduce`.
struct Reproduce: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Repeat a paper's experiments and set the result beside the published table.",
    subcommands: [ReproduceMemKD.self])
}

/// `minim reproduce memkd`.
struct ReproduceMemKD: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "memkd",
    abstract: "The MemKD paper: ten ways to train an LSTM of 8 units, and the control.",
    discussion: """
      Killed at any point, it goes on when the same command is given again.
      Example: minim reproduce memkd --data data/ucr --out results/memkd
      """)

  @Option(help: "The folder that holds the problems' folders.")
  var data: String
  @Option(help: "The sets, comma-separated; by default those of the paper that are found.")
  var sets: String?
  @Option(parsing: .unconditional, help: "Seeds of every model.")
  var seeds = 5
  @Option(help: "The folder of trials and results.")
  var out = "reproduce-memkd"
  @OptionGroup var workers: WorkerOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    guard (1...1000).contains(seeds) else {
      throw OptionError("--seeds: found \(seeds), expected 1 to 1000")
    }
    let store = try TrialStore(path: out)
    let pool = TrialPool(store: store, executor: try workers.executor())
    let start = ContinuousClock.now
    var results: [MemKDSetResult] = []
    for set in try chosenSets() {
      let reproduction = try MemKDReproduction(
        data: "\(data)/\(set)", seeds: seeds, pool: pool, store: store
      ) { text in
        guard !output.quiet else { return }
        let seconds = Int(start.duration(to: .now) / .seconds(1))
        FileHandle.standardError.write(Data("\(seconds) s: \(text)\n".utf8))
      }
      results.append(try reproduction.run())
      try report(results).write(to: out)
    }
    if output.json { try output.printJSON(results) } else { print(report(results).text) }
  }

  private func report(_ results: [MemKDSetResult]) -> MemKDReport {
    let names = results.map(\.set).joined(separator: ",")
    let hours = results.flatMap(\.rows).reduce(0) { $0 + $1.seconds } / 3600
    return MemKDReport(
      results: results, seeds: seeds,
      command: "minim reproduce memkd --sets \(names) --seeds \(seeds)",
      machine: "Minim \(minimVersion), kernels \(kernelLevel), "
        + String(format: "%.2f hours of training on one thread for the rows shown", hours))
  }

  private func chosenSets() throws -> [String] {
    let paperSets = PublishedTable.memkd.rows.map(\.dataSet)
    let names = sets.map { $0.split(separator: ",").map(String.init) }
    let found = (names ?? paperSets).filter {
      FileManager.default.fileExists(atPath: "\(data)/\($0)")
    }
    if let missing = names?.first(where: { !found.contains($0) }) {
      throw DataError(
        file: data, found: "no folder \(missing)", expected: "the folder of each set of --sets")
    }
    guard !found.isEmpty else {
      throw DataError(
        file: data, found: "none of the paper's sets",
        expected: "folders such as \(paperSets.prefix(3).joined(separator: ", "))",
        advice: "give --sets")
    }
    return found
  }
}
