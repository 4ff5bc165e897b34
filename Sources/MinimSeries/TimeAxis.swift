// SPDX-License-Identifier: Apache-2.0

/// The times of rows an equal step apart, by the clock of the file they come from: no time zone, no
/// summer time.
public struct TimeAxis: Equatable, Sendable {
  /// The time of row 0, in seconds since 1970-01-01 00:00.
  public let start: Int
  /// Seconds from a row to the next, above 0.
  public let step: Int
  /// Whether the file writes times as Unix seconds.
  public let isUnix: Bool

  /// An axis from its parts.
  ///
  /// A step below 1 traps.
  public init(start: Int, step: Int, isUnix: Bool = false) {
    precondition(step > 0, "a step of \(step) seconds")
    self.start = start
    self.step = step
    self.isUnix = isUnix
  }

  /// The time of a row, in seconds since 1970-01-01 00:00; rows beyond the data go on.
  public func seconds(ofRow row: Int) -> Int { start + row * step }

  /// The time of a row as `2016-07-01 00:15:00`, or in Unix seconds as in the file.
  public func text(ofRow row: Int) -> String {
    isUnix ? "\(seconds(ofRow: row))" : clockText(seconds(ofRow: row))
  }
}

/// The hour, weekday, day of month and day of year of a row, each brought to -0.5...0.5.
///
/// hour / 23, weekday / 6 (Monday 0), (day of month - 1) / 30, (day of year - 1) / 365, less 0.5
/// each: `time_features` of the Time-Series-Library for hourly data.
public func calendarMarks(_ axis: TimeAxis, row: Int) -> [Float] {
  let seconds = axis.seconds(ofRow: row)
  let days = flooredQuotient(seconds, 86_400)
  let date = CivilDate(daysSince1970: days)
  let hour = (seconds - days * 86_400) / 3600
  // 1970-01-01 was a Thursday.
  let weekday = days + 3 - flooredQuotient(days + 3, 7) * 7
  return [(hour, 23), (weekday, 6), (date.day - 1, 30), (date.dayOfYear - 1, 365)].map {
    Float(Double($0.0) / Double($0.1) - 0.5)
  }
}

/// The seconds in `90s`, `15min`, `1h`, `1d` or `1w`: a whole number above 0 of at most nine digits,
/// and a unit; nil for another text.
public func parsedDuration(_ text: String) -> Int? {
  let digits = text.prefix { $0.isASCII && $0.isNumber }
  guard (1...9).contains(digits.count), let count = Int(digits), count > 0,
    let unit = durationUnits.first(where: { $0.name == text.dropFirst(digits.count) })
  else { return nil }
  return count * unit.seconds
}

/// A duration as `parsedDuration` reads it, in the largest unit that divides it.
func durationText(_ seconds: Int) -> String {
  for unit in durationUnits where seconds % unit.seconds == 0 {
    return "\(seconds / unit.seconds)\(unit.name)"
  }
  return "\(seconds)s"
}

/// Units of durations, the longest first.
private let durationUnits: [(name: Substring, seconds: Int)] = [
  ("w", 604_800), ("d", 86_400), ("h", 3600), ("min", 60), ("s", 1),
]

/// A time as `2016-07-01 00:15:00`, from seconds since 1970-01-01 00:00.
func clockText(_ seconds: Int) -> String {
  func padded(_ value: Int, _ count: Int = 2) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, count - digits.count)) + digits
  }
  let days = flooredQuotient(seconds, 86_400)
  let date = CivilDate(daysSince1970: days), rest = seconds - days * 86_400
  let day = "\(padded(date.year, 4))-\(padded(date.month))-\(padded(date.day))"
  return "\(day) \(padded(rest / 3600)):\(padded(rest / 60 % 60)):\(padded(rest % 60))"
}
