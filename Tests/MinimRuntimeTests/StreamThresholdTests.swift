// SPDX-License-Identifier: Apache-2.0

import Foundation
import MinimRuntime
import Testing

/// A tail as plainly as it can be written: arrays, a fit of its own at each refit.
struct PlainTail {
  var start = 0.0, seen = 0, total = 0
  var peaks: [Double] = []
  var fit = fitTail([])

  init(_ scores: [Double], level: Double, capacity: Int) {
    start = scores.sorted()[Int(level * Double(scores.count))]
    seen = scores.count
    for score in scores where score > start { peaks.append(score - start) }
    total = peaks.count
    peaks = peaks.suffix(capacity)
    fit = fitTail(peaks)
  }

  func threshold(_ risk: Double) -> Double {
    if total == 0 || risk * Double(seen) >= Double(total) { return start }
    let rate = risk * Double(seen) / Double(total)
    if abs(fit.gamma) <= 1e-8 { return start - fit.sigma * log(rate) }
    return start + fit.sigma * expm1(-fit.gamma * log(rate)) / fit.gamma
  }

  mutating func take(_ score: Double, _ settings: StreamThresholdSettings) -> Bool {
    seen += 1
    guard score > start else { return false }
    peaks = (peaks + [score - start]).suffix(settings.capacity)
    total += 1
    if peaks.count <= 10 || total % settings.refitInterval == 0 { fit = fitTail(peaks) }
    return true
  }
}

/// SPOT and DSPOT on one side or two as plainly as they can be written.
struct PlainStream {
  let settings: StreamThresholdSettings
  var window: [Double]
  var upper: PlainTail
  var lower: PlainTail

  init(_ settings: StreamThresholdSettings, _ scores: [Double]) {
    self.settings = settings
    let depth = settings.depth
    var residuals: [Double] = []
    for index in depth..<scores.count {
      residuals.append(scores[index] - Self.mean(Array(scores[(index - depth)..<index])))
    }
    window = scores.suffix(depth)
    upper = PlainTail(residuals, level: settings.level, capacity: settings.capacity)
    lower = PlainTail(
      residuals.map { -$0 }, level: settings.level, capacity: settings.capacity)
  }

  static func mean(_ numbers: [Double]) -> Double {
    numbers.isEmpty ? 0 : numbers.reduce(0, +) / Double(numbers.count)
  }

  var threshold: Double { upper.threshold(settings.risk) + Self.mean(window) }
  var lowerThreshold: Double { Self.mean(window) - lower.threshold(settings.risk) }

  mutating func step(_ score: Double) -> StreamVerdict {
    let number = score - Self.mean(window)
    if number > upper.threshold(settings.risk) { return .alarmAbove }
    let isUpperPeak = number > upper.start
    if settings.isTwoSided, !isUpperPeak, -number > lower.threshold(settings.risk) {
      return .alarmBelow
    }
    var isPeak = upper.take(number, settings)
    if isUpperPeak {
      lower.seen += 1
    } else if settings.isTwoSided {
      isPeak = lower.take(-number, settings)
    }
    if settings.depth > 0 { window = window.suffix(settings.depth - 1) + [score] }
    return isPeak ? .peak : .normal
  }
}

/// A stream with a few anomalies from the thousandth score on, low ones where asked for: in a
/// moving mean that only watches high ones, they would stay.
func stream(_ kind: Int, count: Int, seed: UInt64, low: Bool = true) -> [Double] {
  var dice = Dice(state: seed)
  return (0..<count).map { index in
    let base =
      switch kind {
      case 0: dice.exponential()
      case 1: dice.pareto(0.4)
      case 2: dice.uniform()
      case 3: dice.normal()
      default: 0.05 * Double(index) + dice.normal()
      }
    guard index >= 1000 else { return base }
    return index % 397 == 396 ? base + 1000 : low && index % 401 == 400 ? base - 1000 : base
  }
}

@Suite struct StreamThresholdTests {
  /// A threshold and the memory in which it works.
  static func start(
    _ settings: StreamThresholdSettings, _ scores: [Double]
  ) throws -> (StreamThreshold, Room) {
    let room = Room(settings.memoryBytes)
    let threshold = try StreamThreshold(settings, memory: room.bytes)
    var copy = scores
    try copy.withUnsafeMutableBufferPointer { try threshold.calibrate($0) }
    return (threshold, room)
  }

