// SPDX-License-Identifier: Apache-2.0

/// The ranks of methods on each data set and on average, and how often each is the best.
///
/// The best score has rank 1, equal scores share the mean of their ranks (methods, memkd 4.2).
///
///     let table = try ScoreTable(methods: ["a", "b", "c"], scores: [[3, 1, 2], [5, 5, 4]])
///     Ranking(table).averageRanks  // [1.25, 2.25, 2.5]
public struct Ranking: Sendable, Equatable {
  /// One row for each data set, one rank for each method.
  public let ranks: [[Double]]
  /// The mean rank of each method over the data sets.
  public let averageRanks: [Double]
  /// How often each method has the best score, alone or with others.
  public let wins: [Int]
  /// The sum over data sets and groups of t equal scores of t^3 - t.
  let tieSum: Double

  /// Ranks the methods of a table.
  public init(_ table: ScoreTable) {
    let rows = table.scores.map { row in MidRanks(row.map { -$0 }) }
    ranks = rows.map(\.ranks)
    tieSum = rows.reduce(0) { $0 + $1.tieSum }
    let methods = table.methods.indices
    averageRanks = methods.map { method in
      rows.reduce(0) { $0 + $1.ranks[method] } / Double(rows.count)
    }
    wins = methods.map { method in
      table.scores.count { row in row.allSatisfy { $0 <= row[method] } }
    }
  }
}

/// On how many data sets one method scores higher than another, the same, or lower.
public struct WinsTiesLosses: Sendable, Equatable {
  /// Data sets on which the first method is better.
  public let wins: Int
  /// Data sets on which the scores are equal.
  public let ties: Int
  /// Data sets on which the other method is better.
  public let losses: Int

  /// Compares two columns of a table; see `ScoreTable.rounded(toDigits:)` for published scores.
  public init(of method: Int, against other: Int, in table: ScoreTable) {
    wins = table.scores.count { $0[method] > $0[other] }
    losses = table.scores.count { $0[method] < $0[other] }
    ties = table.scores.count - wins - losses
  }
}
