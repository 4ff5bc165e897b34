// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MinimLayers
import MinimScores
import MinimSeries
import MinimTrials

/// A command whose result is fixed by its options: what trials are made of.
protocol TrialCommand: ParsableCommand {
  /// The options that every use of the command must give.
  static var required: [String] { get }
  /// All options that fix the result, those left at their defaults included.
  ///
  /// Throws `OptionError` or `DistillationError` where they do not go together.
  var resolvedRecipe: [(key: String, value: String)] { get throws }
}

extension Train: TrialCommand {
  static let required = ["data"]
  var resolvedRecipe: [(key: String, value: String)] {
    get throws {
      try options.check()
      return options.recipe
    }
  }
}

extension Distill: TrialCommand {
  static let required = ["data", "teacher"]
  var resolvedRecipe: [(key: String, value: String)] {
    get throws {
      let chosen = try checkedDistillation()
      return options.recipe + [("teacher", teacher)] + chosen.recipe
    }
  }
}

extension Trial {
  /// The trial of a command with given options.
  ///
  /// `contents` names what the files behind options hold: for `data` the fingerprint of the training
  /// cases, for `teacher` the identity of the run. Throws `OptionError` where the options are not the
  /// command's.
  static func resolved(
    command: String, options: [String: String], contents: [String: String]
  ) throws -> Trial {
    let words = options.sorted { $0.key < $1.key }.map { "--\($0.key)=\($0.value)" }
    let resolved = try resolve([command] + words)
    let plain = try resolve([command] + type(of: resolved.command).required.map { "--\($0)=." })
    let defaults = Dictionary(uniqueKeysWithValues: plain.recipe.map { ($0.key, $0.value) })
    let chosen = resolved.recipe.filter { defaults[$0.key] != $0.value }
    return Trial(
      command: command,
      options: Dictionary(uniqueKeysWithValues: chosen.map { ($0.key, $0.value) }),
      contents: contents)
  }

  private static func resolve(
    _ words: [String]
  ) throws -> (command: any TrialCommand, recipe: [(key: String, value: String)]) {
    let parsed: any ParsableCommand
    do {
      parsed = try Minim.parseAsRoot(Minim.routed(words))
    } catch {
      throw OptionError(Minim.message(for: error))
    }
    guard let command = parsed as? any TrialCommand else {
      throw OptionError("found command \(words[0]), expected one that trains or evaluates")
    }
    return (command, try command.resolvedRecipe)
  }
}

/// What the trials of one point of a search came to over seeds.
struct TrialSummary: Encodable {
  /// The mean validation loss of the seeds that have one; nil where none has.
  let loss: Double?
  /// Seeds whose training stopped at a NaN or infinity.
  let failures: Int
  /// Of each seed that has a result, on the validation cases.
  let aucPRC: [Double]
  let accuracy: [Double]

  init(_ records: [TrialRecord]) {
    let losses = records.compactMap(\.loss)
    loss = losses.isEmpty ? nil : losses.reduce(0, +) / Double(losses.count)
    failures = records.count { $0.loss == nil }
    aucPRC = records.compactMap { $0.validation?.aucPRC }
    accuracy = records.compactMap { $0.validation?.accuracy }
  }
}

/// What a search chooses by, always on validation cases.
enum ChoiceRule: String, CaseIterable, ExpressibleByArgument {
  case loss
  case aucPRC = "auc-prc"
  case accuracy

  /// The best of some summaries, the first of equals; nil where none has a result.
  ///
  /// By the mean over seeds. A failed seed counts as 0, and by loss as more than any loss: the fewest
  /// failures come first.
  func best(of summaries: [TrialSummary]) -> Int? {
    func mean(_ values: [Double], _ failures: Int) -> Double {
      values.reduce(0, +) / Double(max(1, values.count + failures))
    }
    func height(_ summary: TrialSummary) -> (Int, Double)? {
      guard let loss = summary.loss else { return nil }
      return switch self {
      case .loss: (-summary.failures, -loss)
      case .aucPRC: (0, mean(summary.aucPRC, summary.failures))
      case .accuracy: (0, mean(summary.accuracy, summary.failures))
      }
    }
    var best: (index: Int, height: (Int, Double))?
    for (index, summary) in summaries.enumerated() {
      guard let height = height(summary) else { continue }
      if best.map({ height > $0.height }) ?? true { best = (index, height) }
    }
    return best?.index
  }
}
