// SPDX-License-Identifier: Apache-2.0

/// Mean, spread and range of a list of numbers, such as one score over several seeds.
package struct Summary: Codable, Sendable, Equatable {
  /// The arithmetic mean.
  package let mean: Double
  /// The sample standard deviation (divisor n - 1); nil for a single value, which has no spread.
  package let standardDeviation: Double?
  /// The smallest value.
  package let minimum: Double
  /// The largest value.
  package let maximum: Double
  /// How many values there were.
  package let count: Int

  /// Summarises `values`.
  ///
  /// - Parameter values: At least one finite number.
  /// - Throws: ``ScoreError`` if there is no value, or one that is NaN or infinite.
  package init(_ values: [Double]) throws {
    guard var minimum = values.first else { throw ScoreError.empty }
    var maximum = minimum
    var sum = 0.0
    for (index, value) in values.enumerated() {
      if value.isNaN { throw ScoreError.notANumber(index: index) }
      guard value.isFinite else { throw ScoreError.notFinite(index: index) }
      minimum = min(minimum, value)
      maximum = max(maximum, value)
      sum += value
    }
    let mean = sum / Double(values.count)
    self.mean = mean
    self.minimum = minimum
    self.maximum = maximum
    count = values.count
    if values.count > 1 {
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      standardDeviation = (squares / Double(values.count - 1)).squareRoot()
    } else {
      standardDeviation = nil
    }
  }
}
