// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MinimDistillation
import MinimLayers
import MinimLearning
import MinimSeries
import MinimTensor

/// `minim distill`.
struct Distill: ParsableCommand, RecipeKeyed {
  static let configuration = CommandConfiguration(
    abstract: "Train a small classifier with the help of a trained one.",
    discussion: """
      Forecasters and detectors on signature matrices have options of their own: minim distill --method timedistill
      --help, --method lta --help
      Example: minim distill --data data/GunPoint --teacher runs/teacher --method memkd:10,kd:0.5
      """)
  static let keys =
    ["teacher"] + DistillationOptions.keys + TrainingOptions.keys + OutputOptions.keys

  @Option(help: "The run folder of the teacher.")
  var teacher: String
  @OptionGroup var distillation: DistillationOptions
  @OptionGroup var options: TrainingOptions
  @OptionGroup var output: OutputOptions

  /// The losses that the options choose.
  ///
  /// Throws `OptionError`, or `DistillationError` for a kind of student that they cannot teach.
  func checkedDistillation() throws -> ChosenDistillation {
    try options.check()
    guard options.model != .minirocket else {
      throw OptionError("--model: found minirocket, which is fitted, expected one that is trained")
    }
    let chosen = try distillation.resolved(seed: options.seed)
    for term in chosen.terms { try term.check(studentTaps: options.model.taps) }
    return chosen
  }

  func run() throws {
    let chosen = try checkedDistillation()
    var run = TrainingRun(command: "distill", options: options, output: output)
    run.ownKeys = [("teacher", teacher)] + chosen.recipe
    run.nameSuffix = chosen.terms.map(\.method.rawValue).joined(separator: "-")
    run.contents["teacher"] = fingerprint(of: try readFile(at: bestWeights(ofRun: teacher)))
    try run.run { set, cases, student in
      let saved = try SavedClassifier(run: teacher)
      try saved.check(set)
      guard saved.preparation == cases.preparation else {
        let theirs = saved.preparation
        throw DataError(
          file: teacher,
          found: "a teacher trained with --length \(theirs.length) --missing "
            + "\(theirs.missing.rawValue) --normalise \(theirs.normalise.rawValue)",
          expected: "the same three here")
      }
      let longest = max(1, cases.train.length - 2)
      if let spans = distillation.spans, spans > longest {
        throw OptionError(
          "--spans: found \(spans), expected 1 to \(longest) for series of "
            + "\(cases.train.length) steps")
      }
      let record: RunRecord = try ComparedRun.decoded("\(teacher)/run.json")
      guard record.dataHash == cases.dataHash else {
        throw DataError(
          file: teacher, found: "a teacher trained on other cases, data hash \(record.dataHash)",
          expected: "the training cases of \(options.data), data hash \(cases.dataHash)",
          advice: "train the teacher on them")
      }
      let cache = try TeacherCache(
        saved.model, cases: cases.train, terms: chosen.terms, layer: chosen.layer)
      // Not the seed itself: the student's weights were drawn from it.
      var generator = SeededGenerator(seed: ~options.seed)
      return try cache.loss(for: student, using: &generator)
    }
  }
}
