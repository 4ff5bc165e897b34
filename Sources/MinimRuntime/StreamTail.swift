// SPDX-License-Identifier: Apache-2.0

/// One tail of a `StreamThreshold`, in memory: scores and peaks seen (u64), place of the next peak
/// and peaks kept (u32), t, γ, σ, the root of the last fit (f64), the ring of peaks (f64).
struct StreamTail {
  static let headerBytes = 56
  let memory: ThresholdMemory
  let offset: Int
  let settings: StreamThresholdSettings

  enum Verdict { case normal, peak, alarm }

  /// The scores seen, without alarms, and the peaks among them.
  @inline(__always)
  private var seen: UnsafeMutablePointer<UInt64> { memory.counts(offset) }
  /// The place of the next peak, and the peaks kept.
  @inline(__always)
  private var ring: UnsafeMutablePointer<UInt32> { memory.halves(offset &+ 16) }
  /// t, γ, σ and the root.
  @inline(__always)
  private var numbers: UnsafeMutablePointer<Double> { memory.doubles(offset &+ 24) }
  private var peaks: UnsafeBufferPointer<Double> {
    UnsafeBufferPointer(
      start: memory.doubles(offset &+ Self.headerBytes), count: Int(truncatingIfNeeded: ring[1]))
  }

  /// Sets t and takes the peaks of calibration scores, all usable, in the order of time.
  func calibrate(_ scores: UnsafeMutableBufferPointer<Double>, count: Int) {
    let start = orderStatistic(
      scores, count: count, index: quantileIndex(settings.level, count))
    numbers[0] = start
    seen[0] = UInt64(truncatingIfNeeded: count)
    seen[1] = 0
    ring[0] = 0
    ring[1] = 0
    var index = 0
    while index < count {
      if scores[index] > start { store(scores[index] - start) }
      index &+= 1
    }
    set(fitTail(peaks))
  }

  /// Judges a number, which changes nothing.
  ///
  /// z ≥ t, so it is computed for the few numbers above t only.
  func judge(_ number: Double) -> Verdict {
    guard number > numbers[0] else { return .normal }
    return number > threshold ? .alarm : .peak
  }

  /// Counts a number that is no alarm, and where it is a peak, takes it in.
  func take(_ number: Double, _ verdict: Verdict) {
    seen[0] &+= 1
    guard verdict == .peak else { return }
    store(number - numbers[0])
    if ring[1] <= 10 || seen[1] % UInt64(truncatingIfNeeded: settings.refitInterval) == 0 {
      set(fitTail(peaks, near: numbers[3]))
    }
  }

  /// z of all scores seen so far.
  var threshold: Double {
    tailQuantile(
      from: numbers[0], gamma: numbers[1], sigma: numbers[2],
      rate: settings.risk * Double(seen[0]) / Double(seen[1]))
  }

  func summary(ignored: UInt64) -> PeakThreshold {
    PeakThreshold(
      threshold: threshold, initialThreshold: numbers[0], gamma: numbers[1], sigma: numbers[2],
      peakCount: Int(clamping: seen[1]), ignoredCount: Int(clamping: ignored))
  }

  /// Throws `stateDamaged` unless a saved tail can be gone on from.
  static func check(
    _ saved: SavedThreshold, at offset: Int, capacity: Int
  ) throws(ThresholdError) {
    try saved.require(offset &+ 16, atMost: capacity &- 1)
    try saved.require(offset &+ 20, atMost: capacity)
    try saved.requireNumbers(offset &+ 24, 4, from: -2e300)
    let kept = Int(truncatingIfNeeded: saved.half(offset &+ 20))
    try saved.requireNumbers(offset &+ headerBytes, kept, from: .leastNonzeroMagnitude)
  }

  private func store(_ peak: Double) {
    memory.doubles(offset &+ Self.headerBytes)[Int(truncatingIfNeeded: ring[0])] = peak
    let capacity = UInt32(truncatingIfNeeded: settings.capacity)
    ring[0] = ring[0] &+ 1 == capacity ? 0 : ring[0] &+ 1
    if ring[1] < capacity { ring[1] = ring[1] &+ 1 }
    seen[1] &+= 1
  }

  private func set(_ fit: TailFit) {
    numbers[1] = fit.gamma
    numbers[2] = fit.sigma
    numbers[3] = fit.root
  }
}
