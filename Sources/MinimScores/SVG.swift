// SPDX-License-Identifier: Apache-2.0

/// A picture of lines, circles and texts, written as SVG.
package struct SVG {
  /// Where a text begins, ends or has its middle.
  package enum Anchor: String {
    /// The point is the text's left end.
    case start
    /// The point is the text's middle.
    case middle
    /// The point is the text's right end.
    case end
  }

  /// The size of letters, in the units of the picture.
  package static let fontSize = 13.0
  private let size: (width: Double, height: Double)
  private let title: String
  private var elements: [String] = []

  /// An empty white picture; the title is for readers who do not see it.
  package init(width: Double, height: Double, title: String) {
    size = (width, height)
    self.title = title
  }

  /// Adds a line through points.
  package mutating func line(
    _ points: [(x: Double, y: Double)], width: Double = 1, color: String = "#222"
  ) {
    let path = points.map { "\(Self.fixed($0.x)),\(Self.fixed($0.y))" }.joined(separator: " ")
    elements.append(
      "<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(color)\" "
        + "stroke-width=\"\(Self.fixed(width))\"/>")
  }

  /// Adds a filled circle.
  package mutating func circle(x: Double, y: Double, radius: Double, color: String) {
    elements.append(
      "<circle cx=\"\(Self.fixed(x))\" cy=\"\(Self.fixed(y))\" r=\"\(Self.fixed(radius))\" "
        + "fill=\"\(color)\"/>")
  }

  /// Adds a text whose base line is at `y`; `scale` is its size beside `fontSize`.
  package mutating func text(
    _ text: String, x: Double, y: Double, anchor: Anchor = .start, scale: Double = 1
  ) {
    elements.append(
      "<text x=\"\(Self.fixed(x))\" y=\"\(Self.fixed(y))\" text-anchor=\"\(anchor.rawValue)\" "
        + "font-size=\"\(Self.fixed(Self.fontSize * scale))\">\(Self.escaped(text))</text>")
  }

  /// The whole file.
  package var source: String {
    let width = Self.fixed(size.width), height = Self.fixed(size.height)
    let head =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\" "
      + "width=\"\(width)\" height=\"\(height)\" font-family=\"sans-serif\" fill=\"#222\">"
    let parts = [
      head, "<title>\(Self.escaped(title))</title>",
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>",
    ]
    return (parts + elements + ["</svg>"]).joined(separator: "\n") + "\n"
  }

  /// The room that a text takes: letters are taken as wide as most wide ones.
  package static func width(of text: String, scale: Double = 1) -> Double {
    Double(text.count) * fontSize * 0.62 * scale
  }

  /// A number with `digits` after the point, rounded half away from zero; |value| below 1e12.
  package static func fixed(_ value: Double, digits: Int = 2) -> String {
    let unit = (0..<digits).reduce(1) { power, _ in power * 10 }
    let whole = Int((value.magnitude * Double(unit)).rounded())
    let sign = value < 0 && whole > 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(whole)" }
    let fraction = "\(whole % unit)"
    return "\(sign)\(whole / unit)."
      + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  /// The text with the signs of markup replaced, and control signs, which XML has no place for, as
  /// blanks.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\0"..<" ", "\u{FFFE}", "\u{FFFF}": result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
