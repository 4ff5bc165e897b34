// SPDX-License-Identifier: Apache-2.0

/// A safetensors file that cannot be read or written.
public struct SafetensorsError: Error, CustomStringConvertible, Sendable {
  /// The file, or "safetensors" for bytes in memory.
  public var file: String
  /// The tensor in question, if one is.
  public var tensor: String?
  /// What was found and what was expected.
  public var problem: String

  /// An error from its parts.
  public init(file: String, tensor: String? = nil, problem: String) {
    self.file = file
    self.tensor = tensor
    self.problem = problem
  }

  /// One line: file, tensor and problem.
  public var description: String {
    "\(file): \(tensor.map { "tensor \"\($0)\": " } ?? "")\(problem)"
  }
}

/// A safetensors file: named arrays of bytes with type and shape, and a map of text.
///
/// Layout: the header's length as a little-endian u64, the header as JSON, then the bytes of all tensors without
/// gap or overlap to the end of the file. Every rule of the format is checked on reading, before anything is
/// copied; the header is at most 100 MB. Written tensors are ordered by descending element size, then by name.
public struct SafetensorsFile: Sendable {
  /// One array of the file.
  public struct Entry: Sendable, Equatable {
    /// The name; unique in the file.
    public let name: String
    /// The element type as the format spells it, such as "F32".
    public let dtype: String
    /// The extents, outermost first; empty for a scalar.
    public let shape: [Int]
    /// The elements, little-endian and row-major.
    public let bytes: [UInt8]

    /// An array from its parts.
    public init(name: String, dtype: String, shape: [Int], bytes: [UInt8]) {
      self.name = name
      self.dtype = dtype
      self.shape = shape
      self.bytes = bytes
    }
  }

  /// Free text beside the tensors.
  public var metadata: [String: String]
  /// The arrays, in file order when read.
  public var entries: [Entry]

  /// A file from its parts.
  public init(metadata: [String: String] = [:], entries: [Entry] = []) {
    self.metadata = metadata
    self.entries = entries
  }

  /// The array of a name, or nil.
  public func entry(named name: String) -> Entry? { entries.first { $0.name == name } }

  /// Reads a file. Throws `FileError` or `SafetensorsError`.
  public init(contentsOf path: String) throws {
    do {
      try self.init(bytes: readFile(path))
    } catch var error as SafetensorsError {
      error.file = path
      throw error
    }
  }

  /// Reads a file's bytes. Throws `SafetensorsError`.
  public init(bytes: [UInt8]) throws {
    guard bytes.count >= 8 else {
      throw Self.error("\(bytes.count) bytes are too few: the header's length takes 8")
    }
    let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << (8 * UInt64($1)) }
    guard length <= 100_000_000 else {
      throw Self.error("a header of \(length) bytes; at most 100000000 are allowed")
    }
    let start = 8 + Int(length)
    guard start <= bytes.count else {
      throw Self.error("the header should take \(length) bytes, \(bytes.count - 8) are there; is the file cut off?")
    }
    var parser = SafetensorsHeader(bytes: bytes[8..<start])
    let (metadata, described) = try parser.parse()
    self.metadata = metadata
    let available = bytes.count - start
    var place = 0
    entries = []
    for item in described.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
      guard item.begin == place else {
        throw Self.error(
          "its bytes begin at \(item.begin), expected \(place): no gap or overlap is allowed",
          tensor: item.name)
      }
      let needed = try Self.byteCount(item)
      guard item.end >= item.begin, item.end - item.begin == needed else {
        throw Self.error(
          "its offsets hold \(item.end - item.begin) bytes, its shape needs \(needed)",
          tensor: item.name)
      }
      guard item.end <= available else {
        throw Self.error(
          "its bytes end at \(item.end), the file holds \(available); is the file cut off?",
          tensor: item.name)
      }
      entries.append(
        Entry(
          name: item.name, dtype: item.dtype, shape: item.shape,
          bytes: Array(bytes[(start + item.begin)..<(start + item.end)])))
      place = item.end
    }
    guard place == available else {
      throw Self.error("\(available - place) bytes follow the last tensor; none are expected")
    }
  }

  /// The file's bytes. Throws `SafetensorsError` where a name repeats, a type is unknown or a size disagrees.
  public func encoded() throws -> [UInt8] {
    let ordered = entries.sorted {
      let (a, b) = (Self.elementSize[$0.dtype] ?? 0, Self.elementSize[$1.dtype] ?? 0)
      return a == b ? $0.name < $1.name : a > b
    }
    var fields: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
      fields.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var names: Set<String> = ["__metadata__"]
    var place = 0
    for entry in ordered {
      guard names.insert(entry.name).inserted else {
        throw Self.error("the name is used twice or reserved", tensor: entry.name)
      }
      let end = place + entry.bytes.count
      let item = SafetensorsHeader.Item(
        name: entry.name, dtype: entry.dtype, shape: entry.shape, begin: place, end: end)
      let needed = try Self.byteCount(item)
      guard needed == entry.bytes.count else {
        throw Self.error(
          "\(entry.bytes.count) bytes for shape \(entry.shape) of \(entry.dtype), expected \(needed)",
          tensor: entry.name)
      }
      let shape = entry.shape.map(String.init).joined(separator: ",")
      fields.append(
        "\(quoted(entry.name)):{\"dtype\":\"\(entry.dtype)\",\"shape\":[\(shape)],\"data_offsets\":[\(place),\(end)]}"
      )
      place = end
    }
    var header = Array("{\(fields.joined(separator: ","))}".utf8)
    header += [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8)
    var result = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
    result += header
    for entry in ordered { result += entry.bytes }
    return result
  }

  /// Writes the file whole or not at all. Throws `FileError` or `SafetensorsError`.
  public func write(to path: String) throws {
    try writeAtomically(encoded(), to: path)
  }

  static let elementSize: [String: Int] = [
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
    "I32": 4, "U32": 4, "F32": 4, "F64": 8, "I64": 8, "U64": 8,
  ]

  static func error(_ problem: String, tensor: String? = nil) -> SafetensorsError {
    SafetensorsError(file: "safetensors", tensor: tensor, problem: problem)
  }

  private static func byteCount(_ item: SafetensorsHeader.Item) throws -> Int {
    guard var total = elementSize[item.dtype] else {
      throw error("the type \"\(item.dtype)\" is not known", tensor: item.name)
    }
    for extent in item.shape {
      let (product, overflow) = total.multipliedReportingOverflow(by: extent)
      guard !overflow, extent >= 0 else {
        throw error("the shape \(item.shape) is too large", tensor: item.name)
      }
      total = product
    }
    return total
  }
}

/// A string as JSON.
private func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\t": result += "\\t"
    case _ where scalar.value < 0x20:
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
