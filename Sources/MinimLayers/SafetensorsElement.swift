// SPDX-License-Identifier: Apache-2.0

#if !_endian(little)
  #error("safetensors is little-endian, and elements are copied as they are")
#endif

/// A Swift type whose values can be stored in and read from a safetensors entry.
///
/// A conforming type must be laid out in memory as its `safetensorsType` is in a file.
public protocol SafetensorsElement: BitwiseCopyable, Sendable {
  /// The element type in the file.
  static var safetensorsType: SafetensorsFile.DataType { get }
}

extension Float: SafetensorsElement {
  /// `F32`.
  public static var safetensorsType: SafetensorsFile.DataType { .float32 }
}

extension Double: SafetensorsElement {
  /// `F64`.
  public static var safetensorsType: SafetensorsFile.DataType { .float64 }
}

extension Int64: SafetensorsElement {
  /// `I64`.
  public static var safetensorsType: SafetensorsFile.DataType { .int64 }
}

extension UInt64: SafetensorsElement {
  /// `U64`.
  public static var safetensorsType: SafetensorsFile.DataType { .uint64 }
}

extension UInt8: SafetensorsElement {
  /// `U8`.
  public static var safetensorsType: SafetensorsFile.DataType { .uint8 }
}

extension SafetensorsFile.Entry {
  /// Creates an entry from numbers, whose bits are stored unchanged, those of a NaN included.
  ///
  /// - Parameters:
  ///   - name: A name unique within the file.
  ///   - shape: The extent of each dimension, the slowest first; empty for a single number.
  ///   - values: The elements, row-major: as many as the product of `shape`.
  public init<Element: SafetensorsElement>(name: String, shape: [Int], values: [Element]) {
    let bytes = values.withUnsafeBytes { Array($0) }
    precondition(
      Element.safetensorsType.byteCount(ofShape: shape) == bytes.count,
      "tensor \(name): \(values.count) values do not fill the shape \(shape)")
    self.init(name: name, dtype: Element.safetensorsType, shape: shape, bytes: bytes)
  }

  /// Returns the elements, row-major, with the bits they have in the file.
  ///
  /// - Parameter type: The stored type; nothing is converted.
  /// - Returns: As many values as the product of `shape`.
  /// - Throws: ``SafetensorsError`` if the entry is of another type, or its number of bytes is not
  ///   what its shape asks for.
  public func values<Element: SafetensorsElement>(as type: Element.Type) throws -> [Element] {
    guard dtype == Element.safetensorsType else {
      throw SafetensorsError(
        .otherContents, tensor: name, found: "the dtype \(dtype.rawValue)",
        expected: Element.safetensorsType.rawValue)
    }
    try SafetensorsFile.checkByteCount(bytes.count, name: name, dtype: dtype, shape: shape)
    let count = bytes.count / dtype.byteCount
    return [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      UnsafeMutableRawBufferPointer(buffer).copyBytes(from: bytes)
      initialized = count
    }
  }
}
