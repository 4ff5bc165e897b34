// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
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
    let recipe = try TuneRecipe(path: recipe)
    let points =
      recipe.pointCount.map { recipe.space.drawn($0, seed: 1) } ?? recipe.space.grid ?? []
    let contents = try TrialContents(options: recipe.options)
    let trials = try points.map { point in
      try (1...recipe.seeds).map { seed in
        try Trial.resolved(
          command: recipe.command,
          options: recipe.options.merging(point) { $1 }.merging(["seed": "\(seed)"]) { $1 },
          contents: contents.identities)
      }
    }
    let store = try TrialStore(path: out)
    let all = trials.flatMap { $0 }
    let progress = Progress("tune", total: all.count, unit: "trial", quiet: output.quiet)
    try TrialPool(store: store, executor: workers.executor()).run(all) { progress.show($0) }
    progress.finish()

    let summaries = trials.map { TrialSummary($0.compactMap { store.record(of: $0) }) }
    guard let best = recipe.rule.best(of: summaries) else { return }
    let result = TuneResult(
      points: zip(points, summaries).map { .init(options: $0, summary: $1) }, best: best,
      chosenBy: recipe.rule.rawValue, seeds: recipe.seeds)
    try write(result, chosen: recipe.options.merging(points[best]) { $1 }, command: recipe.command)
    if output.json { try output.printJSON(result) } else { print(result.text(out: out)) }
  }

  private func write(_ result: TuneResult, chosen: [String: String], command: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    try writeAtomically([UInt8](encoder.encode(result)) + [0x0A], to: "\(out)/results.json")
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
  /// The fingerprints by option.
  let identities: [String: String]

  /// Reads the training cases behind `data` and the weights behind `teacher`.
  init(options: [String: String]) throws {
    guard let data = options["data"] else {
      throw OptionError("found no key data, expected the folder of a problem")
    }
    var found = ["data": dataHash(of: try ClassificationProblem(contentsOf: data).train)]
    if let teacher = options["teacher"] {
      found["teacher"] = fingerprint(of: try readFile(at: "\(teacher)/best.safetensors"))
    }
    identities = found
  }
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
  let best: Int
  let chosenBy: String
  let seeds: Int

  init(points: [Point], best: Int, chosenBy: String, seeds: Int) {
    self.points = points
    self.best = best
    self.chosenBy = chosenBy
    self.seeds = seeds
  }

  func text(out: String) -> String {
    let rows = points.enumerated().map { index, point in
      let options = point.options.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      return [
        options.joined(separator: " "), String(format: "%.4f", point.summary.loss),
        Spread(point.summary.aucPRC).percent, Spread(point.summary.accuracy).percent,
        "\(point.summary.failures)", index == best ? "chosen" : "",
      ]
    }
    return TextTable(
      ["point", "loss", "AUC-PRC", "accuracy", "failed", ""], rows: rows
    ).text
      + "\nvalidation split, \(seeds) seeds, mean ± standard deviation; chosen by \(chosenBy): \(out)/best.yaml"
  }
}
