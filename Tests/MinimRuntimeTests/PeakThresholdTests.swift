// SPDX-License-Identifier: Apache-2.0

import Foundation
import MinimRuntime
import Testing

@Suite struct PeakThresholdTests {
  /// Quantiles of a distribution at the middles of 2000 equal shares.
  func sample(_ quantile: (Double) -> Double) -> [Double] {
    (1...2000).map { quantile((Double($0) - 0.5) / 2000) }
  }

  /// Values of the specification, to a unit of the last printed digit.
  @Test func analyticSamples() throws {
    func expect(
      _ scores: [Double], start: Double, gamma: Double, sigma: Double, threshold: Double,
      logLikelihood: Double? = nil
    ) throws {
      let found = try peaksOverThreshold(scores, risk: 1e-3)
      #expect(found.peakCount == 39)
      #expect(!found.isDegenerate && !found.hasFewPeaks && found.ignoredCount == 0)
      #expect(abs(found.initialThreshold - start) < 1e-6)
      #expect(abs(found.gamma - gamma) < 1e-6)
      #expect(abs(found.sigma - sigma) < 1e-6)
      #expect(abs(found.threshold - threshold) < 1e-6)
      guard let logLikelihood else { return }
      let peaks = scores.filter { $0 > found.initialThreshold }.map { $0 - found.initialThreshold }
      #expect(abs(fitTail(peaks).logLikelihood - logLikelihood) < 1e-6)
    }
    try expect(
      sample { -log(1 - $0) }, start: 3.924602, gamma: -0.060279, sigma: 1.064677,
      threshold: 6.820171, logLikelihood: -39.093309)
    try expect(
      sample { (pow(1 - $0, -0.25) - 1) / 0.25 }, start: 6.670093, gamma: 0.192434,
      sigma: 2.836310, threshold: 18.035645, logLikelihood: -87.162584)
    try expect(sample { $0 }, start: 0.98025, gamma: 0, sigma: 0.01, threshold: 1.009955)
  }

