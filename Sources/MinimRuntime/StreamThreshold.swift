// SPDX-License-Identifier: Apache-2.0

/// What a `StreamThreshold` made of a score.
public enum StreamVerdict: UInt8, Sendable {
  /// Not above the initial threshold.
  case normal = 0
  /// Above the initial threshold, not above the threshold: it belongs to the tail.
  case peak = 1
  /// Above the threshold. It leaves no trace.
  case alarmAbove = 2
  /// Below the lower threshold. It leaves no trace.
  case alarmBelow = 3
  /// Taken for no score: NaN, an infinity on a side that is not watched, or before calibration.
  case ignored = 4
}

/// A threshold that goes along with a stream of scores (SPOT), from their moving mean (DSPOT), on
/// one side or two, in memory that the caller owns.
///
/// Each score that is no alarm counts, each peak joins the tail, which is fitted again from its
/// last root; the share of peaks is that of all scores since calibration, the fit that of the
/// peaks kept. Nothing is allocated and nothing can fail after calibration. Copies share the
/// memory; one thread at a time may use it.
///
/// As alarms leave no trace, the tail is cut off at the threshold, and over a long stream the share
/// of alarms rises above `risk`, the more the nearer `risk` is to 1 - `level`: after 200,000
/// exponential scores to five times 1e-3 or 1e-4 at level 0.98, thirty times 1e-3 at 0.9. A
/// `RateThreshold` holds a share. With a depth and one side, a score far too low pulls the mean down
/// and may make every later one an alarm: watch two sides where there are such scores.
///
/// A step without a peak costs `depth` additions and one
/// or two comparisons; a refit some five logarithms and ten divisions for each peak kept, but 600
/// logarithms each where γ = 0 was best (scores with a sharp upper end: make `refitInterval`
/// larger). Source: methods, gon 2.3.
public struct StreamThreshold {
  /// What it does.
  public let settings: StreamThresholdSettings
  // Checksums; place in the moving mean, calibrated or not (u32); scores ignored (u64); the scores
  // of the moving mean (f64); one or two tails.
  private let memory: ThresholdMemory

  /// Starts before calibration.
  ///
  /// `memory` has at least `settings.memoryBytes` bytes, is aligned to 8, and belongs to this
  /// threshold alone. Throws `memoryTooSmall` or `misaligned`.
  public init(
    _ settings: StreamThresholdSettings, memory: UnsafeMutableRawBufferPointer
  ) throws(ThresholdError) {
    self.settings = settings
    self.memory = try ThresholdMemory(memory, count: settings.memoryBytes)
    reset()
  }

  /// The threshold of the same settings that began in `memory`.
  init(_ settings: StreamThresholdSettings, begunIn memory: ThresholdMemory) {
    self.settings = settings
    self.memory = memory
  }

  /// Forgets all scores and the calibration.
  public func reset() { memory.clear(settings: settings.checksum) }

  /// Starts anew from scores in the order of time.
  ///
  /// Those that are NaN, infinite or beyond ±1e300 are ignored; of the others the first `depth` only
  /// begin the moving mean. What stands in `scores` afterwards means nothing. Throws `tooFewScores`
  /// unless more than `depth` scores are left.
  public func calibrate(
    _ scores: UnsafeMutableBufferPointer<Double>
  ) throws(ThresholdError) {
    let depth = settings.depth
    var count = keepUsable(scores)
    guard count > depth else {
      throw ThresholdError(.tooFewScores, found: count, expected: depth &+ 1)
    }
    reset()
    header.ignored.pointee = UInt64(truncatingIfNeeded: scores.count &- count)
    var index = 0
    while index < depth {
      enter(scores[index])
      index &+= 1
    }
    while index < count {
      let score = scores[index]
      scores[index &- depth] = score - mean
      enter(score)
      index &+= 1
    }
    count &-= depth
    upper.calibrate(scores, count: count)
    if settings.isTwoSided {
      index = 0
      while index < count {
        scores[index] = -scores[index]
        index &+= 1
      }
      lower.calibrate(scores, count: count)
    }
    header.calibrated.pointee = 1
  }

