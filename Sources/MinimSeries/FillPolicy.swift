// SPDX-License-Identifier: Apache-2.0

/// What stands in for missing values of a channel.
public enum FillPolicy: String, CaseIterable, Sendable {
  /// The value before.
  case last
  /// A straight line between the values before and after.
  case linear

  /// What errors advise.
  static let advice = "fill with --fill last or --fill linear"
}

extension ForecastRows {
  /// Replaces NaN, which marks missing values, channel by channel.
  ///
  /// y_i = y_a + (y_b - y_a) (i - a) / (b - a) between known rows a and b, in double precision. Throws
  /// `DataError` with the channel where nothing stands before, or for a line after.
  func fill(_ values: inout [Float], by policy: FillPolicy, times: TimeAxis?) throws(DataError) {
    let count = values.count / channels
    func problem(_ channel: Int, _ found: String, _ isFirst: Bool, _ advice: String) -> DataError {
      DataError(
        file: name, line: line(of: isFirst ? 0 : self.count - 1),
        field: "channel \(channelNames[channel])", found: found,
        expected: isFirst ? "a first value to fill from" : "a last value to draw a line to",
        advice: advice)
    }
    func place(_ row: Int) -> String { times?.text(ofRow: row) ?? "row \(row + 1)" }
    for channel in 0..<channels {
      func value(_ row: Int) -> Float { values[row * channels + channel] }
      guard let first = (0..<count).first(where: { !value($0).isNaN }) else {
        throw problem(channel, "no value", true, "leave the channel out")
      }
      guard first == 0 else {
        throw problem(channel, "none before \(place(first))", true, "cut the rows before")
      }
      var known = 0
      for row in 1..<count where policy == .last || !value(row).isNaN {
        if policy == .linear, row - known > 1 {
          let from = Double(value(known)), to = Double(value(row))
          for gap in (known + 1)..<row {
            let share = Double(gap - known) / Double(row - known)
            values[gap * channels + channel] = Float(from + (to - from) * share)
          }
        } else if value(row).isNaN {
          values[row * channels + channel] = value(row - 1)
        }
        known = row
      }
      guard known == count - 1 else {
        throw problem(
          channel, "none after \(place(known))", false, "take --fill last, or cut the rows after")
      }
    }
  }
}
