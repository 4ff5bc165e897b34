// SPDX-License-Identifier: Apache-2.0

/// A matrix of a model file as it lies there: element (row, column) is number
/// `column * rows + row` of its data, so that a product walks through it in order; of a one-bit matrix,
/// bit `row * columns + column` of its mask.
public struct Matrix {
  /// How the elements are stored.
  public let type: TensorType
  /// The number of rows: outputs of a product.
  public let rows: Int
  /// The number of columns: inputs of a product.
  public let columns: Int
  /// The first byte of its block, aligned to 4.
  public let data: UnsafeRawPointer
  #if !MINIM_OPERATIONS_1_2
    /// Type, alpha and flags, as the tensor's entry begins.
    package let head: UInt32
    /// The mask that was decoded from a coded one; nil where it lies in the block.
    var mask: UnsafePointer<UInt32>?
  #endif

  /// The elements of a float32 matrix.
  @inline(__always)
  public var floats: UnsafePointer<Float> { data.assumingMemoryBound(to: Float.self) }
  /// The elements of a float16 matrix, as bits.
  @inline(__always)
  public var halves: UnsafePointer<UInt16> { data.assumingMemoryBound(to: UInt16.self) }
  /// Of an int8 matrix: x is rounded to multiples of this, at most 127 of them, before the product.
  @inline(__always)
  public var inputScale: Float { data.load(as: Float.self) }
  /// Of an int8 matrix: what an element 1 stands for in each row, as the bits of a float16.
  @inline(__always)
  public var rowScales: UnsafePointer<UInt16> {
    (data + 4).assumingMemoryBound(to: UInt16.self)
  }
  /// The elements of an int8 matrix.
  @inline(__always)
  public var bytes: UnsafePointer<Int8> {
    (data + 4 + 2 &* rows).assumingMemoryBound(to: Int8.self)
  }
}

extension Model {
  /// The number of tensors.
  public var tensorCount: Int { tensors.length / ModelFormat.recordBytes }

  /// A tensor by its index, which must be below `tensorCount`.
  @inline(__always)
  public func tensor(_ index: Int) -> Matrix {
    let record = reader.base + tensors.offset + index &* ModelFormat.recordBytes
    let type = TensorType(rawValue: record.load(as: UInt8.self)) ?? .float32
    let rows = Int(truncatingIfNeeded: record.load(fromByteOffset: 4, as: UInt32.self))
    let columns = Int(truncatingIfNeeded: record.load(fromByteOffset: 8, as: UInt32.self))
    let data =
      reader.base + weights.offset
      + Int(truncatingIfNeeded: record.load(fromByteOffset: 12, as: UInt32.self))
    #if MINIM_OPERATIONS_1_2
      return Matrix(type: type, rows: rows, columns: columns, data: data)
    #else
      return Matrix(
        type: type, rows: rows, columns: columns, data: data, head: record.load(as: UInt32.self))
    #endif
  }

