// SPDX-License-Identifier: Apache-2.0
internal import MinimRuntime

extension ModelFile {
  /// The file, byte for byte; the same contents always give the same bytes.
  ///
  /// Throws `PackingError` where a text or a size does not fit into the format.
  public func bytes() throws -> [UInt8] {
    let weights = tensors.reduce(0) { $0 + $1.block.count }
    var sections: [(type: SectionType, log2: UInt8, bytes: [UInt8])] = [
      (.graph, 2, graphSection()),
      (.tensors, 2, tensorSection()),
      // A cache line, except where the padding would weigh.
      (.weights, weights < 4096 ? 4 : 6, tensors.flatMap { $0.block.padded(to: 4) }),
      (.preprocessing, 2, try preprocessingSection()),
      (.decision, 2, try decisionSection()),
    ]
    if !provenance.isEmpty { sections.append((.provenance, 2, try provenanceSection())) }
    if !selfTests.isEmpty { sections.append((.selfTest, 2, selfTestSection())) }
    if let intervals { sections.append((.intervals, 2, section(of: intervals))) }

    var file = [UInt8](repeating: 0, count: ModelFormat.headerBytes)
    file += [UInt8](repeating: 0, count: sections.count * ModelFormat.recordBytes)
    for (index, section) in sections.enumerated() {
      file = file.padded(to: 1 << Int(section.log2))
      var entry: [UInt8] = []
      entry.append16(Int(section.type.rawValue))
      // A forecast is one without its intervals.
      entry += [section.type == .intervals ? 0 : 1, section.log2]
      entry.append32(file.count)
      entry.append32(section.bytes.count)
      entry.append32(Int(checksum(section.bytes)))
      let place = ModelFormat.headerBytes + index * ModelFormat.recordBytes
      file.replaceSubrange(place..<(place + ModelFormat.recordBytes), with: entry)
      file += section.bytes
    }
    try writeHeader(of: &file, sections: sections.count, memory: 0)
    do {
      let memory = try withAlignedBytes(file) { (bytes) throws(ModelError) in
        try Model.memoryBytes(of: bytes)
      }
      try writeHeader(of: &file, sections: sections.count, memory: memory)
      try withAlignedBytes(file) { (bytes) throws(ModelError) in
        let model = try Model(bytes, limit: Int(Int32.max))
        _ = try Provenance(model)
        _ = try SelfTest(model)
      }
    } catch let error as ModelError {
      throw PackingError.outsideFormat(error)
    }
    return file
  }

  private func writeHeader(of file: inout [UInt8], sections: Int, memory: Int) throws {
    var header: [UInt8] = []
    header.append32(Int(UInt32(truncatingIfNeeded: ModelFormat.magic)))
    header.append32(Int(UInt32(truncatingIfNeeded: ModelFormat.magic >> 32)))
    header.append16(ModelFormat.majorVersion)
    var minorVersion = preprocessing.repeatsFirst ? 2 : 0
    if case .alarm = decision { minorVersion = 2 }
    if tensors.contains(where: { $0.type == .oneBit }) { minorVersion = 3 }
    if intervals != nil { minorVersion = 4 }
    header.append16(
      operations.reduce(minorVersion) { max($0, $1.code.minorVersion(ofVariant: $1.variant)) })
    header.append32(ModelFormat.headerBytes)
    header.append32(file.count)
    header.append32(0)
    header.append32(sections)
    header.append32(Int(tensors.reduce(0) { $0 | $1.type.featureBit }))
    header.append32(0)
    header.append32(memory)
    header.append32(0)
    file.replaceSubrange(0..<header.count, with: header)
    let covered = ModelFormat.headerBytes + sections * ModelFormat.recordBytes
    var sum: [UInt8] = []
    sum.append32(Int(checksum(Array(file[0..<covered]))))
    file.replaceSubrange(40..<44, with: sum)
  }

