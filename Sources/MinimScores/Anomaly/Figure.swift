// SPDX-License-Identifier: Apache-2.0

/// One number of a report, or the reason why there is none.
public enum Figure: Sendable, Equatable {
  /// The number, finite.
  case value(Double)
  /// The metric has no value for this series.
  case undefined(UndefinedReason)

  /// The number, or nil.
  public var value: Double? {
    if case .value(let value) = self { value } else { nil }
  }

  /// The reason, or nil where there is a number.
  public var reason: UndefinedReason? {
    if case .undefined(let reason) = self { reason } else { nil }
  }

  /// `value`, or `reason` where it is nil.
  init(_ value: Double?, else reason: UndefinedReason) {
    self = value.map(Figure.value) ?? .undefined(reason)
  }
}

/// Why a metric has no value; the raw value is the text for a reader.
public enum UndefinedReason: String, Sendable, CaseIterable, Encodable {
  /// No label is true: recall and all that contains it are 0 / 0.
  case noAnomaly = "no anomaly in the labels"
  /// All labels are true: there is nothing to raise a false alarm on.
  case noNormalPoint = "no normal point in the labels"
  /// No score is above the threshold: affiliation precision is 0 / 0.
  case noAlarm = "no score above the threshold"
  /// No real event has an alarm, so there is no delay.
  case nothingDetected = "no anomaly detected"
  /// The affiliation zone of this event has no alarm.
  case noAlarmInZone = "no alarm in the zone of this event"
  /// No threshold was given.
  case noThreshold = "no threshold given"
  /// A scale of errors is 0: in training a channel is as it was a season before.
  case noSeasonalChange = "a channel of the training rows repeats itself each season"
}

/// A key of a report, in snake case.
struct ReportKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(_ name: String) { stringValue = name }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { return nil }
}

extension KeyedEncodingContainer<ReportKey> {
  /// Encodes a number under `name`, or null there and the reason under `name`_reason.
  mutating func encode(_ figure: Figure, _ name: String) throws {
    switch figure {
    case .value(let value): try encode(value, forKey: ReportKey(name))
    case .undefined(let reason):
      try encodeNil(forKey: ReportKey(name))
      try encode(reason, forKey: ReportKey(name + "_reason"))
    }
  }

  /// Encodes any other value under `name`.
  mutating func encode(_ value: some Encodable, _ name: String) throws {
    try encode(value, forKey: ReportKey(name))
  }
}
