// SPDX-License-Identifier: Apache-2.0

/// A model file in memory, checked: after `init` nothing in it can make a step fail.
///
/// What PROVENANCE and SELFTEST hold, which no step reads, is checked by the types of those names.
///
/// The model does not own the bytes; they must stay as they are for as long as it, or a session
/// made of it, is used. Layout and limits: `Documentation/model-file.md`.
public struct Model {
  /// Where a section stands in the file.
  public struct Section: Sendable {
    /// The first byte.
    public let offset: Int
    /// The number of bytes; 0 for a section that the file does not have.
    public let length: Int
    var end: Int { offset &+ length }
  }

  let reader: ModelReader
  let graph: Section
  let tensors: Section
  let weights: Section
  let preprocessing: Section
  let decision: Section
  /// The PROVENANCE section; its contents are checked by `Provenance`.
  public let provenance: Section
  /// The SELFTEST section; its contents are checked by `SelfTest`.
  public let selfTest: Section
  #if !MINIM_OPERATIONS_1_3
    let intervalSection: Section
  #endif

  /// Checks a file.
  ///
  /// - Parameters:
  ///   - bytes: The whole file and nothing else, aligned to 4 bytes.
  ///   - limit: The largest file, and the largest memory for a session, that is accepted; at most
  ///     2^31 - 1.
  /// - Throws: `ModelError` for the first thing that is wrong.
  public init(
    _ bytes: UnsafeRawBufferPointer, limit: Int = ModelFormat.defaultLimit
  ) throws(ModelError) {
    let limit = min(limit, Int(Int32.max))
    try self.init(unlaid: bytes, limit: limit)
    let memory = try memoryLayout(limit: limit).total
    guard memoryBytes == memory else {
      throw ModelError(.memoryDeclared, at: 36, found: memoryBytes, expected: memory)
    }
  }

  /// The memory that a session of a file needs whatever its header says, for who writes the header.
  package static func memoryBytes(of bytes: UnsafeRawBufferPointer) throws(ModelError) -> Int {
    let limit = Int(Int32.max)
    return try Model(unlaid: bytes, limit: limit).memoryLayout(limit: limit).total
  }

  /// Checks everything but the declared memory.
  private init(unlaid bytes: UnsafeRawBufferPointer, limit: Int) throws(ModelError) {
    guard let base = bytes.baseAddress, bytes.count >= ModelFormat.headerBytes else {
      throw ModelError(.fileTooShort, found: bytes.count, expected: ModelFormat.headerBytes)
    }
    guard UInt(bitPattern: base) & 3 == 0 else {
      throw ModelError(.misaligned, found: Int(UInt(bitPattern: base) & 3))
    }
    guard bytes.count <= limit else {
      throw ModelError(.fileTooLarge, found: bytes.count, expected: limit)
    }
    reader = ModelReader(base: base, count: bytes.count)
    let table = try SectionTable(reader)
    graph = try table.required(.graph)
    tensors = try table.required(.tensors)
    weights = try table.required(.weights)
    preprocessing = try table.required(.preprocessing)
    decision = try table.required(.decision)
    provenance = table.section(.provenance)
    selfTest = table.section(.selfTest)
    #if !MINIM_OPERATIONS_1_3
      intervalSection = table.section(.intervals)
    #endif
    try checkTensors()
    try checkPreprocessing()
    try checkGraph()
    try checkDecision()
    #if !MINIM_OPERATIONS_1_3
      try checkIntervals()
    #endif
  }

  /// The length of the file.
  public var byteCount: Int { reader.count }
  /// The minor version of the format that the file was written in.
  public var minorVersion: Int { reader.u16(10) }
  /// The memory that a session needs, in bytes; the header declares it.
  public var memoryBytes: Int { Int(clamping: reader.u32(36)) }
  /// A number that tells this file from others: its header checksum, which covers the checksums of
  /// all sections.
  public var checksum: UInt32 { reader.u32(40) }

  /// Where a section stands.
  public func section(_ type: SectionType) -> Section {
    switch type {
    case .graph: graph
    case .tensors: tensors
    case .weights: weights
    case .preprocessing: preprocessing
    case .decision: decision
    case .provenance: provenance
    case .selfTest: selfTest
    #if !MINIM_OPERATIONS_1_3
      case .intervals: intervalSection
    #endif
    }
  }

  /// The bytes of a range of the file that was checked before.
  package func bytes(_ offset: Int, _ length: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: reader.base + offset, count: length)
  }
}

/// Header and section table of a file, checked.
private struct SectionTable {
  private let reader: ModelReader
  private let start: Int
  private let count: Int

