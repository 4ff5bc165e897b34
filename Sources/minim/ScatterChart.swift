// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimScores

/// Panels side by side that show points over a logarithmic axis, with their names and a line through
/// those on the front.
struct ScatterChart {
  struct Point {
    let name: String
    /// Above 0.
    let x: Double
    let y: Double
    let isOnFront: Bool
  }

  struct Panel {
    let xTitle: String
    let points: [Point]
  }

  let yTitle: String
  let panels: [Panel]

  private static let plot = (width: 400.0, height: 300.0)
  private static let margin = (left: 64.0, top: 40.0, right: 24.0, bottom: 52.0)

  var svg: String {
    let width = Self.margin.left + Self.plot.width + Self.margin.right
    var svg = SVG(
      width: width * Double(panels.count),
      height: Self.margin.top + Self.plot.height + Self.margin.bottom,
      title: "\(yTitle) over \(panels.map(\.xTitle).joined(separator: "; "))")
    for (index, panel) in panels.enumerated() {
      draw(panel, left: Double(index) * width + Self.margin.left, in: &svg)
    }
    return svg.source
  }

  private func draw(_ panel: Panel, left: Double, in svg: inout SVG) {
    let bottom = Self.margin.top + Self.plot.height
    let columns = Axis(panel.points.map { log10($0.x) }, least: 1)
    let rows = Axis(panel.points.map(\.y), least: 2)
    func x(_ value: Double) -> Double { left + columns.share(of: value) * Self.plot.width }
    func y(_ value: Double) -> Double { bottom - rows.share(of: value) * Self.plot.height }
    svg.text(yTitle, x: left - 8, y: Self.margin.top - 16)
    svg.text(panel.xTitle, x: left + Self.plot.width / 2, y: bottom + 42, anchor: .middle)
    for tick in rows.ticks {
      svg.line([(left, y(tick)), (left + Self.plot.width, y(tick))], color: "#ddd")
      svg.text(
        SVG.fixed(tick, digits: rows.step < 1 ? 1 : 0), x: left - 8, y: y(tick) + 4, anchor: .end,
        scale: 0.85)
    }
    for tick in columns.decimalTicks {
      svg.line([(x(log10(tick)), bottom), (x(log10(tick)), Self.margin.top)], color: "#ddd")
      svg.text(
        Self.short(tick), x: x(log10(tick)), y: bottom + 18, anchor: .middle, scale: 0.85)
    }
    svg.line([
      (left, Self.margin.top), (left, bottom), (left + Self.plot.width, bottom),
    ])
    let front = panel.points.filter(\.isOnFront).sorted { ($0.x, $0.y) < ($1.x, $1.y) }
    svg.line(front.map { (x(log10($0.x)), y($0.y)) }, width: 1.5, color: "#2563a8")
    var labels = LabelPlaces(
      points: panel.points.map { (x(log10($0.x)), y($0.y)) },
      within: left...(left + Self.plot.width))
    for point in panel.points {
      let place = (x: x(log10(point.x)), y: y(point.y))
      svg.circle(
        x: place.x, y: place.y, radius: 4, color: point.isOnFront ? "#2563a8" : "#999")
      let name = point.name.count > 28 ? "…" + point.name.suffix(27) : point.name
      let label = labels.place(name, at: place)
      svg.text(name, x: label.x, y: label.y, anchor: label.anchor, scale: LabelPlaces.scale)
    }
    if panel.points.isEmpty {
      svg.text(
        "no deployable run", x: left + Self.plot.width / 2,
        y: Self.margin.top + Self.plot.height / 2, anchor: .middle)
    }
  }

  /// 1 2 5, 10k, 3M.
  private static func short(_ value: Double) -> String {
    let (unit, suffix) = value >= 1e6 ? (1e6, "M") : value >= 1e3 ? (1e3, "k") : (1, "")
    return String(format: "%g", value / unit) + suffix
  }
}

/// A stretch of numbers with some room on both sides, and where it has ticks.
private struct Axis {
  let range: ClosedRange<Double>
  /// What lies between two ticks: 1, 2 or 5 times a power of ten.
  let step: Double

  /// Holds all `values`, and is at least `least` long.
  init(_ values: [Double], least: Double) {
    let low = values.min() ?? 0, high = values.max() ?? 1
    let room = max((high - low) * 0.12, (least - (high - low)) / 2)
    range = (low - room)...(high + room)
    let rough = (high - low + 2 * room) / 5
    let power = pow(10, floor(log10(rough)))
    step = ([1, 2, 5].first { $0 * power >= rough } ?? 10) * power
  }

  /// Where a value stands, 0...1.
  func share(of value: Double) -> Double {
    (value - range.lowerBound) / (range.upperBound - range.lowerBound)
  }

  var ticks: [Double] {
    let first = Int((range.lowerBound / step).rounded(.up))
    let last = Int((range.upperBound / step).rounded(.down))
    return (min(first, last)...last).map { Double($0) * step }
  }

  /// Of a range of logarithms: powers of ten, and where they are few also their 2- and 5-fold.
  var decimalTicks: [Double] {
    let powers = Int(floor(range.lowerBound))...Int(ceil(range.upperBound))
    let factors: [Double] = range.upperBound - range.lowerBound < 2.5 ? [1, 2, 5] : [1]
    return powers.flatMap { power in factors.map { $0 * pow(10, Double(power)) } }
      .filter { range.contains(log10($0)) }
  }
}

/// Finds room for names beside their points.
private struct LabelPlaces {
  static let scale = 0.85
  private var taken: [CGRect]
  private let within: ClosedRange<Double>

  init(points: [(x: Double, y: Double)], within: ClosedRange<Double>) {
    taken = points.map { CGRect(x: $0.x - 5, y: $0.y - 5, width: 10, height: 10) }
    self.within = within
  }

  /// Where a name goes: right or left of its point, as little above or below as others allow.
  mutating func place(
    _ name: String, at point: (x: Double, y: Double)
  ) -> (x: Double, y: Double, anchor: SVG.Anchor) {
    let width = SVG.width(of: name, scale: Self.scale)
    let height = SVG.fontSize * Self.scale
    var choices: [CGRect] = []
    for rise in stride(from: 0.0, to: 120, by: 6) {
      for top in [point.y - height / 2 - rise, point.y - height / 2 + rise] {
        for left in [point.x + 8, point.x - 8 - width] {
          choices.append(CGRect(x: left, y: top, width: width, height: height))
        }
      }
    }
    let box =
      choices.first { box in
        within.contains(box.minX) && within.contains(box.maxX)
          && !taken.contains { $0.intersects(box) }
      } ?? choices[0]
    taken.append(box)
    let y = box.maxY - 0.2 * height
    return box.minX > point.x ? (box.minX, y, .start) : (box.maxX, y, .end)
  }
}
