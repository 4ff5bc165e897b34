// SPDX-License-Identifier: Apache-2.0

/// A day of the Gregorian calendar, carried on before its beginning.
struct CivilDate: Equatable {
  /// The year, 1 or later of those that are read.
  let year: Int
  /// The month, 1 to 12.
  let month: Int
  /// The day of the month, from 1.
  let day: Int

  /// A day from its parts; nil where there is no such day.
  init?(year: Int, month: Int, day: Int) {
    guard year > 0, (1...12).contains(month), day > 0, day <= Self.length(of: month, in: year)
    else { return nil }
    self.year = year
    self.month = month
    self.day = day
  }

  /// The day that lies some days after 1970-01-01.
  init(daysSince1970 days: Int) {
    // 400 years have 146,097 days, so this guess is off by one year at most.
    var year = flooredQuotient(days * 400, 146_097) + 1970
    while Self.days(beforeYear: year) > days { year -= 1 }
    while Self.days(beforeYear: year + 1) <= days { year += 1 }
    var rest = days - Self.days(beforeYear: year), month = 1
    while rest >= Self.length(of: month, in: year) {
      rest -= Self.length(of: month, in: year)
      month += 1
    }
    self.year = year
    self.month = month
    day = rest + 1
  }

  /// The days from 1970-01-01 to this one.
  var daysSince1970: Int { Self.days(beforeYear: year) + dayOfYear - 1 }

  /// The day of the year, from 1.
  var dayOfYear: Int { (1..<month).reduce(day) { $0 + Self.length(of: $1, in: year) } }

  /// Days from 1970-01-01 to the first of January: 365 for each year, and one for each leap year.
  private static func days(beforeYear year: Int) -> Int {
    func leapDays(_ years: Int) -> Int {
      flooredQuotient(years, 4) - flooredQuotient(years, 100) + flooredQuotient(years, 400)
    }
    return 365 * (year - 1970) + leapDays(year - 1) - leapDays(1969)
  }

  private static func length(of month: Int, in year: Int) -> Int {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return switch month {
    case 2: isLeap ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

/// The quotient rounded down; the divisor is positive.
package func flooredQuotient(_ value: Int, _ divisor: Int) -> Int {
  let quotient = value / divisor
  return quotient * divisor > value ? quotient - 1 : quotient
}
