// SPDX-License-Identifier: Apache-2.0

/// How several methods compare over several data sets: average ranks, which of them differ, and a
/// drawing of both.
///
/// Friedman's test asks whether any method differs; then Wilcoxon's test on all pairs, corrected by
/// Holm's rule, says which (methods, memkd 4.3).
///
///     let table = try ScoreTable(methods: ["a", "b", "c"], scores: scores)
///     let svg = try CriticalDifferenceDiagram(table).svg
public struct CriticalDifferenceDiagram: Sendable {
  /// The scores that are compared.
  public let table: ScoreTable
  /// Ranks, and how often each method is the best.
  public let ranking: Ranking
  /// Whether any method differs.
  public let friedman: FriedmanTest
  /// All pairs of methods.
  public let tests: PairwiseTests
  /// Groups of methods, as columns in order of rank, of which no two are known to differ.
  ///
  /// Each is as large as can be, and none is a single method; all methods form one where Friedman's
  /// p value is `alpha` or more. A method may be in several, or, when it differs from another that
  /// is ranked between two that do not differ, lie under the bar of a group that it is no part of.
  public let cliques: [[Int]]

  /// Compares the methods of a table at a level of significance.
  ///
  /// - Throws: ``ScoreError`` for fewer than three methods or two data sets, or if `alpha` is not
  ///   between 0 and 1.
  public init(
    _ table: ScoreTable, alpha: Double = 0.05, zeros: WilcoxonTest.Zeros = .pratt
  ) throws {
    let ranking = Ranking(table)
    let friedman = try FriedmanTest(ranking)
    let tests = try PairwiseTests(table, alpha: alpha, zeros: zeros)
    let order = table.methods.indices.sorted {
      (ranking.averageRanks[$0], $0) < (ranking.averageRanks[$1], $1)
    }
    self.table = table
    self.ranking = ranking
    self.friedman = friedman
    self.tests = tests
    cliques =
      friedman.pValue < alpha
      ? maximalCliques(tests, order: order).filter { $0.count > 1 } : [order]
  }

  /// The drawing: a file of SVG.
  ///
  /// Ranks run from the worst, left, to the best. The better half of the methods is named on the
  /// right, the rest on the left; a thick bar joins the first and last method of each clique.
  public var svg: String { DiagramDrawing(ranking, names: table.methods, cliques: cliques).svg }
}

/// The largest groups of methods of which no pair is significant, those of the best ranks first.
private func maximalCliques(_ tests: PairwiseTests, order: [Int]) -> [[Int]] {
  var alike = [Set<Int>](repeating: [], count: order.count)
  for pair in tests.pairs where !pair.isSignificant {
    alike[pair.first].insert(pair.second)
    alike[pair.second].insert(pair.first)
  }
  var found: [[Int]] = []
  // Bron and Kerbosch: `group` may grow by `open`; `done` would make it one that was found before.
  func grow(_ group: [Int], open: [Int], done: Set<Int>) {
    if open.isEmpty, done.isEmpty { found.append(group) }
    // Whoever is like the pivot is reached through it.
    func reach(_ method: Int) -> Int { alike[method].intersection(open).count }
    guard let pivot = (open + done).max(by: { reach($0) < reach($1) }) else { return }
    var left = open, done = done
    for method in open where !alike[pivot].contains(method) {
      grow(
        group + [method], open: left.filter(alike[method].contains),
        done: done.intersection(alike[method]))
      left.removeAll { $0 == method }
      done.insert(method)
    }
  }
  grow([], open: order, done: [])
  var place = [Int](repeating: 0, count: order.count)
  for (index, method) in order.enumerated() { place[method] = index }
  return found.map { $0.sorted { place[$0] < place[$1] } }
    .sorted { $0.map { place[$0] }.lexicographicallyPrecedes($1.map { place[$0] }) }
}
