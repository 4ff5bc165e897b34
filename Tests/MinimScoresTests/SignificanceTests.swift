// SPDX-License-Identifier: Apache-2.0

import MinimScores
import Testing

@Suite struct SignificanceTests {
  @Test func friedmanOfThePublishedTable() throws {
    let test = try FriedmanTest(Ranking(MemKDTable.load()))
    #expect(isClose(test.chiSquare, 37.05454545, within: 1e-9))
    #expect(isClose(test.pValue * 1e5, 2.5735, within: 1e-4))
    #expect(test.degreesOfFreedom == 9)
  }

  @Test func friedmanAgreesWithSciPy() throws {
    let cases = try GoldenComparisons.load().friedman
    #expect(cases.count == 24)
    for (index, golden) in cases.enumerated() {
      let test = try FriedmanTest(Ranking(scoreTable(golden.scores)))
      #expect(isClose(test.chiSquare, golden.chiSquare, within: 1e-11), "case \(index)")
      #expect(relative(test.pValue, golden.p) < 1e-10, "case \(index)")
    }
  }

  @Test func friedmanOfNothingButTies() throws {
    let test = try FriedmanTest(Ranking(scoreTable([[1, 1, 1], [2, 2, 2]])))
    #expect(test.chiSquare == 0)
    #expect(test.pValue == 1)
  }

