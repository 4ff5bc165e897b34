// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import Foundation
public import MinimHost
import MinimSeries

extension StreamCommand.ErrorPolicy: ExpressibleByArgument {}

/// `minim inspect`.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what a model file is: bytes, memory, multiply-adds, classes, provenance.",
    discussion: "Example: minim inspect model.minim")

  @Argument(help: "The model file.")
  var model: String
  @OptionGroup var output: OutputOptions

  func run() throws {
    try InspectCommand(json: output.json).run(LoadedModel(contentsOf: model))
  }
}

/// `minim verify`.
struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check a model file from first to last byte and run its self-test.",
    discussion: "Exits with 1 if the self-test fails. Example: minim verify model.minim")

  @Argument(help: "The model file.")
  var model: String
  @OptionGroup var output: OutputOptions

  func run() throws {
    try VerifyCommand(json: output.json).run(LoadedModel(contentsOf: model))
  }
}

/// `minim stream`.
struct StreamSamples: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stream",
    abstract: "Run a model over samples on standard input, a line each.",
    discussion: """
      A line is a JSON array or values separated by commas, semicolons, tabs or blanks, one for each
      channel. Results are lines
      of JSON on standard output.
      Example: sensor | minim stream model.minim --every 10
      """)

  @Argument(help: "The model file.")
  var model: String
  @Option(parsing: .unconditional, help: "A result after every so many samples.")
  var every = 1
  @Option(help: "What to do about a line that is no sample.")
  var onError = StreamCommand.ErrorPolicy.skip

  func run() throws {
    try StreamCommand(every: every, onError: onError).run(LoadedModel(contentsOf: model))
  }
}

/// `minim predict`.
struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a model over whole cases.",
    discussion: """
      The data are a file of cases, a line each (a JSON array, or UCR: class, then values, NaN at
      the end for padding), or the folder of a problem, of which the test part is used.
      Example: minim predict model.minim --data data/GunPoint/GunPoint_TEST.tsv
      """)

  @Argument(help: "The model file.")
  var model: String
  @Option(help: "The file of cases, or the folder of a problem.")
  var data: String

  func run() throws {
    let loaded = try LoadedModel(contentsOf: model)
    try PredictionOutput.requireCases(loaded)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: data, isDirectory: &isFolder), isFolder.boolValue
    else { return try PredictCommand(data: data).run(loaded) }
    guard let test = try ClassificationProblem(contentsOf: data).test else {
      throw DataError(file: data, found: "no test part", expected: "a NAME_TEST file")
    }
    var predictions = PredictionOutput(loaded)
    for item in test.cases {
      let values = (0..<item.length).flatMap { step in
        (0..<test.channelCount).map { item.values[$0 * item.length + step] }
      }
      try predictions.add(
        values, channels: test.channelCount, label: test.classNames[item.label], source: test.name,
        line: item.line)
    }
    try predictions.finish(source: data)
  }
}

/// `minim bench`.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure how fast a model runs on this machine, and in how much memory.",
    discussion: "Example: minim bench model.minim")

  @Argument(help: "The model file.")
  var model: String
  @OptionGroup var output: OutputOptions

  func run() throws {
    try BenchCommand(json: output.json).run(LoadedModel(contentsOf: model))
  }
}
