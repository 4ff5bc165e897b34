// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MinimLayers
import MinimSeries
import Yams

/// `minim run`: one recipe file is one experiment.
///
/// Its keys are the options of the command that it names.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the experiment of a recipe file.",
    discussion: """
      A recipe is a YAML file with `command: train` or `command: distill` and the command's options by name.
      Example: minim run recipe.yaml
      """)

  @Argument(help: "The recipe file.")
  var recipe: String
  @Option(help: "The run folder, in place of the recipe's.")
  var out: String?
  @Flag(help: "Go on with the run in the run folder.")
  var resume = false
  @OptionGroup var output: OutputOptions

  func run() throws {
    let path = recipe, recipe = try Recipe(path: path)
    var arguments = recipe.arguments
    func problem(_ message: String) -> OptionError {
      recipe.problem(message, in: path, besides: out == nil ? nil : "out")
    }
    if let out {
      arguments.removeAll { $0.hasPrefix("--out=") }
      arguments.append("--out=\(out)")
    }
    if resume, !arguments.contains("--resume") { arguments.append("--resume") }
    if output.json, !arguments.contains("--json") { arguments.append("--json") }
    if output.quiet, !arguments.contains("--quiet") { arguments.append("--quiet") }
    var command: any ParsableCommand
    do {
      command = try Minim.parseAsRoot(Minim.routed(arguments))
    } catch {
      throw problem(Minim.message(for: error))
    }
    do {
      try command.run()
    } catch let error as OptionError {
      throw problem("\(error)")
    }
  }
}

/// A recipe file read as the words of a command line.
struct Recipe {
  /// The command and its options.
  let arguments: [String]
  /// The values of the keys that are no options.
  let others: [String: Node]
  /// The lines of the keys.
  private let lines: [String: Int]

  /// Reads a recipe, which may have the keys `besides` those of its command.
  ///
  /// Throws `FileError`, or `OptionError` that names file, line and key.
  init(path: String, besides: Set<String> = []) throws {
    let text = String(decoding: try readFile(at: path), as: UTF8.self)
    func problem(_ line: Int?, _ message: String) -> OptionError {
      OptionError("\(path)\(line.map { ":\($0)" } ?? ""): \(message)")
    }
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch YamlError.duplicatedKeysInMapping(let duplicates, let context) {
      throw problem(
        context.mark.line,
        "found \"\(duplicates.first ?? "?")\" a second time below this line")
    } catch {
      throw problem(nil, "\(error)".split(separator: "\n").joined(separator: " "))
    }
    guard let mapping = root?.mapping else {
      throw problem(nil, "found no keys, expected `key: value` lines")
    }
    guard let command = mapping["command"]?.string,
      let known = Self.keys(
        of: command, task: mapping["task"]?.string, method: mapping["method"]?.string)
    else {
      throw problem(
        mapping["command"]?.mark?.line,
        "found command \"\(mapping["command"]?.string ?? "none")\", expected train or distill")
    }
    var words = [command]
    var others: [String: Node] = [:], lines: [String: Int] = [:]
    for (keyNode, valueNode) in mapping {
      let line = keyNode.mark?.line
      guard let key = keyNode.string,
        key == "command" || known.contains(key) || besides.contains(key)
      else {
        throw problem(
          line,
          "found the unknown key \"\(keyNode.string ?? "?")\", expected one of \((known + besides.sorted()).joined(separator: " "))"
        )
      }
      if key == "command" { continue }
      lines[key] = line
      if besides.contains(key) {
        others[key] = valueNode
        continue
      }
      guard let value = valueNode.scalar?.string else {
        throw problem(line, "\(key): found a list or map, expected one value")
      }
      guard !value.isEmpty else {
        throw problem(line, "\(key): found no value, expected one; leave the line out otherwise")
      }
      if Self.flags.contains(key) {
        guard value == "true" || value == "false" else {
          throw problem(line, "\(key): found \"\(value)\", expected true or false")
        }
        if value == "true" { words.append("--\(key)") }
      } else {
        words.append("--\(key)=\(value)")
      }
    }
    arguments = words
    self.others = others
    self.lines = lines
  }

  /// What a command says of its options, with the file and the line of the first that the recipe has, but for one.
  func problem(_ message: String, in path: String, besides other: String?) -> OptionError {
    let keys = message.matches(of: /--([a-z-]+)/).lazy.map { String($0.1) }
    let line = keys.filter { $0 != other }.compactMap { lines[$0] }.first
    return OptionError("\(path)\(line.map { ":\($0)" } ?? ""): \(message)")
  }

  /// The keys that a command has for a task; nil where there is no such command.
  static func keys(of command: String, task: String?, method: String? = nil) -> [String]? {
    let own = ["timedistill": "forecast", "lta": "detect"]
    return switch (command, method.flatMap { own[$0] } ?? task) {
    case ("train", "detect"), ("distill", "detect"): TrainDetector.keys
    case ("train", "forecast"), ("distill", "forecast"): TrainForecaster.keys
    case ("train", _): Train.keys
    case ("distill", _): Distill.keys
    default: nil
    }
  }

  private static let flags: Set<String> = [
    "resume", "json", "quiet", "train-biases", "each", "predict", "no-recurrence",
  ]
}
