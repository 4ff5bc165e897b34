// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing
import minim

/// A whole `minim reproduce memkd` whose trials' results are made up.
@Suite struct ReproduceMemKDTests {
  private struct Result: Decodable {
    struct Row: Decodable {
      let method: String
      let weight: Double?
      let learningRate: String
      let aucPRC, aucROC, accuracy: [Double]
      let parameters, failedSeeds: Int
    }
    let set: String
    let classes, trainCases, testCases, usedTeacherSeed: Int
    let rows: [Row]
  }

  private static let methods: [(name: String, unit: Double)] = [
    ("kd", 1), ("dkd", 1), ("at", 1000), ("rkd-distance", 25), ("rkd-angle", 50), ("rkd", 1),
    ("fitnet", 100), ("dt2w", 0.01), ("memkd", 1),
  ]
  private static let rates = ["0.01", "0.02", "0.05"]
  private static let settings: [(factor: Double, rate: String)] = [0.01, 0.1, 1, 10, 100]
    .flatMap { factor in rates.map { (factor, $0) } }

  private func percent(_ value: Double) -> String { String(format: "%.1f", value) }

  /// Mean and standard deviation of two seeds, or one seed that has no deviation.
  private func spread(_ values: [Double]) -> String {
    let mean = values.reduce(0, +) / Double(values.count) * 100
    guard values.count == 2 else { return percent(mean) }
    return "\(percent(mean)) ± \(percent(100 * abs(values[0] - values[1]) / 2.0.squareRoot()))"
  }

  @Test func choicesControlsAndTablesFollowFromTheLedger() throws {
    var ledger = try MadeUpLedger()
    let plains = Self.rates.map { rate in
      (1...2).map { ledger.trained(["learning-rate": rate], seed: $0) }
    }
    let teacherRates = ["0.001", "0.003", "0.01"], size = ["layers": "3", "hidden": "100"]
    let teachers = teacherRates.map { rate in
      (1...2).map { ledger.trained(size.merging(["learning-rate": rate]) { $1 }, seed: $0) }
    }
    ledger.add((plains + teachers).flatMap { $0 })
    // Of the teachers the rate by one seed, then the seed.
    let teacherRate = ledger.bestByAUC(teachers.map { $0[0] })
    let used = ledger.bestByAUC(teachers[teacherRate]), teacher = teachers[teacherRate][used]
    // By their losses others would be.
    for trial in [teachers[teacherRate][0], teacher] { ledger[trial].loss = 2 }
    let untrained = ledger.trained(size.merging(["epochs": "0"]) { $1 }, seed: 1)
    func students(_ method: (name: String, unit: Double), _ teacher: MadeUpTrial) -> [[MadeUpTrial]]
    {
      Self.settings.map { setting in
        (1...2).map { seed in
          ledger.distilled(
            ["learning-rate": setting.rate], method: method.name,
            weight: method.unit * setting.factor, teacher: teacher, seed: seed)
        }
      }
    }
    let grid = Self.methods.map { students($0, teacher) }
    let control = Self.methods.map { students($0, untrained) }
    ledger.add((grid + control).flatMap { $0.flatMap { $0 } })
    // The least loss of all, but the other seed has none; and a control without its second seed.
    ledger[grid[0][4][0]].loss = 0
    ledger[grid[0][4][1]].fail()
    for trials in control[2] { ledger[trials[1]].fail() }
    // The chosen teacher's weights are here, and nobody has tested them.
    ledger[teacher].test = nil
    try ledger.place(
      ledger.weights(["--layers", "3", "--hidden", "100", "--seed", "7"], named: "teacher"),
      for: teacher)

    let count = ledger.records.count
    try ledger.reproduce("memkd", seeds: 2)
    #expect(ledger.records.count == count + 1)
    #expect(ledger.records[untrained.id]?.epochs == 0)
    try ledger.expectScoresOfEval(teacher)

    let found: [Result] = try ledger.decoded("results.json")
    let result = try #require(found.first)
    #expect(found.count == 1 && result.set == "Trace" && result.usedTeacherSeed == used + 1)
    #expect(result.classes == 2 && result.trainCases == 24 && result.testCases == 24)
    let plain = ledger.best(plains), chosen = grid.map { ledger.best($0) }
    #expect(chosen[0] != 4)
    var expected: [(name: String, weight: Double?, rate: String, trials: [MadeUpTrial])] = [
      ("teacher", nil, teacherRates[teacherRate], teachers[teacherRate]),
      ("plain", nil, Self.rates[plain], plains[plain]),
    ]
    for (suffix, groups) in [("", grid), (", untrained teacher", control)] {
      for (place, method) in Self.methods.enumerated() {
        let setting = Self.settings[chosen[place]]
        expected.append(
          (
            method.name + suffix, method.unit * setting.factor, setting.rate,
            groups[place][chosen[place]]
          ))
      }
    }
    #expect(result.rows.map(\.method) == expected.map(\.name))
    for (row, expected) in zip(result.rows, expected) {
      let records = expected.trials.map { ledger[$0] }, tests = records.compactMap(\.test)
      #expect(row.weight == expected.weight && row.learningRate == expected.rate, "\(row.method)")
      #expect(row.aucPRC == tests.map(\.aucPRC) && row.aucROC == tests.map(\.aucROC))
      #expect(row.accuracy == tests.map(\.accuracy))
      #expect(row.parameters == records.map(\.parameters).max())
      #expect(row.failedSeeds == 2 - tests.count)
    }
    #expect(result.rows.map(\.failedSeeds).reduce(0, +) == 1)
    try tables(of: ledger, expected)
  }

