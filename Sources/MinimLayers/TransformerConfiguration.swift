// SPDX-License-Identifier: Apache-2.0

/// What fixes a transformer encoder's shape and how its steps look at each other.
public struct TransformerConfiguration: Codable, Equatable, Sendable {
  /// Which steps a step looks at.
  public enum Looks: String, Codable, CaseIterable, Sendable {
    /// Every step at all.
    case everywhere
    /// Earlier steps at themselves alone, the last one at all of those but not at itself: the paper's
    /// step-t mask, by which all but the last step go without queries, keys and scores.
    case lastStep = "last-step"
  }

  /// What a step knows of its place.
  public enum Positions: String, Codable, CaseIterable, Sendable {
    /// PE[t, 2i] = sin(t · 10000^(-2i / width)), PE[t, 2i + 1] = cos of the same.
    case sinusoid
    /// A trained table of `steps` rows; step t has row t mod steps.
    case learned
    /// Nothing: with `lastStep` the earlier steps are a set.
    case none
  }

  /// What of queries, keys and values a fixed mask of a binary transformer keeps.
  public enum ActivationMask: String, Codable, CaseIterable, Sendable {
    /// All.
    case none
    /// Of queries, keys and values of each layer a random share of all pairs of a step and a head's channel, the
    /// same for all heads and cases: the paper's, which saves no time.
    case elements
    /// Keys and values of evenly spread steps of the configuration's, which saves that share of scores and sums.
    case steps
  }

  /// Numbers of a step.
  public var inputs: Int
  /// Width d of the encoder.
  public var width: Int
  /// Heads, which share the width.
  public var heads: Int
  /// Layers.
  public var layers: Int
  /// Units between the two maps of a layer.
  public var feedForward: Int
  /// Steps of the window, or of the longest case.
  public var steps: Int
  /// The norm after each residual connection.
  public var norm: TransformerNorm
  /// What a step knows of its place.
  public var positions: Positions
  /// Which steps a step looks at.
  public var looks: Looks
  /// What a fixed mask keeps of queries, keys and values.
  public var activationMask: ActivationMask
  /// The share that it keeps, above 0 to 1.
  public var activationKeep: Double

  /// A configuration; the paper's where nobody says otherwise.
  public init(
    inputs: Int, width: Int, heads: Int = 2, layers: Int = 2, feedForward: Int = 256, steps: Int,
    norm: TransformerNorm = .none, positions: Positions = .sinusoid, looks: Looks = .everywhere,
    activationMask: ActivationMask = .none, activationKeep: Double = 1
  ) {
    self.inputs = inputs
    self.width = width
    self.heads = heads
    self.layers = layers
    self.feedForward = feedForward
    self.steps = steps
    self.norm = norm
    self.positions = positions
    self.looks = looks
    self.activationMask = activationMask
    self.activationKeep = activationKeep
  }

  /// Whether every size is in its range and goes with the others: heads divide an even width; with `lastStep`
  /// two steps or more, no batch norm and no activation mask.
  public var isValid: Bool {
    (1...1_000_000).contains(inputs) && (2...4096).contains(width) && width % 2 == 0
      && (1...64).contains(heads) && width % heads == 0 && (1...64).contains(layers)
      && (1...65_536).contains(feedForward) && (1...65_536).contains(steps)
      && activationKeep > 0 && activationKeep <= 1
      && (looks == .everywhere || (steps > 1 && norm != .batch && activationMask == .none))
  }

  /// (c + 1) d + L (4 d (d + 1) + (d + 1) f + (f + 1) d) numbers of maps, those of norms (4 d L with `token`; `batch`,
  /// buffers included, 8 d L; `time` 4 T L) and of learned positions, T d.
  public var storedCount: Double {
    let d = Double(width), f = Double(feedForward), t = Double(steps), count = Double(layers)
    let norms: Double =
      switch norm {
      case .none: 0
      case .batch: 8 * d
      case .token: 4 * d
      case .time: 4 * t
      }
    return (Double(inputs) + 1) * d
      + count * (4 * d * (d + 1) + (d + 1) * f + (f + 1) * d + norms)
      + (positions == .learned ? t * d : 0)
  }
}