  /// Descriptors are in range, blocks follow each other without gaps and fill WEIGHTS, all numbers
  /// are finite.
  func checkTensors() throws(ModelError) {
    guard tensors.length % ModelFormat.recordBytes == 0,
      tensorCount <= ModelFormat.maximumTensors
    else {
      throw ModelError(
        .tensorCount, at: tensors.offset, found: tensors.length / ModelFormat.recordBytes,
        expected: ModelFormat.maximumTensors)
    }
    var end = 0
    for index in 0..<tensorCount {
      let record = tensors.offset &+ index &* ModelFormat.recordBytes
      guard let type = TensorType(rawValue: UInt8(truncatingIfNeeded: reader.u8(record))) else {
        throw ModelError(
          .tensorType, at: record, found: reader.u8(record), expected: TensorType.highest)
      }
      // A reader without this type must have been able to tell from the header.
      guard reader.u32(28) & type.featureBit == type.featureBit else {
        throw ModelError(
          .unknownFeature, at: 28, found: Int(clamping: reader.u32(28)),
          expected: Int(clamping: reader.u32(28) | type.featureBit))
      }
      try checkHead(type, at: record)
      let limit = ModelFormat.maximumDimension
      let widest = type == .int8 ? ModelFormat.maximumByteColumns : limit
      let rows = try reader.u32(record &+ 4, atMost: limit, .tensorRows)
      let columns = try reader.u32(record &+ 8, atMost: widest, .tensorColumns)
      guard rows > 0 else { throw ModelError(.tensorRows, at: record &+ 4, expected: 1) }
      guard columns > 0 else { throw ModelError(.tensorColumns, at: record &+ 8, expected: 1) }
      guard reader.u32(record &+ 12) == UInt32(clamping: end) else {
        throw ModelError(
          .tensorOffset, at: record &+ 12, found: Int(clamping: reader.u32(record &+ 12)),
          expected: end)
      }
      let elements = try checkedProduct(rows, columns, .tensorRows, at: record &+ 4)
      let length = try blockLength(index, type, rows: rows, elements: elements, at: record)
      try reader.requireRange(
        weights.offset &+ end, length, end: weights.end, .tensorLength)
      try checkNumbers(index, type, rows: rows, elements: elements, at: weights.offset &+ end)
      let padded = try checkedSum(length, 3, .tensorLength, at: record) & ~3
      try reader.requireRange(
        weights.offset &+ end, padded, end: weights.end, .tensorLength)
      try reader.requireZeros(weights.offset &+ end &+ length, padded &- length, .paddingNotZero)
      end = try checkedSum(end, padded, .tensorLength, at: record)
    }
    guard end == weights.length else {
      throw ModelError(.tensorLength, at: weights.offset, found: weights.length, expected: end)
    }
  }

  /// What stands between the type and the rows of a tensor.
  private func checkHead(_ type: TensorType, at record: Int) throws(ModelError) {
    #if !MINIM_OPERATIONS_1_2
      if type == .oneBit { return try checkOneBitHead(at: record) }
    #endif
    try reader.requireZeros(record &+ 1, 3, .reservedNotZero)
  }

  /// The bytes of a tensor's block before padding.
  private func blockLength(
    _ index: Int, _ type: TensorType, rows: Int, elements: Int, at offset: Int
  ) throws(ModelError) -> Int {
    switch type {
    case .float32: return try checkedProduct(elements, 4, .tensorLength, at: offset)
    case .float16: return try checkedProduct(elements, 2, .tensorLength, at: offset)
    case .int8:
      return try checkedSum(elements, 4 &+ 2 &* rows, .tensorLength, at: offset)
    #if !MINIM_OPERATIONS_1_2
      case .oneBit:
        return try oneBitLength(
          index, elements: elements, at: weights.offset &+ Int(clamping: reader.u32(offset &+ 12)))
    #endif
    }
  }

  private func checkNumbers(
    _ index: Int, _ type: TensorType, rows: Int, elements: Int, at offset: Int
  ) throws(ModelError) {
    switch type {
    case .float32:
      for index in 0..<elements where !isFinite(reader.float(offset &+ 4 &* index)) {
        throw ModelError(.weightNotFinite, at: offset &+ 4 &* index)
      }
    case .float16:
      for index in 0..<elements where reader.u16(offset &+ 2 &* index) & 0x7C00 == 0x7C00 {
        throw ModelError(.weightNotFinite, at: offset &+ 2 &* index)
      }
    case .int8:
      let scale = reader.float(offset)
      guard isFinite(scale), isFinite(1 / scale), scale > 0 else {
        throw ModelError(.scaleNotPositive, at: offset)
      }
      // From 1 (the smallest subnormal) to 7BFF (the largest finite number), sign clear.
      for row in 0..<rows {
        let place = offset &+ 4 &+ 2 &* row
        guard (0x0001...0x7BFF).contains(reader.u16(place)) else {
          throw ModelError(.scaleNotPositive, at: place, found: reader.u16(place))
        }
      }
    #if !MINIM_OPERATIONS_1_2
      case .oneBit: try checkOneBitPadding(index, elements: elements, at: offset)
    #endif
    }
  }
}
