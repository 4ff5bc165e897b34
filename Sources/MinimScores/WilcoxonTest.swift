// SPDX-License-Identifier: Apache-2.0

/// Wilcoxon's signed-rank test of whether two methods differ over several data sets, two-sided.
///
/// The absolute differences are ranked, equal ones sharing the mean of their ranks. Up to 50
/// differences without ties or zeros the null distribution is exact: of the 2^N patterns of signs,
/// those with at most this rank sum. Else the rank sum is taken as normal, its variance reduced
/// for ties, without correction for continuity (methods, memkd 4.3).
public struct WilcoxonTest: Sendable, Equatable {
  /// What becomes of data sets on which the two scores are equal.
  public enum Zeros: Sendable {
    /// They are ranked with the others, then left out of the sums.
    case pratt
    /// They are left out before ranking.
    case wilcox
  }

  /// The smaller of the rank sums of positive and negative differences.
  public let statistic: Double
  /// The two-sided p value; 1 where no difference is left.
  public let pValue: Double

  /// Tests two lists of scores, a pair for each data set.
  ///
  /// Differences are taken as they are: ties of decimals that are not exact in binary may be missed.
  ///
  /// - Throws: ``ScoreError`` if the lists are empty or of different lengths, or if a value is NaN
  ///   or infinite.
  /// - Complexity: O(*n* log *n*), and O(*n*^3) for the exact distribution.
  public init(_ first: [Double], _ second: [Double], zeros: Zeros = .pratt) throws {
    guard !first.isEmpty else { throw ScoreError.empty }
    guard first.count == second.count else {
      throw ScoreError.lengthMismatch(
        list: "second list", found: second.count, expected: first.count)
    }
    for list in [first, second] {
      if let index = list.firstIndex(where: \.isNaN) { throw ScoreError.notANumber(index: index) }
      if let index = list.firstIndex(where: \.isInfinite) {
        throw ScoreError.notFinite(index: index)
      }
    }
    var differences = zip(first, second).map { $0 - $1 }
    let hasZeros = differences.contains(0)
    if zeros == .wilcox { differences.removeAll { $0 == 0 } }
    let ranks = MidRanks(differences.map(\.magnitude)).ranks
    var positive = 0.0, negative = 0.0
    for (difference, rank) in zip(differences, ranks) {
      if difference > 0 { positive += rank }
      if difference < 0 { negative += rank }
    }
    statistic = min(positive, negative)
    let tieSum = MidRanks(differences.filter { $0 != 0 }.map(\.magnitude)).tieSum
    if hasZeros || tieSum > 0 || differences.count > 50 {
      pValue = Self.normalPValue(
        statistic, count: differences.count, zeros: differences.count { $0 == 0 }, tieSum: tieSum)
    } else {
      pValue = Self.exactPValue(Int(statistic), count: differences.count)
    }
  }

  private static func normalPValue(
    _ statistic: Double, count: Int, zeros: Int, tieSum: Double
  ) -> Double {
    func rankSum(_ n: Double) -> Double { n * (n + 1) / 4 }
    func squareSum(_ n: Double) -> Double { n * (n + 1) * (2 * n + 1) }
    let n = Double(count), zeros = Double(zeros)
    let mean = rankSum(n) - rankSum(zeros)
    let variance = (squareSum(n) - squareSum(zeros) - tieSum / 2) / 24
    guard variance > 0 else { return 1 }
    return min(1, 2 * normalTail((mean - statistic) / variance.squareRoot()))
  }

  private static func exactPValue(_ statistic: Int, count: Int) -> Double {
    // patterns[s]: how many choices of ranks 1...n sum to s; at most 2^50, so exact.
    var patterns = [Double](repeating: 0, count: count * (count + 1) / 2 + 1)
    patterns[0] = 1
    for rank in 1...count {
      for sum in stride(from: patterns.count - 1, through: rank, by: -1) {
        patterns[sum] += patterns[sum - rank]
      }
    }
    let all = patterns.reduce(0, +)
    return min(1, 2 * patterns[...statistic].reduce(0, +) / all)
  }
}
