// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The numbers of one line of text: JSON (`0.5`, `[0.5, 1]`, nested arrays), or values separated by
/// commas, semicolons, tabs or spaces.
///
/// A missing value, `null`, `NaN`, `?` or an empty field between separators, becomes NaN. A line
/// stays where it is read; numbers go into an array that is used again.
struct NumberLine {
  /// What is wrong with a line.
  struct Problem: Error {
    var found: String
    var expected: String
  }

  /// The numbers of the line read last.
  private(set) var numbers: [Double] = []
  /// Numbers in the shortest and the longest of the arrays inside the array; nil without any.
  private(set) var rowLengths: ClosedRange<Int>?

  /// Reads a line, which a zero byte must follow.
  ///
  /// `skippingFields` drops that many separated fields at the beginning.
  mutating func read(
    _ line: UnsafeBufferPointer<UInt8>, skippingFields: Int = 0
  ) throws(Problem) {
    numbers.removeAll(keepingCapacity: true)
    rowLengths = nil
    var rowStart = 0
    var place = 0, skipped = skippingFields
    while skipped > 0, place < line.count {
      if Self.isSeparator(line[place]) { skipped -= 1 }
      place += 1
    }
    var depth = 0, needsValue = false
    while true {
      while place < line.count, line[place] == 0x20 { place += 1 }
      guard place < line.count else { break }
      switch line[place] {
      case UInt8(ascii: "["):
        depth += 1
        place += 1
        if depth == 2 { rowStart = numbers.count }
      case UInt8(ascii: "]"):
        depth -= 1
        place += 1
        guard depth >= 0 else { throw Problem(found: "\"]\" without \"[\"", expected: "a number") }
        if depth == 1 {
          let count = numbers.count - rowStart, known = rowLengths ?? count...count
          rowLengths = min(known.lowerBound, count)...max(known.upperBound, count)
        }
        needsValue = false
      case let byte where Self.isSeparator(byte):
        if needsValue { numbers.append(.nan) }
        needsValue = true
        place += 1
        // The first field of a line may be empty too.
        if numbers.isEmpty, depth == 0 { numbers.append(.nan) }
      default:
        place = try value(line, at: place)
        needsValue = false
      }
    }
    if needsValue { numbers.append(.nan) }
    guard depth == 0 else { throw Problem(found: "\"[\" without \"]\"", expected: "a whole line") }
  }

  private static func isSeparator(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ",") || byte == UInt8(ascii: ";") || byte == 0x09
  }

  private mutating func value(
    _ line: UnsafeBufferPointer<UInt8>, at start: Int
  ) throws(Problem) -> Int {
    var end = start
    while end < line.count, !Self.isSeparator(line[end]), line[end] != 0x20,
      line[end] != UInt8(ascii: "]")
    { end += 1 }
    let field = line[start..<end]
    let first = field.first ?? 0
    // strtod also takes hexadecimal numbers and names; here every byte must belong to a decimal.
    let isDecimal = field.allSatisfy { byte in
      byte >= 0x30 && byte <= 0x39 || byte == 0x2E || byte == 0x2D || byte == 0x2B || byte == 0x65
        || byte == 0x45
    }
    if isDecimal, first != 0, let base = line.baseAddress {
      let text = UnsafeRawPointer(base + start).assumingMemoryBound(to: CChar.self)
      var stop: UnsafeMutablePointer<CChar>?
      let number = strtod(text, &stop)
      if let stop, UnsafePointer(stop) - text == field.count {
        numbers.append(number)
        return end
      }
    }
    let text = String(decoding: field.prefix(24), as: UTF8.self)
    guard ["null", "NaN", "nan", "?"].contains(text) else {
      throw Problem(found: quoted(text), expected: "a number")
    }
    numbers.append(.nan)
    return end
  }
}

/// A piece of foreign text for a message: in quotes, control characters escaped.
func quoted(_ text: String) -> String {
  "\"" + text.unicodeScalars.map { $0.escaped(asASCII: true) }.joined() + "\""
}
