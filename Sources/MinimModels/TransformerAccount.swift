// SPDX-License-Identifier: Apache-2.0
public import MinimLayers

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What a dense and a sparse binary transformer cost, as the paper's code counts and in truth (methods, sbt 5
/// and 7.5).
///
/// The task fixes what the paper's code does: a classifier has learned positions where it is dense, and as a binary
/// one masks queries, keys and values; the others have step-t attention where they are binary.
public struct TransformerAccount: Equatable, Sendable {
  /// What the transformer is for.
  public enum Task: Equatable, Sendable {
    /// The mean over all steps of so many outputs.
    case classification(classes: Int)
    /// The last row, reconstructed.
    case detection
    /// The last row, hidden on the way in.
    case forecast
  }

  /// A count as the paper makes it.
  public struct Count: Equatable, Sendable {
    /// Parameters.
    public let parameters: Double
    /// Bits of these.
    public let bits: Double
    /// "FLOPs", a multiplication with its addition as one.
    public let operations: Double
  }

  /// Which weights of a mask a step multiplies by.
  public enum Weights: Sendable {
    /// Those it keeps.
    case kept
    /// All, zeros too.
    case all
  }

  /// Features of a step.
  public var features: Int
  /// Steps w of the window.
  public var window: Int
  /// Width d of the encoder.
  public var width: Int
  /// Heads, which share the width.
  public var heads: Int
  /// Layers L.
  public var layers: Int
  /// Units f between the two maps of a layer.
  public var feedForward: Int
  /// The share of each matrix that its mask keeps; nil for a dense transformer alone.
  public var keep: Double?
  /// What it is for.
  public var task: Task
  /// The norm after each residual connection.
  public var norm: TransformerNorm

  /// An account; the norm is the paper's for the task unless given: batch, none, time.
  public init(
    features: Int, window: Int, width: Int, heads: Int = 2, layers: Int = 2,
    feedForward: Int = 256, keep: Double?, task: Task, norm: TransformerNorm? = nil
  ) {
    self.features = features
    self.window = window
    self.width = width
    self.heads = heads
    self.layers = layers
    self.feedForward = feedForward
    self.keep = keep
    self.task = task
    let usual: TransformerNorm =
      switch task {
      case .classification: .batch
      case .detection: .none
      case .forecast: .time
      }
    self.norm = norm ?? usual
  }

  /// The dense transformer as the paper's code counts it: 32 bits a parameter; of maps Q, K and V at all w steps, the
  /// others once.
  ///
  /// FLOPs = L (3 w d² + w d + h (2 w² d/h + w²) + d² + 2 d f) + (m + out) d, plus 4 L w d with layer norms and w d
  /// for sinusoid positions. A detector has layer norms over time here though the binary one has none.
  public var paperDense: Count {
    let maps = onceMaps + askMaps * w * depth
    let attention = depth * (2 * w * w * d + h * w * w)
    let norms = hasLayerNorms(denseNorm) ? 4 * depth * w * d : 0
    let parameters = denseNumbers + learnedPositions
    return Count(
      parameters: parameters, bits: 32 * parameters,
      operations: maps + attention + norms + depth * w * d + (isClassifier ? 0 : w * d))
  }

  /// The binary transformer as the paper's code counts it; nil for a dense one.
  ///
  /// A bit for each weight, pruned or not, and each gain of a layer norm, which are parameters, and 32 for each gain
  /// of a batch norm, which are none; nothing for masks. FLOPs take the share k of maps and norms. Step-t attention is
  /// h (2 (w - 1) d/h + w) and w d; with masks of queries, keys and values, a = ⌊k w⌋, it is h (a² d/h + w² +
  /// w a d/h) and (3 + k) w d.
  public var paperSparse: Count? {
    guard let keep else { return nil }
    let gains = hasLayerNorms(norm) ? 2 * depth * (norm == .time ? w : d) : 0
    let parameters = weights + gains
    let kept = (keep * w).rounded(.down)
    let attention =
      isClassifier
      ? kept * kept * d + h * w * w + w * kept * d + (3 + keep) * w * d
      : 2 * (w - 1) * d + h * w + w * d
    let norms = hasLayerNorms(norm) ? 2 * depth * w * d : 0
    return Count(
      parameters: parameters, bits: parameters + (norm == .batch ? 64 * depth * d : 0),
      operations: keep * (onceMaps + askMaps * w * depth + norms) + depth * attention + w * d)
  }

  /// Multiply-adds of the dense transformer: every map at every step, and attention, 2 w² d a layer.
  public var denseMultiplyAdds: Double { w * weights + 2 * w * w * d * depth }

