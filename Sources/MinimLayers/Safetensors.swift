// SPDX-License-Identifier: Apache-2.0

/// Named arrays of numbers in the safetensors format, with a map of texts beside them.
///
/// A file is an 8-byte little-endian length, a JSON header of that length and the bytes of the
/// arrays, row-major and little-endian, without gaps. It has no checksum. Everything in the header
/// is checked before any of it is used, so a damaged or hostile file is an error and never a crash.
///
///     var file = SafetensorsFile(metadata: ["model": "lstm"])
///     file.entries.append(.init(name: "bias", shape: [2], values: [0.5, -0.5] as [Float]))
///     try file.write(to: "model.safetensors")
///     let bias = try SafetensorsFile(contentsOf: "model.safetensors").entry(named: "bias")
///     try bias?.values(as: Float.self)  // [0.5, -0.5]
public struct SafetensorsFile: Sendable, Equatable {
  /// Free texts under free names; the format knows no other kind of metadata.
  public var metadata: [String: String]

  /// The arrays: after reading in the order of their bytes, before writing in any order.
  public var entries: [Entry]

  /// Creates a file in memory.
  ///
  /// - Parameters:
  ///   - metadata: Texts to store with the arrays.
  ///   - entries: The arrays, with names that differ.
  public init(metadata: [String: String] = [:], entries: [Entry] = []) {
    self.metadata = metadata
    self.entries = entries
  }

  /// Returns the first entry with this name, or nil if there is none.
  public func entry(named name: String) -> Entry? {
    entries.first { $0.name == name }
  }
}

extension SafetensorsFile {
  /// One named array.
  public struct Entry: Sendable, Equatable {
    /// The name, unique within a file.
    public var name: String
    /// What each element is.
    public var dtype: DataType
    /// The extent of each dimension, the slowest first; empty for a single number.
    ///
    /// An extent may be 0, and the array is then without bytes.
    public var shape: [Int]
    /// The elements, row-major and little-endian: product of `shape` times `dtype.byteCount` bytes.
    public var bytes: [UInt8]

    /// Creates an entry from raw bytes, whose number is checked when the file is encoded.
    ///
    /// - Parameters:
    ///   - name: A name unique within the file.
    ///   - dtype: What each element is.
    ///   - shape: The extent of each dimension, the slowest first.
    ///   - bytes: The elements, row-major and little-endian.
    public init(name: String, dtype: DataType, shape: [Int], bytes: [UInt8]) {
      self.name = name
      self.dtype = dtype
      self.shape = shape
      self.bytes = bytes
    }
  }

  /// The element types of the format, under the names they have in a file.
  public enum DataType: String, Sendable, CaseIterable {
    // The order is the format's own, from which the order of arrays in a file follows.

    /// One byte, 0 or 1.
    case bool = "BOOL"
    /// Unsigned 8-bit integer.
    case uint8 = "U8"
    /// Signed 8-bit integer.
    case int8 = "I8"
    /// 8-bit floating point with 5 bits of exponent.
    case float8e5m2 = "F8_E5M2"
    /// 8-bit floating point with 4 bits of exponent.
    case float8e4m3 = "F8_E4M3"
    /// Signed 16-bit integer.
    case int16 = "I16"
    /// Unsigned 16-bit integer.
    case uint16 = "U16"
    /// IEEE 754 half precision.
    case float16 = "F16"
    /// The upper half of a single-precision number.
    case bfloat16 = "BF16"
    /// Signed 32-bit integer.
    case int32 = "I32"
    /// Unsigned 32-bit integer.
    case uint32 = "U32"
    /// IEEE 754 single precision.
    case float32 = "F32"
    /// IEEE 754 double precision.
    case float64 = "F64"
    /// Signed 64-bit integer.
    case int64 = "I64"
    /// Unsigned 64-bit integer.
    case uint64 = "U64"

    /// The size of one element in bytes.
    public var byteCount: Int {
      switch self {
      case .bool, .uint8, .int8, .float8e5m2, .float8e4m3: 1
      case .int16, .uint16, .float16, .bfloat16: 2
      case .int32, .uint32, .float32: 4
      case .float64, .int64, .uint64: 8
      }
    }

    /// The size in bytes of an array of this shape, or nil if it is no shape or too large.
    func byteCount(ofShape shape: [Int]) -> Int? {
      var count = 1
      for extent in shape {
        let (product, overflow) = count.multipliedReportingOverflow(by: extent)
        guard extent >= 0, !overflow else { return nil }
        count = product
      }
      let (bytes, overflow) = count.multipliedReportingOverflow(by: byteCount)
      return overflow ? nil : bytes
    }
  }
}