  init(_ reader: ModelReader) throws(ModelError) {
    self.reader = reader
    guard reader.u32(0) == UInt32(truncatingIfNeeded: ModelFormat.magic),
      reader.u32(4) == UInt32(truncatingIfNeeded: ModelFormat.magic >> 32)
    else { throw ModelError(.notAModel, found: Int(clamping: reader.u32(0))) }
    guard reader.u16(8) == ModelFormat.majorVersion else {
      throw ModelError(
        .unsupportedVersion, at: 8, found: reader.u16(8), expected: ModelFormat.majorVersion)
    }
    // A later minor version may have a longer header.
    start = try reader.u32(12, atMost: 65_536, .headerLength)
    let mayGrow = reader.u16(10) > ModelFormat.minorVersion
    guard start == ModelFormat.headerBytes || mayGrow && start > ModelFormat.headerBytes,
      start & 15 == 0
    else {
      throw ModelError(
        .headerLength, at: 12, found: start, expected: ModelFormat.headerBytes)
    }
    guard reader.u32(20) == 0, reader.u32(16) == UInt32(clamping: reader.count) else {
      throw ModelError(
        .fileLength, at: 16, found: Int(clamping: reader.u32(16)), expected: reader.count)
    }
    count = try reader.u32(24, atMost: ModelFormat.maximumSections, .sectionCount)
    let length = start &+ count &* ModelFormat.recordBytes
    try reader.requireRange(0, length, end: reader.count, .sectionCount)
    let sum = reader.checksum(0, length, zeroingFrom: 40)
    guard reader.u32(40) == sum else {
      throw ModelError(.headerChecksum, at: 40, found: sum, expected: reader.u32(40))
    }
    let known = TensorType.featureBits(minorVersion: reader.u16(10))
    guard reader.u32(28) & ~known == 0 else {
      throw ModelError(
        .unknownFeature, at: 28, found: Int(clamping: reader.u32(28)),
        expected: Int(clamping: known))
    }
    try reader.requireZeros(44, 20, .reservedNotZero)
    try checkEntries(firstByte: length)
  }

  private func entry(_ index: Int) -> Int { start &+ index &* ModelFormat.recordBytes }

  /// Sections stand in the order of their types, each at the first aligned place after the one
  /// before, and the last ends the file.
  private func checkEntries(firstByte: Int) throws(ModelError) {
    var end = firstByte, before = 0
    for index in 0..<count {
      let entry = entry(index), type = reader.u16(entry), flags = reader.u8(entry &+ 2)
      guard type > before else {
        throw ModelError(.sectionOrder, at: entry, found: type, expected: before &+ 1)
      }
      guard flags <= 1 else { throw ModelError(.reservedNotZero, at: entry &+ 2, found: flags) }
      if SectionType(rawValue: UInt16(truncatingIfNeeded: type)) == nil, flags & 1 != 0 {
        throw ModelError(.unknownSection, at: entry, found: type, expected: 7)
      }
      let log2 = reader.u8(entry &+ 3)
      guard (2...12).contains(log2) else {
        throw ModelError(.sectionAlignment, at: entry &+ 3, found: log2, expected: 12)
      }
      let offset = try reader.u32(entry &+ 4, atMost: reader.count, .sectionOffset)
      guard offset == aligned(end, log2: log2) else {
        throw ModelError(
          .sectionOffset, at: entry &+ 4, found: offset, expected: aligned(end, log2: log2))
      }
      try reader.requireZeros(end, offset &- end, .paddingNotZero)
      let length = try reader.u32(entry &+ 8, atMost: reader.count, .sectionLength)
      try reader.requireRange(offset, length, end: reader.count, .sectionLength)
      let sum = reader.checksum(offset, length)
      guard reader.u32(entry &+ 12) == sum else {
        throw ModelError(
          .sectionChecksum, at: offset, found: sum, expected: reader.u32(entry &+ 12))
      }
      end = offset &+ length
      before = type
    }
    guard end == reader.count else {
      throw ModelError(.trailingBytes, at: end, found: reader.count, expected: end)
    }
  }

  func section(_ type: SectionType) -> Model.Section {
    for index in 0..<count where reader.u16(entry(index)) == Int(type.rawValue) {
      return Model.Section(
        offset: Int(clamping: reader.u32(entry(index) &+ 4)),
        length: Int(clamping: reader.u32(entry(index) &+ 8)))
    }
    return Model.Section(offset: 0, length: 0)
  }

  func required(_ type: SectionType) throws(ModelError) -> Model.Section {
    let section = section(type)
    guard section.offset > 0 else {
      throw ModelError(.missingSection, expected: Int(type.rawValue))
    }
    return section
  }
}
