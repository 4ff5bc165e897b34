// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MinimDistillation
import MinimForecasting
import MinimLayers
import MinimLearning
import MinimSeries
import MinimTensor

/// The options by which a forecaster learns from another one.
struct TeacherOptions: ParsableArguments, RecipeKeyed {
  static let keys = [
    "method", "teacher", "teacher-predictions", "teacher-features", "alpha", "beta", "loss",
  ]

  @Option(help: "How to learn: timedistill.")
  var method: String?
  @Option(help: "The run folder of the teacher.")
  var teacher: String?
  @Option(
    help:
      "In place of it what any program forecast: a .npy array (windows, horizon, channels) in the data's units, a window for each place of the training rows in order."
  )
  var teacherPredictions: String?
  @Option(help: "Beside it what that program knew before: a .npy array (windows, channels, width).")
  var teacherFeatures: String?
  @Option(
    parsing: .unconditional, help: "The factor of the terms that compare forecasts; 1 by default.")
  var alpha: Double?
  @Option(
    parsing: .unconditional, help: "The factor of the terms that compare features; 1 by default.")
  var beta: Double?
  @Option(help: "The terms: reference, scales and periods, or lean, scales alone.")
  var loss: TimeDistillation.Mode?

  /// Whether there is a teacher.
  var isGiven: Bool { teacher != nil || teacherPredictions != nil }

  /// Refuses what does not go together.
  func check() throws(OptionError) {
    if let method, method != "timedistill" {
      throw OptionError(
        "--method: found \"\(method)\", expected timedistill with --task forecast")
    }
    guard teacher == nil || teacherPredictions == nil else {
      throw OptionError("--teacher-predictions: found it beside --teacher, expected one of them")
    }
    guard teacherFeatures == nil || teacherPredictions != nil else {
      throw OptionError("--teacher-features: found it, expected --teacher-predictions beside it")
    }
    for (name, value) in [("alpha", alpha), ("beta", beta)] {
      if let value, !(value.isFinite && value >= 0) {
        throw OptionError("--\(name): found \(value), expected a number from 0")
      }
    }
    if !isGiven, let key = recipe.first?.key {
      throw OptionError("--\(key): found it, expected --teacher or --teacher-predictions beside it")
    }
  }

  /// The losses with their factors.
  var losses: TimeDistillation {
    TimeDistillation(alpha: alpha ?? 1, beta: beta ?? 1, mode: loss ?? .reference)
  }

  /// The keys and values that fix the run's result; none without a teacher or options.
  var recipe: [(key: String, value: String)] {
    [
      ("method", isGiven ? "timedistill" : method), ("teacher", teacher),
      ("teacher-predictions", teacherPredictions), ("teacher-features", teacherFeatures),
      ("alpha", (isGiven ? losses.alpha : alpha).map { "\($0)" }),
      ("beta", (isGiven ? losses.beta : beta).map { "\($0)" }),
      ("loss", (isGiven ? losses.mode : loss)?.rawValue),
    ].compactMap { key, value in value.map { (key, $0) } }
  }

  /// What guides a student, and fingerprints of what lies behind options that are paths.
  typealias Guide = (guide: ForecastGuide, contents: [String: String])

  /// The guide of a student; nil without a teacher.
  ///
  /// Throws `DataError` for a teacher of other windows, or forecasts that do not fit them.
  func guide(
    for student: some Forecaster<Float>, parts: ForecastParts, of series: ForecastSeries,
    seed: UInt64
  ) throws -> Guide? {
    let hasFeature = student(parts.train.lookBack([0])).feature != nil
    guard hasFeature || teacherFeatures == nil else {
      throw OptionError(
        "--teacher-features: found it, expected none with a student that has no features")
    }
    if let teacher {
      let saved = try SavedForecaster(run: teacher)
      let (own, given) = (student.configuration, saved.forecaster.configuration)
      guard given.channels == own.channels, given.lookback == own.lookback,
        given.horizon == own.horizon, saved.context.scaler == parts.scaler,
        saved.context.step == series.times?.step
      else {
        throw DataError(
          file: teacher,
          found:
            "a teacher of \(given.channels) channels, look-back \(given.lookback), horizon \(given.horizon)",
          expected:
            "\(own.channels), \(own.lookback) and \(own.horizon), trained on the same rows and times of the same file",
          advice: given.lookback == own.lookback && given.horizon == own.horizon
            ? "" : "give --lookback \(given.lookback) --horizon \(given.horizon)")
      }
      let (parted, seen) = (parts.split, saved.context.split[0] + saved.context.split[1])
      guard seen <= parted.trainRows + parted.validationRows else {
        throw DataError(
          file: teacher, found: "a teacher that was trained and validated on \(seen) rows",
          expected: "at most the student's \(parted.trainRows + parted.validationRows)",
          advice: "give both the same --split")
      }
      try checkNames(of: series.recording, against: saved.context.channelNames)
      let says = TeacherForecasts(
        saved.forecaster, on: parts.train, withFeature: losses.beta > 0 && hasFeature)
      let hash = fingerprint(of: try readFile(at: bestWeights(ofRun: teacher)))
      return (losses.guide(for: student, from: says, seed: seed), ["teacher": hash])
    }
    guard let teacherPredictions else { return nil }
    let says = try ForecastArrays.teacher(
      predictions: teacherPredictions, features: teacherFeatures, on: parts)
    var contents = [
      "teacher-predictions": fingerprint(of: try readFile(at: teacherPredictions))
    ]
    if let teacherFeatures {
      contents["teacher-features"] = fingerprint(of: try readFile(at: teacherFeatures))
    }
    return (losses.guide(for: student, from: says, seed: seed), contents)
  }
}