  func expectPlain(
    _ settings: StreamThresholdSettings, kind: Int, count: Int = 2500, seed: UInt64
  ) throws {
    let scores = stream(
      kind, count: count, seed: seed, low: settings.isTwoSided || settings.depth == 0)
    let (threshold, room) = try Self.start(settings, Array(scores.prefix(1000)))
    var plain = PlainStream(settings, Array(scores.prefix(1000)))
    var verdicts: [StreamVerdict: Int] = [:]
    var wrong = 0, far = 0
    for score in scores.dropFirst(1000) {
      // Relative to the distance between the thresholds, of which the moving mean is no part.
      if !isClose(threshold.threshold, plain.threshold, within: 1e-9) { far += 1 }
      if settings.isTwoSided,
        !isClose(threshold.lowerThreshold, plain.lowerThreshold, within: 1e-9)
      {
        far += 1
      }
      let verdict = threshold.step(score)
      verdicts[verdict, default: 0] += 1
      if verdict != plain.step(score) { wrong += 1 }
    }
    #expect(wrong == 0 && far == 0, "kind \(kind)")
    #expect(threshold.upperTail.peakCount == plain.upper.total)
    #expect(
      verdicts[.peak, default: 0] > 10 && verdicts[.alarmAbove, default: 0] >= 3, "\(verdicts)")
    if settings.isTwoSided { #expect(verdicts[.alarmBelow, default: 0] >= 3, "\(verdicts)") }
    withExtendedLifetime(room) {}
  }

  @Test func agreesWithAPlainSPOT() throws {
    for kind in 0...3 {
      try expectPlain(.init(risk: 1e-3), kind: kind, seed: UInt64(10 + kind))
      try expectPlain(.init(level: 0.9, risk: 1e-4), kind: kind, seed: UInt64(20 + kind))
      try expectPlain(
        .init(level: 0.95, risk: 1e-3, capacity: 40, refitInterval: 7), kind: kind,
        seed: UInt64(30 + kind))
    }
  }

  @Test func agreesWithAPlainDSPOT() throws {
    try expectPlain(.init(risk: 1e-4, depth: 10), kind: 4, seed: 40)
    try expectPlain(.init(level: 0.95, risk: 1e-4, capacity: 60, depth: 25), kind: 4, seed: 41)
    try expectPlain(.init(risk: 1e-3, depth: 1), kind: 3, seed: 42)
  }

  @Test func agreesWithAPlainTwoSidedOne() throws {
    try expectPlain(.init(risk: 1e-4, isTwoSided: true), kind: 3, seed: 50)
    try expectPlain(
      .init(level: 0.95, risk: 1e-4, capacity: 50, refitInterval: 3, depth: 20, isTwoSided: true),
      kind: 4, seed: 51)
    // Initial thresholds that overlap: what lies between them is a peak of the upper tail alone.
    try expectPlain(
      .init(level: 0.3, risk: 1e-4, capacity: 4096, isTwoSided: true), kind: 3, seed: 52)
  }