  private func graphSection() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append16(operations.count + 1)
    bytes.append16(operations.count)
    bytes.append16(operations.count)
    bytes.append16(stepOperations)
    bytes.append32(preprocessing.channels)
    for operation in operations { bytes.append32(operation.outputLength) }
    for (index, operation) in operations.enumerated() {
      bytes += [operation.code.rawValue, operation.variant]
      bytes.append16(operation.input)
      bytes.append16(index + 1)
      bytes.append16(Int(operation.parameter))
      for operand in 0..<4 {
        let tensor = operand < operation.tensors.count ? operation.tensors[operand] : nil
        bytes.append16(tensor ?? ModelFormat.noTensor)
      }
    }
    return bytes
  }

  private func tensorSection() -> [UInt8] {
    var bytes: [UInt8] = []
    var offset = 0
    for tensor in tensors {
      bytes += [tensor.type.rawValue] + tensor.head
      bytes.append32(tensor.rows)
      bytes.append32(tensor.columns)
      bytes.append32(offset)
      offset += tensor.block.padded(to: 4).count
    }
    return bytes
  }

  private func preprocessingSection() throws -> [UInt8] {
    let part = preprocessing
    var bytes: [UInt8] = [part.mode.rawValue, part.normalisation.rawValue]
    bytes.append16(part.channels)
    bytes.append32(part.window)
    bytes.append32(part.shortest)
    let named: UInt8 = part.channelNames.isEmpty ? 0 : 1
    let flags = named | (part.resamplesCases ? 2 : 0) | (part.interpolatesMissing ? 4 : 0)
    bytes += [flags | (part.repeatsFirst ? 8 : 0), 0, 0, 0]
    for number in part.scaler { bytes.append(number) }
    for name in part.channelNames { try bytes.append(text: name, of: "channel name") }
    return bytes
  }

  private func decisionSection() throws -> [UInt8] {
    switch decision {
    case .none: return [0, 0, 0, 0]
    case .classes(let names):
      var bytes: [UInt8] = [1, 0]
      bytes.append16(names.count)
      for name in names { try bytes.append(text: name, of: "class name") }
      return bytes
    case .threshold(let threshold):
      var bytes: [UInt8] = [2, 0, 0, 0]
      bytes.append(threshold)
      return bytes
    case .alarm(let alarm):
      var bytes: [UInt8] = [3, alarm.adapting == nil ? 0 : 1]
      bytes.append16(alarm.partsValue ?? 0xFFFF)
      bytes.append(alarm.threshold)
      bytes.append(alarm.release)
      bytes.append32(alarm.minimumSamples)
      if let (settings, state) = alarm.adapting {
        for number in [settings.level, settings.risk] {
          bytes.append32(Int(truncatingIfNeeded: number.bitPattern))
          bytes.append32(Int(truncatingIfNeeded: number.bitPattern >> 32))
        }
        bytes.append32(settings.capacity)
        bytes.append32(settings.refitInterval)
        bytes += state
      }
      return bytes
    }
  }

  private func provenanceSection() throws -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append16(provenance.count)
    bytes.append16(0)
    let entries = provenance.map { (key: Array($0.key.utf8), value: Array($0.value.utf8)) }
    for (key, value) in entries.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      guard key.count < 64, value.count < 65_536 else {
        throw PackingError.textTooLong(
          what: "provenance value", length: value.count, limit: 65_535)
      }
      bytes += [UInt8(key.count), 0]
      bytes.append16(value.count)
      bytes += key + value
    }
    return bytes
  }

  private func section(of intervals: Intervals) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append16(intervals.levels.count)
    bytes.append16(0)
    bytes.append32(intervals.widths.first?.count ?? 0)
    for number in intervals.levels + intervals.scales + intervals.widths.flatMap({ $0 }) {
      bytes.append(number)
    }
    return bytes
  }

  private func selfTestSection() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append16(selfTests.count)
    bytes.append16(0)
    for vector in selfTests {
      bytes.append32(vector.samples.count / preprocessing.channels)
      for number in vector.samples + vector.output { bytes.append(number) }
    }
    return bytes
  }
}

/// CRC-32C of bytes.
func checksum(_ bytes: [UInt8]) -> UInt32 {
  var sum = Checksum()
  bytes.withUnsafeBytes { sum.update($0) }
  return sum.value
}

/// Calls `body` with a copy of the bytes that is aligned to 16.
package func withAlignedBytes<Result, Failure: Error>(
  _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
) throws(Failure) -> Result {
  let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
  defer { copy.deallocate() }
  copy.copyBytes(from: bytes)
  return try body(UnsafeRawBufferPointer(copy))
}

extension [UInt8] {
  /// Appends a number of 16 bits, the low byte first.
  mutating func append16(_ number: Int) {
    let bits = UInt16(truncatingIfNeeded: number)
    self += [UInt8(truncatingIfNeeded: bits), UInt8(truncatingIfNeeded: bits >> 8)]
  }

  /// Appends a number of 32 bits, the low byte first.
  mutating func append32(_ number: Int) {
    append16(number)
    append16(number >> 16)
  }

  /// Appends the bits of a float32.
  mutating func append(_ number: Float) { append32(Int(number.bitPattern)) }

  /// Appends a length byte and a text.
  mutating func append(text: String, of what: String) throws {
    let bytes = Array(text.utf8)
    guard bytes.count < 256 else {
      throw PackingError.textTooLong(what: what, length: bytes.count, limit: 255)
    }
    append(UInt8(bytes.count))
    self += bytes
  }

  /// The bytes with zeros after them, up to a multiple of `size`.
  func padded(to size: Int) -> [UInt8] {
    self + [UInt8](repeating: 0, count: (size - count % size) % size)
  }
}
