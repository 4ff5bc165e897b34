// SPDX-License-Identifier: Apache-2.0

/// A time as a file writes it.
struct TimeStamp {
  /// How a time is written; one file has one form.
  struct Form: Equatable {
    /// What stands between the parts of the date; nil for plain seconds.
    var mark: UInt8?
    /// What stands before the time of day; nil where there is none.
    var joint: UInt8?
    /// Whether the time of day has seconds.
    var hasSeconds = false
    /// The minutes of the zone that ends it, as `Z` or `+02:00`; nil where there is none.
    var zone: Int?
  }

  /// The forms, for messages.
  static let forms =
    "2016-07-01 00:15:00, 2016-07-01T00:15, 2016/07/01, 01.07.2016 00:15:00 or Unix seconds"
  /// Seconds since 1970-01-01 00:00 by the file's own clock.
  let seconds: Int
  /// The form it is written in.
  let form: Form

  /// Understands a time of day or a day, as in `forms`.
  ///
  /// `yyyy-mm-dd`, `yyyy/mm/dd` or `dd.mm.yyyy`, perhaps with ` hh:mm`, ` hh:mm:ss` or ` hh:mm:ss.000` (or `T` for the blank)
  /// and a zone behind, `Z`, `+02:00`, `+0200` or `+02`; or a whole number of seconds, years 1 to 9999. The zone is not added:
  /// times are the file's own clock.
  ///
  /// Nil for another text, for parts of a second, for a time that the calendar does not have, and for eight digits that are a
  /// date of the years 1900 to 2099, as `20160701`.
  init?(_ text: ArraySlice<UInt8>) {
    var rest = trimmed(text)
    if let whole = Int(String(decoding: rest, as: UTF8.self)) {
      guard (-62_135_596_800..<253_402_300_800).contains(whole) else { return nil }
      let isDate =
        (1900..<2100).contains(whole / 10_000)
        && CivilDate(year: whole / 10_000, month: whole / 100 % 100, day: whole % 100) != nil
      if isDate { return nil }
      (seconds, form) = (whole, Form())
      return
    }
    var form = Form()
    guard let first = digits(&rest), let mark = rest.popFirst(),
      let month = digits(&rest), rest.popFirst() == mark, let last = digits(&rest)
    else { return nil }
    let year: (value: Int, count: Int), day: (value: Int, count: Int)
    switch mark {
    case UInt8(ascii: "-"), UInt8(ascii: "/"): (year, day) = (first, last)
    case UInt8(ascii: "."): (year, day) = (last, first)
    default: return nil
    }
    guard year.count == 4, month.count <= 2, day.count <= 2,
      let date = CivilDate(year: year.value, month: month.value, day: day.value)
    else { return nil }
    form.mark = mark
    form.zone = takenZone(&rest)
    var clock = [0, 0, 0]
    if let joint = rest.popFirst() {
      guard joint == UInt8(ascii: " ") || joint == UInt8(ascii: "T") else { return nil }
      let parts = rest.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      guard (2...3).contains(parts.count) else { return nil }
      for (place, part) in parts.enumerated() {
        var part = place == 2 ? wholeSeconds(part) : part
        guard let number = digits(&part), part.isEmpty,
          number.count == 2 || place == 0 && number.count == 1,
          number.value < (place == 0 ? 24 : 60)
        else { return nil }
        clock[place] = number.value
      }
      form.joint = joint
      form.hasSeconds = parts.count == 3
    }
    seconds = (date.daysSince1970 * 24 + clock[0]) * 3600 + clock[1] * 60 + clock[2]
    self.form = form
  }
}

/// Takes a zone of at most 14 hours off the end of a time of day, in minutes: `Z`, or a sign, hours, and perhaps minutes; nil
/// where there is none.
private func takenZone(_ text: inout ArraySlice<UInt8>) -> Int? {
  if text.last == UInt8(ascii: "Z") {
    text.removeLast()
    return 0
  }
  guard let start = text.lastIndex(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }),
    text[..<start].contains(UInt8(ascii: ":"))
  else { return nil }
  let parts = text[(start + 1)...].split(
    separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
  let figures = Array(parts.joined())
  guard [[2], [4], [2, 2]].contains(parts.map(\.count)),
    figures.allSatisfy({ (0x30...0x39).contains($0) }),
    let number = Int(String(decoding: figures, as: UTF8.self))
  else { return nil }
  let (hours, rest) = figures.count == 2 ? (number, 0) : (number / 100, number % 100)
  guard rest < 60, hours * 60 + rest <= 14 * 60 else { return nil }
  defer { text = text[..<start] }
  return text[start] == UInt8(ascii: "-") ? -hours * 60 - rest : hours * 60 + rest
}

/// Seconds without a fraction of zeros, as in `15.000`.
private func wholeSeconds(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
  let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
  return parts.count == 2 && !parts[1].isEmpty && parts[1].allSatisfy { $0 == UInt8(ascii: "0") }
    ? parts[0] : text
}

/// Takes one to four digits off the front: their number, and how many they are.
private func digits(_ text: inout ArraySlice<UInt8>) -> (value: Int, count: Int)? {
  let found = text.prefix(5).prefix { (0x30...0x39).contains($0) }
  guard (1...4).contains(found.count) else { return nil }
  text = text.dropFirst(found.count)
  return (found.reduce(0) { $0 * 10 + Int($1 - 0x30) }, found.count)
}
