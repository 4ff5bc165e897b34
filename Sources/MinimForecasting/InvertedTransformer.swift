// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimTensor

/// The transformer whose tokens are channels: each looks at the whole look-back of the others (iTransformer).
///
/// Standardised channels, and the four rows of the calendar where windows have them, are mapped to tokens of the width by
/// one map. Layers of attention over the tokens and feed-forward maps with GELU, a layer norm after each residual
/// connection and one at the end, then a map of each channel's token to the horizon. The feature are those tokens (batch,
/// channels, width). In training numbers of the tokens, of what attention finds and of the feed-forward parts are dropped;
/// weights of attention are not, for they are never stored. Source: methods, timedistill 3.1.
public struct InvertedTransformer<Scalar: TensorScalar>: Forecaster {
  /// The sizes of an inverted transformer.
  public struct Configuration: ForecasterConfiguration {
    /// Channels of the rows.
    public var channels: Int
    /// Rows that a forecast looks at.
    public var lookback: Int
    /// Rows that are forecast.
    public var horizon: Int
    /// Numbers of a token; even, and shared evenly by the heads.
    public var width: Int
    /// Layers.
    public var layers: Int
    /// Heads of each layer.
    public var heads: Int
    /// Units between the two maps of a layer.
    public var feedForward: Int
    /// The share of numbers dropped in training, in 0 ..< 1.
    public var dropout: Double

    /// Sizes; those of the paper for small sets by default, and as many units in a layer as the width.
    public init(
      channels: Int, lookback: Int, horizon: Int, width: Int = 128, layers: Int = 2, heads: Int = 8,
      feedForward: Int? = nil, dropout: Double = 0.1
    ) {
      self.channels = channels
      self.lookback = lookback
      self.horizon = horizon
      self.width = width
      self.layers = layers
      self.heads = heads
      self.feedForward = feedForward ?? width
      self.dropout = dropout
    }

    /// The layers', for tokens of channels and calendar.
    fileprivate var encoder: TransformerConfiguration {
      TransformerConfiguration(
        inputs: lookback, width: width, heads: heads, layers: layers, feedForward: feedForward,
        steps: channels + 4, norm: .token, positions: .none)
    }

    /// Whether every size is in its range: those of the layers as `TransformerConfiguration` has them, channels at most 65,532.
    public var isValid: Bool {
      (1...65_532).contains(channels) && horizon > 0 && encoder.isValid && dropout >= 0
        && dropout < 1
    }

    /// L d + d of the tokens' map, n (4 (d² + d) + 2 d f + f + d + 4 d) of the layers, 2 d of the last norm, d H + H.
    public var storedCount: Double {
      encoder.storedCount + 2 * Double(width) + Double(width + 1) * Double(horizon)
    }
  }

  /// The name in files.
  public static var name: String { "itransformer" }
  /// Its sizes.
  public let configuration: Configuration
  /// Look-back to token.
  public var embedding: Linear<Scalar>
  /// The layers, bottom first.
  public var layers: [TransformerLayer<Scalar>]
  /// The scale of the last norm (width).
  public var gain: Tensor<Scalar>
  /// The shift of the last norm (width).
  public var shift: Tensor<Scalar>
  /// Token to horizon.
  public var head: Linear<Scalar>

  /// A transformer of random weights; an invalid configuration traps.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "an impossible transformer: \(configuration)")
    self.configuration = configuration
    let d = configuration.width
    embedding = Linear(inputs: configuration.lookback, outputs: d, using: &generator)
    layers = []
    for _ in 0..<configuration.layers {
      layers.append(TransformerLayer(configuration.encoder, using: &generator))
    }
    gain = Tensor(repeating: 1, shape: [d])
    shift = Tensor(zeros: [d])
    head = Linear(inputs: d, outputs: configuration.horizon, using: &generator)
  }

  /// The pass of windows; with `training` numbers are dropped at random.
  public func pass(
    _ windows: LookBack<Scalar>, training: Bool, using generator: inout SeededGenerator
  ) -> ForecastPass<Scalar> {
    let rows = WindowScale(windows.values)
    let seen =
      windows.marks.map { Tensor.concatenated([rows.values, $0], along: 1) } ?? rows.values
    let dropout = training ? Scalar(configuration.dropout) : 0
    var tokens = embedding(seen).dropout(rate: dropout, using: &generator)
    for layer in layers { tokens = layer(tokens, dropout: dropout, using: &generator) }
    let feature = tokens.layerNorm(scale: gain, shift: shift)
      .sliced(0..<configuration.channels, along: 1)
    return ForecastPass(output: rows.restored(head(feature)), feature: feature)
  }

  /// Visits `embedding`, `layers.0` and so on, `norm` and `head`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try embedding.visitParameters(under: path.appending("embedding"), visit)
    for index in layers.indices {
      try layers[index].visitParameters(
        under: path.appending("layers").appending("\(index)"), visit)
    }
    try visit(path.appending("norm").appending("weight"), &gain)
    try visit(path.appending("norm").appending("bias"), &shift)
    try head.visitParameters(under: path.appending("head"), visit)
  }
}
