// SPDX-License-Identifier: Apache-2.0
import MinimSeries
import MinimTrials
import Yams

/// A recipe with the values to try.
struct TuneRecipe {
  static let keys: Set<String> = ["search", "points", "seeds", "choose-by"]
  /// Options that must be the same for all trials, or change no result.
  static let fixed: Set<String> = [
    "data", "task", "seed", "out", "threads", "resume", "json", "quiet",
  ]
  private static let mostPoints = 100_000

  /// "train" or "distill".
  let command: String
  /// The options that all trials share.
  let options: [String: String]
  let space: SearchSpace
  /// Points to draw; nil for the whole grid.
  let pointCount: Int?
  let seeds: Int
  let rule: ChoiceRule

  /// Reads a recipe.
  ///
  /// Throws `FileError`, or `OptionError` that names file, line and key.
  init(path: String) throws {
    let recipe = try Recipe(path: path, besides: Self.keys)
    func problem(_ node: Node?, _ message: String) -> OptionError {
      OptionError("\(path)\(node?.mark.map { ":\($0.line)" } ?? ""): \(message)")
    }
    command = recipe.arguments[0]
    for (task, reason) in [
      ("detect", "a detector has no validation score to choose by"),
      ("forecast", "searches are of classifiers"),
    ] where recipe.arguments.contains("--task=\(task)") {
      throw problem(nil, "task: found \(task), expected classify; \(reason)")
    }
    var options: [String: String] = [:]
    for word in recipe.arguments.dropFirst() {
      let parts = word.dropFirst(2).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { options[String(parts[0])] = String(parts[1]) }
    }
    func count(_ key: String) throws -> Int? {
      guard let node = recipe.others[key] else { return nil }
      guard let number = node.int, (1...Self.mostPoints).contains(number) else {
        throw problem(
          node,
          "\(key): found \(node.string ?? "a list or map"), expected a number from 1 to \(Self.mostPoints)"
        )
      }
      return number
    }
    pointCount = try count("points")
    seeds = try count("seeds") ?? 3
    let choice = recipe.others["choose-by"]
    guard let rule = choice.map({ $0.string.flatMap(ChoiceRule.init) }) ?? .loss else {
      throw problem(
        choice,
        "choose-by: found \(choice?.string ?? "a list or map"), expected loss, auc-prc or accuracy")
    }
    self.rule = rule
    guard let search = recipe.others["search"]?.mapping, !search.isEmpty else {
      throw problem(
        recipe.others["search"],
        "search: found no options, expected such as `weight: [0.1, 1, 10]`")
    }
    var ranges: [String: SearchRange] = [:]
    for (keyNode, node) in search {
      let key = keyNode.string ?? "?"
      let allowed = (Recipe.keys(of: command, task: options["task"]) ?? []).filter {
        !Self.fixed.contains($0)
      }
      guard allowed.contains(key) else {
        throw problem(
          keyNode,
          "search: found \(key), expected an option of \(command) that changes the model: "
            + allowed.joined(separator: " "))
      }
      guard options[key] == nil else {
        throw problem(keyNode, "search: \(key) has a value above already")
      }
      guard let range = Self.range(node) else {
        throw problem(
          node,
          "search: \(key): found \(Self.shown(node)), expected a list of different values, "
            + "{linear: [low, high]} with low below high, or {log: [low, high]} with both above 0")
      }
      ranges[key] = range
    }
    space = SearchSpace(ranges)
    guard pointCount != nil || space.gridCount != nil else {
      throw problem(
        recipe.others["search"], "search: found a range without end, expected also points: N")
    }
    guard pointCount != nil || space.gridCount ?? 0 <= Self.mostPoints else {
      throw problem(
        recipe.others["search"],
        "search: found more than \(Self.mostPoints) combinations, expected also points: N")
    }
    self.options = options
  }

  /// A value as it may stand in a recipe, on one line, cut after 60 characters.
  private static func shown(_ node: Node) -> String {
    func text(_ node: Node) -> String {
      if let list = node.sequence { return "[\(list.map(text).joined(separator: ", "))]" }
      if let map = node.mapping {
        return "{\(map.map { "\(text($0.key)): \(text($0.value))" }.joined(separator: ", "))}"
      }
      return node.string.map { $0.isEmpty ? "nothing" : $0 } ?? "?"
    }
    let whole = text(node)
    return whole.count > 60 ? "\(whole.prefix(60))…" : whole
  }

  private static func range(_ node: Node) -> SearchRange? {
    if let list = node.sequence {
      let values = list.compactMap { $0.scalar?.string }
      // 1 and 1.0 are the same trial.
      let different = Set(values.map { value in Double(value).map { "\($0)" } ?? value })
      let isList =
        !values.isEmpty && values.count == list.count && different.count == values.count
      return isList ? .values(values) : nil
    }
    guard let map = node.mapping, map.count == 1, let (kind, ends) = map.first.map({ ($0, $1) }),
      let list = ends.sequence, list.count == 2, case let numbers = list.compactMap({ $0.float }),
      numbers.count == 2,
      numbers.allSatisfy(\.isFinite), numbers[0] < numbers[1]
    else { return nil }
    let whole = list.allSatisfy { $0.int != nil }
    switch kind.string {
    case "linear": return .linear(numbers[0]...numbers[1], whole: whole)
    case "log" where numbers[0] > 0: return .logarithmic(numbers[0]...numbers[1], whole: whole)
    default: return nil
    }
  }
}
