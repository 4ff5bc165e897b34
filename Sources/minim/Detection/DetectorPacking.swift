// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MinimPacking
import MinimSeries

/// The options of `pack` that detectors alone have.
struct AlarmOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: "Of a detector: the share of scores that may exceed the POT threshold; 1e-4 by default.")
  var risk: Double?
  @Option(
    parsing: .unconditional,
    help: "Of a detector: the share of scores up to POT's initial threshold; 0.98 by default.")
  var level: Double?
  @Option(parsing: .unconditional, help: "Of a detector: a threshold in place of POT's.")
  var threshold: Double?
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

  private var given: [(name: String, isGiven: Bool)] {
    [
      ("risk", risk != nil), ("level", level != nil), ("threshold", threshold != nil),
      ("release", release != nil), ("minimum-samples", minimumSamples != nil), ("adapt", adapt),
    ]
  }

  /// Refuses all of them, by one line that names the option.
  func refuseAny() throws(OptionError) {
    for (name, isGiven) in given where isGiven {
      throw OptionError("--\(name): found with a classifier, expected a detector's run")
    }
  }

  /// The choice that they make; refuses values outside their ranges.
  func check() throws(OptionError) -> AlarmChoice {
    var choice = AlarmChoice()
    choice.level = level ?? choice.level
    choice.risk = risk ?? choice.risk
    choice.threshold = threshold
    choice.release = release ?? choice.release
    choice.minimumSamples = minimumSamples ?? choice.minimumSamples
    choice.adapts = adapt
    guard (0.0..<1).contains(choice.level) else {
      throw OptionError("--level: found \(choice.level), expected 0 or more, less than 1")
    }
    guard choice.risk > 0, choice.risk < 1 else {
      throw OptionError("--risk: found \(choice.risk), expected a number between 0 and 1")
    }
    if let threshold {
      guard Float(threshold).isFinite else {
        throw OptionError("--threshold: found \(threshold), expected a number that float32 holds")
      }
      guard !adapt, risk == nil, level == nil else {
        throw OptionError(
          "--threshold: found beside --adapt, --risk or --level, expected one way to a threshold")
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
  let calibrationRows: Int
  let relativeDifference: Double
  let changedDecisions: Int

  enum CodingKeys: String, CodingKey {
    case out, bytes, precision, threshold, adapts
    case calibrationRows = "calibration_rows"
    case relativeDifference = "relative_difference"
    case changedDecisions = "changed_decisions"
  }

  init(_ out: String, _ packed: PackedDetector, precision: Precision, alarm: AlarmChoice) {
    self.out = out
    bytes = packed.bytes.count
    self.precision = precision.rawValue
    threshold = packed.threshold
    adapts = alarm.adapts
    calibrationRows = packed.rows
    relativeDifference = packed.relativeDifference
    changedDecisions = packed.changedDecisions
  }

  var text: String {
    """
    \(out): \(bytes) bytes in \(precision), threshold \(threshold)\(adapts ? ", adapting" : "")
    \(calibrationRows) normal rows: scores differ from the trained ones by \(String(format: "%.1e", relativeDifference)) \
    of their size (root mean square); \(changedDecisions) decided otherwise
    """
  }
}
