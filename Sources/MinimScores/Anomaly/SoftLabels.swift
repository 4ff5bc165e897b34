// SPDX-License-Identifier: Apache-2.0

/// Labels that fade out over a buffer on both sides of each segment.
///
/// See `LabelledScores.rangeAreas(buffer:)` for the formula.
struct SoftLabels {
  /// The label of each point, in 0...1.
  let values: [Double]
  /// The number of the maximal run of labels above 0 that holds the point, -1 outside.
  let support: [Int]
  /// How many such runs there are.
  let supportCount: Int
  /// The sum of the labels.
  let sum: Double

  /// Fades the labels of `segments` among `count` points.
  init(segments: [Range<Int>], count: Int, buffer: Int) {
    var values = [Double](repeating: 0, count: count)
    let slope = (0..<min(buffer / 2, count)).map {
      (1 - Double($0 + 1) / Double(buffer)).squareRoot()
    }
    for segment in segments {
      for point in segment { values[point] = 1 }
      for (offset, value) in slope.enumerated() {
        let before = segment.lowerBound - 1 - offset
        let after = segment.upperBound + offset
        if before >= 0 { values[before] = min(values[before] + value, 1) }
        if after < count { values[after] = min(values[after] + value, 1) }
      }
    }
    var support = [Int](repeating: -1, count: count)
    var supportCount = 0
    var sum = 0.0
    for point in values.indices where values[point] > 0 {
      if point == 0 || support[point - 1] < 0 { supportCount += 1 }
      support[point] = supportCount - 1
      sum += values[point]
    }
    self.values = values
    self.support = support
    self.supportCount = supportCount
    self.sum = sum
  }
}
