// SPDX-License-Identifier: Apache-2.0

/// Wilcoxon's test on pairs of methods, all corrected together by Holm's rule.
public struct PairwiseTests: Sendable, Equatable {
  /// One pair of methods.
  public struct Pair: Sendable, Equatable {
    /// The column of one method; the control where there is one, else the lower of the two.
    public let first: Int
    /// The column of the other method.
    public let second: Int
    /// The p value by itself.
    public let pValue: Double
    /// The p value after correction.
    public let adjusted: Double
    /// Whether the two differ at the level, after correction.
    public let isSignificant: Bool
  }

  /// The pairs tested, by their columns: (0, 1), (0, 2), (1, 2) for all of three methods.
  public let pairs: [Pair]

  /// Tests all pairs of methods: k (k - 1) / 2 hypotheses.
  ///
  /// - Throws: ``ScoreError`` if the level is not between 0 and 1.
  public init(
    _ table: ScoreTable, alpha: Double = 0.05, zeros: WilcoxonTest.Zeros = .pratt
  ) throws {
    let methods = table.methods.indices
    try self.init(
      table, columns: methods.flatMap { first in methods[(first + 1)...].map { (first, $0) } },
      alpha: alpha, zeros: zeros)
  }

  /// Tests one method against each other: k - 1 hypotheses, so the correction is milder.
  ///
  /// - Parameters:
  ///   - table: The scores.
  ///   - control: A column, chosen before the scores were seen.
  ///   - alpha: The level, above 0 and below 1.
  ///   - zeros: What becomes of equal scores.
  /// - Throws: ``ScoreError`` if the level is not between 0 and 1.
  public init(
    _ table: ScoreTable, control: Int, alpha: Double = 0.05, zeros: WilcoxonTest.Zeros = .pratt
  ) throws {
    try self.init(
      table, columns: table.methods.indices.filter { $0 != control }.map { (control, $0) },
      alpha: alpha, zeros: zeros)
  }

  private init(
    _ table: ScoreTable, columns: [(Int, Int)], alpha: Double, zeros: WilcoxonTest.Zeros
  ) throws {
    let pValues = try columns.map { first, second in
      try WilcoxonTest(table.column(first), table.column(second), zeros: zeros).pValue
    }
    let holm = try HolmCorrection(pValues, alpha: alpha)
    pairs = columns.indices.map {
      Pair(
        first: columns[$0].0, second: columns[$0].1, pValue: pValues[$0],
        adjusted: holm.adjusted[$0], isSignificant: holm.rejected[$0])
    }
  }
}
