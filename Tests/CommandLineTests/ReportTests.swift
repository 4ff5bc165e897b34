// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimTrials
import Testing
import minim

/// What the tables of `minim reproduce` make of seeds whose training stopped at a NaN.
@Suite struct ReportTests {
  /// A record of a seed with these test scores; nil for one that failed.
  private func record(_ seed: Int, _ scores: (aucPRC: Double, accuracy: Double)?) throws
    -> TrialRecord
  {
    let trial = Trial(command: "train", options: ["seed": "\(seed)"], contents: [:])
    guard let scores else {
      return TrialRecord(trial: trial, version: "1", kernelLevel: "x", failure: "a NaN")
    }
    var record = TrialRecord(trial: trial, version: "1", kernelLevel: "x", parameters: 361)
    let text = """
      {"aucPRC":\(scores.aucPRC),"accuracy":\(scores.accuracy),"balancedAccuracy":1,"logLoss":1}
      """
    let found = try JSONDecoder().decode(TrialScores.self, from: Data(text.utf8))
    record.add(test: found, on: "a")
    return record
  }

  private func line(_ text: String, _ start: String) -> String? {
    text.split(separator: "\n").first { $0.hasPrefix(start) }.map(String.init)
  }

  @Test func aFailedSeedCountsAsNothingInStudents() throws {
    let rows = [
      StudentRow(model: "one", records: [try record(1, nil), try record(2, (0.8, 0.6))]),
      StudentRow(model: "none", records: [try record(1, nil), try record(2, nil)]),
      StudentRow(model: "both", records: [try record(1, (0.8, 0.6)), try record(2, (0.8, 0.6))]),
    ]
    #expect(rows.map(\.parameters) == [361, nil, 361])
    #expect(rows.map(\.failedSeeds) == [1, 2, 0])
    let scratch = try Scratch()
    let report = StudentsReport(sets: [("A", rows)], seeds: 2, command: "c")
    let text = report.text
    let one = try #require(line(text, "one"))
    #expect(one.hasSuffix("40.0 (1 failed)  30.0 (1 failed)"), "\(text)")
    let none = try #require(line(text, "none"))
    #expect(none.hasSuffix("0.0 (2 failed)   0.0 (2 failed)"), "\(text)")
    #expect(try #require(line(text, "both")).hasSuffix("80.0             60.0"), "\(text)")
    try report.write(to: scratch.url.path)
    let page = try String(contentsOfFile: scratch.path("students.md"), encoding: .utf8)
    #expect(
      page.contains("| one | 361 | - | - | - | 80.0 (1 failed) | 60.0 (1 failed) |"), "\(page)")
    #expect(page.contains("| none | - | - | - | - | - (2 failed) | - (2 failed) |"), "\(page)")
  }

  @Test func aFailedSeedCountsAsNothingInTheAccuracyOfMemKD() throws {
    let row = MemKDSetResult.Row(
      method: "plain", weight: nil, learningRate: "0.01",
      records: [try record(1, nil), try record(2, (0.8, 0.6))])
    let result = MemKDSetResult(
      set: "Trace", classes: 4, trainCases: 1, testCases: 1, usedTeacherSeed: 1, rows: [row])
    let report = MemKDReport(results: [result], seeds: 2, command: "c", machine: "m")
    let plain = try #require(line(report.text, "plain"))
    #expect(plain.hasSuffix("  30.0"), "\(report.text)")
    let scratch = try Scratch()
    try report.write(to: scratch.url.path)
    let page = try String(contentsOfFile: scratch.path("report.md"), encoding: .utf8)
    #expect(page.contains("| plain | 80.0 (1 failed) / "), "\(page)")
  }
}
