// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_1
  /// What the alarm of a detector keeps from sample to sample, in `bytes` bytes aligned to 8.
  ///
  /// 0 checksum of a saved state u32 | 4 progress u32 | 8 threshold float64.
  struct DetectorState {
    static var bytes: Int { 16 }
    let base: UnsafeMutableRawPointer

    /// The scores above the threshold in a row; as many as raise an alarm while there is one.
    @inline(__always)
    var progress: UnsafeMutablePointer<UInt32> {
      (base + 4).assumingMemoryBound(to: UInt32.self)
    }
    /// What the last score was judged by.
    @inline(__always)
    var threshold: UnsafeMutablePointer<Double> {
      (base + 8).assumingMemoryBound(to: Double.self)
    }
    @inline(__always)
    var checksum: UnsafeMutablePointer<UInt32> { base.assumingMemoryBound(to: UInt32.self) }

    func clear() {
      checksum.pointee = 0
      progress.pointee = 0
      threshold.pointee = 0
    }
  }

  /// Saving and restoring the state of a stream: that of the session, of the alarm and of an adapting
  /// threshold, one behind the other.
  extension DetectorSession {
    /// The bytes of a saved state.
    public var stateBytes: Int {
      session.stateBytes &+ DetectorState.bytes &+ (settings.adapting?.memoryBytes ?? 0)
    }

    /// Copies the state into `stateBytes` bytes; a detector of the same model can go on from there, on
    /// any little-endian processor.
    ///
    /// - Throws: `stateLength` where there is less room.
    public func save(to bytes: UnsafeMutableRawBufferPointer) throws(ModelError) {
      guard let target = bytes.baseAddress, bytes.count >= stateBytes else {
        throw ModelError(.stateLength, found: bytes.count, expected: stateBytes)
      }
      try session.save(to: bytes)
      let own = target + session.stateBytes
      state.checksum.pointee = Self.checksum(UnsafeRawPointer(state.base))
      own.copyMemory(from: state.base, byteCount: DetectorState.bytes)
      guard let adapting else { return }
      do throws(ThresholdError) {
        try adapting.save(
          to: UnsafeMutableRawBufferPointer(
            start: own + DetectorState.bytes, count: adapting.settings.memoryBytes))
      } catch {
        // There is room for it.
      }
    }

    /// Goes on from a saved state; where it is refused, everything stays as it was.
    ///
    /// - Throws: `stateLength`, `stateOfAnotherModel` or `stateDamaged`.
    public func restore(from bytes: UnsafeRawBufferPointer) throws(ModelError) {
      guard let source = bytes.baseAddress, bytes.count == stateBytes else {
        throw ModelError(.stateLength, found: bytes.count, expected: stateBytes)
      }
      let stream = UnsafeRawBufferPointer(start: source, count: session.stateBytes)
      _ = try session.checked(stream)
      let place = session.stateBytes, own = source + place
      guard own.loadUnaligned(as: UInt32.self) == Self.checksum(own) else {
        throw ModelError(.stateDamaged, at: place)
      }
      let progress = own.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
      let most = session.model.samplesOfAlarm
      guard progress <= UInt32(clamping: most) else {
        throw ModelError(
          .stateDamaged, at: place &+ 4, found: Int(clamping: progress), expected: most)
      }
      if let adapting {
        let rest = place &+ DetectorState.bytes
        do throws(ThresholdError) {
          try adapting.restore(
            from: UnsafeRawBufferPointer(
              start: source + rest, count: adapting.settings.memoryBytes))
        } catch {
          throw ModelError(.stateDamaged, at: rest, found: Int(error.code.rawValue))
        }
      }
      state.base.copyMemory(from: own, byteCount: DetectorState.bytes)
      try session.restore(from: stream)
      // A window's state is without its values: score and parts are those of the last sample again.
      if session.sampleCount > 0 { _ = session.result() }
    }

    /// The checksum of an alarm's state, in which its own four bytes count as zeros.
    private static func checksum(_ state: UnsafeRawPointer) -> UInt32 {
      ModelReader(base: state, count: DetectorState.bytes)
        .checksum(0, DetectorState.bytes, zeroingFrom: 0)
    }
  }
#endif
