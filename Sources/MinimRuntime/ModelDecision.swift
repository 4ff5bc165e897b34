// SPDX-License-Identifier: Apache-2.0

// DECISION:  0 kind u8 | 1 zero u8 | 2 classes u16 | 4 a text for each class, or threshold float32; of an
// alarm as `AlarmSettings` says.
extension Model {
  /// What the output means.
  public var decisionKind: DecisionKind {
    DecisionKind(rawValue: UInt8(truncatingIfNeeded: reader.u8(decision.offset))) ?? .none
  }

  /// The number of classes; 0 unless the output names one.
  public var classCount: Int { decisionKind == .classes ? reader.u16(decision.offset &+ 2) : 0 }

  /// The threshold of an anomaly score.
  public var threshold: Float { reader.float(decision.offset &+ 4) }

  /// The name of a class in UTF-8; the index must be below `classCount`.
  public func className(_ index: Int) -> UnsafeRawBufferPointer {
    text(index, from: decision.offset &+ 4)
  }

  func checkDecision() throws(ModelError) {
    let start = decision.offset, end = decision.end
    try reader.requireRange(start, 4, end: end, .sectionLength)
    guard let kind = DecisionKind(rawValue: UInt8(truncatingIfNeeded: reader.u8(start))) else {
      throw ModelError(.decisionKind, at: start, found: reader.u8(start), expected: 2)
    }
    #if !MINIM_OPERATIONS_1_3
      guard kind == .none || !isForecaster else {
        throw ModelError(.decisionKind, at: start, found: reader.u8(start), expected: 0)
      }
    #endif
    #if !MINIM_OPERATIONS_1_1
      if kind == .alarm { return try checkAlarm() }
    #endif
    try reader.requireZeros(start &+ 1, 1, .reservedNotZero)
    var place = start &+ 4
    let classes = reader.u16(start &+ 2)
    if kind == .classes {
      for _ in 0..<classes { place = try reader.text(at: place, end: end) }
    }
    if kind == .threshold {
      try reader.requireRange(place, 4, end: end, .sectionLength)
      guard isFinite(threshold) else { throw ModelError(.thresholdNotFinite, at: place) }
      place &+= 4
    }
    let outputs = kind == .classes ? outputCount : 0
    guard classes == outputs, kind != .threshold || outputCount == 1 else {
      throw ModelError(.classCount, at: start &+ 2, found: classes, expected: outputs)
    }
    guard place == end else {
      throw ModelError(.sectionLength, at: place, found: decision.length, expected: place &- start)
    }
  }
}
