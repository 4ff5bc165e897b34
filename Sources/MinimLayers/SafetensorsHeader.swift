// SPDX-License-Identifier: Apache-2.0

/// The contents of a header: metadata, and where the bytes of each tensor are.
struct SafetensorsHeader {
  struct Tensor {
    var name: String
    var dtype: SafetensorsFile.DataType
    var shape: [Int]
    var begin: Int
    var end: Int
  }

  static let metadataKey = "__metadata__"
  static let maximumByteCount = 100_000_000

  private(set) var metadata: [String: String] = [:]
  private(set) var tensors: [Tensor] = []

  /// Parses the header, which must be one JSON object and nothing else but white space after it.
  init(parsing bytes: ArraySlice<UInt8>) throws {
    var json = StrictJSON(bytes)
    guard json.next == UInt8(ascii: "{") else {
      throw json.unexpected("\"{\" as first byte of the header")
    }
    try json.readObject { key, json in
      if key == Self.metadataKey {
        try json.readObject { key, json in metadata[key] = try json.readString() }
      } else {
        tensors.append(try Self.readTensor(named: key, from: &json))
      }
    }
    json.skipWhiteSpace()
    guard json.next == nil else { throw json.unexpected("the end of the header") }
  }

  private static func readTensor(
    named name: String, from json: inout StrictJSON
  ) throws -> Tensor {
    var dtypeName: String?
    var shape: [Int]?
    var offsets: [Int]?
    try json.readObject { key, json in
      switch key {
      case "dtype": dtypeName = try json.readString()
      case "shape": shape = try json.readIntegers()
      case "data_offsets": offsets = try json.readIntegers()
      default:
        throw SafetensorsError(
          .invalidHeader, tensor: name, found: "the key \"\(onOneLine(key))\"",
          expected: "\"dtype\", \"shape\" and \"data_offsets\" only")
      }
    }
    guard let dtypeName, let shape, let offsets, offsets.count == 2 else {
      throw SafetensorsError(
        .invalidHeader, tensor: name, found: "an incomplete description",
        expected: "\"dtype\", \"shape\" and two \"data_offsets\"")
    }
    guard let dtype = SafetensorsFile.DataType(rawValue: dtypeName) else {
      let known = SafetensorsFile.DataType.allCases.map(\.rawValue).joined(separator: " ")
      throw SafetensorsError(
        .unknownDataType, tensor: name, found: "the dtype \"\(onOneLine(dtypeName))\"",
        expected: "one of \(known)")
    }
    return Tensor(name: name, dtype: dtype, shape: shape, begin: offsets[0], end: offsets[1])
  }
}
