// SPDX-License-Identifier: Apache-2.0

/// A strict reader of the JSON that a safetensors header may hold: names mapped to descriptions, nothing else.
struct SafetensorsHeader {
  /// One tensor as the header describes it; offsets count from the end of the header.
  struct Item {
    let name: String
    let dtype: String
    let shape: [Int]
    let begin: Int
    let end: Int
  }

  private let bytes: ArraySlice<UInt8>
  private var place: Int

  init(bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    place = bytes.startIndex
  }

  /// The whole header: metadata and tensors. Throws `SafetensorsError` that names the place.
  mutating func parse() throws -> (metadata: [String: String], items: [Item]) {
    guard bytes.first == UInt8(ascii: "{") else { throw broken("does not begin with '{'") }
    var metadata: [String: String] = [:]
    var items: [Item] = []
    var names: Set<String> = []
    try members { parser, key in
      guard names.insert(key).inserted else { throw parser.broken("names \"\(key)\" twice") }
      if key == "__metadata__" {
        try parser.members { parser, name in
          let text = try parser.string()
          guard metadata.updateValue(text, forKey: name) == nil else {
            throw parser.broken("names \"\(name)\" twice")
          }
        }
      } else {
        items.append(try parser.item(named: key))
      }
    }
    while place < bytes.endIndex {
      guard bytes[place] == 0x20 else { throw broken("holds more than one object") }
      place += 1
    }
    return (metadata, items)
  }

  private mutating func item(named name: String) throws -> Item {
    var dtype: String?
    var shape: [Int]?
    var offsets: [Int]?
    try members { parser, key in
      switch key {
      case "dtype" where dtype == nil: dtype = try parser.string()
      case "shape" where shape == nil: shape = try parser.integers()
      case "data_offsets" where offsets == nil: offsets = try parser.integers()
      default: throw parser.broken("has an unknown or repeated field \"\(key)\" for \"\(name)\"")
      }
    }
    guard let dtype, let shape, let offsets, offsets.count == 2 else {
      throw broken("lacks dtype, shape or two data_offsets for \"\(name)\"")
    }
    return Item(name: name, dtype: dtype, shape: shape, begin: offsets[0], end: offsets[1])
  }

  /// { "key": value, … }; `value` must consume the value.
  private mutating func members(
    _ value: (inout SafetensorsHeader, String) throws -> Void
  ) throws {
    try expect("{")
    if accept("}") { return }
    repeat {
      let key = try string()
      try expect(":")
      try value(&self, key)
    } while accept(",")
    try expect("}")
  }

  private mutating func integers() throws -> [Int] {
    try expect("[")
    var result: [Int] = []
    if accept("]") { return result }
    repeat {
      skipBlanks()
      let start = place
      while place < bytes.endIndex, (0x30...0x39).contains(bytes[place]) { place += 1 }
      guard let value = Int(String(decoding: bytes[start..<place], as: UTF8.self)) else {
        throw broken("lacks a whole number")
      }
      result.append(value)
    } while accept(",")
    try expect("]")
    return result
  }

  private mutating func string() throws -> String {
    try expect("\"")
    var text: [UInt8] = []
    while place < bytes.endIndex {
      let byte = bytes[place]
      place += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let result = String(validating: text, as: UTF8.self) else {
          throw broken("holds text that is not UTF-8")
        }
        return result
      case UInt8(ascii: "\\"): text += try escape()
      case 0..<0x20: throw broken("holds a control character in a string")
      default: text.append(byte)
      }
    }
    throw broken("ends inside a string")
  }

  private mutating func escape() throws -> [UInt8] {
    guard place < bytes.endIndex else { throw broken("ends inside a string") }
    let byte = bytes[place]
    place += 1
    switch byte {
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "u"):
      var unit = try hexUnit()
      if (0xD800..<0xDC00).contains(unit) {
        guard accept("\\", skippingBlanks: false), accept("u", skippingBlanks: false) else {
          throw broken("holds half a surrogate pair")
        }
        let low = try hexUnit()
        guard (0xDC00..<0xE000).contains(low) else { throw broken("holds half a surrogate pair") }
        unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(unit) else { throw broken("holds half a surrogate pair") }
      return Array(String(Character(scalar)).utf8)
    default: throw broken("holds an unknown escape")
    }
  }

  private mutating func hexUnit() throws -> UInt32 {
    guard place + 4 <= bytes.endIndex,
      let unit = UInt32(String(decoding: bytes[place..<(place + 4)], as: UTF8.self), radix: 16)
    else { throw broken("holds a \\u without four hexadecimal digits") }
    place += 4
    return unit
  }

  private mutating func skipBlanks() {
    while place < bytes.endIndex, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place]) { place += 1 }
  }

  private mutating func accept(_ symbol: Unicode.Scalar, skippingBlanks: Bool = true) -> Bool {
    if skippingBlanks { skipBlanks() }
    guard place < bytes.endIndex, bytes[place] == UInt8(ascii: symbol) else { return false }
    place += 1
    return true
  }

  private mutating func expect(_ symbol: Unicode.Scalar) throws {
    guard accept(symbol) else { throw broken("lacks '\(symbol)'") }
  }

  private func broken(_ problem: String) -> SafetensorsError {
    SafetensorsFile.error("the header \(problem) at byte \(place)")
  }
}
