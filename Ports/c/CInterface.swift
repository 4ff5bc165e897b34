// SPDX-License-Identifier: Apache-2.0

// The functions of minim.h. Compiled together with the sources of MinimRuntime into one module.

private typealias PlainSession = Session<PlainKernels>

/// `minim_memory_bytes` of minim.h.
@c(minim_memory_bytes)
public func memoryBytes(_ file: UnsafeRawPointer?, _ bytes: UInt32) -> Int32 {
  do throws(ModelError) {
    let model = try model(file, bytes)
    #if MINIM_OPERATIONS_1_1
      return Int32(clamping: model.memoryBytes)
    #else
      return Int32(clamping: model.detectorMemoryBytes)
    #endif
  } catch {
    return -Int32(error.code.rawValue)
  }
}

/// `minim_open` of minim.h.
@c(minim_open)
public func open(
  _ session: UnsafeMutableRawPointer, _ file: UnsafeRawPointer?, _ bytes: UInt32,
  _ memory: UnsafeMutableRawPointer?, _ memoryBytes: UInt32
) -> Int32 {
  do throws(ModelError) {
    // 32 pointers in minim.h; known when compiled.
    guard MemoryLayout<PlainSession>.size <= 32 * MemoryLayout<UnsafeRawPointer>.size else {
      return -Int32(ModelError.Code.memoryTooSmall.rawValue)
    }
    let room = UnsafeMutableRawBufferPointer(start: memory, count: Int(clamping: memoryBytes))
    session.initializeMemory(
      as: PlainSession.self, to: try started(try model(file, bytes), memory: room))
    return 0
  } catch {
    return -Int32(error.code.rawValue)
  }
}

/// `minim_error_name` of minim.h.
@c(minim_error_name)
public func errorName(_ code: Int32) -> UnsafePointer<CChar> {
  let known = UInt8(exactly: code.magnitude).flatMap { ModelError.Code(rawValue: $0) }
  let name = known?.name ?? "unknown error"
  return UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
}

/// `minim_channels` of minim.h.
@c(minim_channels)
public func channels(_ session: UnsafeRawPointer) -> UInt32 {
  UInt32(clamping: at(session).pointee.model.channelCount)
}

/// `minim_outputs` of minim.h.
@c(minim_outputs)
public func outputs(_ session: UnsafeRawPointer) -> UInt32 {
  UInt32(clamping: at(session).pointee.model.outputCount)
}

/// `minim_window` of minim.h.
@c(minim_window)
public func window(_ session: UnsafeRawPointer) -> UInt32 {
  UInt32(clamping: at(session).pointee.model.windowLength)
}

/// `minim_classes` of minim.h.
@c(minim_classes)
public func classes(_ session: UnsafeRawPointer) -> UInt32 {
  UInt32(clamping: at(session).pointee.model.classCount)
}

/// `minim_class_name` of minim.h.
@c(minim_class_name)
public func className(
  _ session: UnsafeRawPointer, _ index: UInt32, _ length: UnsafeMutablePointer<UInt32>
) -> UnsafePointer<CChar>? {
  let model = at(session).pointee.model
  length.pointee = 0
  guard Int(clamping: index) < model.classCount else { return nil }
  let name = model.className(Int(clamping: index))
  length.pointee = UInt32(clamping: name.count)
  return name.baseAddress?.assumingMemoryBound(to: CChar.self)
}

/// `minim_step` of minim.h.
@c(minim_step)
public func step(_ session: UnsafeRawPointer, _ sample: UnsafePointer<Float>) -> Int32 {
  #if !MINIM_OPERATIONS_1_1
    if let detector = detector(session) { return Int32(detector.step(sample).rawValue) }
  #endif
  return Int32(at(session).pointee.step(sample).rawValue)
}

/// `minim_result` of minim.h.
@c(minim_result)
public func result(_ session: UnsafeRawPointer, _ output: UnsafeMutablePointer<Float>) -> Int32 {
  #if !MINIM_OPERATIONS_1_1
    if let detector = detector(session) {
      output[0] = detector.score
      return detector.isAlarm ? 1 : 0
    }
  #endif
  let session = at(session)
  let result = session.pointee.result()
  for index in 0..<session.pointee.model.outputCount { output[index] = result[index] }
  return Int32(clamping: session.pointee.decision)
}

/// `minim_reset` of minim.h.
@c(minim_reset)
public func reset(_ session: UnsafeRawPointer) {
  #if !MINIM_OPERATIONS_1_1
    if let detector = detector(session) { return detector.reset() }
  #endif
  at(session).pointee.reset()
}

/// `minim_state_bytes` of minim.h.
@c(minim_state_bytes)
public func stateBytes(_ session: UnsafeRawPointer) -> UInt32 {
  #if !MINIM_OPERATIONS_1_1
    if let detector = detector(session) { return UInt32(clamping: detector.stateBytes) }
  #endif
  return UInt32(clamping: at(session).pointee.stateBytes)
}

/// `minim_save` of minim.h.
@c(minim_save)
public func save(
  _ session: UnsafeRawPointer, _ state: UnsafeMutableRawPointer?, _ bytes: UInt32
) -> Int32 {
  do throws(ModelError) {
    let room = UnsafeMutableRawBufferPointer(start: state, count: Int(clamping: bytes))
    #if !MINIM_OPERATIONS_1_1
      if let detector = detector(session) {
        try detector.save(to: room)
        return 0
      }
    #endif
    try at(session).pointee.save(to: room)
    return 0
  } catch {
    return -Int32(error.code.rawValue)
  }
}

