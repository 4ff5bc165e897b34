// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_3
  // INTERVALS:  0 levels u16 | 2 zero u16 | 4 horizon u32 | 8 each level float32 | the scale of each channel float32 |
  // the width of each step of the first level float32, of the next level and so on.

  /// The intervals around the forecasts of a model.
  public struct Intervals {
    private let reader: ModelReader
    private let start: Int
    private let channels: Int
    /// The number of levels, 1 to 8.
    public let levelCount: Int
    /// The rows that are forecast.
    public let horizon: Int

    init(_ model: Model) {
      reader = model.reader
      start = model.intervalSection.offset &+ 8
      channels = model.channelCount
      levelCount = model.reader.u16(model.intervalSection.offset)
      horizon = Int(clamping: model.reader.u32(model.intervalSection.offset &+ 4))
    }

    /// The share of forecasts that the intervals of a level are to hold, between 0 and 1; levels ascend.
    public func level(_ index: Int) -> Float { reader.float(start &+ 4 &* index) }

    /// Half the width of the interval of a level around a step of a channel, all counted from 0 and in range, in
    /// deviations of the channel over the look-back: `Session.deviation(ofChannel:)` times this, in original units.
    public func halfWidth(level: Int, step: Int, channel: Int) -> Float {
      scale(channel) * width(level: level, step: step)
    }

    /// What widths are multiplied by for a channel, above 0.
    package func scale(_ channel: Int) -> Float {
      reader.float(start &+ 4 &* (levelCount &+ channel))
    }

    /// What scales are multiplied by, at least 0.
    package func width(level: Int, step: Int) -> Float {
      reader.float(start &+ 4 &* (levelCount &+ channels &+ level &* horizon &+ step))
    }
  }

  extension Model {
    /// The intervals around forecasts; nil where the file has none.
    public var intervals: Intervals? { intervalSection.offset > 0 ? Intervals(self) : nil }

    func checkIntervals() throws(ModelError) {
      let start = intervalSection.offset, end = intervalSection.end
      guard start > 0 else { return }
      guard minorVersion >= 4 else {
        throw ModelError(
          .unknownSection, at: start, found: Int(SectionType.intervals.rawValue),
          expected: Int(SectionType.selfTest.rawValue))
      }
      try reader.requireRange(start, 8, end: end, .sectionLength)
      let levels = reader.u16(start), limit = ModelFormat.maximumIntervalLevels
      guard (1...limit).contains(levels) else {
        throw ModelError(.intervals, at: start, found: levels, expected: limit)
      }
      try reader.requireZeros(start &+ 2, 2, .reservedNotZero)
      guard horizon > 0, reader.u32(start &+ 4) == UInt32(clamping: horizon) else {
        throw ModelError(
          .intervals, at: start &+ 4, found: reader.u32(start &+ 4),
          expected: UInt32(clamping: horizon))
      }
      let firstWidth = levels &+ channelCount, numbers = firstWidth &+ levels &* horizon
      guard intervalSection.length == 8 &+ 4 &* numbers else {
        throw ModelError(
          .sectionLength, at: start, found: intervalSection.length,
          expected: 8 &+ 4 &* numbers)
      }
      var least: Float = 0
      for index in 0..<numbers {
        let place = start &+ 8 &+ 4 &* index, number = reader.float(place)
        // Levels ascend between 0 and 1, scales are above 0, widths not below.
        let isFine =
          index < levels
          ? number > least && number < 1 : index < firstWidth ? number > 0 : number >= 0
        guard isFine, isFinite(number) else {
          throw ModelError(.intervals, at: place, expected: index < levels ? 1 : 0)
        }
        if index < levels { least = number }
      }
    }
  }
#endif