  @Test func friedmanNeedsThreeMethodsAndTwoSets() throws {
    #expect(throws: ScoreError.tooFew(what: "methods", found: 2, expected: 3)) {
      try FriedmanTest(Ranking(scoreTable([[1, 2], [2, 1]])))
    }
    #expect(throws: ScoreError.tooFew(what: "data sets", found: 1, expected: 2)) {
      try FriedmanTest(Ranking(scoreTable([[1, 2, 3]])))
    }
  }

  @Test func chiSquareAgreesWithSciPy() throws {
    let cases = try GoldenComparisons.load().chiSquare
    #expect(cases.count == 88)
    for golden in cases {
      let tail = chiSquareTail(golden.x, degrees: golden.degrees)
      #expect(
        relative(tail, golden.tail) < 1e-11, "\(golden.x), \(golden.degrees) degrees of freedom")
    }
  }

  @Test func wilcoxonAgreesWithSciPy() throws {
    let cases = try GoldenComparisons.load().wilcoxon
    #expect(cases.count > 50 && cases.count(where: \.isExact) > 10)
    for (index, golden) in cases.enumerated() {
      let pratt = try WilcoxonTest(golden.first, golden.second)
      #expect(pratt.statistic == golden.prattStatistic, "case \(index)")
      #expect(relative(pratt.pValue, golden.prattP) < 1e-11, "case \(index)")
      let wilcox = try WilcoxonTest(golden.first, golden.second, zeros: .wilcox)
      #expect(wilcox.statistic == golden.wilcoxStatistic, "case \(index)")
      #expect(relative(wilcox.pValue, golden.wilcoxP) < 1e-11, "case \(index)")
    }
  }

  @Test func equalListsDoNotDiffer() throws {
    for zeros in [WilcoxonTest.Zeros.pratt, .wilcox] {
      let test = try WilcoxonTest([1, 2, 3], [1, 2, 3], zeros: zeros)
      #expect(test.pValue == 1)
      #expect(test.statistic == 0)
    }
  }

  @Test func wilcoxonRefusesWhatCannotBePaired() {
    func expect(_ error: ScoreError, _ first: [Double], _ second: [Double]) {
      #expect(throws: error) { try WilcoxonTest(first, second) }
    }
    expect(.empty, [], [])
    expect(.lengthMismatch(list: "second list", found: 1, expected: 2), [1, 2], [1])
    expect(.notANumber(index: 1), [1, 2], [1, .nan])
    expect(.notFinite(index: 0), [.infinity, 2], [1, 2])
  }

  @Test func holmByHand() throws {
    let holm = try HolmCorrection([0.01, 0.04, 0.03, 0.005], alpha: 0.05)
    for (found, expected) in zip(holm.adjusted, [0.03, 0.06, 0.06, 0.02]) {
      #expect(isClose(found, expected))
    }
    #expect(holm.rejected == [true, false, false, true])
    // The last would pass by itself, but a smaller one has failed.
    #expect(try HolmCorrection([0.03, 0.04], alpha: 0.05).rejected == [false, false])
    #expect(try HolmCorrection([0.025, 0.05], alpha: 0.05).rejected == [true, true])
    #expect(try HolmCorrection([], alpha: 0.05).rejected == [])
  }

  @Test func holmAgreesWithItsDefinition() throws {
    for golden in try GoldenComparisons.load().holm {
      let found = try HolmCorrection(golden.pValues, alpha: 0.05).adjusted
      #expect(found.count == golden.adjusted.count)
      for (found, expected) in zip(found, golden.adjusted) { #expect(isClose(found, expected)) }
    }
  }

  @Test func holmRefusesWhatIsNoProbability() {
    #expect(throws: ScoreError.levelOutOfRange(0)) { try HolmCorrection([0.5], alpha: 0) }
    #expect(throws: ScoreError.levelOutOfRange(1)) { try HolmCorrection([0.5], alpha: 1) }
    #expect(throws: ScoreError.notAPValue(index: 1)) { try HolmCorrection([0, .nan], alpha: 0.1) }
    #expect(throws: ScoreError.notAPValue(index: 0)) { try HolmCorrection([1.5], alpha: 0.1) }
  }

  @Test func pairsOfThePublishedTable() throws {
    let table = try MemKDTable.load()
    let tests = try PairwiseTests(table).pairs
    let golden = try #require(try GoldenComparisons.load().table.first)
    #expect(tests.count == 45)
    for (index, pair) in tests.enumerated() {
      #expect((pair.first, pair.second) == (golden.pairs[index].first, golden.pairs[index].second))
      #expect(isClose(pair.pValue, golden.pairs[index].p))
      #expect(isClose(pair.adjusted, golden.adjusted[index]))
    }
    #expect(
      tests.filter(\.isSignificant).map { [$0.first, $0.second] }
        == [[0, 4], [0, 5], [0, 9], [4, 9], [7, 9], [8, 9]])
  }

  @Test func theControlOfThePublishedTableDiffersFromAll() throws {
    let tests = try PairwiseTests(MemKDTable.load(), control: 9).pairs
    #expect(tests.map(\.first) == [Int](repeating: 9, count: 9))
    #expect(tests.map(\.second) == Array(0..<9))
    #expect(
      tests.map { ($0.pValue * 1e6).rounded() }
        == [488, 1465, 9277, 9277, 488, 3418, 3418, 488, 977])
    #expect(tests.allSatisfy { $0.isSignificant })
  }

  @Test func nemenyiAgreesWithSciPy() throws {
    let cases = try GoldenComparisons.load().nemenyi
    #expect(cases.count == 38)
    for golden in cases {
      let found = try nemenyiDifference(
        methods: golden.methods, dataSets: 12, alpha: golden.alpha)
      #expect(relative(found, golden.difference) < 1e-10, "\(golden.methods) methods")
    }
    #expect(isClose(try nemenyiDifference(methods: 10, dataSets: 12), 3.910, within: 2e-4))
  }

  @Test func nemenyiRefusesWhatHasNoDifference() {
    #expect(throws: ScoreError.tooFew(what: "methods", found: 1, expected: 2)) {
      try nemenyiDifference(methods: 1, dataSets: 3)
    }
    #expect(throws: ScoreError.tooFew(what: "data sets", found: 0, expected: 1)) {
      try nemenyiDifference(methods: 2, dataSets: 0)
    }
    #expect(throws: ScoreError.levelOutOfRange(-1)) {
      try nemenyiDifference(methods: 2, dataSets: 3, alpha: -1)
    }
  }

  private func relative(_ found: Double, _ expected: Double) -> Double {
    found == expected ? 0 : abs(found - expected) / abs(expected)
  }
}
