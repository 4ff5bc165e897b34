// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimScores
import Testing
import minim

@Suite struct PublishedTableTests {
  struct Golden: Decodable {
    var methods: [String]
    var bestTeacher: [Double]
    var meanTeacher: [Double]
    var students: [[Double]]
  }

  @Test func holdsThePublishedNumbers() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Golden/memkd-table.json")
    let golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
    let table = PublishedTable.memkd
    #expect(table.students == golden.methods)
    #expect(table.rows.map(\.bestTeacher) == golden.bestTeacher)
    #expect(table.rows.map(\.meanTeacher) == golden.meanTeacher)
    #expect(try table.scores.scores == golden.students)
    #expect(Set(table.rows.map(\.dataSet)).count == 12)
  }
}
