// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MinimDistillation
import MinimHost
import MinimLayers
import MinimLearning
import MinimModels
import MinimPacking
import MinimScores
import MinimSeries
import MinimTensor

/// `minim demo`.
struct Demo: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Run the main job on made-up machine vibration: teacher, plain student, distilled student.",
    discussion: "Takes about a minute on two cores. Example: minim demo --out minim-demo")

  @Option(help: "The folder for report.html, results.json and the weights.")
  var out = "minim-demo"
  @OptionGroup var output: OutputOptions

  func run() throws {
    let start = ContinuousClock.now
    let experiment = try DemoExperiment(quiet: output.quiet)
    let (rows, model) = try experiment.run()
    let seconds = start.duration(to: .now) / .seconds(1)
    do {
      try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    } catch {
      throw FileError(path: out, operation: "create", reason: "the folder cannot be made here")
    }
    let report = DemoReport(problem: experiment.problem, rows: rows, seconds: seconds)
    try report.write(to: out)
    try writeAtomically(model, to: "\(out)/model.minim")
    if output.json { return try output.printJSON(rows) }
    print(report.text)
    print("report: \(out)/report.html")
    print("the best MemKD student, packed in int8: \(out)/model.minim, \(model.count) bytes")
  }
}

/// One line of the demo's table: a model, its size, and its scores on the test split over seeds.
struct DemoRow: Encodable {
  let model: String
  let parameters: Int
  /// Bytes of the model file in float32, without provenance and self-test.
  let bytes: Int
  /// Fractions, one for each seed.
  let aucPRC: [Double]
  let accuracy: [Double]
  /// Microseconds for one step of one series, by the runtime that devices use, on one thread.
  let microsecondsPerStep: Double
}

/// The demo's work: three teachers, of which validation picks one; then students, plain and
/// distilled, over five seeds.
struct DemoExperiment {
  let problem: ClassificationProblem
  let cases: LearningCases
  let test: PreparedCases
  let quiet: Bool

  init(quiet: Bool) throws {
    var generator = SeededGenerator(seed: 7)
    problem = VibrationSample.problem(
      trainCases: 300, testCases: 600, noise: 0.5, using: &generator)
    let preparation = Preparation()
    cases = try LearningCases(
      problem.train, preparation: preparation, splitSeed: TrainingRun.splitSeed)
    test = try preparation.apply(to: problem.test ?? problem.train)
    self.quiet = quiet
  }

  /// The table, and the model file of the distilled student that validation likes best.
  func run() throws -> (rows: [DemoRow], model: [UInt8]) {
    let teachers = try (1...3).map { seed in
      try train(
        layers: 2, hidden: 48, rate: 0.003, epochs: 150, seed: UInt64(seed), "teacher \(seed) of 3")
    }
    guard let teacher = teachers.min(by: { $0.bestLoss < $1.bestLoss }) else { return ([], []) }
    let seeds = (1...5).map { UInt64($0) }
    let plain = try seeds.map {
      try train(layers: 1, hidden: 8, rate: 0.05, epochs: 200, seed: $0, "plain student \($0) of 5")
    }
    let cache = try TeacherCache(
      teacher.best, cases: cases.train, terms: [.memkd(weight: 10)])
    let distilled = try seeds.map {
      try train(
        layers: 1, hidden: 8, rate: 0.05, epochs: 200, seed: $0, "MemKD student \($0) of 5", cache)
    }
    let best = distilled.min { $0.bestLoss < $1.bestLoss } ?? distilled[0]
    let model = try pack(
      best.best, trainedOn: problem.train, cases: cases, precision: .int8,
      provenance: ["data": problem.name, "recipe": "minim demo"])
    let rows = [
      try row("teacher, LSTM 2x48", teachers.map(\.best)),
      try row("student, LSTM 1x8, plain", plain.map(\.best)),
      try row("student, LSTM 1x8, MemKD", distilled.map(\.best)),
    ]
    return (rows, model.bytes)
  }

  private typealias Outcome = TrainingOutcome<RecurrentClassifier<Float>>

  private func train(
    layers: Int, hidden: Int, rate: Double, epochs: Int, seed: UInt64, _ title: String,
    _ teacher: TeacherCache? = nil
  ) throws -> Outcome {
    var generator = SeededGenerator(seed: seed)
    let model = RecurrentClassifier<Float>(
      .init(
        cell: .lstm, layers: layers, hidden: hidden, channels: 1,
        classes: problem.train.classNames.count), using: &generator)
    let plan = TrainingPlan(epochs: epochs, learningRate: rate, patience: 30, seed: seed)
    return try trainClassifier(
      model, on: cases, plan: plan,
      progress: Progress(title, total: epochs, unit: "epoch", quiet: quiet),
      extraLoss: teacher?.loss(for: model, using: &generator))
  }

  private func row(_ name: String, _ models: [RecurrentClassifier<Float>]) throws -> DemoRow {
    let results = try models.map { try scores(of: $0, on: test) }
    let packed = try pack(
      models[0], trainedOn: problem.train, cases: cases, precision: .float32, bare: true)
    return DemoRow(
      model: name, parameters: models[0].parameterCount, bytes: packed.bytes.count,
      aucPRC: results.map(\.aucPRC), accuracy: results.map(\.accuracy),
      microsecondsPerStep: try time(packed.bytes))
  }

  /// The median over a hundred windows.
  private func time(_ file: [UInt8]) throws -> Double {
    let loaded = try LoadedModel(file, path: "demo")
    let values = problem.train.cases[0].values
    let times = (0..<101).map { _ in
      let start = ContinuousClock.now
      _ = loaded.result(forCase: values)
      return start.duration(to: .now) / .microseconds(1)
    }
    return times.sorted()[50] / Double(values.count)
  }
}
