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
    let executor = try workers.executor(), problems = try chosenProblems()
    let store = try TrialStore(path: out)
    let pool = TrialPool(store: store, executor: executor)
    let start = ContinuousClock.now
    var results: [MemKDSetResult] = []
    for (path, problem) in problems {
      let trials = TrialSet(data: path, problem: problem, seeds: seeds, pool: pool, store: store) {
        guard !output.quiet else { return }
        let seconds = Int(start.duration(to: .now) / .seconds(1))
        FileHandle.standardError.write(Data("\(seconds) s: \($0)\n".utf8))
      }
      results.append(try MemKDReproduction(set: trials).run())
      try report(results).write(to: out)
    }
    if output.json { try output.printJSON(results) } else { print(report(results).text) }
  }

  private func report(_ results: [MemKDSetResult]) -> MemKDReport {
    let names = results.map(\.set).joined(separator: ",")
    return MemKDReport(
      results: results, seeds: seeds,
      command: "minim reproduce memkd --sets \(names) --seeds \(seeds)",
      machine: "Minim \(minimVersion), kernels \(kernelLevel)")
  }

  /// The sets to do, with their folders, all read before the first trial: those of `--sets`, or those of
  /// the paper that are there and have a test part.
  private func chosenProblems() throws -> [(path: String, problem: ClassificationProblem)] {
    let paperSets = PublishedTable.memkd.rows.map(\.dataSet)
    var names: [String] = []
    for name in sets?.split(separator: ",").map(String.init) ?? paperSets {
      if sets == nil, !FileManager.default.fileExists(atPath: "\(data)/\(name)") { continue }
      guard !names.contains(name) else {
        throw OptionError("--sets: found \(name) a second time, expected each once")
      }
      names.append(name)
    }
    var found: [(path: String, problem: ClassificationProblem)] = []
    for path in names.map({ "\(data)/\($0)" }) {
      let problem = try ClassificationProblem(contentsOf: path)
      if problem.test != nil {
        found.append((path, problem))
      } else if sets == nil {
        FileHandle.standardError.write(
          Data("\(path): left out, there is a training part but no test part\n".utf8))
      } else {
        throw DataError(
          file: path, found: "no test part", expected: "scores are of the test part",
          advice: "add \(problem.name)_TEST, or leave the set out of --sets")
      }
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
