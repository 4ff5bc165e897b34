// SPDX-License-Identifier: Apache-2.0

/// A reader of the part of JSON that a safetensors header is made of: objects whose keys are all
/// different, strings, and arrays of whole numbers from 0 to `Int.max`.
///
/// Keys are compared as Swift strings, so two spellings of the same accented letter are equal.
struct StrictJSON {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  /// The byte to be read next, or nil at the end.
  var next: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

  mutating func skipWhiteSpace() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
      position += 1
    }
  }

  /// Reads an object, calling `readValue` to read the value of each key.
  mutating func readObject(
    _ readValue: (_ key: String, _ json: inout StrictJSON) throws -> Void
  ) throws {
    var keys: Set<String> = []
    try readList(from: "{", to: "}") { json in
      let key = try json.readString()
      guard keys.insert(key).inserted else {
        throw SafetensorsError(
          .duplicateKey, found: "the key \"\(onOneLine(key))\" twice in one object",
          expected: "keys that differ")
      }
      try json.skip(":")
      try readValue(key, &json)
    }
  }

  /// Reads an array of whole numbers.
  mutating func readIntegers() throws -> [Int] {
    var values: [Int] = []
    try readList(from: "[", to: "]") { json in values.append(try json.readInteger()) }
    return values
  }

  /// Reads a string and resolves its escapes.
  mutating func readString() throws -> String {
    try skip("\"")
    var text: [UInt8] = []
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw unexpected("no control character inside a string") }
      position += 1
      if byte == UInt8(ascii: "\\") {
        text.append(contentsOf: String(try readEscape()).utf8)
      } else {
        text.append(byte)
      }
    }
    guard next != nil else { throw unexpected("the closing quote of a string") }
    position += 1
    // Decoding replaces what is not UTF-8, so valid text is text that comes back unchanged.
    let string = String(decoding: text, as: UTF8.self)
    guard string.utf8.elementsEqual(text) else {
      throw SafetensorsError(
        .invalidHeader, found: "bytes that are not UTF-8 before byte \(offset) of the header",
        expected: "UTF-8")
    }
    return string
  }

  /// Returns the error that the next byte is not what was expected.
  func unexpected(_ expected: String) -> SafetensorsError {
    guard let byte = next else {
      return SafetensorsError(
        .invalidHeader, found: "the end of the header", expected: expected)
    }
    let found = (0x21...0x7E).contains(byte) ? "\"\(Unicode.Scalar(byte))\"" : "byte \(byte)"
    return SafetensorsError(
      .invalidHeader, found: "\(found) at byte \(offset) of the header", expected: expected)
  }

  private var offset: Int { position - bytes.startIndex }

  private mutating func skip(_ scalar: Unicode.Scalar) throws {
    skipWhiteSpace()
    guard next == UInt8(ascii: scalar) else { throw unexpected("\"\(scalar)\"") }
    position += 1
  }

  private mutating func readList(
    from opening: Unicode.Scalar, to closing: Unicode.Scalar,
    readElement: (inout StrictJSON) throws -> Void
  ) throws {
    try skip(opening)
    skipWhiteSpace()
    if next == UInt8(ascii: closing) {
      position += 1
      return
    }
    while true {
      try readElement(&self)
      skipWhiteSpace()
      if next == UInt8(ascii: closing) { break }
      guard next == UInt8(ascii: ",") else { throw unexpected("\",\" or \"\(closing)\"") }
      position += 1
    }
    position += 1
  }

  private mutating func readInteger() throws -> Int {
    skipWhiteSpace()
    let start = position
    var value = 0
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      if position > start && value == 0 { throw unexpected("no digit after a leading 0") }
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
      guard !overflow, !carry else { throw unexpected("a number of at most \(Int.max)") }
      value = sum
      position += 1
    }
    guard position > start else { throw unexpected("a whole number") }
    return value
  }

  private mutating func readEscape() throws -> Unicode.Scalar {
    guard let byte = next else { throw unexpected("an escape") }
    position += 1
    switch Unicode.Scalar(byte) {
    case "\"": return "\""
    case "\\": return "\\"
    case "/": return "/"
    case "b": return "\u{8}"
    case "f": return "\u{C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "u": return try readUnicodeEscape()
    default:
      position -= 1
      throw unexpected("an escape")
    }
  }

  private mutating func readUnicodeEscape() throws -> Unicode.Scalar {
    let first = try readFourHexDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, next == UInt8(ascii: "\\") else { throw unexpected("a surrogate pair") }
    position += 1
    guard next == UInt8(ascii: "u") else { throw unexpected("a surrogate pair") }
    position += 1
    let second = try readFourHexDigits()
    guard (0xDC00...0xDFFF).contains(second),
      let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
    else { throw unexpected("a surrogate pair before this") }
    return scalar
  }

  private mutating func readFourHexDigits() throws -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw unexpected("a hexadecimal digit")
      }
      value = value << 4 + UInt32(digit)
      position += 1
    }
    return value
  }
}
