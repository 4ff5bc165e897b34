// SPDX-License-Identifier: Apache-2.0

/// What a `StreamThreshold` is to do.
public struct StreamThresholdSettings: Equatable, Sendable {
  /// The share of calibration scores up to the initial threshold, 0 or more and less than 1.
  public let level: Double
  /// The share of scores that may exceed the threshold, above 0 and below 1.
  public let risk: Double
  /// The peaks kept of each tail, 10 to 2^24; the oldest gives way.
  public let capacity: Int
  /// From how many peaks to how many the tail is fitted again, 1 to 2^24.
  public let refitInterval: Int
  /// The scores of the moving mean that is taken off first (DSPOT), 0 to 2^20; 0 for none (SPOT).
  public let depth: Int
  /// Whether scores that are too low are anomalies too.
  public let isTwoSided: Bool

  /// Throws `levelRange`, `riskRange`, `capacityRange`, `intervalRange` or `depthRange`.
  public init(
    level: Double = 0.98, risk: Double = 1e-4, capacity: Int = 512, refitInterval: Int = 1,
    depth: Int = 0, isTwoSided: Bool = false
  ) throws(ThresholdError) {
    try requireLevel(level)
    try requireRisk(risk)
    let most = 1 << 24
    try requireWhole(capacity, from: TailFit.fewestPeaks, to: most, .capacityRange)
    try requireWhole(refitInterval, from: 1, to: most, .intervalRange)
    try requireWhole(depth, from: 0, to: 1 << 20, .depthRange)
    self.level = level
    self.risk = risk
    self.capacity = capacity
    self.refitInterval = refitInterval
    self.depth = depth
    self.isTwoSided = isTwoSided
  }

  /// The bytes of memory, and of a saved state: 24, 8 for each score of the depth, and for each
  /// tail 56 and 8 for each peak of the capacity.
  public var memoryBytes: Int { tailOffset &+ (isTwoSided ? 2 : 1) &* tailBytes }

  /// The first byte of the tails, after header and moving mean.
  var tailOffset: Int { 24 &+ 8 &* depth }
  var tailBytes: Int { StreamTail.headerBytes &+ 8 &* capacity }

  var checksum: UInt32 {
    var sum = Checksum()
    sum.update(word: level.bitPattern)
    sum.update(word: risk.bitPattern)
    sum.update(word: UInt64(truncatingIfNeeded: capacity))
    sum.update(word: UInt64(truncatingIfNeeded: refitInterval))
    sum.update(word: UInt64(truncatingIfNeeded: depth))
    sum.update(word: isTwoSided ? 1 : 0)
    return sum.value
  }
}

/// Throws unless a whole number lies within limits; the error names the limit that it crosses.
func requireWhole(
  _ number: Int, from least: Int, to most: Int, _ code: ThresholdError.Code
) throws(ThresholdError) {
  guard number >= least else { throw ThresholdError(code, found: number, expected: least) }
  guard number <= most else { throw ThresholdError(code, found: number, expected: most) }
}
