// SPDX-License-Identifier: Apache-2.0

/// Makes one alarm of many scores above a threshold: it is raised when so many in a row lie above,
/// and lasts until one lies below a fraction of the threshold.
public struct AlarmLogic: Equatable, Sendable {
  /// The fraction of the threshold below which a score ends the alarm, above 0 and at most 1.
  public let release: Double
  /// The scores above the threshold, one after the other, that raise an alarm; at least 1.
  public let minimumSamples: Int
  /// Whether there is an alarm.
  public private(set) var isRaised = false
  /// The scores above the threshold in a row so far, while there is no alarm.
  public private(set) var samplesAbove = 0

  /// Numbers outside their ranges are taken for the nearest inside; a `release` of NaN for 1.
  public init(release: Double = 1, minimumSamples: Int = 1) {
    self.release = release > 0x1p-52 ? min(release, 1) : (release <= 0x1p-52 ? 0x1p-52 : 1)
    self.minimumSamples = max(1, minimumSamples)
  }

  /// Goes on from the `progress` of another of the same settings.
  init(release: Double, minimumSamples: Int, progress: Int) {
    self.init(release: release, minimumSamples: minimumSamples)
    isRaised = progress >= self.minimumSamples
    samplesAbove = isRaised ? 0 : progress
  }

  /// The scores above the threshold in a row so far; as many as raise an alarm while there is one.
  var progress: Int { isRaised ? minimumSamples : samplesAbove }

  /// Takes a score and returns whether there is an alarm.
  ///
  /// Of a threshold below 0 the release lies as far below as of one above: (2 - `release`) times the
  /// threshold. Where score or threshold is NaN, nothing changes. An infinite threshold is never
  /// exceeded.
  public mutating func step(_ score: Double, threshold: Double) -> Bool {
    guard score == score && threshold == threshold else { return isRaised }
    if isRaised {
      isRaised = !(score < (threshold >= 0 ? release : 2 - release) * threshold)
    } else {
      samplesAbove = score > threshold ? samplesAbove &+ 1 : 0
      isRaised = samplesAbove >= minimumSamples
    }
    if isRaised { samplesAbove = 0 }
    return isRaised
  }
}
