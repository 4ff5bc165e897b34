// SPDX-License-Identifier: Apache-2.0

/// The drawing of a critical difference diagram: an axis of ranks, bars for cliques under it, and a
/// line with an elbow from each method's rank to its name.
struct DiagramDrawing {
  private static let rowHeight = 24.0
  private static let barHeight = 9.0
  private static let axisWidth = 480.0
  private static let axisY = 44.0
  /// The length of a line beyond the axis, where the rank stands.
  private static let reach = 44.0

  private let ranks: [Double]
  private let names: [String]
  /// The ends of each bar as ranks, and its level under the axis.
  private let bars: [(from: Double, to: Double, level: Int)]
  /// Methods named on the right, from the best; methods named on the left, from the worst.
  private let sides: (right: [Int], left: [Int])

  init(_ ranking: Ranking, names: [String], cliques: [[Int]]) {
    let ranks = ranking.averageRanks
    self.ranks = ranks
    self.names = names
    let order = ranks.indices.sorted { (ranks[$0], $0) < (ranks[$1], $1) }
    let half = (order.count + 1) / 2
    sides = (Array(order[..<half]), order[half...].reversed())
    // A bar takes the first level at which it meets no other.
    var ends: [Double] = []
    bars = cliques.map { clique in
      let places = clique.map { ranks[$0] }
      let from = places.min() ?? 1, to = places.max() ?? 1
      let level = ends.firstIndex { $0 < from - 0.1 } ?? ends.count
      if level == ends.count { ends.append(to) } else { ends[level] = to }
      return (from, to, level)
    }
  }

  var svg: String {
    let margin = 12 + (names.map { SVG.width(of: $0) }.max() ?? 0) + Self.reach
    let levels = (bars.map(\.level).max() ?? -1) + 1
    let rowsY = Self.axisY + 22 + Double(levels) * Self.barHeight
    let height = rowsY + Double(sides.right.count) * Self.rowHeight
    let width = 2 * margin + Self.axisWidth
    var svg = SVG(
      width: width, height: height, title: "Average ranks of \(names.joined(separator: ", "))")
    func x(_ rank: Double) -> Double {
      margin + Self.axisWidth * (Double(names.count) - rank) / Double(max(1, names.count - 1))
    }
    drawAxis(in: &svg, x: x)
    for (row, method) in sides.right.enumerated() {
      let y = rowsY + (Double(row) + 0.5) * Self.rowHeight
      let end = width - margin + Self.reach - 6
      svg.line([(x(ranks[method]), Self.axisY), (x(ranks[method]), y), (end, y)])
      svg.text(SVG.fixed(ranks[method]), x: end, y: y - 3, anchor: .end, scale: 0.8)
      svg.text(names[method], x: end + 5, y: y + 4)
    }
    for (row, method) in sides.left.enumerated() {
      let y = rowsY + (Double(row) + 0.5) * Self.rowHeight
      let end = margin - Self.reach + 6
      svg.line([(x(ranks[method]), Self.axisY), (x(ranks[method]), y), (end, y)])
      svg.text(SVG.fixed(ranks[method]), x: end, y: y - 3, scale: 0.8)
      svg.text(names[method], x: end - 5, y: y + 4, anchor: .end)
    }
    for bar in bars {
      let y = Self.axisY + 12 + Double(bar.level) * Self.barHeight
      svg.line([(x(bar.to) - 4, y), (x(bar.from) + 4, y)], width: 4)
    }
    return svg.source
  }

  private func drawAxis(in svg: inout SVG, x: (Double) -> Double) {
    svg.line([(x(Double(names.count)), Self.axisY), (x(1), Self.axisY)], width: 1.5)
    for rank in 1...names.count {
      let place = Double(rank)
      svg.line([(x(place), Self.axisY - 8), (x(place), Self.axisY)], width: 1.5)
      svg.text("\(rank)", x: x(place), y: Self.axisY - 14, anchor: .middle)
      if rank < names.count {
        svg.line([(x(place + 0.5), Self.axisY - 5), (x(place + 0.5), Self.axisY)])
      }
    }
  }
}
