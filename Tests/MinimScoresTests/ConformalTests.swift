// SPDX-License-Identifier: Apache-2.0
import MinimScores
import Testing

@Suite struct ConformalTests {
  @Test func agreesWithNumPy() throws {
    for golden in try GoldenForecastErrors.load().conformal {
      for expected in golden.levels {
        let found = try conformalHalfWidths(
          residuals: golden.residuals, columns: golden.columns, level: expected.level)
        #expect(found == expected.widths, "\(expected.level) of \(golden.columns) columns")
      }
    }
  }

  /// Nine residuals: (9 + 1) · 0.8 = 8, so the eighth; of 0.81 the ninth; 0.91 asks for a tenth.
  @Test func handVector() throws {
    let residuals: [Float] = [3, -1, 4, -9, 2, 6, -5, 8, 7]
    func width(_ level: Double) throws -> [Float]? {
      try conformalHalfWidths(residuals: residuals, columns: 1, level: level)
    }
    #expect(try width(0.8) == [8] && width(0.81) == [9] && width(0.9) == [9])
    #expect(try width(0.91) == nil && width(0.05) == [1] && width(0.5) == [5])
    #expect(
      try conformalHalfWidths(residuals: [1, 10, -3, 30, 2, -20], columns: 2, level: 0.5) == [
        2, 20,
      ])
  }

  /// Among exchangeable cases the new one is as likely at any of n + 1 places, so an interval holds it
  /// with probability k / (n + 1); 20,000 trials stay within five deviations of that.
  @Test(arguments: [(19, 0.9, 18), (30, 0.8, 25), (9, 0.5, 5)])
  func coversExchangeableCases(_ count: Int, _ level: Double, _ rank: Int) throws {
    let trials = 20_000
    let random = randomScores(count: trials * (count + 1), seed: 9).map { Float($0 * $0 - 0.3) }
    var covered = 0
    for trial in 0..<trials {
      let start = trial * (count + 1)
      let widths = try conformalHalfWidths(
        residuals: Array(random[start..<(start + count)]), columns: 1, level: level)
      let width = try #require(widths)[0]
      covered += abs(random[start + count]) <= width ? 1 : 0
    }
    let share = Double(rank) / Double(count + 1)
    let deviation = (share * (1 - share) / Double(trials)).squareRoot()
    #expect(share >= level)
    #expect(abs(Double(covered) / Double(trials) - share) < 5 * deviation, "\(covered)")
  }

  @Test func refusesWhatHasNoWidth() {
    for level in [0, 1, 1.5, .nan] {
      #expect(throws: ScoreError.self) {
        try conformalHalfWidths(residuals: [1, 2], columns: 1, level: level)
      }
    }
    #expect(throws: ScoreError.empty) {
      try conformalHalfWidths(residuals: [], columns: 1, level: 0.5)
    }
    #expect(throws: ScoreError.lengthMismatch(list: "residuals", found: 3, expected: 4)) {
      try conformalHalfWidths(residuals: [1, 2, 3], columns: 2, level: 0.5)
    }
    #expect(throws: ScoreError.notFiniteInSeries(list: "residuals", row: 1, channel: 0)) {
      try conformalHalfWidths(residuals: [1, 2, .nan, 3], columns: 2, level: 0.5)
    }
  }
}
