// SPDX-License-Identifier: Apache-2.0

/// Friedman's test of whether methods differ at all, over several data sets.
///
/// With N data sets, k methods, ranks r_ij and groups of t equal scores (methods, memkd 4.3):
///
///     chi2 = [12 / (N k (k + 1)) sum over j of (sum over i of r_ij)^2 - 3 N (k + 1)] / c,
///     c = 1 - sum of (t^3 - t) / (N k (k^2 - 1)).
public struct FriedmanTest: Sendable, Equatable {
  /// The statistic; 0 where every data set gives all methods one score.
  public let chiSquare: Double
  /// The number of methods less one.
  public let degreesOfFreedom: Int
  /// The probability of such a statistic or a larger one if no method differs, by the chi-square
  /// distribution.
  public let pValue: Double

  /// Tests the ranks of a table.
  ///
  /// - Throws: ``ScoreError`` for fewer than three methods or two data sets.
  public init(_ ranking: Ranking) throws {
    let methods = ranking.averageRanks.count, sets = ranking.ranks.count
    guard methods >= 3 else {
      throw ScoreError.tooFew(what: "methods", found: methods, expected: 3)
    }
    guard sets >= 2 else { throw ScoreError.tooFew(what: "data sets", found: sets, expected: 2) }
    let k = Double(methods), n = Double(sets)
    let squares = (0..<methods).reduce(0.0) { sum, method in
      let total = ranking.ranks.reduce(0) { $0 + $1[method] }
      return sum + total * total
    }
    let correction = 1 - ranking.tieSum / (n * k * (k * k - 1))
    let plain = 12 / (n * k * (k + 1)) * squares - 3 * n * (k + 1)
    chiSquare = correction > 0 ? max(0, plain / correction) : 0
    degreesOfFreedom = methods - 1
    pValue = chiSquareTail(chiSquare, degrees: degreesOfFreedom)
  }
}
