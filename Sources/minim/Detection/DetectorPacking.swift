// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MinimPacking
import MinimSeries

/// The options of `pack` that detectors alone have.
struct AlarmOptions: ParsableArguments {
  @OptionGroup var peaks: PeakOptions
  @Option(
    parsing: .unconditional,
    help: "Of a detector: the fraction of the threshold below which an alarm ends; 1 by default.")
  var release: Double?
  @Option(
    parsing: .unconditional,
    help: "Of a detector: scores above the threshold in a row that raise an alarm; 1 by default.")
  var minimumSamples: Int?
  @Flag(help: "Of a detector: the threshold goes along with the scores (SPOT).")
  var adapt = false

  /// Refuses all of them, by one line that names the option.
  func refuseAny() throws(OptionError) {
    let own = [
      ("release", release != nil), ("minimum-samples", minimumSamples != nil), ("adapt", adapt),
    ]
    for (name, isGiven) in own + peaks.given where isGiven {
      throw OptionError("--\(name): found it, expected none but with the run of a detector")
    }
  }

  /// The choice that they make; refuses values outside their ranges.
  func check() throws(OptionError) -> AlarmChoice {
    var choice = AlarmChoice()
    let rule = try peaks.rule()
    choice.level = rule.level
    choice.risk = peaks.risk
    choice.threshold = peaks.threshold
    choice.release = release ?? choice.release
    choice.minimumSamples = minimumSamples ?? choice.minimumSamples
    choice.adapts = adapt
    if let threshold = peaks.threshold {
      guard Float(threshold).isFinite else {
        throw OptionError("--threshold: found \(threshold), expected a number that float32 holds")
      }
      guard !adapt else {
        throw OptionError("--threshold: found beside --adapt, expected one way to a threshold")
      }
    }
    guard choice.release >= 1e-6, choice.release <= 1 else {
      throw OptionError("--release: found \(choice.release), expected 1e-6 to 1")
    }
    guard (1...1_000_000).contains(choice.minimumSamples) else {
      throw OptionError("--minimum-samples: found \(choice.minimumSamples), expected 1 to 1000000")
    }
    return choice
  }
}

/// What `pack` prints of a detector.
struct DetectorPackReport: Encodable {
  let out: String
  let bytes: Int
  let precision: String
  let threshold: Double
  let adapts: Bool
  let calibrationScores: Int
  /// Normal rows, of an mscred the gaps, whose scores were compared.
  let comparedRows: Int
  let relativeDifference: Double
  let changedDecisions: Int
  let storage: StorageReport
  private let given: Bool
  /// Why no alarm can come; nil where one can.
  let warning: String?
  /// The threshold's origin: "POT of N calibration scores, …", or "given".
  let thresholdRule: String

  enum CodingKeys: String, CodingKey {
    case out, bytes, precision, threshold, adapts, storage, warning
    case calibrationScores = "calibration_scores"
    case comparedRows = "compared_rows"
    case relativeDifference = "relative_difference"
    case changedDecisions = "changed_decisions"
    case thresholdRule = "threshold_rule"
  }

  init(
    _ out: String, _ packed: PackedDetector, precision: Precision, alarm: AlarmChoice,
    warning: String?
  ) {
    self.warning = warning
    self.out = out
    bytes = packed.bytes.count
    self.precision = precision.rawValue
    threshold = packed.threshold
    adapts = alarm.adapts
    calibrationScores = packed.calibrationScores
    comparedRows = packed.rows
    relativeDifference = packed.relativeDifference
    changedDecisions = packed.changedDecisions
    storage = StorageReport(
      packed.bytes, matrices: packed.matrices, oneBit: packed.oneBitMatrices, precision)
    given = alarm.threshold != nil
    thresholdRule =
      given
      ? "given"
      : ThresholdRule(level: alarm.level, risk: alarm.risk).text(for: packed.calibrationScores)
  }

  var text: String {
    """
    \(out): \(bytes) bytes in \(precision)\(storage.text), threshold \(threshold)\(adapts ? ", adapting" : "") (\(thresholdRule))
    \(counted(comparedRows, "score")) of normal rows: they differ from the trained ones by \
    \(String(format: "%.1e", relativeDifference)) of their size (root mean square); \(changedDecisions) decided otherwise
    """ + (warning.map { "\n\($0)" } ?? "")
      + (given ? "" : fewScoresWarning(calibrationScores).map { "\n\($0)" } ?? "")
  }
}
