// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimLayers
import MinimLearning
import MinimScores

/// The results of the MemKD protocol, beside the published table.
package struct MemKDReport {
  let results: [MemKDSetResult]
  let seeds: Int
  /// The command that gave them.
  let command: String
  /// What machine and version did the trials.
  let machine: String

  /// A report from its parts.
  package init(results: [MemKDSetResult], seeds: Int, command: String, machine: String) {
    self.results = results
    self.seeds = seeds
    self.command = command
    self.machine = machine
  }

  private let published = PublishedTable.memkd
  private var students: [String] { published.students }

  /// Writes `results.json`, `report.md`, `times.json` and, for two sets or more, `diagram.svg`.
  ///
  /// All but `times.json`, the seconds of training of each row, have the same bytes in however many goes
  /// the trials were done.
  ///
  /// Throws `FileError`.
  package func write(to folder: String) throws {
    try writeJSON(results, to: "\(folder)/results.json")
    let times = results.map { result in
      let rows = result.rows.map { ($0.method, $0.seconds) }
      return (result.set, Dictionary(rows) { $1 })
    }
    try writeJSON(Dictionary(times) { $1 }, to: "\(folder)/times.json")
    var page = [
      "# MemKD reproduced", "`\(command)`, \(machine).",
      """
      Every number is AUC-PRC in percent on the test split, mean ± standard deviation over \(seeds) seeds; \
      rates and weights were chosen on validation cases. Published numbers are the paper's.
      """,
      "## Means over \(results.count) sets", overview.markdown, "## Each set", eachSet.markdown,
      "## Control: the same weights, and a teacher that was never trained", control.markdown,
      "## What validation chose", choices.markdown,
    ]
    if let diagram = try diagram() {
      try writeAtomically(Array(diagram.svg.utf8), to: "\(folder)/diagram.svg")
      page += ["## Which differences are significant", significance(diagram)]
    }
    let text = page.joined(separator: "\n\n") + "\n"
    try writeAtomically(Array(text.utf8), to: "\(folder)/report.md")
  }

  /// The means over the sets, for a terminal.
  package var text: String { overview.text }

  private func row(_ method: String, _ result: MemKDSetResult) -> MemKDSetResult.Row? {
    result.rows.first { $0.method == method }
  }

  /// The mean over seeds, a fraction; a method of which a seed failed has 0 for it.
  private func mean(_ method: String, _ result: MemKDSetResult) -> Double {
    row(method, result).map { Spread($0.aucPRC).mean(failed: $0.failedSeeds) } ?? 0
  }

  private func publishedScore(_ method: String, _ set: String) -> Double? {
    guard let line = published.rows.first(where: { $0.dataSet == set }) else { return nil }
    if method == "teacher" { return line.meanTeacher }
    return published.students.firstIndex(of: method).map { line.scores[$0] }
  }

  private func average(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(max(1, values.count))
  }

  private func percent(_ value: Double?) -> String {
    value.map { String(format: "%.1f", $0) } ?? "-"
  }

  /// The AUC-PRC of a row over its seeds.
  private func spread(_ row: MemKDSetResult.Row?) -> String {
    row.map { Spread($0.aucPRC).percent(failed: $0.failedSeeds) } ?? "-"
  }

  private func ranking(_ score: (String, MemKDSetResult) -> Double?) -> Ranking? {
    let scores = results.map { result in students.map { score($0, result) ?? .nan } }
    return (try? ScoreTable(methods: students, scores: scores)).map { Ranking($0) }
  }

  private var overview: TextTable {
    let ours = ranking { mean($0, $1) }, theirs = ranking { publishedScore($0, $1.set) }
    let rows = (["teacher"] + students).map { method in
      let place = students.firstIndex(of: method)
      let own = 100 * average(results.map { mean(method, $0) })
      let paper = results.compactMap { publishedScore(method, $0.set) }
      let known = paper.count == results.count ? average(paper) : nil
      func places(_ ranking: Ranking?) -> [String] {
        guard let place, let ranking else { return ["-", "-"] }
        return [String(format: "%.2f", ranking.averageRanks[place]), "\(ranking.wins[place])"]
      }
      let scores = [percent(own), percent(known), percent(known.map { own - $0 })]
      let accuracies = results.compactMap { row(method, $0) }.map {
        Spread($0.accuracy).mean(failed: $0.failedSeeds)
      }
      return [method] + scores + places(ours) + places(theirs)
        + [percent(100 * average(accuracies))]
    }
    return TextTable(
      [
        "method", "ours", "published", "difference", "rank", "wins", "published rank",
        "published wins", "accuracy",
      ], rows: rows)
  }

  private var eachSet: TextTable {
    let rows = (["teacher"] + students).map { method in
      [method]
        + results.map { result in
          spread(row(method, result)) + " / \(percent(publishedScore(method, result.set)))"
        }
    }
    return TextTable(["ours / published"] + results.map(\.set), rows: rows)
  }

  private var control: TextTable {
    let rows = students.dropFirst().map { method in
      let name = "\(method), untrained teacher"
      let plain = average(results.map { mean("plain", $0) })
      let means = [name, method].map { method in average(results.map { mean(method, $0) }) }
      return [method] + results.map { spread(row(name, $0)) }
        + [
          percent(100 * means[0]), percent(100 * (means[0] - plain)),
          percent(100 * (means[1] - plain)),
        ]
    }
    return TextTable(
      ["method"] + results.map(\.set)
        + ["mean", "over plain", "with the trained teacher over plain"], rows: rows)
  }

  private var choices: TextTable {
    let rows = (["teacher"] + students).map { method in
      [method]
        + results.map { result in
          guard let row = row(method, result) else { return "-" }
          return (row.weight.map { "weight \($0), " } ?? "") + "rate \(row.learningRate)"
        }
    }
    return TextTable(["method"] + results.map(\.set), rows: rows)
  }

  private func diagram() throws -> CriticalDifferenceDiagram? {
    guard results.count >= 2 else { return nil }
    let scores = results.map { result in students.map { mean($0, result) } }
    return try CriticalDifferenceDiagram(ScoreTable(methods: students, scores: scores))
  }

  private func significance(_ diagram: CriticalDifferenceDiagram) -> String {
    func text(_ value: Double) -> String { String(format: "%.4f", value) }
    let rows = diagram.tests.pairs.map { pair in
      [
        "\(students[pair.first]), \(students[pair.second])", text(pair.pValue), text(pair.adjusted),
        pair.isSignificant ? "yes" : "no",
      ]
    }
    return """
      ![critical differences](diagram.svg)

      Friedman: chi² \(String(format: "%.3f", diagram.friedman.chiSquare)), p \(text(diagram.friedman.pValue)). Wilcoxon's \
      signed-rank test of each pair, two-sided, and Holm's correction over all pairs:

      \(TextTable(["pair", "p", "corrected", "differs at 0.05"], rows: rows).markdown)
      """
  }
}
