// SPDX-License-Identifier: Apache-2.0

extension SafetensorsFile {
  /// Writes the file; a crash on the way leaves either the old file or the new one.
  ///
  /// - Parameter path: The file to create or replace, in a folder that exists.
  /// - Throws: ``SafetensorsError`` if the entries cannot be encoded, see ``encoded()``;
  ///   ``FileError`` if the file cannot be written.
  public func write(to path: String) throws {
    do {
      try writeAtomically(encoded(), to: path)
    } catch var error as SafetensorsError {
      error.file = path
      throw error
    }
  }

  /// Returns the bytes of the file.
  ///
  /// Arrays are stored by descending type (`DataType` order), then by name; metadata is stored by
  /// name. Equal contents therefore give equal bytes, whatever the order of `entries`. The header
  /// is padded with spaces to a multiple of 8 bytes.
  ///
  /// - Throws: ``SafetensorsError`` if two names are equal or one is `__metadata__`, if the bytes
  ///   of an entry do not fit its shape and type, or if the header exceeds 100 million bytes.
  public func encoded() throws -> [UInt8] {
    try checkNames()
    let sorted = entriesInFileOrder()
    var header = try header(for: sorted)
    header.append(
      contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - header.count % 8) % 8))
    guard header.count <= SafetensorsHeader.maximumByteCount else {
      throw SafetensorsError(
        .headerTooLarge, found: "a header of \(header.count) bytes",
        expected: "at most \(SafetensorsHeader.maximumByteCount)")
    }

    var result: [UInt8] = []
    result.reserveCapacity(sorted.reduce(8 + header.count) { $0 + $1.bytes.count })
    for shift in stride(from: 0, to: 64, by: 8) {
      result.append(UInt8(truncatingIfNeeded: header.count >> shift))
    }
    result.append(contentsOf: header)
    for entry in sorted { result.append(contentsOf: entry.bytes) }
    return result
  }

  private func checkNames() throws {
    var names: Set<String> = []
    for entry in entries {
      guard entry.name != SafetensorsHeader.metadataKey else {
        throw SafetensorsError(
          .invalidHeader, tensor: entry.name, found: "a name the format reserves",
          expected: "another name")
      }
      guard names.insert(entry.name).inserted else {
        throw SafetensorsError(
          .duplicateKey, tensor: entry.name, found: "two entries of this name",
          expected: "names that differ")
      }
    }
  }

  private func entriesInFileOrder() -> [Entry] {
    let ranks = Dictionary(uniqueKeysWithValues: zip(DataType.allCases, 0...))
    return entries.sorted { left, right in
      let leftRank = ranks[left.dtype, default: 0]
      let rightRank = ranks[right.dtype, default: 0]
      if leftRank != rightRank { return leftRank > rightRank }
      return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
  }

  private func header(for sorted: [Entry]) throws -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { "\(quoted($0.key)):\(quoted($0.value))" }
      members.append("\"\(SafetensorsHeader.metadataKey)\":{\(texts.joined(separator: ","))}")
    }
    var begin = 0
    for entry in sorted {
      try Self.checkByteCount(
        entry.bytes.count, name: entry.name, dtype: entry.dtype, shape: entry.shape)
      let shape = entry.shape.map(String.init).joined(separator: ",")
      members.append(
        "\(quoted(entry.name)):{\"dtype\":\"\(entry.dtype.rawValue)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(begin),\(begin + entry.bytes.count)]}")
      begin += entry.bytes.count
    }
    return Array("{\(members.joined(separator: ","))}".utf8)
  }
}

/// Returns `text` as a JSON string, with escapes only where JSON demands them.
private func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\u{8}": result += "\\b"
    case "\u{C}": result += "\\f"
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\t": result += "\\t"
    case "\0"..<" ":
      result += scalar.value < 16 ? "\\u000" : "\\u00"
      result += String(scalar.value, radix: 16)
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
