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
    subcommands: [
      ReproduceMemKD.self, ReproduceStudents.self, ReproduceGON.self, ReproduceSBT.self,
      ReproduceTimeDistill.self, ReproduceLTA.self,
    ])
}

/// Says on standard error what is going on, after the seconds since now; nothing where `quiet`.
func narrator(quiet: Bool) -> (String) -> Void {
  let start = ContinuousClock.now
  return { text in
    guard !quiet else { return }
    let seconds = Int(start.duration(to: .now) / .seconds(1))
    FileHandle.standardError.write(Data("\(seconds) s: \(text)\n".utf8))
  }
}

/// Refuses a number of seeds that no table has.
func checkSeeds(_ seeds: Int) throws(OptionError) {
  guard (1...1000).contains(seeds) else {
    throw OptionError("--seeds: found \(seeds), expected 1 to 1000")
  }
}

/// The places of comma-separated names among known ones; all places for nil.
func chosenPlaces(_ text: String?, _ option: String, _ known: [String]) throws -> [Int] {
  guard let text else { return Array(known.indices) }
  var places: [Int] = []
  for name in text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
    guard let index = known.firstIndex(of: name) else {
      throw OptionError(
        "\(option): found \"\(name)\", expected some of \(known.joined(separator: ","))")
    }
    guard !places.contains(index) else {
      throw OptionError("\(option): found \(name) a second time, expected each once")
    }
    places.append(index)
  }
  return places
}

/// Refuses a set whose file or folder is not there, before anything is trained.
func requireData(of sets: [(name: String, path: String)]) throws(DataError) {
  guard let missing = sets.first(where: { !FileManager.default.fileExists(atPath: $0.path) })
  else { return }
  throw DataError(
    file: missing.path, found: "nothing", expected: "the data of \(missing.name)",
    advice: "choose the sets that are there with --sets")
}

/// What every reproduction on the sets of the MemKD paper is told.
struct ReproductionOptions: ParsableArguments {
  @Option(help: "The folder that holds the problems' folders.")
  var data: String
  @Option(help: "The sets, comma-separated; by default those of the paper that are found.")
  var sets: String?
  @Option(parsing: .unconditional, help: "Seeds of every model.")
  var seeds = 5
  @Option(help: "The folder of trials and results.")
  var out = "reproduce-memkd"
  @OptionGroup var workers: WorkerOptions

  /// Calls `body` for one set after the other.
  func forEachSet(quiet: Bool, _ body: (TrialSet) throws -> Void) throws {
    try checkSeeds(seeds)
    let executor = try workers.executor(), problems = try chosenProblems()
    try FolderContents.require(.reproduction, at: out)
    let store = try TrialStore(path: out)
    let pool = TrialPool(store: store, executor: executor)
    let say = narrator(quiet: quiet)
    for (path, problem) in problems {
      try body(
        TrialSet(
          data: path, problem: problem, seeds: seeds, pool: pool, store: store, say: say))
    }
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
      if let other = found.first(where: { $0.problem.name == problem.name }) {
        throw OptionError(
          "--sets: found \(problem.name) a second time, in \(other.path) and \(path), expected each once"
        )
      }
      guard let lack = Self.lack(of: problem, at: path) else {
        found.append((path, problem))
        continue
      }
      guard sets == nil else { throw lack }
      FileHandle.standardError.write(Data("\(path): left out: found \(lack.found)\n".utf8))
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

extension ReproductionOptions {
  /// What keeps a problem from being reproduced; nil where nothing does.
  fileprivate static func lack(of problem: ClassificationProblem, at path: String) -> DataError? {
    guard let test = problem.test else {
      return DataError(
        file: path, found: "no test part", expected: "one, for scores are of it",
        advice: "add \(problem.name)_TEST, or leave the set out of --sets")
    }
    for part in [problem.train, test] {
      if let item = part.cases.first(where: { $0.values.contains(where: \.isNaN) }) {
        return DataError(
          file: "\(path)/\(part.name)", line: item.line, found: "missing values",
          expected: "none, for the protocol does not fill them",
          advice: "leave the set out of --sets")
      }
    }
    return nil
  }
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

  @OptionGroup var options: ReproductionOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    var results: [MemKDSetResult] = []
    try options.forEachSet(quiet: output.quiet) { set in
      results.append(try MemKDReproduction(set: set).run())
      try report(results).write(to: options.out)
    }
    if output.json { try output.printJSON(results) } else { print(report(results).text) }
  }

  private func report(_ results: [MemKDSetResult]) -> MemKDReport {
    let names = results.map(\.set).joined(separator: ",")
    return MemKDReport(
      results: results, seeds: options.seeds,
      command: "minim reproduce memkd --sets \(names) --seeds \(options.seeds)",
      machine: "Minim \(minimVersion), kernels \(kernelLevel)")
  }
}

/// `minim reproduce students`.
struct ReproduceStudents: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "students",
    abstract: "Students of several architectures by size, speed and quality, beside MiniRocket.",
    discussion: """
      It shares its trials with `reproduce memkd` where --out is the same. Killed at any point, it goes on when the
      same command is given again.
      Example: minim reproduce students --data data/ucr --out results/memkd
      """)

  @OptionGroup var options: ReproductionOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    var sets: [(name: String, rows: [StudentRow])] = []
    try options.forEachSet(quiet: output.quiet) { set in
      sets.append((set.problem.name, try StudentsReproduction(set: set).run()))
      try report(sets).write(to: options.out)
    }
    if output.json { return try output.printJSON(sets.map(\.rows)) }
    print(report(sets).text)
  }

  private func report(_ sets: [(name: String, rows: [StudentRow])]) -> StudentsReport {
    let names = sets.map(\.name).joined(separator: ",")
    return StudentsReport(
      sets: sets, seeds: options.seeds,
      command: "minim reproduce students --sets \(names) --seeds \(options.seeds)")
  }
}