/// `minim_restore` of minim.h.
@c(minim_restore)
public func restore(
  _ session: UnsafeRawPointer, _ state: UnsafeRawPointer?, _ bytes: UInt32
) -> Int32 {
  do throws(ModelError) {
    let saved = UnsafeRawBufferPointer(start: state, count: Int(clamping: bytes))
    #if !MINIM_OPERATIONS_1_1
      if let detector = detector(session) {
        try detector.restore(from: saved)
        return 0
      }
    #endif
    try at(session).pointee.restore(from: saved)
    return 0
  } catch {
    return -Int32(error.code.rawValue)
  }
}

#if !MINIM_OPERATIONS_1_1
  /// `minim_is_detector` of minim.h.
  @c(minim_is_detector)
  public func isDetector(_ session: UnsafeRawPointer) -> Int32 { detector(session) == nil ? 0 : 1 }

  /// `minim_score` of minim.h.
  @c(minim_score)
  public func score(_ session: UnsafeRawPointer) -> Float { detector(session)?.score ?? 0 }

  /// `minim_threshold` of minim.h.
  @c(minim_threshold)
  public func threshold(_ session: UnsafeRawPointer) -> Double {
    detector(session)?.threshold ?? 0
  }

  /// `minim_alarm` of minim.h.
  @c(minim_alarm)
  public func alarm(_ session: UnsafeRawPointer) -> Int32 {
    detector(session)?.isAlarm == true ? 1 : 0
  }

  /// `minim_responsible` of minim.h.
  @c(minim_responsible)
  public func responsible(
    _ session: UnsafeRawPointer, _ channels: UnsafeMutablePointer<UInt32>,
    _ parts: UnsafeMutablePointer<Float>, _ room: UInt32
  ) -> UInt32 {
    guard let detector = detector(session), let all = detector.parts else { return 0 }
    let found = detector.responsibleChannels(
      UnsafeMutableBufferPointer(start: channels, count: Int(clamping: room)))
    for place in 0..<found { parts[place] = all[Int(clamping: channels[place])] }
    return UInt32(clamping: found)
  }

  /// `minim_channel_name` of minim.h.
  @c(minim_channel_name)
  public func channelName(
    _ session: UnsafeRawPointer, _ channel: UInt32, _ length: UnsafeMutablePointer<UInt32>
  ) -> UnsafePointer<CChar>? {
    let model = at(session).pointee.model
    length.pointee = 0
    guard Int(clamping: channel) < model.channelCount else { return nil }
    let name = model.channelName(Int(clamping: channel))
    length.pointee = UInt32(clamping: name.count)
    return name.baseAddress?.assumingMemoryBound(to: CChar.self)
  }

  private func detector(_ session: UnsafeRawPointer) -> DetectorSession<PlainKernels>? {
    DetectorSession(at(session).pointee)
  }
#endif

#if !MINIM_OPERATIONS_1_3
  /// `minim_horizon` of minim.h.
  @c(minim_horizon)
  public func horizon(_ session: UnsafeRawPointer) -> UInt32 {
    UInt32(clamping: at(session).pointee.model.horizon)
  }

  /// `minim_interval_levels` of minim.h.
  @c(minim_interval_levels)
  public func intervalLevels(_ session: UnsafeRawPointer) -> UInt32 {
    UInt32(clamping: at(session).pointee.model.intervals?.levelCount ?? 0)
  }

  /// `minim_interval_level` of minim.h.
  @c(minim_interval_level)
  public func intervalLevel(_ session: UnsafeRawPointer, _ level: UInt32) -> Float {
    let level = Int(clamping: level)
    guard let intervals = at(session).pointee.model.intervals, level < intervals.levelCount else {
      return 0
    }
    return intervals.level(level)
  }

  /// `minim_half_width` of minim.h.
  @c(minim_half_width)
  public func halfWidth(
    _ session: UnsafeRawPointer, _ level: UInt32, _ index: UInt32
  ) -> Float {
    let session = at(session).pointee, model = session.model, level = Int(clamping: level)
    let index = Int(clamping: index), channels = model.channelCount
    guard let intervals = model.intervals, level < intervals.levelCount, index < model.outputCount
    else { return 0 }
    return intervals.halfWidth(level: level, step: index / channels, channel: index % channels)
      * session.deviation(ofChannel: index % channels)
  }
#endif

/// A session, or that of a detector, which keeps more in its memory.
private func started(
  _ model: Model, memory: UnsafeMutableRawBufferPointer
) throws(ModelError) -> PlainSession {
  #if !MINIM_OPERATIONS_1_1
    if model.decisionKind == .alarm { return try DetectorSession(model, memory: memory).session }
  #endif
  return try PlainSession(model, memory: memory)
}

@inline(__always)
private func at(_ session: UnsafeRawPointer) -> UnsafePointer<PlainSession> {
  session.assumingMemoryBound(to: PlainSession.self)
}

private func model(_ file: UnsafeRawPointer?, _ bytes: UInt32) throws(ModelError) -> Model {
  try Model(UnsafeRawBufferPointer(start: file, count: Int(clamping: bytes)))
}
