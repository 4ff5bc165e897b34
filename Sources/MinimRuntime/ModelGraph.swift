// SPDX-License-Identifier: Apache-2.0

/// One record of the GRAPH section: reads values and tensors, writes a value.
public struct Operation {
  /// What it does.
  public let code: OperationCode
  /// Which kind of it; meaning by `code`.
  public let variant: UInt8
  /// The value it reads.
  public let input: Int
  /// The value it writes.
  public let output: Int
  /// Dilation of a convolution, number of values of a join, second value of an addition or an error,
  /// rows of a window, maps of a generation, repeats of a recall, period of a series, series of a forecast,
  /// rows that signatures span, states that are accumulated, extent of an image, second value of deviations; else 0.
  public let parameter: Int
  private let record: UnsafeRawPointer

  @inline(__always)
  init(_ record: UnsafeRawPointer) {
    self.record = record
    code = OperationCode(rawValue: record.load(as: UInt8.self)) ?? .softmax
    variant = record.load(fromByteOffset: 1, as: UInt8.self)
    input = Int(record.load(fromByteOffset: 2, as: UInt16.self))
    output = Int(record.load(fromByteOffset: 4, as: UInt16.self))
    parameter = Int(record.load(fromByteOffset: 6, as: UInt16.self))
  }

  /// The index of operand tensor 0...3, or `ModelFormat.noTensor`.
  @inline(__always)
  public func tensor(_ operand: Int) -> Int {
    Int(record.load(fromByteOffset: 8 &+ 2 &* operand, as: UInt16.self))
  }

  /// The kind of cell of a recurrent operation.
  @inline(__always)
  public var cell: RecurrentVariant { RecurrentVariant(rawValue: variant) ?? .rnn }

  /// Whether a convolution is depth-wise.
  @inline(__always)
  public var isDepthwise: Bool { variant == ConvolutionVariant.depthwise.rawValue }
}

// GRAPH:  0 values u16 | 2 operations u16 | 4 output value u16 | 6 operations of a step u16 |
// 8 the length of each value u32 | then the operations, 16 bytes each.
extension Model {
  /// The number of values; value 0 is the sample.
  @inline(__always)
  public var valueCount: Int { reader.known16(graph.offset) }

  /// The number of operations.
  @inline(__always)
  public var operationCount: Int { reader.known16(graph.offset &+ 2) }

  /// The value that is the result.
  @inline(__always)
  public var outputValue: Int { reader.known16(graph.offset &+ 4) }

  /// The first operations, this many, run for every sample; the others run for a result.
  @inline(__always)
  public var stepOperationCount: Int { reader.known16(graph.offset &+ 6) }

  /// The numbers in a result.
  public var outputCount: Int { valueLength(outputValue) }

  /// The numbers in a value.
  @inline(__always)
  public func valueLength(_ value: Int) -> Int {
    reader.known32(graph.offset &+ 8 &+ 4 &* value)
  }

  /// An operation by its index, which must be below `operationCount`.
  @inline(__always)
  public func operation(_ index: Int) -> Operation { Operation(reader.base + recordOffset(index)) }

  /// The steps that a convolution looks at, 1 to 256.
  @inline(__always)
  public func tapCount(_ operation: Operation) -> Int {
    let columns = tensor(operation.tensor(0)).columns
    return operation.isDepthwise ? columns : columns / valueLength(operation.input)
  }

  @inline(__always)
  func recordOffset(_ index: Int) -> Int {
    graph.offset &+ 8 &+ 4 &* valueCount &+ index &* ModelFormat.recordBytes
  }

  /// Counts are in range, every value is written once and before it is read, and every tensor has
  /// the shape that its operation needs.
  func checkGraph() throws(ModelError) {
    let start = graph.offset
    try reader.requireRange(start, 8, end: graph.end, .sectionLength)
    guard (1...ModelFormat.maximumValues).contains(valueCount) else {
      throw ModelError(
        .valueCount, at: start, found: valueCount, expected: ModelFormat.maximumValues)
    }
    guard (1...ModelFormat.maximumOperations).contains(operationCount) else {
      throw ModelError(
        .operationCount, at: start &+ 2, found: operationCount,
        expected: ModelFormat.maximumOperations)
    }
    let length = recordOffset(operationCount) &- start
    guard length == graph.length else {
      throw ModelError(.sectionLength, at: start, found: graph.length, expected: length)
    }
    guard stepOperationCount <= operationCount else {
      throw ModelError(
        .stepOperations, at: start &+ 6, found: stepOperationCount, expected: operationCount)
    }
    for value in 0..<valueCount {
      let place = start &+ 8 &+ 4 &* value
      let length = try reader.u32(place, atMost: ModelFormat.maximumDimension, .valueLength)
      guard length > 0 else { throw ModelError(.valueLength, at: place, expected: 1) }
    }
    guard valueLength(0) == channelCount else {
      throw ModelError(
        .valueLength, at: start &+ 8, found: valueLength(0), expected: channelCount)
    }
    // Values are numbered in the order in which they are written.
    guard operationCount == valueCount &- 1 else {
      throw ModelError(
        .valueNotWritten, at: start, found: valueCount, expected: operationCount &+ 1)
    }
    guard outputValue < valueCount else {
      throw ModelError(
        .outputValue, at: start &+ 4, found: outputValue, expected: valueCount &- 1)
    }
    for index in 0..<operationCount { try checkOperation(index) }
  }
}
