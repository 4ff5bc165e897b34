// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
public import MinimDetection
import MinimLayers
import MinimSeries
public import MinimTensor

extension RecurrentCell: ExpressibleByArgument {}
extension LongTermMemory.Form: ExpressibleByArgument {}
extension MSCRED.Target: ExpressibleByArgument {}
extension MSCRED.Score: ExpressibleByArgument {}

/// The options of detectors on signature matrices.
struct SignatureOptions: ParsableArguments, RecipeKeyed {
  static let keys = [
    "accumulator", "memory-form", "target", "score", "no-recurrence", "method", "weight",
    "temperature", "stride",
  ]

  @Option(
    help:
      "The cell of an mscred's long-term memory, whose matrix is added to all others; none by default."
  )
  var accumulator: RecurrentCell?
  @Option(
    help:
      "How the memory's states become a matrix: of one cell that channels share, of the last ten states of a cell of as many units, or of a cell of ten and a map; shared by default."
  )
  var memoryForm: LongTermMemory.Form?
  @Option(
    help:
      "What an mscred with a memory reconstructs: matrices with the memory's added, without or with the gradient through it, or matrices alone; detached by default."
  )
  var target: MSCRED.Target?
  @Option(
    help:
      "What of an mscred's squared errors is scored: how many are above 0.005, or their sum; broken by default."
  )
  var score: MSCRED.Score?
  @Flag(
    help:
      "An mscred's five steps are not seen in order, as in the code that published numbers come from."
  )
  var noRecurrence = false
  @Option(help: "How an mscred learns from --teacher: lta, with a memory (gru by default).")
  var method: String?
  @Option(
    parsing: .unconditional,
    help: "With an mscred's --teacher: its share of the loss, 0 to 1; 0.5 by default.")
  var weight: Double?
  @Option(
    parsing: .unconditional,
    help: "With an mscred's --teacher: both maps are divided by it; 4 by default.")
  var temperature: Double?
  @Option(
    parsing: .unconditional,
    help: "Rows between the windows that an mscred learns from; five gaps by default.")
  var stride: Int?

  /// The options that were given, and what was found.
  var given: [(key: String, value: String)] {
    [
      ("accumulator", accumulator?.rawValue), ("memory-form", memoryForm?.rawValue),
      ("target", target?.rawValue), ("score", score?.rawValue),
      ("no-recurrence", noRecurrence ? "true" : nil), ("method", method),
      ("weight", weight.map { "\($0)" }), ("temperature", temperature.map { "\($0)" }),
      ("stride", stride.map { "\($0)" }),
    ].compactMap { key, value in value.map { (key, $0) } }
  }

  /// What they ask of a detector.
  var choices: SignatureChoices {
    var choices = SignatureChoices()
    choices.accumulator = accumulator ?? (method == nil ? nil : .gru)
    choices.form = memoryForm
    choices.target = target
    choices.score = score
    choices.recurs = !noRecurrence
    return choices
  }

  /// Refuses what does not go together and values outside their ranges.
  func check(teacher: String?) throws(OptionError) {
    if let method {
      guard method == "lta" else {
        throw OptionError("--method: found \"\(method)\", expected lta with --task detect")
      }
      guard teacher != nil else {
        throw OptionError("--method: found lta, expected --teacher beside it")
      }
    }
    if accumulator == .mgu {
      throw OptionError("--accumulator: found mgu, expected rnn, lstm or gru")
    }
    if choices.accumulator == nil {
      for (name, isGiven) in [("memory-form", memoryForm != nil), ("target", target != nil)]
      where isGiven {
        throw OptionError("--\(name): found it, expected --accumulator beside it")
      }
    }
    if teacher == nil {
      for (name, isGiven) in [("weight", weight != nil), ("temperature", temperature != nil)]
      where isGiven {
        throw OptionError("--\(name): found it, expected --teacher beside it")
      }
    }
    if let weight, !(0.0...1).contains(weight) {
      throw OptionError("--weight: found \(weight), expected 0 to 1")
    }
    if let temperature, !(temperature.isFinite && temperature > 0) {
      throw OptionError("--temperature: found \(temperature), expected a number above 0")
    }
    if let stride, !(1...1_000_000).contains(stride) {
      throw OptionError("--stride: found \(stride), expected 1 to 1000000")
    }
  }

  /// The guide that a run's detector is for another one.
  ///
  /// Throws `DataError` for another kind, other channels, one level, a memory of its own, or rows of another range.
  func guide(
    _ run: String, of student: MSCRED, scaler: RangeScaler?, rows: Recording
  ) throws -> SignatureGuide {
    let saved = try SavedDetector(run: run)
    let own = student.configuration
    guard let teacher = saved.detector as? MSCRED else {
      throw DataError(
        file: run, found: "a detector of another kind, \(saved.name)",
        expected: "an mscred to learn from")
    }
    let given = teacher.configuration
    guard given.channels == own.channels, given.widths.count > 1, own.widths.count > 1 else {
      throw DataError(
        file: run, found: "an mscred of \(counted(given.channels, "channel"))",
        expected: "one of \(own.channels), with two levels or more")
    }
    guard given.memory == nil else {
      throw DataError(
        file: run, found: "an mscred with a memory", expected: "one without to learn from")
    }
    try saved.requireScale(scaler, of: rows, run: run)
    return SignatureGuide(
      teacher: teacher, weight: Float(weight ?? 0.5), temperature: Float(temperature ?? 4))
  }
}
