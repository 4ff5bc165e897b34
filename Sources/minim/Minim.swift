// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MinimDistillation
import MinimHost
import MinimLayers
import MinimLearning
import MinimPacking
import MinimScores
import MinimSeries
import MinimTrials

/// The command line.
///
/// Exit codes: 0 fine, 1 a check failed, 64 wrong usage, 65 bad data, 70 training stopped, 73/74 cannot write/read.
@main
struct Minim: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "minim",
    abstract: "Makes small time-series models and puts them to work.",
    discussion: """
      Example: minim demo
      Data on standard output, everything else on standard error.
      """,
    version: minimVersion,
    subcommands: [
      Demo.self, DataCommand.self, Train.self, Distill.self, Eval.self, Run.self, Tune.self,
      Reproduce.self, Compare.self, Metrics.self, Threshold.self, Explain.self, Pack.self,
      Inspect.self, Verify.self, StreamSamples.self, Predict.self, Backtest.self, Forecast.self,
      Bench.self, Account.self,
      TrainDetector.self, EvaluateDetector.self, TrainForecaster.self,
      EvaluateForecaster.self,
    ])

  static func main() {
    endWithParent()
    // A reader that has gone shows as a failed write.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot(routed(Array(CommandLine.arguments.dropFirst())))
      try command.run()
      guard fflush(nil) == 0 || errno == EPIPE else {
        throw FileError(
          path: "stdout", operation: "write", reason: String(cString: strerror(errno)))
      }
    } catch {
      finish(with: error)
    }
  }

  /// The words of a command line with `train` or `distill` as the command of its own that they are for a task:
  /// detectors and forecasters have other options than classifiers.
  static func routed(_ words: [String]) -> [String] {
    guard words.first == "train" || words.first == "distill" else { return words }
    func has(_ option: String, _ value: String) -> Bool {
      words.contains("--\(option)=\(value)")
        || zip(words, words.dropFirst()).contains { $0 == "--\(option)" && $1 == value }
    }
    if has("task", "detect") || has("method", "lta") {
      return ["train-detector"] + words.dropFirst()
    }
    if has("task", "forecast") || has("method", "timedistill") {
      return ["train-forecaster"] + words.dropFirst()
    }
    return words
  }

  /// Ends this process when the one that gave it a trial ends, so that nobody works in a run folder
  /// that is taken up again.
  private static func endWithParent() {
    guard let text = ProcessInfo.processInfo.environment[LocalProcesses.parentKey],
      let parent = pid_t(text)
    else { return }
    Thread.detachNewThread {
      while getppid() == parent { usleep(100_000) }
      _exit(75)
    }
  }

  private static func finish(with error: any Error) -> Never {
    if let code = failureCode(of: error) { stop("\(error)", code) }
    if exitCode(for: error) == .success { exit(withError: error) }
    stop(message(for: error).split(separator: "\n").joined(separator: " "), 64)
  }

  private static func failureCode(of error: any Error) -> Int32? {
    switch error {
    case is OptionError, is DistillationError: 64
    case is DataError, is SafetensorsError, is ScoreError: 65
    case TrainingError.notFinite, is SearchFailure: 70
    case is TrainingError: 73
    case let error as HostError: error.exitCode
    case TrialError.damaged: 65
    case is TrialError: 73
    case PackingError.outputsDiffer: 1
    case is PackingError: 65
    case let error as FileError: ["open", "read", "inspect"].contains(error.operation) ? 74 : 73
    default: nil
    }
  }

  private static func stop(_ message: String, _ code: Int32) -> Never {
    FileHandle.standardError.write(Data("minim: \(message)\n".utf8))
    Foundation.exit(code)
  }
}

/// The options that every command has.
struct OutputOptions: ParsableArguments, RecipeKeyed {
  static let keys = ["json", "quiet"]

  @Flag(help: "Print one JSON object instead of text.")
  var json = false
  @Flag(help: "Show no progress.")
  var quiet = false

  /// Prints a value as one line of JSON with sorted keys.
  func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
  }
}

/// A group of options that a recipe may name by the same keys.
protocol RecipeKeyed {
  /// The keys, as in `--key`.
  static var keys: [String] { get }
}
