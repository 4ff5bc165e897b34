// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_1
  /// A detector at work on one stream of samples: scores, a threshold that may adapt, and an alarm, in
  /// memory that the caller owns.
  ///
  /// Nothing is allocated and nothing can fail after `init`. Copies share the memory, and with it the
  /// state; one thread at a time may use it.
  public struct DetectorSession<K: Kernels> {
    /// Scores samples; its result is the score.
    public let session: Session<K>

    /// Starts at the beginning of a stream.
    ///
    /// `memory` has at least `model.detectorMemoryBytes` bytes, is aligned to 8, and belongs to this
    /// session alone; the model's decision must be an alarm. Throws `ModelError`: `memoryTooSmall`,
    /// `misaligned` or `decisionKind`.
    public init(_ model: Model, memory: UnsafeMutableRawBufferPointer) throws(ModelError) {
      guard model.decisionKind == .alarm else {
        throw ModelError(
          .decisionKind, found: Int(model.decisionKind.rawValue),
          expected: Int(DecisionKind.alarm.rawValue))
      }
      let needed = model.detectorMemoryBytes
      guard let base = memory.baseAddress, memory.count >= needed else {
        throw ModelError(.memoryTooSmall, found: memory.count, expected: needed)
      }
      guard UInt(bitPattern: base) & 7 == 0 else {
        throw ModelError(.misaligned, found: Int(UInt(bitPattern: base) & 7))
      }
      session = try Session(model, memory: memory)
      reset()
    }

    /// The detector that `session` is part of; nil where its model is none.
    init?(_ session: Session<K>) {
      guard session.model.decisionKind == .alarm else { return nil }
      self.session = session
    }

    /// How scores become alarms, from the file.
    public var settings: AlarmSettings { session.model.alarm }

    /// The threshold that goes along with the scores; nil for a fixed one.
    public var adapting: StreamThreshold? { adapting(settings) }

    func adapting(_ settings: AlarmSettings) -> StreamThreshold? {
      guard let own = settings.adapting else { return nil }
      let start = state.base + DetectorState.bytes
      return StreamThreshold(own, begunIn: ThresholdMemory(start, count: own.memoryBytes))
    }

    /// What the alarm keeps from sample to sample.
    var state: DetectorState {
      DetectorState(base: session.memory + aligned(session.model.memoryBytes, log2: 3))
    }

    /// Forgets all samples, and what the threshold has learned from them.
    public func reset() {
      session.reset()
      state.clear()
      let settings = settings
      do throws(ThresholdError) {
        try adapting(settings)?.restore(from: settings.state)
      } catch {
        // The file was checked.
      }
    }

    /// Takes the next sample and, where it is not rejected and a whole window has come, judges its score.
    ///
    /// Scores of windows that the first sample filled up raise no alarm and teach the threshold nothing, nor do samples that bring
    /// no new score.
    public func step(_ sample: UnsafePointer<Float>) -> StepStatus {
      let status = session.step(sample)
      guard status != .rejected else { return status }
      #if !MINIM_OPERATIONS_1_4
        guard session.hasNewResult else { return status }
      #endif
      let settings = settings, state = state, adapting = adapting(settings)
      let score = Double(session.result()[0])
      let threshold = adapting?.threshold ?? Double(settings.threshold)
      state.threshold.pointee = threshold
      guard session.sampleCount >= session.model.windowLength else { return status }
      _ = adapting?.step(score)
      var logic = AlarmLogic(
        release: Double(settings.release), minimumSamples: settings.minimumSamples,
        progress: Int(clamping: state.progress.pointee))
      _ = logic.step(score, threshold: threshold)
      state.progress.pointee = UInt32(clamping: logic.progress)
      return status
    }

    /// The score of the last sample; 0 before the first.
    public var score: Float {
      session.sampleCount == 0 ? 0 : session.value(session.model.outputValue)[0]
    }
    /// The threshold that the last sample was judged by; 0 before the first.
    public var threshold: Double { state.threshold.pointee }
    /// Whether there is an alarm.
    public var isAlarm: Bool {
      Int(clamping: state.progress.pointee) == session.model.samplesOfAlarm
    }

    /// The part of each channel in the last score, `model.channelCount` numbers; nil where channels have
    /// none.
    public var parts: UnsafePointer<Float>? {
      session.model.partsValue.map { UnsafePointer(session.value($0)) }
    }

    /// Writes the channels of the largest parts, the largest first, and returns how many.
    ///
    /// As many as there is room, at most all, and none where channels have no parts. Of equals the first
    /// comes first.
    public func responsibleChannels<Index: FixedWidthInteger>(
      _ channels: UnsafeMutableBufferPointer<Index>
    ) -> Int {
      guard let parts else { return 0 }
      var found = 0
      for channel in 0..<session.model.channelCount {
        var place = found
        while place > 0, parts[channel] > parts[Int(channels[place &- 1])] {
          if place < channels.count { channels[place] = channels[place &- 1] }
          place &-= 1
        }
        if place < channels.count {
          channels[place] = Index(truncatingIfNeeded: channel)
          if found < channels.count { found &+= 1 }
        }
      }
      return found
    }
  }

  extension Model {
    /// The memory that a `DetectorSession` needs, in bytes: that of a session, 16 for the alarm, and an
    /// adapting threshold; of a model that is no detector, that of a session.
    public var detectorMemoryBytes: Int {
      guard decisionKind == .alarm else { return memoryBytes }
      return aligned(memoryBytes, log2: 3) &+ DetectorState.bytes
        &+ (alarm.adapting?.memoryBytes ?? 0)
    }
  }
#endif
