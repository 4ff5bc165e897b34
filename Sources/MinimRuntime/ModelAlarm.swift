// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_1
  /// What the DECISION section of a detector says: how scores become alarms.
  ///
  /// 0 kind u8, 3 | 1 flags u8, bit 0: the threshold adapts | 2 the value of the channels' parts u16, FFFF
  /// for none | 4 threshold float32 | 8 release float32 | 12 samples that raise an alarm u32 | where the
  /// threshold adapts: 16 level float64 | 24 risk float64 | 32 peaks kept u32 | 36 peaks between fits u32 |
  /// 40 the calibrated state of a `StreamThreshold` of these settings.
  public struct AlarmSettings {
    /// The threshold, finite; where it adapts, what it began with.
    public let threshold: Float
    /// The fraction of the threshold below which a score ends an alarm, above 0 and at most 1.
    public let release: Float
    /// The scores above the threshold, one after the other, that raise an alarm; at least 1.
    public let minimumSamples: Int
    /// The value that holds the part of each channel in the score; nil where channels have none.
    public let partsValue: Int?
    /// The settings of a threshold that goes along with the stream; nil for a fixed one.
    public let adapting: StreamThresholdSettings?
    /// The state that an adapting threshold starts from.
    public let state: UnsafeRawBufferPointer
  }

  extension Model {
    /// How scores become alarms; the kind of decision must be an alarm.
    public var alarm: AlarmSettings {
      let start = decision.offset
      let settings = reader.u8(start &+ 1) & 1 != 0 ? checkedSettings : nil
      return AlarmSettings(
        threshold: threshold, release: reader.float(start &+ 8),
        minimumSamples: samplesOfAlarm, partsValue: partsValue, adapting: settings,
        state: settings == nil
          ? bytes(start, 0)
          : bytes(start &+ Self.adaptingBytes, decision.length &- Self.adaptingBytes))
    }

    /// The scores above the threshold in a row that raise an alarm.
    var samplesOfAlarm: Int { Int(clamping: reader.u32(decision.offset &+ 12)) }

    /// The value that holds the parts of the channels.
    var partsValue: Int? {
      let value = reader.u16(decision.offset &+ 2)
      return value == 0xFFFF ? nil : value
    }

    private static var fixedBytes: Int { 16 }
    private static var adaptingBytes: Int { 40 }

    /// The settings of an adapting threshold in a file that was checked.
    private var checkedSettings: StreamThresholdSettings? {
      do throws(ThresholdError) {
        return try adaptingSettings()
      } catch {
        return nil
      }
    }

    private func adaptingSettings() throws(ThresholdError) -> StreamThresholdSettings {
      let start = decision.offset
      func double(_ place: Int) -> Double {
        Double(
          bitPattern: UInt64(reader.u32(start &+ place))
            | UInt64(reader.u32(start &+ place &+ 4)) << 32)
      }
      return try StreamThresholdSettings(
        level: double(16), risk: double(24), capacity: Int(clamping: reader.u32(start &+ 32)),
        refitInterval: Int(clamping: reader.u32(start &+ 36)))
    }

    func checkAlarm() throws(ModelError) {
      let start = decision.offset, end = decision.end
      guard minorVersion >= 2 else {
        throw ModelError(.decisionKind, at: start, found: reader.u8(start), expected: 2)
      }
      guard outputCount == 1 else {
        throw ModelError(.valueLength, at: graph.offset &+ 4, found: outputCount, expected: 1)
      }
      try reader.requireRange(start, Self.fixedBytes, end: end, .sectionLength)
      let flags = reader.u8(start &+ 1)
      guard flags <= 1 else { throw ModelError(.reservedNotZero, at: start &+ 1, found: flags) }
      let parts = reader.u16(start &+ 2)
      guard parts == 0xFFFF || parts < valueCount && valueLength(parts) == channelCount else {
        throw ModelError(.operandValue, at: start &+ 2, found: parts, expected: valueCount &- 1)
      }
      guard isFinite(threshold) else { throw ModelError(.thresholdNotFinite, at: start &+ 4) }
      let release = reader.float(start &+ 8)
      guard release > 0, release <= 1 else { throw ModelError(.alarm, at: start &+ 8, expected: 1) }
      let most = Int(Int32.max)
      guard try reader.u32(start &+ 12, atMost: most, .alarm) > 0 else {
        throw ModelError(.alarm, at: start &+ 12, expected: 1)
      }
      var length = Self.fixedBytes
      if flags == 1 {
        try reader.requireRange(start, Self.adaptingBytes, end: end, .sectionLength)
        do throws(ThresholdError) {
          let settings = try adaptingSettings()
          length = Self.adaptingBytes &+ settings.memoryBytes
          if length == decision.length {
            try StreamThreshold.check(
              bytes(start &+ Self.adaptingBytes, settings.memoryBytes), settings)
          }
        } catch {
          throw ModelError(.alarm, at: start &+ 16, found: Int(error.code.rawValue))
        }
      }
      guard length == decision.length else {
        throw ModelError(.sectionLength, at: start, found: decision.length, expected: length)
      }
    }
  }
#endif
