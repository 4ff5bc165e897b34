// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_1
  /// A detector at work on one stream of samples: scores, a threshold that may adapt, and an alarm, in
  /// memory that the caller owns.
  ///
  /// Nothing is allocated and nothing can fail after `init`. Copies share the memory; one thread at a
  /// time may use it.
  public struct DetectorSession<K: Kernels> {
    /// Scores samples; its result is the score.
    public let session: Session<K>
    /// How scores become alarms, from the file.
    public let settings: AlarmSettings
    /// The threshold that goes along with the scores; nil for a fixed one.
    public let adapting: StreamThreshold?
    private var logic: AlarmLogic

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
      settings = model.alarm
      logic = Self.quiet(settings)
      if let own = settings.adapting {
        let start = aligned(model.memoryBytes, log2: 3)
        do throws(ThresholdError) {
          let rest = UnsafeMutableRawBufferPointer(rebasing: memory[start..<needed])
          adapting = try StreamThreshold(own, memory: rest)
          try adapting?.restore(from: settings.state)
        } catch {
          // The file was checked.
          throw ModelError(.alarm, found: Int(error.code.rawValue))
        }
      } else {
        adapting = nil
      }
    }

    private static func quiet(_ settings: AlarmSettings) -> AlarmLogic {
      AlarmLogic(release: Double(settings.release), minimumSamples: settings.minimumSamples)
    }

    /// Forgets all samples, and what the threshold has learned from them.
    public mutating func reset() {
      session.reset()
      logic = Self.quiet(settings)
      do throws(ThresholdError) {
        try adapting?.restore(from: settings.state)
      } catch {
        // It was restored before, so it can be again.
      }
    }

    /// Takes the next sample and, where it is not rejected, judges its score.
    public mutating func step(_ sample: UnsafePointer<Float>) -> StepStatus {
      let status = session.step(sample)
      guard status != .rejected else { return status }
      let score = Double(session.result()[0])
      threshold = adapting?.threshold ?? Double(settings.threshold)
      _ = adapting?.step(score)
      _ = logic.step(score, threshold: threshold)
      return status
    }

    /// The score of the last sample; 0 before the first.
    public var score: Float {
      session.sampleCount == 0 ? 0 : session.value(session.model.outputValue)[0]
    }
    /// The threshold that the last sample was judged by.
    public private(set) var threshold = 0.0
    /// Whether there is an alarm.
    public var isAlarm: Bool { logic.isRaised }

    /// The part of each channel in the last score, `model.channelCount` numbers; nil where channels have
    /// none.
    public var parts: UnsafePointer<Float>? {
      settings.partsValue.map { UnsafePointer(session.value($0)) }
    }

    /// Writes the channels of the largest parts, the largest first, and returns how many: as many as
    /// there is room, at most all, and none where channels have no parts. Of equals the first comes first.
    public func responsibleChannels(_ channels: UnsafeMutableBufferPointer<Int>) -> Int {
      guard let parts else { return 0 }
      var found = 0
      for channel in 0..<session.model.channelCount {
        var place = found
        while place > 0, parts[channel] > parts[channels[place &- 1]] {
          if place < channels.count { channels[place] = channels[place &- 1] }
          place &-= 1
        }
        if place < channels.count {
          channels[place] = channel
          if found < channels.count { found &+= 1 }
        }
      }
      return found
    }
  }

  extension Model {
    /// The memory that a `DetectorSession` needs, in bytes: that of a session, and an adapting threshold.
    public var detectorMemoryBytes: Int {
      guard decisionKind == .alarm, let own = alarm.adapting else { return memoryBytes }
      return aligned(memoryBytes, log2: 3) &+ own.memoryBytes
    }
  }
#endif