  /// Judges a score, then learns from it unless it is an alarm.
  ///
  /// Scores beyond ±1e300 are taken for infinite; +infinity is an alarm, as -infinity is where low
  /// scores are watched.
  public func step(_ score: Double) -> StreamVerdict {
    guard header.calibrated.pointee != 0 else { return .ignored }
    guard isUsable(score) else {
      if score > 0 { return .alarmAbove }
      if score < 0 && settings.isTwoSided { return .alarmBelow }
      header.ignored.pointee &+= 1
      return .ignored
    }
    let number = score - mean
    let above = upper.judge(number)
    if above == .alarm { return .alarmAbove }
    // A score feeds one tail only, the upper one first.
    var below = StreamTail.Verdict.normal
    if settings.isTwoSided {
      if above == .normal { below = lower.judge(-number) }
      if below == .alarm { return .alarmBelow }
      lower.take(-number, below)
    }
    upper.take(number, above)
    enter(score)
    return above == .peak || below == .peak ? .peak : .normal
  }

  /// The score above which the next one is an alarm; infinity before calibration.
  public var threshold: Double {
    header.calibrated.pointee != 0 ? upper.threshold + mean : .infinity
  }

  /// The score below which the next one is an alarm; -infinity before calibration and where low
  /// scores are not watched.
  public var lowerThreshold: Double {
    settings.isTwoSided && header.calibrated.pointee != 0 ? mean - lower.threshold : -.infinity
  }

  /// The upper tail: thresholds of scores less their moving mean, all zero before calibration.
  public var upperTail: PeakThreshold { upper.summary(ignored: header.ignored.pointee) }

  /// The lower tail: thresholds of the moving mean less scores, or nothing where low scores are
  /// not watched.
  public var lowerTail: PeakThreshold? {
    settings.isTwoSided ? lower.summary(ignored: header.ignored.pointee) : nil
  }

  /// Copies the state into `settings.memoryBytes` bytes; a threshold of the same settings can go on
  /// from there, on any little-endian processor.
  ///
  /// - Throws: `stateLength` where there is less room.
  public func save(to bytes: UnsafeMutableRawBufferPointer) throws(ThresholdError) {
    try memory.save(to: bytes)
  }

  /// Goes on from a saved state; where it is refused, everything stays as it was.
  ///
  /// - Throws: `stateLength`, `stateOfOtherSettings` or `stateDamaged`.
  public func restore(from bytes: UnsafeRawBufferPointer) throws(ThresholdError) {
    memory.restore(try Self.checked(bytes, settings))
  }

  /// Throws what `restore` would.
  static func check(
    _ bytes: UnsafeRawBufferPointer, _ settings: StreamThresholdSettings
  ) throws(ThresholdError) {
    _ = try checked(bytes, settings)
  }

  private static func checked(
    _ bytes: UnsafeRawBufferPointer, _ settings: StreamThresholdSettings
  ) throws(ThresholdError) -> SavedThreshold {
    let saved = try SavedThreshold(
      bytes, count: settings.memoryBytes, settings: settings.checksum)
    try saved.require(8, atMost: max(0, settings.depth &- 1))
    try saved.require(12, atMost: 1)
    try saved.requireNumbers(24, settings.depth, from: -1e300)
    for side in 0..<(settings.isTwoSided ? 2 : 1) {
      try StreamTail.check(
        saved, at: settings.tailOffset &+ side &* settings.tailBytes, capacity: settings.capacity)
    }
    return saved
  }

  private var upper: StreamTail {
    StreamTail(memory: memory, offset: settings.tailOffset, settings: settings)
  }

  private var lower: StreamTail {
    StreamTail(
      memory: memory, offset: settings.tailOffset &+ settings.tailBytes, settings: settings)
  }

  @inline(__always)
  private var header:
    (
      place: UnsafeMutablePointer<UInt32>, calibrated: UnsafeMutablePointer<UInt32>,
      ignored: UnsafeMutablePointer<UInt64>
    )
  { (memory.halves(8), memory.halves(12), memory.counts(16)) }

  /// The mean of the last `depth` scores that were no alarms; 0 without depth.
  ///
  /// It is added anew each time, in the order of places: a large score leaves nothing behind.
  private var mean: Double {
    let depth = settings.depth
    guard depth > 0 else { return 0 }
    let window = memory.doubles(24)
    var sum = 0.0, index = 0
    while index < depth {
      sum = sum + window[index]
      index &+= 1
    }
    return sum / Double(depth)
  }

  private func enter(_ score: Double) {
    guard settings.depth > 0 else { return }
    let place = header.place
    memory.doubles(24)[Int(truncatingIfNeeded: place.pointee)] = score
    let next = Int(truncatingIfNeeded: place.pointee) &+ 1
    place.pointee = next == settings.depth ? 0 : UInt32(truncatingIfNeeded: next)
  }
}
