// SPDX-License-Identifier: Apache-2.0

import MinimScores
import Testing

@Suite struct ParetoFrontTests {
  @Test func onlyBeatenPointsAreLeftOut() throws {
    let points: [[Double]] = [
      [0.9, 100], [0.8, 10], [0.7, 50], [0.8, 10], [0.9, 101], [0.1, 9],
    ]
    #expect(try paretoFront(points, objectives: [.maximise, .minimise]) == [0, 1, 3, 5])
    #expect(try paretoFront(points, objectives: [.minimise, .maximise]) == [2, 4, 5])
    #expect(try paretoFront(points, objectives: [.maximise, .maximise]) == [4])
    #expect(try paretoFront([[1], [3], [2], [3]], objectives: [.maximise]) == [1, 3])
    #expect(try paretoFront([], objectives: [.maximise]) == [])
    #expect(
      try paretoFront([[1, 2, 3], [1, 2, 4]], objectives: [.minimise, .minimise, .minimise]) == [0])
  }

  @Test func refusesWhatHasNoOrder() {
    #expect(throws: ScoreError.tooFew(what: "objectives", found: 0, expected: 1)) {
      try paretoFront([[]], objectives: [])
    }
    #expect(throws: ScoreError.lengthMismatch(list: "point 1", found: 1, expected: 2)) {
      try paretoFront([[1, 2], [1]], objectives: [.maximise, .minimise])
    }
    #expect(throws: ScoreError.notFiniteInTable(row: 0, column: 1)) {
      try paretoFront([[1, .nan]], objectives: [.maximise, .minimise])
    }
  }
}