  /// The refit from the last root finds what the scan finds, at a hundredth of its cost.
  @Test func warmRefitsAgreeWithTheScan() {
    for (index, gamma) in [-0.4, -0.2, 0.05, 0.3, 0.7].enumerated() {
      var dice = Dice(state: UInt64(60 + index))
      var peaks = (0..<60).map { _ in dice.pareto(gamma) }
      var root = fitTail(peaks).root, passes: [Int] = []
      for _ in 0..<200 {
        peaks.removeFirst()
        peaks.append(dice.pareto(gamma))
        let cold = fitTail(peaks)
        let warm = peaks.withUnsafeBufferPointer { fitTail($0, near: root) }
        #expect(cold.passes > 600 || cold.passes > 400 && cold.root == 0)
        #expect(isClose(warm.sigma, cold.sigma, within: 1e-9))
        #expect(abs(warm.gamma - cold.gamma) <= 1e-9)
        root = warm.root
        passes.append(warm.passes)
      }
      passes.sort()
      #expect(passes[100] <= 8, "γ = \(gamma): \(passes[100])")
      if gamma > 0.1 { #expect(passes[180] <= 10, "γ = \(gamma): \(passes[180])") }
    }
  }

  /// Soon after calibration the share of alarms is near the risk: 80 of 80,000 are expected.
  @Test func alarmsAreAsRareAsAsked() throws {
    let settings = try StreamThresholdSettings(risk: 1e-3, refitInterval: 10)
    var alarms = 0
    for seed in 0..<40 {
      var dice = Dice(state: 700 + UInt64(seed))
      let (threshold, room) = try Self.start(settings, (0..<5000).map { _ in dice.exponential() })
      for _ in 0..<2000 where threshold.step(dice.exponential()) == .alarmAbove { alarms += 1 }
      withExtendedLifetime(room) {}
    }
    #expect((50...140).contains(alarms), "\(alarms)")
  }

  /// After a drift of 30 deviations nearly all scores lie above the initial threshold of SPOT, few
  /// above that of DSPOT.
  @Test func aMovingMeanFollowsADrift() throws {
    var dice = Dice(state: 80)
    let scores = (0..<6000).map { 0.005 * Double($0) + dice.normal() }
    for (depth, range) in [(0, 990...1000), (30, 1...60)] {
      let settings = try StreamThresholdSettings(
        risk: 1e-3, capacity: 100, refitInterval: 20, depth: depth)
      let (threshold, room) = try Self.start(settings, Array(scores.prefix(1000)))
      for score in scores[1000..<5000] { _ = threshold.step(score) }
      var above = 0
      for score in scores[5000...] where threshold.step(score) != .normal { above += 1 }
      #expect(range.contains(above), "depth \(depth): \(above)")
      withExtendedLifetime(room) {}
    }
  }

  @Test func thresholdFallsAsScoresWithoutPeaksCome() throws {
    let (threshold, room) = try Self.start(
      .init(risk: 1e-3), (0..<1000).map { -log(1 - (Double($0) + 0.5) / 1000) })
    var before = threshold.threshold
    for _ in 0..<100 {
      #expect(threshold.step(0.5) == .normal)
      #expect(threshold.threshold < before)
      before = threshold.threshold
    }
    withExtendedLifetime(room) {}
  }

  @Test func scoresThatAreNoNumbers() throws {
    let calibration = stream(3, count: 390, seed: 90)
    for depth in [0, 5] {
      for isTwoSided in [false, true] {
        let settings = try StreamThresholdSettings(
          level: 0.9, risk: 1e-3, depth: depth, isTwoSided: isTwoSided)
        let (threshold, room) = try Self.start(settings, calibration + [.nan, .infinity])
        let (clean, cleanRoom) = try Self.start(settings, calibration)
        #expect(threshold.threshold == clean.threshold)
        #expect(threshold.upperTail.ignoredCount == 2)
        #expect(threshold.step(.infinity) == .alarmAbove)
        #expect(threshold.step(2e300) == .alarmAbove)
        #expect(threshold.step(.nan) == .ignored)
        #expect(threshold.step(-.infinity) == (isTwoSided ? .alarmBelow : .ignored))
        #expect(threshold.step(-2e300) == (isTwoSided ? .alarmBelow : .ignored))
        #expect(threshold.upperTail.ignoredCount == (isTwoSided ? 3 : 5))
        #expect(threshold.threshold == clean.threshold)
        #expect(threshold.lowerThreshold == clean.lowerThreshold)
        #expect(clean.lowerThreshold.isFinite == isTwoSided)
        #expect((clean.lowerTail != nil) == isTwoSided)
        withExtendedLifetime((room, cleanRoom)) {}
      }
    }
  }

  @Test func constantScoresAlarmAboveOnly() throws {
    let (threshold, room) = try Self.start(
      .init(risk: 1e-3, isTwoSided: true), [Double](repeating: 3, count: 50))
    #expect(threshold.upperTail.isDegenerate)
    #expect(threshold.threshold == 3 && threshold.lowerThreshold == 3)
    #expect(threshold.step(3) == .normal)
    #expect(threshold.step(3.0.nextUp) == .alarmAbove)
    #expect(threshold.step(3.0.nextDown) == .alarmBelow)
    withExtendedLifetime(room) {}
  }

  @Test func beforeCalibration() throws {
    let settings = try StreamThresholdSettings(isTwoSided: true)
    let room = Room(settings.memoryBytes)
    let threshold = try StreamThreshold(settings, memory: room.bytes)
    #expect(threshold.step(.infinity) == .ignored && threshold.step(1) == .ignored)
    #expect(threshold.threshold == .infinity && threshold.lowerThreshold == -.infinity)
    #expect(threshold.upperTail.peakCount == 0)
  }
}
