// SPDX-License-Identifier: Apache-2.0

/// A threshold that a given share of the scores exceeds, from the tail of calibration scores.
public struct PeakThreshold: Equatable, Sendable {
  /// The threshold z: a score above it is an anomaly.
  ///
  /// Infinite where no `Double` is large enough.
  public var threshold: Double
  /// The initial threshold t: scores above it are peaks.
  public var initialThreshold: Double
  /// The shape γ of the peaks' distribution.
  public var gamma: Double
  /// The scale σ of the peaks' distribution, in the unit of the scores.
  public var sigma: Double
  /// The peaks seen.
  public var peakCount: Int
  /// The calibration scores left out: NaN, infinite, or beyond ±1e300.
  public var ignoredCount: Int
  /// No score exceeds the initial threshold, which is then the threshold.
  public var isDegenerate: Bool { peakCount == 0 }
  /// Too few peaks (1 to 9) for a shape: γ = 0.
  public var hasFewPeaks: Bool { peakCount > 0 && peakCount < TailFit.fewestPeaks }
}

/// S[⌊level n⌋] of n sorted scores (0-based): a share of at most 1 - `level` lies above it.
///
/// Scores that are NaN, infinite or beyond ±1e300 do not count; the others are sorted in place, to
/// the front. Throws `levelRange` unless 0 ≤ `level` < 1, `tooFewScores` where no score counts.
public func quantileThreshold(
  _ scores: UnsafeMutableBufferPointer<Double>, level: Double
) throws(ThresholdError) -> Double {
  let count = try sortUsable(scores, level: level)
  return scores[quantileIndex(level, count)]
}

/// Peaks over threshold: z such that a share `risk` of the scores exceeds it, by a generalised
/// Pareto distribution of what exceeds t = S[⌊level n⌋].
///
/// Scores that are NaN, infinite or beyond ±1e300 do not count; the others are sorted in place, to
/// the front, so that their order does not matter. Where t is exceeded no more often than with
/// `risk`, z = t. Throws `levelRange` unless 0 ≤ `level` < 1, `riskRange` unless 0 < `risk` < 1,
/// `tooFewScores` where no score counts. Source: methods, gon 2.1 and 2.4.
public func peaksOverThreshold(
  _ scores: UnsafeMutableBufferPointer<Double>, level: Double = 0.98, risk: Double
) throws(ThresholdError) -> PeakThreshold {
  try requireRisk(risk)
  let count = try sortUsable(scores, level: level)
  var first = quantileIndex(level, count)
  let start = scores[first]
  while first < count && scores[first] == start { first &+= 1 }
  let fit = fitTail(UnsafeBufferPointer(rebasing: scores[first..<count]), minus: start)
  let rate = risk * Double(count) / Double(count &- first)
  return PeakThreshold(
    threshold: tailQuantile(from: start, gamma: fit.gamma, sigma: fit.sigma, rate: rate),
    initialThreshold: start, gamma: fit.gamma, sigma: fit.sigma, peakCount: count &- first,
    ignoredCount: scores.count &- count)
}

/// What a peak exceeds with the probability `rate`: t + σ (rate^(-γ) - 1) / γ, or for γ near 0
/// t - σ ln rate; t where `rate` ≥ 1 or there are no peaks, which make it infinite.
func tailQuantile(from start: Double, gamma: Double, sigma: Double, rate: Double) -> Double {
  guard rate < 1 else { return start }
  let exponent = -logOf(rate)
  if gamma > 1e-8 || gamma < -1e-8 { return start + sigma * (expm1Of(gamma * exponent) / gamma) }
  return start + sigma * exponent
}

/// Throws `riskRange` unless 0 < `risk` < 1.
func requireRisk(_ risk: Double) throws(ThresholdError) {
  guard risk > 0 && risk < 1 else { throw ThresholdError(.riskRange, found: risk, expected: 1) }
}

/// Throws `levelRange` unless 0 ≤ `level` < 1.
func requireLevel(_ level: Double) throws(ThresholdError) {
  guard level >= 0 && level < 1 else {
    throw ThresholdError(.levelRange, found: level, expected: 1)
  }
}

/// Sorts the scores that count and returns their number, at least 1.
private func sortUsable(
  _ scores: UnsafeMutableBufferPointer<Double>, level: Double
) throws(ThresholdError) -> Int {
  try requireLevel(level)
  let count = keepUsable(scores)
  guard count > 0 else { throw ThresholdError(.tooFewScores, found: 0, expected: 1) }
  sortAscending(scores, count: count)
  return count
}