  @Test func agreesWithSciPy() throws {
    let cases = try GoldenThreshold.load()
    #expect(cases.count == 100)
    var unbounded = 0
    for (index, golden) in cases.enumerated() {
      let found = try peaksOverThreshold(golden.scores, level: golden.level, risk: golden.risk)
      #expect(found.initialThreshold == golden.start, "case \(index)")
      #expect(found.peakCount == golden.peakCount, "case \(index)")
      #expect(abs(found.gamma - golden.best.gamma) < 1e-6, "case \(index)")
      #expect(isClose(found.sigma, golden.best.sigma, within: 1e-6), "case \(index)")
      let fit = fitTail(golden.scores.filter { $0 > golden.start }.map { $0 - golden.start })
      #expect(abs(fit.logLikelihood - golden.best.logLikelihood) < 1e-9, "case \(index)")
      // Below γ = -1 the likelihood has no bound: SciPy's simplex got lost there.
      if golden.gamma < -1 {
        unbounded += 1
      } else {
        #expect(
          isClose(found.threshold, golden.threshold, within: 0.01)
            || fit.logLikelihood >= golden.logLikelihood, "case \(index)")
        #expect(fit.logLikelihood >= golden.logLikelihood - 1e-9, "case \(index)")
      }
    }
    #expect(unbounded == 2)
  }

  @Test func scaleOrderAndRisk() throws {
    for golden in try GoldenThreshold.load().prefix(30) {
      let level = golden.level
      let plain = try peaksOverThreshold(golden.scores, level: level, risk: golden.risk)
      for (a, b) in [(3.7, -20.0), (1e-6, 0.0), (1e9, 1e9)] {
        let moved = try peaksOverThreshold(
          golden.scores.map { a * $0 + b }, level: level, risk: golden.risk)
        #expect(isClose(moved.threshold, a * plain.threshold + b, within: 1e-8))
        #expect(abs(moved.gamma - plain.gamma) < 1e-7)
      }
      var dice = Dice(state: 4)
      let shuffled = golden.scores.shuffled(using: &dice)
      #expect(shuffled != golden.scores)
      #expect(try peaksOverThreshold(shuffled, level: level, risk: golden.risk) == plain)
      var before = Double.infinity
      for risk in [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.05, 0.09, 0.2] {
        let threshold = try peaksOverThreshold(golden.scores, level: level, risk: risk).threshold
        #expect(threshold < before || threshold == golden.start)
        #expect(threshold >= golden.start)
        before = threshold
      }
    }
  }

  @Test func constantScoresAreDegenerate() throws {
    let found = try peaksOverThreshold([Double](repeating: 2.5, count: 100), risk: 1e-3)
    #expect(found.threshold == 2.5 && found.initialThreshold == 2.5)
    #expect(found.isDegenerate && !found.hasFewPeaks && found.peakCount == 0)
    #expect(found.gamma == 0 && found.sigma == 0)
    // One score: its place would be ⌊0.98⌋ = 0.
    #expect(try peaksOverThreshold([7], risk: 1e-3).threshold == 7)
  }

  @Test func fewPeaksAreExponential() throws {
    let scores = (0..<100).map(Double.init) + [100, 200, 400]
    let found = try peaksOverThreshold(scores, level: 0.95, risk: 1e-3)
    // ⌊0.95 · 103⌋ = 97: peaks 1, 2, 3, 103, 303.
    #expect(found.initialThreshold == 97 && found.peakCount == 5)
    #expect(found.hasFewPeaks && !found.isDegenerate)
    #expect(found.gamma == 0 && isClose(found.sigma, 412.0 / 5, within: 1e-15))
    #expect(isClose(found.threshold, 97 - 412.0 / 5 * log(1e-3 * 103 / 5), within: 1e-14))
    // Nine are few, ten are not.
    let nine = [1, 2, 3, 5, 8, 13, 21, 34, 55].map(Double.init)
    #expect(fitTail(nine).gamma == 0)
    #expect(fitTail(nine + [89]).gamma > 0)
  }

  @Test func equalPeaksAreExponential() throws {
    let scores = [Double](repeating: 0, count: 980) + [Double](repeating: 0.1, count: 20)
    let found = try peaksOverThreshold(scores, level: 0.97, risk: 1e-3)
    #expect(found.gamma == 0 && found.sigma == 0.1 && found.peakCount == 20)
    #expect(isClose(found.threshold, -0.1 * log(1e-3 * 1000 / 20), within: 1e-14))
  }

  @Test func riskOfNoLessThanTheShareOfPeaks() throws {
    let scores = (0..<1000).map(Double.init)
    // ⌊0.98 · 1000⌋ = 980, 19 peaks.
    #expect(try peaksOverThreshold(scores, risk: 0.02).threshold == 980)
    #expect(try peaksOverThreshold(scores, risk: 0.019).threshold == 980)
    #expect(try peaksOverThreshold(scores, risk: 0.018).threshold > 980)
  }

  @Test func aTailWithAnEndEndsThere() throws {
    var dice = Dice(state: 5)
    for _ in 0..<20 {
      let scores = (0..<3000).map { _ in dice.pareto(-0.25) }
      let found = try peaksOverThreshold(scores, level: 0.9, risk: 1e-12)
      #expect(found.gamma < 0 && found.gamma >= -1)
      let end = found.initialThreshold - found.sigma / found.gamma
      #expect(found.threshold <= end && found.threshold > 0.98 * end)
    }
  }

  @Test func scoresThatAreNoNumbersDoNotCount() throws {
    let scores = (0..<500).map { -log(1 - (Double($0) + 0.5) / 500) }
    var mixed = scores
    for (place, bad) in [0, 100, 300, 505].enumerated() {
      mixed.insert([.nan, .infinity, -.infinity, 2e300][place], at: bad == 505 ? 503 : bad)
    }
    var expected = try peaksOverThreshold(scores, risk: 1e-3)
    expected.ignoredCount = 4
    #expect(try peaksOverThreshold(mixed, risk: 1e-3) == expected)
    #expect(throws: ThresholdError.self) { try peaksOverThreshold([.nan, .infinity], risk: 1e-3) }
  }

  @Test func tiesAtTheInitialThresholdAreNoPeaks() throws {
    let scores = [Double](repeating: 0, count: 900) + [Double](repeating: 1, count: 95)
    let found = try peaksOverThreshold(scores + [2, 3, 4, 5, 6], level: 0.95, risk: 1e-3)
    #expect(found.initialThreshold == 1 && found.peakCount == 5)
  }

  @Test func extremeSizes() throws {
    for scale in [1e-300, 1e-280, 1e-200, 1e200, 1e298] {
      let scores = (0..<1000).map { scale * -log(1 - (Double($0) + 0.5) / 1000) }
      let found = try peaksOverThreshold(scores, risk: 1e-3)
      #expect(found.threshold > found.initialThreshold && found.threshold < 20 * scale)
    }
    // A peak of the least possible size among large ones.
    #expect(fitTail([.leastNonzeroMagnitude] + (1...20).map(Double.init)).sigma > 1)
  }

  @Test func quantiles() throws {
    func quantile(_ scores: [Double], _ level: Double) throws -> Double {
      var copy = scores
      return try copy.withUnsafeMutableBufferPointer { try quantileThreshold($0, level: level) }
    }
    let scores: [Double] = [5, 1, .nan, 3, 2, 4, .infinity]
    #expect(try quantile(scores, 0) == 1)
    #expect(try quantile(scores, 0.5) == 3)
    #expect(try quantile(scores, 0.799) == 4)
    #expect(try quantile(scores, 0.8) == 5)
    #expect(try quantile(scores, 1.0.nextDown) == 5)
    var dice = Dice(state: 6)
    for count in 1...200 {
      let many = (0..<count).map { _ in (10 * dice.normal()).rounded() }
      let index = Int(0.9 * Double(count))
      #expect(try quantile(many, 0.9) == many.sorted()[index])
    }
  }

  @Test func refusals() {
    func refusal(_ scores: [Double], _ level: Double, _ risk: Double) -> ThresholdError? {
      #expect(throws: ThresholdError.self) {
        try peaksOverThreshold(scores, level: level, risk: risk)
      }
    }
    for level in [-0.1, 1, .nan] {
      #expect(refusal([1], level, 0.1)?.code == .levelRange)
    }
    #expect(refusal([1], 2, 0.1)?.found == 2)
    #expect(refusal([1], 2, 0.1)?.expected == 1)
    for risk in [0, 1, -1, .nan] { #expect(refusal([1], 0.9, risk)?.code == .riskRange) }
    #expect(refusal([], 0.9, 0.1)?.code == .tooFewScores)
    #expect(refusal([.nan], 0.9, 0.1)?.expected == 1)
    for code in ThresholdError.Code.allCases { #expect(code.advice.utf8CodeUnitCount > 10) }
  }
}