  /// The tables of the page against the rows' trials; the one set's name is that of a published one.
  private func tables(
    of ledger: MadeUpLedger,
    _ rows: [(name: String, weight: Double?, rate: String, trials: [MadeUpTrial])]
  ) throws {
    func tests(_ place: Int) -> [MadeUpRecord.Scores] {
      rows[place].trials.compactMap { ledger[$0].test }
    }
    /// A seed that failed has 0.
    func mean(_ place: Int) -> Double { 50 * tests(place).map(\.aucPRC).reduce(0, +) }
    let published = try #require(PublishedTable.memkd.rows.first { $0.dataSet == "Trace" })
    let means = try ledger.table("Means over 1 sets", of: "report.md")
    let each = try ledger.table("Each set", of: "report.md")
    let choices = try ledger.table("What validation chose", of: "report.md")
    let controls = try ledger.table("Control", of: "report.md")
    #expect(means.count == 11 && each.count == 11 && choices.count == 11 && controls.count == 9)
    let students = 1...10
    for place in 0...10 {
      let row = rows[place]
      let paper = place == 0 ? published.meanTeacher : published.scores[place - 1]
      let isBest = students.allSatisfy { mean($0) <= mean(place) }
      let rank = 1 + students.count { mean($0) > mean(place) }
      let accuracy = tests(place).map(\.accuracy).reduce(0, +) / 2
      let cells = try #require(means[row.name])
      #expect(
        Array(cells.prefix(5)) == [
          percent(mean(place)), percent(paper), percent(mean(place) - paper),
          place == 0 ? "-" : String(format: "%.2f", Double(rank)),
          place == 0 ? "-" : isBest ? "1" : "0",
        ])
      #expect(cells.last == spread([accuracy]))
      #expect(each[row.name] == ["\(spread(tests(place).map(\.aucPRC))) / \(percent(paper))"])
      let weight = row.weight.map { "weight \($0), " } ?? ""
      #expect(choices[row.name] == ["\(weight)rate \(row.rate)"])
      guard place > 1 else { continue }
      #expect(
        controls[row.name] == [
          spread(tests(place + 9).map(\.aucPRC))
            + (tests(place + 9).count < 2 ? " (1 failed)" : ""),
          percent(mean(place + 9)),
          percent(mean(place + 9) - mean(1)), percent(mean(place) - mean(1)),
        ])
    }
  }
}
