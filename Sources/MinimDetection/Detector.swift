// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimLearning
public import MinimSeries
public import MinimTensor

/// What fixes a detector's shape: enough to make one of the same tensors.
public protocol DetectorConfiguration: Codable, Equatable, Sendable {
  /// Channels of the recordings, at least 1.
  var channels: Int { get }
  /// Rows that a score looks at, at least 1.
  var window: Int { get }
  /// How many rows before the scored one the window ends: 0, or 1 where it leaves that row out.
  var lag: Int { get }
  /// Rows that share a score: 1, or the gap of a detector that looks every so many rows.
  var gap: Int { get }
  /// What no score exceeds; nil where there is no such number.
  var largestScore: Double? { get }
  /// Whether every size is in its range, so that a detector can be made.
  var isValid: Bool { get }
  /// The numbers of a detector of a valid configuration, parameters and buffers; a `Double`, which no
  /// sizes overflow.
  var storedCount: Double { get }
}

extension DetectorConfiguration {
  /// The window ends with the row that is scored.
  public var lag: Int { 0 }
  /// No bound.
  public var largestScore: Double? { nil }
  /// Each row has a score of its own.
  public var gap: Int { 1 }
}

/// A model of what is normal: it scores each row by the window that ends there, higher is more
/// anomalous.
///
/// A score depends on its window alone, but where a detector remembers more of the stream. All numbers are parameters or buffers of the tree, so any
/// detector is saved, counted and read like a model.
public protocol Detector: ParameterTree where Scalar == Float {
  /// What fixes its shape.
  associatedtype Configuration: DetectorConfiguration
  /// The name on the command line and in files, such as "gon".
  static var name: String { get }
  /// How training goes where nobody says otherwise.
  static var plan: TrainingPlan { get }
  /// Its sizes.
  var configuration: Configuration { get }
  /// A detector before training; the configuration must be valid.
  init(_ configuration: Configuration, using generator: inout SeededGenerator)

  /// Learns from windows of normal rows.
  ///
  /// `held` are later rows, kept apart, by which a detector may choose when to stop. Throws
  /// `TrainingError` for the first NaN or infinity.
  mutating func fit(
    _ windows: Windows, held: Windows, plan: TrainingPlan, progress: Progress
  ) throws

  /// The parts that the scores of windows are means of: (count, window · channels) to (count,
  /// channels), how far each channel is from normal in the last row, or to (count, 1) where channels
  /// have no part of their own.
  func parts(of windows: Tensor<Float>) -> Tensor<Float>

  /// The scores of all rows behind a set of windows, by default the mean of their parts.
  ///
  /// The result has the same bits for any number of threads.
  func scores(of windows: Windows) -> RowScores
}

/// The scores of a recording's rows.
public struct RowScores: Equatable, Sendable {
  /// A score for each row, higher is more anomalous.
  public let scores: [Double]
  /// For each row the part of each channel, index = row · channels + channel; nil where channels have
  /// no part of their own.
  public let channelParts: [Float]?
}

extension Detector {
  /// The numbers it is made of, parameters and buffers.
  public var storedCount: Int {
    var copy = self, count = 0
    copy.visitParameters(under: .root) { count += $1.count }
    copy.visitBuffers(under: .root) { count += $1.count }
    return count
  }

  /// The scores of a scaled recording's rows.
  public func scores(of recording: Recording) -> RowScores {
    scores(of: Windows(recording, for: configuration))
  }

  /// The mean of the parts of each row's window, in blocks of 64.
  public func scores(of windows: Windows) -> RowScores {
    let block = 64, count = windows.count
    let blocks = parallelMap((count + block - 1) / block) { index -> [Float] in
      let rows = index * block..<min(count, (index + 1) * block)
      return self.parts(of: windows.tensor(of: rows)).scalars
    }
    let all = blocks.flatMap { $0 }
    let width = count > 0 ? all.count / count : 1
    let scores = (0..<count).map { row -> Double in
      let sum = all[row * width..<(row + 1) * width].reduce(0.0) { $0 + Double($1) }
      return sum / Double(width)
    }
    let ownParts = width == windows.recording.channels && width > 1
    return RowScores(scores: scores, channelParts: ownParts ? all : nil)
  }
}
