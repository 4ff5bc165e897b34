// SPDX-License-Identifier: Apache-2.0

import Foundation
import MinimScores
import Testing

@Suite struct ClassificationScoresTests {
  static let table = [
    0.7, 0.2, 0.1, 0.3, 0.4, 0.3, 0.5, 0.3, 0.2, 0.4, 0.4, 0.2,
    0.1, 0.6, 0.3, 0.2, 0.2, 0.6, 0.6, 0.3, 0.1, 0.3, 0.3, 0.4,
  ]

  @Test func handVector() throws {
    let scores = try ClassificationScores(
      probabilities: Self.table, classCount: 3, labels: [0, 1, 2, 1, 2, 2, 1, 0])
    let precisions = scores.classes.map(\.averagePrecision)
    let areas = scores.classes.map(\.areaUnderROC)
    for (found, expected) in zip(precisions, [2.0 / 3, 11.0 / 18, 2.0 / 3]) {
      #expect(isClose(found, expected))
    }
    for (found, expected) in zip(areas, [17.0 / 24, 11.0 / 15, 11.0 / 15]) {
      #expect(isClose(found, expected))
    }
    #expect(isClose(scores.aucPRC, 0.648148, within: 1e-6))
    #expect(isClose(scores.aucROC, 0.725))
    #expect(scores.accuracy == 0.375)
    #expect(scores.confusionMatrix == [[1, 0, 1], [2, 1, 0], [1, 1, 1]])
    #expect(scores.caseCount == 8)
    #expect(scores.classes.map(\.caseCount) == [2, 3, 3])
    #expect(isClose(scores.balancedAccuracy, (1.0 / 2 + 1.0 / 3 + 1.0 / 3) / 3))
  }

  @Test func tiesGoToTheLowestIndex() throws {
    let scores = try ClassificationScores(
      probabilities: [0.5, 0.5, 0.5, 0.5], classCount: 2, labels: [0, 1])
    #expect(scores.confusionMatrix == [[1, 0], [1, 0]])
    #expect(scores.accuracy == 0.5)
  }

  @Test func absentClassesAreLeftOutAndCounted() throws {
    let scores = try ClassificationScores(
      probabilities: [0.2, 0.5, 0.3, 0.1, 0.8, 0.1], classCount: 3, labels: [1, 1])
    #expect(scores.aucPRC == 1)
    #expect(scores.aucROC == nil)
    #expect(scores.classesLeftOutOfPRC == 2)
    #expect(scores.classesLeftOutOfROC == 3)
    #expect(scores.balancedAccuracy == 1)
    #expect(scores.classes[0].recall == nil)
  }

  @Test func logLossOfCertainMistakeIsFinite() throws {
    let wrong = try ClassificationScores(probabilities: [1, 0], classCount: 2, labels: [1])
    #expect(isClose(wrong.logLoss, 52 * 0.6931471805599453))
    let right = try ClassificationScores(probabilities: [1, 0], classCount: 2, labels: [0])
    #expect(isClose(right.logLoss, 0x1p-52, within: 1e-20))
  }

  @Test func agreesWithScikitLearn() throws {
    let cases = try GoldenScores.load().multiclass
    #expect(cases.count == 120)
    for (index, golden) in cases.enumerated() {
      let scores = try ClassificationScores(
        probabilities: golden.probabilities, classCount: golden.classCount, labels: golden.labels)
      let comment: Comment = "case \(index)"
      #expect(isClose(scores.aucPRC, golden.aucPRC), comment)
      #expect(isClose(scores.aucROC, golden.aucROC), comment)
      #expect(isClose(scores.accuracy, golden.accuracy), comment)
      #expect(isClose(scores.balancedAccuracy, golden.balancedAccuracy), comment)
      #expect(isClose(scores.logLoss, golden.logLoss), comment)
      #expect(scores.confusionMatrix == golden.confusionMatrix, comment)
      #expect(scores.classesLeftOutOfPRC == golden.leftOutOfPRC, comment)
      #expect(scores.classesLeftOutOfROC == golden.leftOutOfROC, comment)
      for (column, values) in scores.classes.enumerated() {
        #expect(isClose(values.averagePrecision, golden.averagePrecisions[column]), comment)
        #expect(isClose(values.areaUnderROC, golden.areasUnderROC[column]), comment)
      }
    }
  }

  @Test func encodesAndDecodes() throws {
    let scores = try ClassificationScores(
      probabilities: Self.table, classCount: 3, labels: [0, 1, 1, 1, 1, 0, 1, 0])
    let data = try JSONEncoder().encode(scores)
    #expect(try JSONDecoder().decode(ClassificationScores.self, from: data) == scores)
  }

  @Test func refusesWhatCannotBeScored() {
    func expect(
      _ error: ScoreError, _ probabilities: [Double], _ classCount: Int, _ labels: [Int]
    ) {
      #expect(throws: error) {
        try ClassificationScores(
          probabilities: probabilities, classCount: classCount, labels: labels)
      }
      #expect(!error.description.contains("\n") && !error.description.isEmpty)
    }
    expect(.empty, [], 2, [])
    expect(.invalidClassCount(0), [], 0, [])
    expect(.invalidClassCount(-3), [1], -3, [0])
    expect(.notANumber(index: 3), [1, 0, 0.5, .nan], 2, [0, 1])
    expect(.labelOutOfRange(case: 1, label: 2, classCount: 2), [1, 0, 0, 1], 2, [0, 2])
    expect(.labelOutOfRange(case: 0, label: -1, classCount: 2), [1, 0, 0, 1], 2, [-1, 0])
    expect(.probabilityOutOfRange(case: 1, class: 0, value: 2.5), [1, 0, 2.5, 0], 2, [0, 1])
    expect(.probabilityOutOfRange(case: 0, class: 1, value: -.infinity), [1, -.infinity], 2, [0])
    let rows = "probabilities (2 cases of 2 classes)"
    expect(.lengthMismatch(list: rows, found: 3, expected: 4), [1, 0, 1], 2, [0, 1])
    let many = "probabilities (2 cases of \(Int.max) classes)"
    expect(.lengthMismatch(list: many, found: 2, expected: .max), [1, 0], .max, [0, 1])
  }
}
