// SPDX-License-Identifier: Apache-2.0
public import MinimLayers

/// What a user may ask of a transformer detector beside its sizes; nil leaves the preset's own.
public struct TransformerChoices: Equatable, Sendable {
  /// Heads; 2.
  public var heads: Int?
  /// Units between the two maps of a layer; 256.
  public var feedForward: Int?
  /// The norm after each residual connection; none.
  public var norm: TransformerNorm?
  /// What a step knows of its place; sinusoid.
  public var positions: TransformerConfiguration.Positions?
  /// Which steps a step looks at.
  public var looks: TransformerConfiguration.Looks?
  /// Whether the last row is predicted from those before.
  public var predicts = false
  /// The seed of a preset's own signs.
  public var seed: UInt64 = 0
  /// How matrices become signs.
  public var binarisation: Binarisation?

  /// Nothing asked.
  public init() {}

  /// The configuration for so many channels: windows of 50 rows, width twice the channels, at least 16, two layers
  /// (methods, sbt 1).
  func configuration(
    channels: Int, sizes: DetectorSizes, looks: TransformerConfiguration.Looks = .everywhere,
    binarisation: Binarisation? = nil
  ) -> StepTransformerDetector.Configuration {
    var own = binarisation
    own?.seed = UInt32(truncatingIfNeeded: seed)
    return StepTransformerDetector.Configuration(
      encoder: TransformerConfiguration(
        inputs: channels, width: sizes.hidden ?? max(16, 2 * channels), heads: heads ?? 2,
        layers: sizes.layers ?? 2, feedForward: feedForward ?? 256, steps: sizes.window ?? 50,
        norm: norm ?? .none, positions: positions ?? .sinusoid, looks: self.looks ?? looks),
      predicts: predicts, binarisation: self.binarisation ?? own)
  }
}
