// SPDX-License-Identifier: Apache-2.0

/// Where a model comes from: keys and values, in the order of the keys.
///
/// PROVENANCE: 0 entries u16 | 2 zeros | then for each: key length u8, zero u8, value length u16,
/// key, value. Keys are 1 to 63 of `a-z 0-9 . - _ /`, each greater than the one before; values are
/// UTF-8.
public struct Provenance {
  /// The number of entries.
  public let count: Int
  private let model: Model

  /// Checks the section; a file without one has no entries.
  public init(_ model: Model) throws(ModelError) {
    self.model = model
    let reader = model.reader, section = model.provenance
    guard section.offset > 0 else {
      count = 0
      return
    }
    guard section.length <= ModelFormat.maximumProvenance else {
      throw ModelError(
        .sectionLength, at: section.offset, found: section.length,
        expected: ModelFormat.maximumProvenance)
    }
    try reader.requireRange(section.offset, 4, end: section.end, .provenanceCount)
    count = reader.u16(section.offset)
    try reader.requireZeros(section.offset &+ 2, 2, .reservedNotZero)
    var place = section.offset &+ 4, before = 0
    for index in 0..<count {
      try reader.requireRange(place, 4, end: section.end, .provenanceCount)
      let key = reader.u8(place), value = reader.u16(place &+ 2)
      guard (1...63).contains(key) else {
        throw ModelError(.textLength, at: place, found: key, expected: 63)
      }
      try reader.requireZeros(place &+ 1, 1, .reservedNotZero)
      try reader.requireRange(place &+ 4, key &+ value, end: section.end, .textLength)
      for byte in model.bytes(place &+ 4, key) {
        switch byte {
        case 0x61...0x7A, 0x30...0x39, 0x2E, 0x2D, 0x5F, 0x2F: break
        default: throw ModelError(.textNotUTF8, at: place &+ 4, found: Int(byte))
        }
      }
      guard index == 0 || model.key(before, isLessThan: place) else {
        throw ModelError(.provenanceOrder, at: place)
      }
      try reader.requireUTF8(place &+ 4 &+ key, value, lineBreaks: true)
      before = place
      place &+= 4 &+ key &+ value
    }
    guard place == section.end else {
      throw ModelError(
        .sectionLength, at: place, found: section.length, expected: place &- section.offset)
    }
  }

  /// The bytes of an entry's key and value; the index must be below `count`.
  public func entry(_ index: Int) -> (key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    let reader = model.reader
    var place = model.provenance.offset &+ 4
    for _ in 0..<index { place &+= 4 &+ reader.u8(place) &+ reader.u16(place &+ 2) }
    let key = reader.u8(place)
    return (model.bytes(place &+ 4, key), model.bytes(place &+ 4 &+ key, reader.u16(place &+ 2)))
  }
}

extension Model {
  /// Whether the key of one provenance record sorts before that of another, byte by byte.
  fileprivate func key(_ first: Int, isLessThan second: Int) -> Bool {
    let a = reader.u8(first), b = reader.u8(second)
    for index in 0..<min(a, b) {
      let x = reader.u8(first &+ 4 &+ index), y = reader.u8(second &+ 4 &+ index)
      if x != y { return x < y }
    }
    return a < b
  }
}

/// Inputs and the outputs that the packing machine got for them: with these any device can test
/// itself.
///
/// SELFTEST: 0 vectors u16 | 2 zeros | then for each: steps u32, steps × channels float32, outputs
/// float32.
public struct SelfTest {
  /// The number of vectors.
  public let count: Int
  private let model: Model

  /// Checks the section; a file without one has no vectors.
  public init(_ model: Model) throws(ModelError) {
    self.model = model
    let reader = model.reader, section = model.selfTest
    guard section.offset > 0 else {
      count = 0
      return
    }
    try reader.requireRange(section.offset, 4, end: section.end, .selfTestCount)
    count = reader.u16(section.offset)
    guard (1...ModelFormat.maximumSelfTests).contains(count) else {
      throw ModelError(
        .selfTestCount, at: section.offset, found: count, expected: ModelFormat.maximumSelfTests)
    }
    try reader.requireZeros(section.offset &+ 2, 2, .reservedNotZero)
    var place = section.offset &+ 4
    for _ in 0..<count {
      try reader.requireRange(place, 4, end: section.end, .selfTestSteps)
      let steps = try reader.u32(place, atMost: 65_536, .selfTestSteps)
      guard steps > 0 else { throw ModelError(.selfTestSteps, at: place, expected: 1) }
      let inputs = try checkedProduct(steps, model.channelCount, .selfTestSteps, at: place)
      let numbers = try checkedSum(inputs, model.outputCount, .selfTestSteps, at: place)
      let length = try checkedProduct(numbers, 4, .selfTestSteps, at: place)
      try reader.requireRange(place &+ 4, length, end: section.end, .selfTestSteps)
      place &+= 4
      for _ in 0..<numbers {
        guard isFinite(reader.float(place)) else { throw ModelError(.selfTestNotFinite, at: place) }
        place &+= 4
      }
    }
    guard place == section.end else {
      throw ModelError(
        .sectionLength, at: place, found: section.length, expected: place &- section.offset)
    }
  }

  /// The samples, one after the other, and the output of a vector; the index must be below `count`.
  public func vector(
    _ index: Int
  ) -> (samples: UnsafeBufferPointer<Float>, output: UnsafeBufferPointer<Float>) {
    var place = model.selfTest.offset &+ 4
    func inputs() -> Int { Int(clamping: model.reader.u32(place)) &* model.channelCount }
    for _ in 0..<index { place &+= 4 &+ 4 &* (inputs() &+ model.outputCount) }
    let start = (model.reader.base + place + 4).assumingMemoryBound(to: Float.self)
    return (
      UnsafeBufferPointer(start: start, count: inputs()),
      UnsafeBufferPointer(start: start + inputs(), count: model.outputCount)
    )
  }

  /// Runs all vectors through a session, which is reset before each and at the end, and returns how
  /// many numbers of the outputs have other bits than they should; 0 is a pass.
  public func run<K: Kernels>(in session: Session<K>) -> Int {
    var wrong = 0
    for index in 0..<count {
      session.reset()
      let (samples, expected) = vector(index)
      guard let first = samples.baseAddress else { continue }
      for place in stride(from: 0, to: samples.count, by: model.channelCount) {
        _ = session.step(first + place)
      }
      let output = session.result()
      for place in 0..<expected.count where output[place].bitPattern != expected[place].bitPattern {
        wrong &+= 1
      }
    }
    session.reset()
    return wrong
  }
}
