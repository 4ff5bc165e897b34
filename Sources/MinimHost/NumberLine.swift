// SPDX-License-Identifier: Apache-2.0
import CMinimSystem

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
      if Self.isSeparator(line[place]) || line[place] == 0x20 { skipped -= 1 }
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

  /// Whether a line looks like the names of as many columns: each field begins with a letter and is
  /// no number's name.
  static func isColumnNames(_ line: UnsafeBufferPointer<UInt8>, count: Int) -> Bool {
    let fields = line.split(omittingEmptySubsequences: false, whereSeparator: isSeparator)
    return fields.count == count
      && fields.allSatisfy { field in
        // Letters, `_` or a byte of a letter outside ASCII at the beginning.
        let name = field.filter { $0 != UInt8(ascii: "\"") && $0 != 0x20 }
        let lower = String(decoding: name, as: UTF8.self).lowercased()
        guard let first = name.first, !["nan", "inf", "infinity", "null"].contains(lower) else {
          return false
        }
        return first >= 0x80 || first == 0x5F || first & 0xDF >= 0x41 && first & 0xDF <= 0x5A
      }
  }

  /// The names in a line of them, without quotation marks and blanks around them.
  static func columnNames(_ line: UnsafeBufferPointer<UInt8>) -> [String] {
    line.split(omittingEmptySubsequences: false, whereSeparator: isSeparator).map { field in
      let isOuter: (UInt8) -> Bool = { $0 == UInt8(ascii: "\"") || $0 == 0x20 || $0 == 0x0D }
      var name = field.drop(while: isOuter)
      while let last = name.last, isOuter(last) { name.removeLast() }
      return String(decoding: name, as: UTF8.self)
    }
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
    if let number = Self.number(line, start..<end) {
      numbers.append(number)
      return end
    }
    let text = String(decoding: line[start..<end].prefix(24), as: UTF8.self)
    guard ["null", "nan", "?"].contains(text.lowercased()) else {
      throw Problem(found: quoted(text), expected: "a number")
    }
    numbers.append(.nan)
    return end
  }

  /// The decimal number that a part of a line is, or nil; a byte that belongs to no number must
  /// follow.
  static func number(_ line: UnsafeBufferPointer<UInt8>, _ place: Range<Int>) -> Double? {
    let field = line[place]
    // strtod also takes hexadecimal numbers and names; here every byte must belong to a decimal.
    let isDecimal = field.allSatisfy { byte in
      byte >= 0x30 && byte <= 0x39 || byte == 0x2E || byte == 0x2D || byte == 0x2B || byte == 0x65
        || byte == 0x45
    }
    guard isDecimal, !field.isEmpty, let base = line.baseAddress else { return nil }
    let text = UnsafeRawPointer(base + place.lowerBound).assumingMemoryBound(to: CChar.self)
    var stop: UnsafePointer<CChar>?
    let number = system_number(text, &stop)
    guard let stop, stop - text == field.count else { return nil }
    return number
  }
}

/// A piece of foreign text for a message: in quotes, control characters escaped.
func quoted(_ text: String) -> String {
  "\"" + text.unicodeScalars.map { $0.escaped(asASCII: true) }.joined() + "\""
}
