// SPDX-License-Identifier: Apache-2.0

import MinimScores
import Testing

@Suite struct RankingTests {
  @Test func equalScoresShareTheMeanOfTheirRanks() throws {
    let ranking = Ranking(try scoreTable([[3, 1, 2, 2], [5, 5, 5, 4]]))
    #expect(ranking.ranks == [[1, 4, 2.5, 2.5], [2, 2, 2, 4]])
    #expect(ranking.averageRanks == [1.5, 3, 2.25, 3.25])
    #expect(ranking.wins == [2, 1, 1, 0])
  }

  @Test func ranksOfThePublishedTable() throws {
    let table = try MemKDTable.load()
    let ranking = Ranking(table)
    #expect(
      ranking.averageRanks.map { ($0 * 100).rounded() / 100 }
        == [8.83, 5.67, 5.75, 4.58, 6.08, 4.58, 5.42, 5.92, 6.42, 1.75])
    #expect(ranking.wins == [0, 0, 1, 1, 0, 1, 1, 0, 1, 7])
    let record = WinsTiesLosses(of: 9, against: 1, in: table)
    #expect((record.wins, record.ties, record.losses) == (11, 0, 1))
  }

  @Test func agreesWithSciPy() throws {
    for golden in try GoldenComparisons.load().friedman {
      let ranks = Ranking(try scoreTable(golden.scores)).averageRanks
      for (found, expected) in zip(ranks, golden.ranks) { #expect(isClose(found, expected)) }
    }
  }

  @Test func roundingMakesTies() throws {
    let table = try scoreTable([[0.8349, 0.8351, 0.83], [-0.125, -0.12, -0.13], [1e300, 2, 3]])
    let exact = WinsTiesLosses(of: 0, against: 2, in: table)
    #expect((exact.wins, exact.ties, exact.losses) == (3, 0, 0))
    let rounded = table.rounded(toDigits: 2)
    #expect(rounded.scores == [[0.83, 0.84, 0.83], [-0.13, -0.12, -0.13], [1e300, 2, 3]])
    let coarse = WinsTiesLosses(of: 0, against: 2, in: rounded)
    #expect((coarse.wins, coarse.ties, coarse.losses) == (1, 2, 0))
  }

  @Test func refusesWhatIsNoTable() {
    func expect(_ error: ScoreError, _ methods: [String], _ scores: [[Double]]) {
      #expect(throws: error) { try ScoreTable(methods: methods, scores: scores) }
      #expect(!error.description.contains("\n") && !error.description.isEmpty)
    }
    expect(.tooFew(what: "methods", found: 1, expected: 2), ["a"], [[1]])
    expect(.tooFew(what: "data sets", found: 0, expected: 1), ["a", "b"], [])
    expect(
      .lengthMismatch(list: "row 1 (one score for each method)", found: 1, expected: 2),
      ["a", "b"], [[1, 2], [1]])
    expect(.notFiniteInTable(row: 1, column: 0), ["a", "b"], [[1, 2], [.nan, 1]])
    expect(.notFiniteInTable(row: 0, column: 1), ["a", "b"], [[1, .infinity]])
  }
}
