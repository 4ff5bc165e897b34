// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MinimDistillation
import MinimLayers
import MinimLearning
import MinimScores
import MinimSeries
import MinimTensor
import MinimTrials
import Yams

/// `minim tune`.
struct Tune: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Try the values of some options with several seeds, and choose on validation data.",
    discussion: """
      The recipe is one of `minim run` with a map of what to try:
        search:
          weight: [0.1, 1, 10]
          learning-rate: {log: [0.003, 0.1]}
        points: 20          drawn at random; without it, every combination of lists
        seeds: 3
        choose-by: loss     or auc-prc, accuracy; always of the validation cases
      A killed search goes on where it was when the same command is given again.
      Example: minim tune recipe.yaml --out tune
      """)

  @Argument(help: "The recipe file.")
  var recipe: String
  @Option(help: "The folder of the search.")
  var out = "tune"
  @OptionGroup var workers: WorkerOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let executor = try workers.executor()
    let path = recipe, recipe = try TuneRecipe(path: path)
    let points =
      recipe.pointCount.map { recipe.space.drawn($0, seed: 1) } ?? recipe.space.grid ?? []
    let trials: [[Trial]]
    do {
      trials = try Self.trials(recipe, points)
    } catch let error as OptionError {
      throw OptionError("\(path): \(error)")
    }
    let identity = try SearchIdentity(recipe)
    try identity.check(folder: out)
    let store = try TrialStore(path: out)
    try identity.write(to: out)
    let all = trials.flatMap { $0 }
    let progress = Progress("tune", total: all.count, unit: "trial", quiet: output.quiet)
    try TrialPool(store: store, executor: executor).run(all) { progress.show($0) }
    progress.finish()

    let summaries = trials.map { TrialSummary($0.compactMap { store.record(of: $0) }) }
    let best = recipe.rule.best(of: summaries)
    let result = TuneResult(
      points: zip(points, summaries).map { .init(options: $0, summary: $1) }, best: best,
      chosenBy: recipe.rule.rawValue, seeds: recipe.seeds)
    try writeJSON(result, to: "\(out)/results.json")
    if let best {
      try write(recipe.options.merging(points[best]) { $1 }, command: recipe.command)
    } else {
      try? FileManager.default.removeItem(atPath: "\(out)/best.yaml")
    }
    if output.json { try output.printJSON(result) } else { print(result.text(out: out)) }
    if best == nil, let failure = all.compactMap({ store.record(of: $0)?.failure }).first {
      throw SearchFailure(path: out, reason: failure)
    }
  }

  private static func trials(
    _ recipe: TuneRecipe, _ points: [[String: String]]
  ) throws -> [[Trial]] {
    var contents = TrialContents()
    return try points.map { point in
      let options = recipe.options.merging(point) { $1 }
      let identities = try contents.identities(of: options)
      do {
        return try (1...recipe.seeds).map { seed in
          try Trial.resolved(
            command: recipe.command, options: options.merging(["seed": "\(seed)"]) { $1 },
            contents: identities)
        }
      } catch  where error is OptionError || error is DistillationError {
        let name = point.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        throw OptionError("point \(name.joined(separator: " ")): \(error)")
      }
    }
  }

  private func write(_ chosen: [String: String], command: String) throws {
    let pairs =
      [(Node("command"), Node(command))]
      + chosen.sorted { $0.key < $1.key }.map { (Node($0.key), Node($0.value)) }
    let text = try Yams.serialize(node: Node.mapping(Node.Mapping(pairs)))
    try writeAtomically(Array(text.utf8), to: "\(out)/best.yaml")
  }
}

/// Who does the trials.
struct WorkerOptions: ParsableArguments {
  @Option(
    parsing: .unconditional, help: "Trials at once, each on one thread; all processors by default.")
  var workers: Int?

  func executor() throws -> LocalProcesses {
    if let workers, !(1...256).contains(workers) {
      throw OptionError("--workers: found \(workers), expected 1 to 256")
    }
    guard let executable = Bundle.main.executableURL else {
      throw FileError(path: CommandLine.arguments[0], operation: "open", reason: "no executable")
    }
    return LocalProcesses(executable: executable, capacity: workers ?? threadCount)
  }
}

/// What the files behind options hold.
struct TrialContents {
  /// The fingerprints by path, each read once.
  private var known: [String: String] = [:]

  /// The fingerprints of the training cases behind `data` and of the weights behind `teacher`.
  ///
  /// Throws `OptionError` without `data`, `DataError`, `FileError`.
  mutating func identities(of options: [String: String]) throws -> [String: String] {
    guard let data = options["data"] else {
      throw OptionError("found no key data, expected the folder of a problem")
    }
    let hash = try known[data] ?? dataHash(of: ClassificationProblem(contentsOf: data).train)
    known[data] = hash
    guard let teacher = options["teacher"] else { return ["data": hash] }
    let weights = try bestWeights(ofRun: teacher)
    let mark = try known[weights] ?? fingerprint(of: readFile(at: weights))
    known[weights] = mark
    return ["data": hash, "teacher": mark]
  }
}

/// No point of a search has a result.
struct SearchFailure: Error, CustomStringConvertible {
  let path: String
  /// What the first trial said.
  let reason: String

  var description: String { "\(path): every trial stopped, the first of them: \(reason)" }
}

/// What `tune` prints and writes.
struct TuneResult: Encodable {
  struct Point: Encodable {
    let options: [String: String]
    let summary: TrialSummary
  }
  /// Every number is of the validation cases.
  var split = "validation"
  let points: [Point]
  /// The chosen point's index; nil where none has a result.
  let best: Int?
  let chosenBy: String
  let seeds: Int

  init(points: [Point], best: Int?, chosenBy: String, seeds: Int) {
    self.points = points
    self.best = best
    self.chosenBy = chosenBy
    self.seeds = seeds
  }

  func text(out: String) -> String {
    let rows = points.enumerated().map { index, point in
      let options = point.options.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      return [
        options.joined(separator: " "),
        point.summary.loss.map { String(format: "%.4f", $0) } ?? "-",
        Spread(point.summary.aucPRC).percent, Spread(point.summary.accuracy).percent,
        "\(point.summary.failures)", index == best ? "chosen" : "",
      ]
    }
    return TextTable(
      ["point", "loss", "AUC-PRC", "accuracy", "failed", ""], rows: rows
    ).text
      + "\nvalidation split, \(seeds) seeds, mean ± standard deviation; "
      + (best == nil ? "nothing to choose" : "chosen by \(chosenBy): \(out)/best.yaml")
  }
}
