// SPDX-License-Identifier: Apache-2.0
package import MinimRuntime

/// The contents of a model file as values: what `bytes()` writes, and what reading the same bytes
/// gives back.
public struct ModelFile: Equatable, Sendable {
  /// A matrix and how it is stored.
  public struct Tensor: Equatable, Sendable {
    package var type: TensorType
    package var rows: Int
    package var columns: Int
    /// The three bytes after the type: of a one-bit tensor alpha as float16 and flags, of others zeros.
    package var head: [UInt8] = [0, 0, 0]
    /// The block of the WEIGHTS section, without padding.
    package var block: [UInt8]

    /// A tensor from its parts.
    package init(
      type: TensorType, rows: Int, columns: Int, head: [UInt8] = [0, 0, 0], block: [UInt8]
    ) {
      self.type = type
      self.rows = rows
      self.columns = columns
      self.head = head
      self.block = block
    }
  }

  /// A record of the GRAPH section; it writes the value after the last one written.
  public struct Operation: Equatable, Sendable {
    package var code: OperationCode
    package var variant: UInt8 = 0
    package var input: Int
    /// As `Operation.parameter` of a model.
    package var parameter: UInt16 = 0
    /// Indices of tensors; nil for none.
    package var tensors: [Int?] = []
    /// The length of the value that it writes.
    package var outputLength: Int

    /// An operation from its parts.
    package init(
      code: OperationCode, variant: UInt8 = 0, input: Int, parameter: UInt16 = 0,
      tensors: [Int?] = [], outputLength: Int
    ) {
      self.code = code
      self.variant = variant
      self.input = input
      self.parameter = parameter
      self.tensors = tensors
      self.outputLength = outputLength
    }
  }

  /// How samples are prepared.
  public struct Preprocessing: Equatable, Sendable {
    package var mode: PreprocessingMode
    package var normalisation: Normalisation
    package var channels: Int
    package var window: Int
    package var shortest: Int
    package var resamplesCases = false
    package var interpolatesMissing = false
    /// Whether the first sample of a window stands for those before it.
    package var repeatsFirst = false
    /// Mean and deviation of each channel in turn; empty without a scaler.
    package var scaler: [Float] = []
    /// A name for each channel, or none at all.
    package var channelNames: [String] = []

    /// A preparation from its parts.
    package init(
      mode: PreprocessingMode, normalisation: Normalisation, channels: Int, window: Int,
      shortest: Int, resamplesCases: Bool = false, interpolatesMissing: Bool = false,
      repeatsFirst: Bool = false, scaler: [Float] = [], channelNames: [String] = []
    ) {
      self.mode = mode
      self.normalisation = normalisation
      self.channels = channels
      self.window = window
      self.shortest = shortest
      self.resamplesCases = resamplesCases
      self.interpolatesMissing = interpolatesMissing
      self.repeatsFirst = repeatsFirst
      self.scaler = scaler
      self.channelNames = channelNames
    }
  }

  /// What the output means.
  public enum Decision: Equatable, Sendable {
    case none
    /// The names of the classes.
    case classes([String])
    /// An anomaly is above it.
    case threshold(Float)
    /// How scores become alarms.
    case alarm(Alarm)
  }

  /// How the scores of a detector become alarms.
  public struct Alarm: Equatable, Sendable {
    /// The threshold; where it adapts, what it begins with.
    package var threshold: Float
    /// The fraction of the threshold below which an alarm ends.
    package var release: Float
    /// The scores above the threshold that raise one.
    package var minimumSamples: Int
    /// The value that holds the part of each channel; nil where channels have none.
    package var partsValue: Int?
    /// A threshold that goes along with the stream, and its calibrated state.
    package var adapting: (settings: StreamThresholdSettings, state: [UInt8])?

    /// Settings from their parts.
    package init(
      threshold: Float, release: Float, minimumSamples: Int, partsValue: Int?,
      adapting: (settings: StreamThresholdSettings, state: [UInt8])?
    ) {
      self.threshold = threshold
      self.release = release
      self.minimumSamples = minimumSamples
      self.partsValue = partsValue
      self.adapting = adapting
    }

    /// Whether all parts are the same.
    public static func == (a: Self, b: Self) -> Bool {
      a.threshold == b.threshold && a.release == b.release
        && a.minimumSamples == b.minimumSamples && a.partsValue == b.partsValue
        && a.adapting?.settings == b.adapting?.settings && a.adapting?.state == b.adapting?.state
    }
  }

  /// The intervals around forecasts: half-width = scale of the channel · width of level and step.
  public struct Intervals: Equatable, Sendable {
    /// The shares that they are to hold, ascending between 0 and 1.
    package var levels: [Float]
    /// A number above 0 for each channel, in original units.
    package var scales: [Float]
    /// For each level a number for each step.
    package var widths: [[Float]]

    /// Intervals from their parts.
    package init(levels: [Float], scales: [Float], widths: [[Float]]) {
      self.levels = levels
      self.scales = scales
      self.widths = widths
    }
  }

  /// An input and what the model makes of it.
  public struct SelfTestVector: Equatable, Sendable {
    package var samples: [Float]
    package var output: [Float]

    /// A vector from its parts: samples step by step, all channels of a step together.
    package init(samples: [Float], output: [Float]) {
      self.samples = samples
      self.output = output
    }
  }

  package var operations: [Operation]
  /// The first operations, this many, run for every sample.
  package var stepOperations: Int
  package var tensors: [Tensor]
  package var preprocessing: Preprocessing
  package var decision: Decision
  /// Keys and values; no section is written if empty.
  public var provenance: [String: String] = [:]
  /// At most four; no section is written if empty.
  package var selfTests: [SelfTestVector] = []
  /// Of a forecaster only; no section is written where there are none.
  package var intervals: Intervals?

  /// A file without PROVENANCE and SELFTEST; `bytes()` checks it.
  package init(
    operations: [Operation], stepOperations: Int, tensors: [Tensor], preprocessing: Preprocessing,
    decision: Decision
  ) {
    self.operations = operations
    self.stepOperations = stepOperations
    self.tensors = tensors
    self.preprocessing = preprocessing
    self.decision = decision
  }
}
