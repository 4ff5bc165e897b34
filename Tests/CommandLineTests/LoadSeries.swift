// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Hours of a load and of the air, with days and weeks in them.
enum LoadSeries {
  /// Of channel 0 a load, of 1 the air at an hour: waves of a day, and for the load of a week.
  static func value(_ channel: Int, _ hour: Int) -> Double {
    let day = 2 * Double.pi * Double(hour) / 24
    let noise = 0.2 * sin(Double(hour * hour % 1009))
    return channel == 0
      ? 50 + 10 * sin(day) + 3 * cos(day / 7) + noise : 15 - 6 * cos(day + 0.5) + noise
  }

  /// The time of an hour.
  static func stamp(_ hour: Int) -> String {
    String(format: "2024-03-%02d %02d:00:00", 1 + hour / 24, hour % 24)
  }

  /// The lines of a CSV file of so many hours, from one on.
  static func lines(_ hours: Range<Int>) -> [String] {
    hours.map { "\(stamp($0)),\(value(0, $0)),\(value(1, $0))" }
  }

  /// A file of 600 hours.
  static func file(_ scratch: Scratch, _ name: String = "load.csv") throws -> String {
    try scratch.write(name, (["date,load,air"] + lines(0..<600)).joined(separator: "\n"))
  }

  /// The command that learns from a file.
  static func training(_ data: String, _ out: String, _ more: [String] = []) -> [String] {
    [
      "train", "--task", "forecast", "--data", data, "--lookback", "48", "--horizon", "24",
      "--model", "dlinear", "--epochs", "6", "--out", out, "--quiet",
    ] + more
  }
}
