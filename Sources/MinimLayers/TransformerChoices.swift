// SPDX-License-Identifier: Apache-2.0

/// What a user may ask of a transformer beside its sizes; nil leaves the model's own.
public struct TransformerChoices: Equatable, Sendable {
  /// Heads; 2.
  public var heads: Int?
  /// Units between the two maps of a layer; 256.
  public var feedForward: Int?
  /// The norm after each residual connection.
  public var norm: TransformerNorm?
  /// What a step knows of its place; sinusoid.
  public var positions: TransformerConfiguration.Positions?
  /// Which steps a step looks at.
  public var looks: TransformerConfiguration.Looks?
  /// The seed of a model's own signs.
  public var seed: UInt64 = 0
  /// How matrices become signs.
  public var binarisation: Binarisation?

  /// Nothing asked.
  public init() {}

  /// The encoder of so many inputs and steps, `norm` and `looks` where nobody asked for others (methods, sbt 1).
  public func encoder(
    inputs: Int, width: Int, layers: Int, steps: Int, norm: TransformerNorm,
    looks: TransformerConfiguration.Looks
  ) -> TransformerConfiguration {
    TransformerConfiguration(
      inputs: inputs, width: width, heads: heads ?? 2, layers: layers,
      feedForward: feedForward ?? 256, steps: steps, norm: self.norm ?? norm,
      positions: positions ?? .sinusoid, looks: self.looks ?? looks)
  }

  /// How matrices become signs; `own`, with the seed, where nobody asked.
  public func binarisation(or own: Binarisation?) -> Binarisation? {
    var own = own
    own?.seed = UInt32(truncatingIfNeeded: seed)
    return binarisation ?? own
  }
}
