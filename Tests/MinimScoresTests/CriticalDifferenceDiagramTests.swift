// SPDX-License-Identifier: Apache-2.0

import Foundation
import MinimScores
import Testing

@Suite struct CriticalDifferenceDiagramTests {
  @Test func cliquesOfThePublishedTable() throws {
    let diagram = try CriticalDifferenceDiagram(MemKDTable.load())
    #expect(
      diagram.cliques == [[9, 3, 5, 6, 1, 2], [3, 5, 6, 1, 2, 7, 4, 8], [3, 6, 1, 2, 7, 8, 0]])
  }

  /// Methods a constant apart, each on every set the same way: all differ, and no method is alone.
  @Test func methodsThatAllDifferHaveNoClique() throws {
    let diagram = try CriticalDifferenceDiagram(scoreTable(steps(methods: 4)))
    #expect(diagram.friedman.pValue < 0.05)
    #expect(diagram.tests.pairs.allSatisfy { $0.isSignificant })
    #expect(diagram.cliques == [])
  }

  /// 3 is the best and 0 the worst on each set; 1 and 2 change places.
  @Test func whoDoesNotDifferIsJoined() throws {
    var scores = steps(methods: 4)
    for set in stride(from: 0, to: scores.count, by: 2) { scores[set].swapAt(1, 2) }
    let diagram = try CriticalDifferenceDiagram(scoreTable(scores))
    #expect(diagram.cliques.map { Set($0) } == [[1, 2]])
  }

  @Test func oneCliqueOfAllWithoutFriedman() throws {
    let scores: [[Double]] = [[1, 2, 3], [3, 1, 2], [2, 3, 1]]
    let diagram = try CriticalDifferenceDiagram(scoreTable(scores))
    #expect(diagram.friedman.pValue == 1)
    #expect(diagram.cliques == [[0, 1, 2]])
  }

  @Test func aLowerLevelJoinsMore() throws {
    let table = try MemKDTable.load()
    #expect(try CriticalDifferenceDiagram(table, alpha: 1e-5).cliques.map(\.count) == [10])
    #expect(throws: ScoreError.levelOutOfRange(2)) {
      try CriticalDifferenceDiagram(table, alpha: 2)
    }
  }

  @Test(arguments: [3, 4, 10, 20]) func labelsDoNotOverlap(_ count: Int) throws {
    var random = SystemRandomNumberGenerator()
    let names = (0..<count).map { "method \($0)" + String(repeating: "w", count: $0 * 2) }
    let tables = [
      steps(methods: count), [[Double]](repeating: [Double](repeating: 1, count: count), count: 9),
      (0..<9).map { _ in (0..<count).map { _ in Double.random(in: 0..<1, using: &random) } },
    ]
    for scores in tables {
      let diagram = try CriticalDifferenceDiagram(ScoreTable(methods: names, scores: scores))
      let boxes = try textBoxes(of: diagram.svg)
      #expect(boxes.count == 3 * count)
      for (index, box) in boxes.enumerated() {
        #expect(CGRect(x: 0, y: 0, width: 9999, height: 9999).contains(box))
        for other in boxes[(index + 1)...] { #expect(!box.intersects(other), "\(box) \(other)") }
      }
    }
  }

  /// Every line begins on the axis at its method's rank, every bar reaches from its best to its worst.
  @Test func linesAndBarsLieAtTheirRanks() throws {
    let diagram = try CriticalDifferenceDiagram(MemKDTable.load()), count = 10
    let lines = try polylines(of: diagram.svg), axis = try #require(lines.first)
    let left = axis.points[0], right = axis.points[1]
    func x(_ rank: Double) -> Double {
      right.x - (right.x - left.x) * (rank - 1) / Double(count - 1)
    }
    // Numbers of the file have two digits.
    func same(_ found: [Double], _ expected: [Double]) -> Bool {
      found.count == expected.count
        && zip(found.sorted(), expected.sorted()).allSatisfy { abs($0 - $1) < 0.011 }
    }
    let ranks = diagram.ranking.averageRanks
    let elbows = lines.filter { $0.points.count == 3 }
    #expect(same(elbows.map { $0.points[0].x }, ranks.map(x)))
    for points in elbows.map(\.points) {
      #expect(points[0].y == left.y && points[1].x == points[0].x && points[2].y == points[1].y)
    }
    // The rank that stands on a line is that of its beginning.
    let texts = diagram.svg.matches(
      of: #/y="([\d.]+)" text-anchor="\w+" font-size="10.40">([\d.]+)</#)
    #expect(texts.count == count)
    for text in texts {
      let y = try #require(Double(text.1)) + 3, rank = try #require(Double(text.2))
      let near = elbows.filter { abs($0.points[1].y - y) < 0.02 }
      #expect(near.contains { abs($0.points[0].x - x(rank)) < 0.3 }, "\(rank)")
    }
    let bars = lines.filter { $0.width == 4 }.map(\.points)
    #expect(bars.count == diagram.cliques.count)
    for (clique, bar) in zip(diagram.cliques, bars) {
      let best = try #require(clique.first), worst = try #require(clique.last)
      #expect(same(bar.map(\.x), [x(ranks[worst]) - 4, x(ranks[best]) + 4]))
      #expect(bar[0].y == bar[1].y && bar[0].y > left.y)
    }
  }

  /// Two methods that are equal on some sets: their differences of 0 take part in one way only.
  @Test func zerosAreTreatedAsTold() throws {
    let differences: [Double] = [0, 0, 0, 1, 2, 3, -4, 5, 6, 7]
    let table = try scoreTable(
      differences.enumerated().map { [$1, 0, -20 - Double($0)] })
    func pValues(_ diagram: CriticalDifferenceDiagram) -> [Double] {
      diagram.tests.pairs.map(\.pValue)
    }
    let pratt = try PairwiseTests(table, zeros: .pratt).pairs.map(\.pValue)
    let wilcox = try PairwiseTests(table, zeros: .wilcox).pairs.map(\.pValue)
    #expect(pratt != wilcox)
    #expect(try pValues(CriticalDifferenceDiagram(table, zeros: .pratt)) == pratt)
    #expect(try pValues(CriticalDifferenceDiagram(table, zeros: .wilcox)) == wilcox)
    #expect(try pValues(CriticalDifferenceDiagram(table)) == pratt)
  }

  @Test func isOneFileOfMarkupWithEscapedNames() throws {
    let table = try ScoreTable(
      methods: ["a<b>&\"c\"", "\u{1}two", "drei"], scores: [[1, 2, 3], [1, 2, 3], [1, 3, 2]])
    let svg = try CriticalDifferenceDiagram(table).svg
    #expect(svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\""))
    #expect(svg.hasSuffix("</svg>\n"))
    #expect(svg.contains(">a&lt;b&gt;&amp;&quot;c&quot;</text>"))
    #expect(svg.contains("> two</text>"))
    #expect(svg.contains(">3.00</text>") && svg.contains(">1.33</text>"))
    #expect(!svg.contains("\u{1}"))
    #expect(svg == (try CriticalDifferenceDiagram(table).svg))
  }

  @Test func numbersAreWrittenWithTheirDigits() {
    #expect(SVG.fixed(1.005, digits: 1) == "1.0")
    #expect(SVG.fixed(-0.0049) == "0.00")
    #expect(SVG.fixed(-12.345, digits: 0) == "-12")
    #expect(SVG.fixed(0.96, digits: 1) == "1.0")
    #expect(SVG.fixed(3.07) == "3.07")
  }

  /// Ten sets on which method m is better than m - 1 by a difference that no other has.
  private func steps(methods: Int) -> [[Double]] {
    (0..<10).map { set in (0..<methods).map { Double($0) * (1 + Double(set) / 64) } }
  }

  private func polylines(
    of svg: String
  ) throws -> [(points: [(x: Double, y: Double)], width: Double)] {
    let pattern = #/<polyline points="([^"]*)" [^>]*stroke-width="([\d.]+)"/>/#
    return try svg.matches(of: pattern).map { match in
      let points = try match.1.split(separator: " ").map { pair in
        let numbers = pair.split(separator: ",").compactMap { Double($0) }
        return (x: try #require(numbers.first), y: try #require(numbers.last))
      }
      return (points, try #require(Double(match.2)))
    }
  }

  private func textBoxes(of svg: String) throws -> [CGRect] {
    let pattern =
      #/<text x="([\d.]+)" y="([\d.]+)" text-anchor="(\w+)" font-size="([\d.]+)">([^<]*)</text>/#
    return try svg.matches(of: pattern).map { match in
      let x = try #require(Double(match.1)), y = try #require(Double(match.2))
      let size = try #require(Double(match.4))
      let width = Double(match.5.count) * size * 0.6
      let shares: [Substring: Double] = ["start": 0, "middle": 0.5, "end": 1]
      let share = try #require(shares[match.3])
      return CGRect(x: x - share * width, y: y - 0.75 * size, width: width, height: size)
    }
  }
}
