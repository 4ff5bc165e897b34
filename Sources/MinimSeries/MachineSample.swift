// SPDX-License-Identifier: Apache-2.0

/// The embedded sample for anomaly detection: a made-up recording of a machine with two shafts.
///
/// Nothing is read from disk.
///
/// Loads of random height come and go every 60 rows. Shaft 1 follows the load and vibrates, shaft 2
/// is geared to it; the current follows the load, and the temperature slowly the current and the
/// time of day.
public enum MachineSample {
  /// The channels; loads go to 1, and so about do all of them.
  public static let channelNames = ["shaft1", "shaft2", "temperature", "current"]

  /// A normal recording to learn from, and the rows that follow it, with labelled anomalies.
  ///
  /// `segments` anomalies come in turn: a blow to shaft 1 that rings down (5 to 8 rows), a higher
  /// current (20 to 60), a doubled frequency of shaft 1 (30 to 60), shaft 2 on its own (30 to 60), a
  /// climbing temperature (40 to 60). Each is labelled in its one channel and lies in an equal part
  /// of the test rows, at least 10 rows from the part's ends; other rows are as without anomalies.
  /// `noise` is the standard deviation of what is added to every value. Only sums, products and
  /// roundings of doubles are used: the same generator state gives the same bits on every machine.
  /// No rows, a negative noise and fewer than 80 test rows a segment trap.
  public static func problem(
    trainRows: Int = 2000, testRows: Int = 2000, segments: Int = 10, noise: Double = 0.03,
    using generator: inout some RandomNumberGenerator
  ) -> DetectionProblem {
    precondition(
      trainRows > 0 && testRows > 0 && noise >= 0,
      "\(trainRows) and \(testRows) rows with noise \(noise)")
    precondition(
      segments >= 0 && testRows >= 80 * segments, "\(testRows) rows for \(segments) segments")
    let channels = channelNames.count, count = trainRows + testRows
    let heights = (0...(count / cycle)).map { _ in 0.6 + 0.4 * uniform(&generator) }
    let noises = (0..<(count * channels)).map { _ in noise * bell(&generator) }
    var values = normal(heights: heights, count: count)
    var labels = [Bool](repeating: false, count: count * channels)
    for segment in 0..<segments {
      let kind = kinds[segment % kinds.count]
      let part = testRows / segments
      let length = kind.rows.lowerBound + below(kind.rows.count, &generator)
      let start = trainRows + segment * part + 10 + below(part - length - 19, &generator)
      for step in 0..<length {
        let place = (start + step) * channels + kind.channel
        values[place] += kind.change(start, step, length)
        labels[place] = true
      }
    }
    let machine = Recording(
      name: "machine", channels: channels, channelNames: channelNames,
      values: zip(values, noises).map { Float($0 + $1) }, channelLabels: labels)
    return DetectionProblem(
      name: "machine", train: machine.rows(0..<trainRows), test: machine.rows(trainRows..<count))
  }

  /// Rows from one load to the next.
  private static let cycle = 60
  /// Turns of shaft 1 a row.
  private static let speed = 1.0 / 13

  private struct Kind {
    let channel: Int
    let rows: ClosedRange<Int>
    /// What is added to the channel, by the first row, the rows since and the rows in all.
    let change: @Sendable (_ start: Int, _ step: Int, _ length: Int) -> Double
  }

  private static let kinds = [
    Kind(channel: 0, rows: 5...8) { _, step, length in
      (step % 2 == 0 ? 0.9 : -0.9) * (1 - Double(step) / Double(length))
    },
    Kind(channel: 3, rows: 20...60) { _, _, _ in 0.35 },
    Kind(channel: 0, rows: 30...60) { start, step, _ in
      let phase = speed * Double(start + step)
      return 0.3 * (wave(phase + speed * Double(step)) - wave(phase))
    },
    Kind(channel: 1, rows: 30...60) { start, step, _ in
      let row = Double(start + step)
      return 0.25 * (wave(row / 9) - wave(speed * row / 2)) + 0.3 * wave(row / 47)
    },
    Kind(channel: 2, rows: 40...60) { _, step, length in 0.5 * Double(step + 1) / Double(length) },
  ]

  /// The machine without noise or anomalies, row after row.
  private static func normal(heights: [Double], count: Int) -> [Double] {
    var heat = 0.4
    return (0..<count).flatMap { row in
      let place = row % cycle
      let share = min(1, Double(min(place, max(44 - place, 0))) / 8)
      let load = 0.15 + 0.85 * share * heights[row / cycle]
      let phase = speed * Double(row)
      let current = 0.1 + 0.8 * load
      heat += (current - heat) / 40
      return [
        0.5 * load + 0.3 * wave(phase), 0.4 * load + 0.25 * wave(phase / 2),
        heat + 0.1 * wave(Double(row) / 900), current,
      ]
    }
  }

  /// A wave of period 1 between -1 and 1, made of two parabolas.
  private static func wave(_ turns: Double) -> Double {
    let half = 2 * (turns - turns.rounded(.down))
    return half < 1 ? 4 * half * (1 - half) : -4 * (half - 1) * (2 - half)
  }

  /// Even over 0..<1.
  private static func uniform(_ generator: inout some RandomNumberGenerator) -> Double {
    Double(generator.next() >> 11) * 0x1p-53
  }

  /// Mean 0, deviation 1, within ±3.5: the sum of the four quarters of a word.
  private static func bell(_ generator: inout some RandomNumberGenerator) -> Double {
    let word = generator.next()
    let sum = (0..<4).reduce(0) { $0 + Int(word >> (16 * UInt64($1)) & 0xFFFF) }
    return Double(sum - 131_070) * (1.732_050_807_568_877_2 / 65_536)
  }

  /// Even over 0..<count, on the generator's own words.
  private static func below(_ count: Int, _ generator: inout some RandomNumberGenerator) -> Int {
    Int(generator.next().multipliedFullWidth(by: UInt64(count)).high)
  }
}
