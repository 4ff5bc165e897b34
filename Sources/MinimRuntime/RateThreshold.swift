// SPDX-License-Identifier: Apache-2.0

/// A threshold that a given share of the scores of a stream exceeds, without calibration, in memory
/// that the caller owns.
///
/// It keeps the largest `capacity` scores of the present block. After n scores the threshold is
/// the j-th largest of them, j = ⌊rate (n + 1)⌋: of scores in any order of equal probability the
/// next exceeds it with probability j / (n + 1) ≤ rate, whatever their distribution, which no
/// estimate of a quantile by moving markers (P²) can promise. When j = `capacity` the block ends:
/// its threshold holds until the next block ends, so that it follows slow changes. The realised
/// rate of a block scatters by about 1/√capacity of itself. A score costs one comparison, rarely
/// `capacity` moves.
public struct RateThreshold {
  /// The share of scores that may exceed the threshold.
  public let rate: Double
  /// The scores kept.
  public let capacity: Int
  // Checksums; scores kept, block ended before or not (u32); scores of this block, scores ignored
  // (u64); the threshold of the last block; the scores kept, largest first (f64).
  private let memory: ThresholdMemory
  private static let headerBytes = 40

  /// The bytes of memory, and of a saved state: 40, and 8 for each score kept.
  public static func memoryBytes(capacity: Int) -> Int { headerBytes &+ 8 &* capacity }

  /// Starts at the beginning of a stream.
  ///
  /// `memory` has at least `memoryBytes(capacity:)` bytes, is aligned to 8, and belongs to this
  /// threshold alone. `rate` is above 0 and below 1, `capacity` 1 to 2^24. Throws `riskRange`,
  /// `capacityRange`, `memoryTooSmall` or `misaligned`.
  public init(
    rate: Double, capacity: Int, memory: UnsafeMutableRawBufferPointer
  ) throws(ThresholdError) {
    try requireRisk(rate)
    try requireWhole(capacity, from: 1, to: 1 << 24, .capacityRange)
    self.rate = rate
    self.capacity = capacity
    self.memory = try ThresholdMemory(memory, count: Self.memoryBytes(capacity: capacity))
    reset()
  }

  /// Forgets all scores.
  public func reset() {
    var sum = Checksum()
    sum.update(word: rate.bitPattern)
    sum.update(word: UInt64(truncatingIfNeeded: capacity))
    memory.clear(settings: sum.value)
  }

  /// The score above which the next one is an alarm; infinity until 1 / rate - 1 scores have come.
  public var threshold: Double {
    if header[1] != 0 { return numbers[0] }
    let rank = self.rank
    return rank > 0 ? top[rank &- 1] : .infinity
  }

  /// Scores that were ignored: NaN and what lies below -1e300.
  public var ignoredCount: Int { Int(clamping: counts[1]) }

  /// Whether a score exceeds the threshold; then takes it in, alarm or not.
  ///
  /// NaN and scores below -1e300 are ignored; scores above 1e300 are alarms and not taken in.
  public func step(_ score: Double) -> Bool {
    guard isUsable(score) else {
      if score > 0 { return true }
      counts[1] &+= 1
      return false
    }
    let isAlarm = score > threshold
    counts[0] &+= 1
    insert(score)
    if rank >= capacity {
      numbers[0] = top[capacity &- 1]
      header[1] = 1
      header[0] = 0
      counts[0] = 0
    }
    return isAlarm
  }

  /// Copies the state into `memoryBytes` bytes; a threshold of the same settings can go on from
  /// there, on any little-endian processor.
  ///
  /// - Throws: `stateLength` where there is less room.
  public func save(to bytes: UnsafeMutableRawBufferPointer) throws(ThresholdError) {
    try memory.save(to: bytes)
  }

  /// Goes on from a saved state; where it is refused, everything stays as it was.
  ///
  /// - Throws: `stateLength`, `stateOfOtherSettings` or `stateDamaged`.
  public func restore(from bytes: UnsafeRawBufferPointer) throws(ThresholdError) {
    let saved = try SavedThreshold(bytes, count: memory.count, settings: memory.halves(0)[0])
    try saved.require(8, atMost: capacity)
    try saved.require(12, atMost: 1)
    // The rank of so many scores must be below the capacity, and those of its rank kept.
    let kept = Int(truncatingIfNeeded: saved.half(8))
    guard rank(of: saved.count(16)) < capacity,
      saved.count(16) <= UInt64(truncatingIfNeeded: kept) || kept == capacity
    else { throw SavedThreshold.damage(at: 16) }
    try saved.requireNumbers(32, 1 &+ kept, from: -1e300)
    memory.restore(saved)
  }

  /// The place of the threshold among the scores of this block, 1 for the largest; 0 for none.
  private var rank: Int { rank(of: counts[0]) }

  private func rank(of count: UInt64) -> Int {
    let rank = rate * (Double(count) + 1)
    return rank < Double(capacity) ? Int(rank) : capacity
  }

  /// Keeps a score if it is among the largest.
  private func insert(_ score: Double) {
    var place = Int(truncatingIfNeeded: header[0])
    if place == capacity {
      guard score > top[capacity &- 1] else { return }
      place &-= 1
    } else {
      header[0] = header[0] &+ 1
    }
    while place > 0 && top[place &- 1] < score {
      top[place] = top[place &- 1]
      place &-= 1
    }
    top[place] = score
  }

  @inline(__always)
  private var header: UnsafeMutablePointer<UInt32> { memory.halves(8) }
  @inline(__always)
  private var counts: UnsafeMutablePointer<UInt64> { memory.counts(16) }
  @inline(__always)
  private var numbers: UnsafeMutablePointer<Double> { memory.doubles(32) }
  @inline(__always)
  private var top: UnsafeMutablePointer<Double> { memory.doubles(Self.headerBytes) }
}
