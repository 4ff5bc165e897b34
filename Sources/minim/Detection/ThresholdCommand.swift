// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MinimLayers
import MinimRuntime
import MinimSeries

/// `minim threshold`.
struct Threshold: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find a threshold from scores of normal rows.",
    discussion: """
      pot fits the tail of the calibration scores; spot and dspot start so and go on along --scores; quantile takes \
      --level of the calibration scores. Files hold one number a line.
      Example: minim threshold --method pot --calibration runs/pca/calibration.csv --risk 1e-4 --json
      """)

  /// The ways to a threshold.
  enum Method: String, CaseIterable, ExpressibleByArgument {
    case pot, spot, dspot, quantile
  }

  @Option(help: "The method.")
  var method = Method.pot
  @Option(help: "The file of calibration scores.")
  var calibration: String
  @Option(help: "spot, dspot: a file of scores to go along.")
  var scores: String?
  @Option(
    parsing: .unconditional,
    help:
      "The share of scores that may exceed the threshold; 1e-4 by default, or 1 of all calibration scores where that is more."
  )
  var risk: Double?
  @Option(
    parsing: .unconditional,
    help: "The share of calibration scores up to the initial threshold; of quantile, the threshold."
  )
  var level = 0.98
  @Option(parsing: .unconditional, help: "dspot: the scores of the moving mean; 10 by default.")
  var depth: Int?
  @Flag(help: "spot, dspot: scores that are too low alarm as well.")
  var twoSided = false
  @OptionGroup var output: OutputOptions

  func run() throws {
    let streams = method == .spot || method == .dspot
    if scores != nil, !streams {
      throw OptionError("--scores: found a file, expected none with --method \(method.rawValue)")
    }
    if twoSided, !streams {
      throw OptionError("--two-sided: found it, expected spot or dspot as --method")
    }
    if depth != nil, method != .dspot {
      throw OptionError("--depth: found it, expected dspot as --method")
    }
    if let depth, !(1...1 << 20).contains(depth) {
      throw OptionError("--depth: found \(depth), expected 1 to \(1 << 20)")
    }
    if risk != nil, method == .quantile {
      throw OptionError("--risk: found it, expected pot, spot or dspot as --method")
    }
    let rule = ThresholdRule(level: level, risk: risk)
    try rule.check()
    let normal = try readScores(at: calibration)
    var result = ThresholdResult(method: method.rawValue, calibrationScores: normal.count)
    do {
      switch method {
      case .quantile: result.threshold = try quantileThreshold(of: normal, level: level)
      case .pot:
        result.risk = rule.risk(for: normal.count)
        result.add(
          try peaksOverThreshold(of: normal, level: level, risk: rule.risk(for: normal.count)))
      case .spot, .dspot:
        result.risk = rule.risk(for: normal.count)
        try goAlong(from: normal, risk: rule.risk(for: normal.count), &result)
      }
    } catch let error as ThresholdError {
      throw OptionError(
        "\(error.code.advice): found \(error.found), expected \(error.expected)")
    }
    if output.json { return try output.printJSON(result) }
    print(result.text)
  }

  private func goAlong(
    from normal: [Double], risk: Double, _ result: inout ThresholdResult
  ) throws {
    let settings = try StreamThresholdSettings(
      level: level, risk: risk, depth: method == .dspot ? depth ?? 10 : 0, isTwoSided: twoSided)
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: settings.memoryBytes, alignment: 8)
    defer { memory.deallocate() }
    let threshold = try StreamThreshold(settings, memory: memory)
    var start = normal
    try start.withUnsafeMutableBufferPointer { try threshold.calibrate($0) }
    if let scores {
      var alarms: [Int] = []
      for (row, score) in try readScores(at: scores).enumerated() {
        let verdict = threshold.step(score)
        if verdict == .alarmAbove || verdict == .alarmBelow { alarms.append(row + 1) }
      }
      result.alarms = alarms
    }
    result.add(threshold.upperTail)
    result.threshold = threshold.threshold
    result.lowerThreshold = twoSided ? threshold.lowerThreshold : nil
  }
}

/// What `threshold` prints.
private struct ThresholdResult: Encodable {
  let method: String
  let calibrationScores: Int
  var threshold = 0.0
  /// The share of scores that may exceed it; nil of a quantile.
  var risk: Double?
  var lowerThreshold: Double?
  var initialThreshold: Double?
  var gamma: Double?
  var sigma: Double?
  var peaks: Int?
  /// No score exceeds the initial threshold, which is then the threshold.
  var degenerate: Bool?
  /// Too few peaks for a shape: gamma is 0.
  var fewPeaks: Bool?
  /// The rows, from 1, of `--scores` that alarmed.
  var alarms: [Int]?

  enum CodingKeys: String, CodingKey {
    case method, threshold, risk, gamma, sigma, peaks, degenerate, alarms
    case calibrationScores = "calibration_scores"
    case lowerThreshold = "lower_threshold"
    case initialThreshold = "initial_threshold"
    case fewPeaks = "few_peaks"
  }

  init(method: String, calibrationScores: Int) {
    self.method = method
    self.calibrationScores = calibrationScores
  }

  mutating func add(_ peaks: PeakThreshold) {
    threshold = peaks.threshold
    initialThreshold = peaks.initialThreshold
    gamma = peaks.gamma
    sigma = peaks.sigma
    self.peaks = peaks.peakCount
    degenerate = peaks.isDegenerate
    fewPeaks = peaks.hasFewPeaks
  }

  var text: String {
    var parts = [
      "\(method) threshold \(threshold) from \(counted(calibrationScores, "score"))"
        + (risk.map { String(format: ", risk %.2g", $0) } ?? "")
    ]
    if let lowerThreshold { parts.append("lower threshold \(lowerThreshold)") }
    if let initialThreshold, let gamma, let sigma, let peaks {
      parts.append(
        "initial threshold \(initialThreshold), \(peaks) peaks, gamma \(gamma), sigma \(sigma)")
    }
    if degenerate == true { parts.append("no peaks: the initial threshold is the threshold") }
    if fewPeaks == true { parts.append("too few peaks for a shape: gamma is 0") }
    if let alarms {
      parts.append(
        counted(alarms.count, "alarm") + (alarms.isEmpty ? "" : ", rows from 1: ")
          + alarms.prefix(20).map(String.init).joined(separator: " ")
          + (alarms.count > 20 ? " …" : ""))
    }
    if let warning = fewScoresWarning(calibrationScores) { parts.append(warning) }
    return parts.joined(separator: "\n")
  }
}
