// SPDX-License-Identifier: Apache-2.0

/// Saving and restoring the state of a stream.
extension Session {
  /// The bytes of a saved state.
  public var stateBytes: Int { layout.stateEnd }

  /// Copies the state into `stateBytes` bytes; a session of the same model can go on from there, on
  /// any little-endian processor.
  ///
  /// - Throws: `stateLength` where there is less room.
  public func save(to bytes: UnsafeMutableRawBufferPointer) throws(ModelError) {
    guard let target = bytes.baseAddress, bytes.count >= stateBytes else {
      throw ModelError(.stateLength, found: bytes.count, expected: stateBytes)
    }
    header[3] = stateChecksum(UnsafeRawPointer(memory))
    target.copyMemory(from: memory, byteCount: stateBytes)
  }

  /// Goes on from a saved state; where it is refused, everything stays as it was.
  ///
  /// - Throws: `stateLength`, `stateOfAnotherModel` or `stateDamaged`.
  public func restore(from bytes: UnsafeRawBufferPointer) throws(ModelError) {
    memory.copyMemory(from: try checked(bytes), byteCount: stateBytes)
  }

  /// The first byte of a saved state that this session can go on from; throws what `restore` does.
  func checked(_ bytes: UnsafeRawBufferPointer) throws(ModelError) -> UnsafeRawPointer {
    guard let source = bytes.baseAddress, bytes.count == stateBytes else {
      throw ModelError(.stateLength, found: bytes.count, expected: stateBytes)
    }
    func word(_ offset: Int) -> UInt32 {
      source.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
    }
    guard word(0) == model.checksum else {
      throw ModelError(
        .stateOfAnotherModel, found: Int(clamping: word(0)), expected: Int(clamping: model.checksum)
      )
    }
    guard word(12) == stateChecksum(source) else { throw ModelError(.stateDamaged, at: 12) }
    let positions = model.mode == .window ? model.windowLength : 1
    guard word(4) < UInt32(clamping: positions) else {
      throw ModelError(
        .stateDamaged, at: 4, found: Int(clamping: word(4)), expected: positions &- 1)
    }
    // The ring may hold infinities: a scaler makes them of samples that are finite.
    var place = SessionLayout.headerBytes
    for index in 0..<model.operationCount {
      let operation = model.operation(index), end = place &+ 4 &* model.stateLength(operation)
      if operation.code.isConvolution {
        let places = max(1, model.keptSteps(operation))
        guard word(place) < UInt32(clamping: places) else {
          throw ModelError(
            .stateDamaged, at: place, found: Int(clamping: word(place)), expected: places &- 1)
        }
      }
      #if !MINIM_OPERATIONS_1_4
        if operation.code == .signatures {
          try checkSignatures(operation, at: place, word)
          place = end
          continue
        }
      #endif
      // These begin with a whole number.
      if operation.code.keepsCount { place &+= 4 }
      while place < end {
        guard isFinite(Float(bitPattern: word(place))) else {
          throw ModelError(.stateDamaged, at: place)
        }
        place &+= 4
      }
    }
    return source
  }

  #if !MINIM_OPERATIONS_1_4
    /// Rows to come and a place that are in range, finite rows and sums.
    private func checkSignatures(
      _ operation: Operation, at start: Int, _ word: (Int) -> UInt32
    ) throws(ModelError) {
      let scales = SignatureSpan(span: operation.parameter)
      for number in 0..<2 {
        let place = start &+ 4 &* number, most = number == 0 ? scales.reach : scales.longest &- 1
        guard word(place) <= UInt32(clamping: most) else {
          throw ModelError(
            .stateDamaged, at: place, found: Int(clamping: word(place)), expected: most)
        }
      }
      let sums = start &+ 8 &+ 4 &* scales.longest &* model.valueLength(operation.input)
      var place = start &+ 8
      while place < start &+ 4 &* model.stateLength(operation) {
        // The upper half of a float64 tells.
        let isFinite =
          place < sums
          ? isFinite(Float(bitPattern: word(place))) : word(place &+ 4) & 0x7FF0_0000 != 0x7FF0_0000
        guard isFinite else { throw ModelError(.stateDamaged, at: place) }
        place &+= place < sums ? 4 : 8
      }
    }
  #endif

  /// The checksum of a state, in which its own four bytes count as zeros.
  private func stateChecksum(_ state: UnsafeRawPointer) -> UInt32 {
    ModelReader(base: state, count: stateBytes).checksum(0, stateBytes, zeroingFrom: 12)
  }
}
