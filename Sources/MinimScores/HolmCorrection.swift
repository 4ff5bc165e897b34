// SPDX-License-Identifier: Apache-2.0

/// Holm's step-down correction of several p values.
///
/// With the m values in ascending order, reject while p_(i) <= alpha / (m - i + 1) and stop at the
/// first failure; the chance of any false rejection is then at most alpha (methods, memkd 4.3).
///
///     try HolmCorrection([0.01, 0.04, 0.03], alpha: 0.05).rejected  // [true, false, false]
public struct HolmCorrection: Sendable, Equatable {
  /// The smallest alpha at which each hypothesis is rejected, at most 1, in the given order.
  public let adjusted: [Double]
  /// Whether each hypothesis is rejected at `alpha`, in the given order.
  public let rejected: [Bool]

  /// Corrects a list of p values.
  ///
  /// - Parameters:
  ///   - pValues: Any number of probabilities in 0...1.
  ///   - alpha: The level, above 0 and below 1.
  /// - Throws: ``ScoreError`` if a value is no probability or the level is out of range.
  public init(_ pValues: [Double], alpha: Double) throws {
    guard alpha > 0, alpha < 1 else { throw ScoreError.levelOutOfRange(alpha) }
    if let index = pValues.firstIndex(where: { !($0 >= 0 && $0 <= 1) }) {
      throw ScoreError.notAPValue(index: index)
    }
    var adjusted = pValues
    var rejected = pValues.map { _ in false }
    var largest = 0.0, stopped = false
    let order = pValues.indices.sorted { pValues[$0] < pValues[$1] }
    for (place, index) in order.enumerated() {
      let left = Double(order.count - place)
      largest = max(largest, min(1, left * pValues[index]))
      adjusted[index] = largest
      if pValues[index] > alpha / left { stopped = true }
      rejected[index] = !stopped
    }
    self.adjusted = adjusted
    self.rejected = rejected
  }
}
