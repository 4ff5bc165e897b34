// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MinimPacking
import MinimRuntime
import MinimSeries

/// The options of a detector's threshold, of `eval` and `pack`.
struct PeakOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help:
      "Of a detector: the share of scores that may exceed the POT threshold; 1e-4 by default, or 1 of all calibration scores where that is more."
  )
  var risk: Double?
  @Option(
    parsing: .unconditional,
    help: "Of a detector: the share of scores up to POT's initial threshold; 0.98 by default.")
  var level: Double?
  @Option(parsing: .unconditional, help: "Of a detector: a threshold in place of POT's.")
  var threshold: Double?

  /// The options by name, and whether they are given.
  var given: [(String, Bool)] {
    [("risk", risk != nil), ("level", level != nil), ("threshold", threshold != nil)]
  }

  /// The rule that level and risk make; refuses values outside their ranges.
  func rule() throws(OptionError) -> ThresholdRule {
    if let threshold {
      guard threshold.isFinite else {
        throw OptionError("--threshold: found \(threshold), expected a finite number")
      }
      guard risk == nil, level == nil else {
        throw OptionError(
          "--threshold: found beside --risk or --level, expected one way to a threshold")
      }
    }
    let rule = ThresholdRule(level: level, risk: risk)
    try rule.check()
    return rule
  }
}

/// How a threshold is found from calibration scores.
struct ThresholdRule {
  /// POT's initial level.
  let level: Double
  /// POT's risk; nil where it goes by the number of scores.
  private let givenRisk: Double?
  /// The share of calibration scores above the threshold, in place of POT's; nil for POT.
  private let alarmShare: Double?
  /// The multiple of the largest calibration score that the threshold is, in place of POT's; nil for POT (methods, gon 3.1).
  private let timesLargest: Double?

  /// A rule; the level is 0.98 and the risk that of `defaultRisk` where they are nil.
  init(
    level: Double? = nil, risk: Double? = nil, alarmShare: Double? = nil,
    timesLargest: Double? = nil
  ) {
    self.level = level ?? 0.98
    givenRisk = risk
    self.alarmShare = alarmShare
    self.timesLargest = timesLargest
  }

  /// Refuses values outside their ranges, by one line that names the option.
  func check() throws(OptionError) {
    guard (0.0..<1).contains(level) else {
      throw OptionError("--level: found \(level), expected 0 or more, less than 1")
    }
    guard let risk = givenRisk else { return }
    guard risk > 0, risk < 1 else {
      throw OptionError("--risk: found \(risk), expected a number above 0, less than 1")
    }
    // A little more for levels such as 0.9, which are not that in binary.
    guard risk <= (1 - level) * 1.000001 else {
      throw OptionError(
        "--risk: found \(risk), expected at most \(String(format: "%g", 1 - level)), the share above the initial "
          + "threshold, for POT knows the scores above it alone; give a lower --level")
    }
  }

  /// POT's risk for a number of calibration scores.
  func risk(for count: Int) -> Double {
    givenRisk ?? defaultRisk(calibrationScores: count, level: level)
  }

  /// The threshold of calibration scores; those that are not finite do not count.
  func threshold(from calibration: [Double]) throws -> Double {
    if let alarmShare { return try quantileThreshold(of: calibration, level: 1 - alarmShare) }
    if let timesLargest {
      return timesLargest * (calibration.filter(\.isFinite).max() ?? 0)
    }
    return try peaksOverThreshold(
      of: calibration, level: level, risk: risk(for: calibration.count)
    ).threshold
  }

  /// What it makes of so many scores, in words.
  func text(for count: Int) -> String {
    if let alarmShare {
      return "the quantile \(1 - alarmShare) of \(counted(count, "calibration score"))"
    }
    if let timesLargest {
      return "\(timesLargest) times the largest of \(counted(count, "calibration score"))"
    }
    let risk = String(format: "%.2g", risk(for: count))
    return "POT of \(counted(count, "calibration score")), level \(level), risk \(risk)"
  }
}
