// SPDX-License-Identifier: Apache-2.0

import MinimScores
import Testing

@Suite struct BinaryScoresTests {
  @Test func handVector() throws {
    let positives = [true, false, true, true, false, false, true, false]
    let scores = [0.9, 0.8, 0.8, 0.6, 0.6, 0.5, 0.3, 0.3]
    #expect(isClose(try averagePrecision(scores: scores, positives: positives), 0.83 / 1.2))
    #expect(try areaUnderROC(scores: scores, positives: positives) == 0.65625)
  }

  @Test func documentedExample() throws {
    let scores = [0.9, 0.8, 0.8, 0.1]
    let positives = [true, false, true, false]
    #expect(try averagePrecision(scores: scores, positives: positives) == 0.8333333333333333)
    #expect(try areaUnderROC(scores: scores, positives: positives) == 0.875)
  }

  @Test func orderOfTiedCasesDoesNotMatter() throws {
    let forward = try averagePrecision(scores: [1, 1, 1], positives: [true, false, false])
    let backward = try averagePrecision(scores: [1, 1, 1], positives: [false, false, true])
    #expect(forward == backward)
    #expect(isClose(forward, 1.0 / 3))
    #expect(try areaUnderROC(scores: [1, 1, 1], positives: [true, false, false]) == 0.5)
  }

  @Test func infinitiesHaveTheirPlaceInTheOrder() throws {
    let scores: [Double] = [.infinity, 1, -.infinity, -.infinity]
    let positives = [true, false, true, false]
    #expect(try areaUnderROC(scores: scores, positives: positives) == 0.625)
    #expect(isClose(try averagePrecision(scores: scores, positives: positives), 0.75))
  }

  @Test func agreesWithScikitLearn() throws {
    let cases = try GoldenScores.load().binary
    #expect(cases.count == 100)
    for (index, golden) in cases.enumerated() {
      let positives = golden.positives.map { $0 == 1 }
      let precision = try averagePrecision(scores: golden.scores, positives: positives)
      #expect(isClose(precision, golden.averagePrecision), "average precision of case \(index)")
      if let expected = golden.areaUnderROC {
        let area = try areaUnderROC(scores: golden.scores, positives: positives)
        #expect(isClose(area, expected), "area under the ROC of case \(index)")
      } else {
        #expect(throws: ScoreError.noNegativeCase(caseCount: positives.count)) {
          try areaUnderROC(scores: golden.scores, positives: positives)
        }
      }
    }
  }

  @Test func refusesWhatCannotBeScored() {
    typealias Score = ([Double], [Bool]) throws -> Double
    let functions: [Score] = [averagePrecision, areaUnderROC]
    for score in functions {
      #expect(throws: ScoreError.empty) { try score([], []) }
      #expect(throws: ScoreError.lengthMismatch(list: "positives", found: 1, expected: 2)) {
        try score([1, 2], [true])
      }
      #expect(throws: ScoreError.notANumber(index: 1)) { try score([1, .nan], [true, false]) }
      #expect(throws: ScoreError.noPositiveCase(caseCount: 2)) {
        try score([1, 2], [false, false])
      }
    }
  }
}
