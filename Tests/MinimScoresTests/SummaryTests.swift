// SPDX-License-Identifier: Apache-2.0

import MinimScores
import Testing

@Suite struct SummaryTests {
  @Test func handVector() throws {
    let summary = try Summary([2, 4, 4, 4, 5, 5, 7, 9])
    #expect(summary.mean == 5)
    #expect(isClose(summary.standardDeviation, (32.0 / 7).squareRoot()))
    #expect(summary.minimum == 2)
    #expect(summary.maximum == 9)
    #expect(summary.count == 8)
  }

  @Test func oneValueHasNoSpread() throws {
    #expect(try Summary([3]).standardDeviation == nil)
  }

  @Test func agreesWithNumPy() throws {
    for golden in try GoldenScores.load().summary {
      let summary = try Summary(golden.values)
      #expect(isClose(summary.mean, golden.mean))
      #expect(isClose(summary.standardDeviation, golden.standardDeviation))
      #expect(summary.minimum == golden.minimum)
      #expect(summary.maximum == golden.maximum)
    }
  }

  @Test func refusesWhatHasNoSummary() {
    #expect(throws: ScoreError.empty) { try Summary([]) }
    #expect(throws: ScoreError.notANumber(index: 1)) { try Summary([1, .nan]) }
    #expect(throws: ScoreError.notFinite(index: 0)) { try Summary([.infinity, 1]) }
  }
}