  /// Multiply-adds of the binary transformer as its code goes about it, kept weights alone; nil for a dense one.
  ///
  /// Every map at every step; the attention of a classifier is the dense one, for scattered zeros of queries, keys and
  /// values save nothing, and else 2 (w - 1) d a layer.
  public var sparseMultiplyAdds: Double? {
    keep.map { $0 * w * weights + (isClassifier ? 2 * w * w : 2 * (w - 1)) * d * depth }
  }

  /// Multiply-adds of a step-t window by its exact algebra; nil for a classifier, all of whose steps ask all.
  ///
  /// Earlier steps go through V, O and the feed-forward part of all layers but the last, with a norm over time of
  /// that too. The last step has Q, u = Kᵀ q, V of a sum of rows, O and the feed-forward part, and 2 h (w - 1) d for scores and sums.
  public func stepMultiplyAdds(_ counted: Weights) -> Double? {
    guard !isClassifier else { return nil }
    let layersOfAll = norm == .time ? depth : depth - 1
    return share(counted) * (w * m * d + layersOfAll * (w - 1) * pastMaps + lastMaps) + asking
  }

  /// Multiply-adds of a sample where earlier rows are kept from one sample to the next: each goes once through the
  /// embedding and the layers below the last, and the last step through all; nil for a classifier and with norms over time.
  public func streamMultiplyAdds(_ counted: Weights) -> Double? {
    guard !isClassifier, norm != .time else { return nil }
    return share(counted) * (m * d + (depth - 1) * pastMaps + lastMaps) + asking
  }

  /// Bytes of the dense transformer in float32: weights, biases and norms; no table of positions.
  public var denseBytes: Double { 4 * denseNumbers }

  /// Bytes of a seed of all signs, masks of one bit a weight, and float32 magnitudes and norms; nil for a dense transformer.
  public var maskBytes: Double? { keep.map { _ in weights / 8 + otherBytes } }

  /// The same with masks at their entropy, H2(k) = -k log2 k - (1 - k) log2 (1 - k) bits a weight.
  public var codedBytes: Double? {
    keep.map { keep in
      let entropy = [keep, 1 - keep].reduce(0) { $1 > 0 ? $0 - $1 * log2($1) : $0 }
      return entropy * weights / 8 + otherBytes
    }
  }

  private var m: Double { Double(features) }
  private var w: Double { Double(window) }
  private var d: Double { Double(width) }
  private var h: Double { Double(heads) }
  private var depth: Double { Double(layers) }
  private var f: Double { Double(feedForward) }
  private var outputs: Double {
    if case .classification(let classes) = task { return Double(classes) }
    return m
  }
  private var isClassifier: Bool {
    if case .classification = task { return true }
    return false
  }

  /// The weights of Q, K and V of a layer.
  private var askMaps: Double { 3 * d * d }
  /// The weights of all other maps.
  private var onceMaps: Double { depth * (d * d + 2 * d * f) + (m + outputs) * d }
  /// All weights.
  private var weights: Double { depth * askMaps + onceMaps }
  /// V, O and the feed-forward part of a layer, of one earlier row.
  private var pastMaps: Double { 2 * d * d + 2 * d * f }
  /// All maps of the last row but its embedding.
  private var lastMaps: Double { depth * (4 * d * d + 2 * d * f) + d * outputs }
  /// Scores and sums of rows of all layers and heads.
  private var asking: Double { 2 * depth * h * (w - 1) * d }

  private func share(_ counted: Weights) -> Double { counted == .kept ? keep ?? 1 : 1 }

  /// The norm of the dense transformer: as a detector it has one over time where the binary one has none.
  private var denseNorm: TransformerNorm {
    task == .detection && norm == .none ? .time : norm
  }
  private func hasLayerNorms(_ norm: TransformerNorm) -> Bool { norm == .token || norm == .time }
  /// Gains and shifts.
  private func numbers(of norm: TransformerNorm) -> Double {
    switch norm {
    case .none: 0
    case .batch, .token: 4 * depth * d
    case .time: 4 * depth * w
    }
  }
  /// Weights, biases and norms of the dense transformer.
  private var denseNumbers: Double {
    weights + d + depth * (5 * d + f) + outputs + numbers(of: denseNorm)
  }
  /// The table of a dense classifier, of 1,024 rows.
  private var learnedPositions: Double { isClassifier ? 1024 * d : 0 }
  /// A seed, a magnitude for each of 6 L + 2 matrices, and norms.
  private var otherBytes: Double { 4 * (1 + 6 * depth + 2 + numbers(of: norm)) }
}
