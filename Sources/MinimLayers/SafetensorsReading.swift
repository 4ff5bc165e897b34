// SPDX-License-Identifier: Apache-2.0

extension SafetensorsFile {
  /// Reads and checks a file.
  ///
  /// - Parameter path: A regular file; it is read as a whole.
  /// - Throws: ``FileError`` if it cannot be read, ``SafetensorsError`` if it is not valid.
  public init(contentsOf path: String) throws {
    do {
      self = try Self(bytes: readFile(at: path))
    } catch var error as SafetensorsError {
      error.file = path
      throw error
    }
  }

  /// Reads and checks the bytes of a file.
  ///
  /// The arrays must lie one after the other from the end of the header to the end of the file,
  /// without gap or overlap, each with exactly the bytes its shape and type ask for.
  ///
  /// - Parameter bytes: All of the file.
  /// - Throws: ``SafetensorsError`` if the bytes are anything but a valid file.
  public init(bytes: [UInt8]) throws {
    let dataStart = try Self.dataStart(of: bytes)
    let header = try SafetensorsHeader(parsing: bytes[8..<dataStart])
    let dataCount = bytes.count - dataStart
    // Equal offsets are those of empty arrays, which keep the order of the header.
    let inOrder = header.tensors.enumerated().sorted {
      ($0.element.begin, $0.element.end, $0.offset) < ($1.element.begin, $1.element.end, $1.offset)
    }

    var end = 0
    for (_, tensor) in inOrder {
      try Self.check(tensor, beginsAt: end, dataCount: dataCount)
      end = tensor.end
    }
    guard end == dataCount else {
      throw SafetensorsError(
        .fileLength, found: "a file of \(bytes.count) bytes",
        expected: "\(dataStart + end) bytes, as the header says")
    }
    metadata = header.metadata
    entries = inOrder.map { _, tensor in
      Entry(
        name: tensor.name, dtype: tensor.dtype, shape: tensor.shape,
        bytes: Array(bytes[dataStart + tensor.begin..<dataStart + tensor.end]))
    }
  }

  /// Returns where the header ends and the arrays begin.
  private static func dataStart(of bytes: [UInt8]) throws -> Int {
    guard bytes.count >= 8 else {
      throw SafetensorsError(
        .tooShort, found: "\(bytes.count) bytes", expected: "at least the 8 of the header length")
    }
    let length = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(SafetensorsHeader.maximumByteCount) else {
      throw SafetensorsError(
        .headerTooLarge, found: "a header length of \(length) bytes",
        expected: "at most \(SafetensorsHeader.maximumByteCount) (is it a safetensors file?)")
    }
    guard Int(length) <= bytes.count - 8 else {
      throw SafetensorsError(
        .headerBeyondEnd, found: "a file of \(bytes.count) bytes",
        expected: "at least \(8 + length), the end of the header (was the copy interrupted?)")
    }
    return 8 + Int(length)
  }

  private static func check(
    _ tensor: SafetensorsHeader.Tensor, beginsAt expectedBegin: Int, dataCount: Int
  ) throws {
    guard tensor.begin == expectedBegin, tensor.end >= tensor.begin else {
      throw SafetensorsError(
        .gapOrOverlap, tensor: tensor.name,
        found: "data_offsets \(tensor.begin) to \(tensor.end)",
        expected: "a beginning at \(expectedBegin), where the data before it ends")
    }
    try checkByteCount(
      tensor.end - tensor.begin, name: tensor.name, dtype: tensor.dtype, shape: tensor.shape)
    guard tensor.end <= dataCount else {
      throw SafetensorsError(
        .fileLength, tensor: tensor.name, found: "\(dataCount) bytes after the header",
        expected: "at least \(tensor.end) (was the copy interrupted?)")
    }
  }

  /// Throws unless `count` is the size in bytes of an array of this type and shape.
  static func checkByteCount(_ count: Int, name: String, dtype: DataType, shape: [Int]) throws {
    let array = "\(dtype.rawValue) of shape \(onOneLine("\(shape)"))"
    guard let expected = dtype.byteCount(ofShape: shape) else {
      throw SafetensorsError(
        .invalidShape, tensor: name, found: array,
        expected: "extents of at least 0 and at most \(Int.max) bytes in all")
    }
    guard count == expected else {
      throw SafetensorsError(
        .sizeMismatch, tensor: name, found: "\(count) bytes", expected: "\(expected) for \(array)")
    }
  }
}
