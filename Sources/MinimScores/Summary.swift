// SPDX-License-Identifier: Apache-2.0

/// Mean and spread of a figure over several runs.
package struct Summary: Codable, Equatable, Sendable {
  package let count: Int
  package let mean: Double
  /// The sample standard deviation (n - 1); 0 for one run.
  package let deviation: Double
  package let minimum: Double
  package let maximum: Double

  /// A summary of at least one value; nil of none.
  package init?(_ values: [Double]) {
    guard let first = values.first else { return nil }
    let average = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - average) * ($1 - average) }
    count = values.count
    mean = average
    deviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : 0
    minimum = values.reduce(first, Swift.min)
    maximum = values.reduce(first, Swift.max)
  }
}
