// SPDX-License-Identifier: Apache-2.0

extension ForecastRows {
  /// The rows an equal step apart, NaN where a value or row is missing, and their times.
  ///
  /// Throws `DataError` for times off the step, and for missing rows unless `isFilled`.
  func onAxis(
    resample: Int?, isFilled: Bool
  ) throws(DataError) -> (times: TimeAxis?, values: [Float]) {
    guard let seconds else {
      if resample != nil {
        throw DataError(
          file: name, found: "no column of times", expected: "times to resample by",
          advice: "leave --resample out")
      }
      return (nil, values)
    }
    if let resample {
      return try means(of: seconds, every: resample, isFilled: isFilled)
    }
    return try spread(seconds, isFilled: isFilled)
  }

  /// Rows at their places on the axis of the most common step.
  private func spread(
    _ seconds: [Int], isFilled: Bool
  ) throws(DataError) -> (TimeAxis?, [Float]) {
    let step = commonDifference(seconds)
    var isWhole = true
    for row in 1..<seconds.count where seconds[row] - seconds[row - 1] != step {
      let isOnStep = (seconds[row] - seconds[row - 1]) % step == 0
      guard isOnStep, isFilled else {
        let days = [step, seconds[row] - seconds[row - 1]].map { Double($0) / 86_400 }
        if days.allSatisfy({ (28...31).contains($0) }) {
          throw gap(
            before: row, "\(clockText(seconds[row])) after \(clockText(seconds[row - 1]))",
            "rows an equal step apart, which months are not",
            "take them as rows with --times ignore, and a year as --period 12")
        }
        throw gap(
          before: row, "\(clockText(seconds[row])) after \(clockText(seconds[row - 1]))",
          "\(clockText(seconds[row - 1] + step)), a step of \(durationText(step)) on",
          (isOnStep ? "\(FillPolicy.advice), or " : "") + "take means with --resample STEP")
      }
      isWhole = false
    }
    let axis = TimeAxis(start: seconds[0], step: step, isUnix: isUnix)
    if isWhole { return (axis, values) }
    var spread = [Float](repeating: .nan, count: try length(of: axis, to: seconds) * channels)
    for row in 0..<count {
      let place = (seconds[row] - axis.start) / step * channels
      for channel in 0..<channels { spread[place + channel] = values[row * channels + channel] }
    }
    return (axis, spread)
  }

  /// Means over equal spans of time, of the values that are there, in double precision.
  private func means(
    of seconds: [Int], every step: Int, isFilled: Bool
  ) throws(DataError) -> (TimeAxis?, [Float]) {
    let axis = TimeAxis(
      start: flooredQuotient(seconds[0], step) * step, step: step, isUnix: isUnix)
    let slots = try length(of: axis, to: seconds)
    var means: [Float] = []
    means.reserveCapacity(slots * channels)
    var row = 0
    for slot in 0..<slots {
      var sums = [Double](repeating: 0, count: channels)
      var counts = [Int](repeating: 0, count: channels)
      let first = row
      while row < count, seconds[row] < axis.seconds(ofRow: slot + 1) {
        for channel in 0..<channels where !values[row * channels + channel].isNaN {
          sums[channel] += Double(values[row * channels + channel])
          counts[channel] += 1
        }
        row += 1
      }
      guard row > first || isFilled else {
        throw gap(
          before: row, "\(clockText(seconds[row])) after \(clockText(seconds[row - 1]))",
          "a row in the \(durationText(step)) from \(axis.text(ofRow: slot))",
          "\(FillPolicy.advice), or resample to a longer step")
      }
      means += zip(sums, counts).map { $1 == 0 ? .nan : Float($0 / Double($1)) }
    }
    return (axis, means)
  }

  /// The rows of an axis from its start to the last time.
  ///
  /// Throws `DataError` where they are too many to be meant.
  private func length(of axis: TimeAxis, to seconds: [Int]) throws(DataError) -> Int {
    let last = seconds[count - 1], length = (last - axis.start) / axis.step + 1
    guard length / 10_000 <= count, length <= inputLimit / (4 * channels) else {
      throw DataError(
        file: name, line: line(of: count - 1),
        found: "\(length) rows to \(clockText(last)) at a step of \(durationText(axis.step))",
        expected: "at most 10000 for each of the \(count) rows read, and 4 GiB",
        advice: "look for a wrong time, or resample to a longer step")
    }
    return length
  }

  private func gap(
    before row: Int, _ found: String, _ expected: String, _ advice: String
  ) -> DataError {
    DataError(
      file: name, line: line(of: row), field: timeColumn.map { "column \($0)" }, found: found,
      expected: expected, advice: advice)
  }
}

/// The most common difference of neighbours, the least of several; at least two rising times.
private func commonDifference(_ seconds: [Int]) -> Int {
  var counts: [Int: Int] = [:]
  for (one, next) in zip(seconds, seconds.dropFirst()) { counts[next - one, default: 0] += 1 }
  let most = counts.values.max()
  return counts.filter { $0.value == most }.keys.min() ?? 1
}
