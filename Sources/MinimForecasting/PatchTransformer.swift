// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimTensor

/// The transformer whose tokens are patches of one channel: every channel alone, the same maps for all (PatchTST).
///
/// A standardised channel, its last number repeated 8 times, is cut into patches of 16 numbers, 8 apart. They are mapped
/// to tokens without a bias; sinusoid positions are added. Layers as those of `InvertedTransformer`, a batch norm of the
/// tokens' numbers, then a map of all tokens of a channel, one behind the other, to the horizon. The feature are those
/// tokens, patch after patch (batch, channels, patches · width). In training numbers of the tokens, in the layers and of
/// the last map's results are dropped; weights of attention are not. Source: methods, timedistill 3.3; there the last map
/// reads the same numbers in another order.
public struct PatchTransformer<Scalar: TensorScalar>: Forecaster {
  /// The sizes of a patch transformer.
  public struct Configuration: ForecasterConfiguration {
    /// Channels of the rows.
    public var channels: Int
    /// Rows that a forecast looks at, at least 8.
    public var lookback: Int
    /// Rows that are forecast.
    public var horizon: Int
    /// Numbers of a token; even, and shared evenly by the heads (narrower heads, as 3 of 170 for a width of 512, there are not).
    public var width: Int
    /// Layers.
    public var layers: Int
    /// Heads of each layer.
    public var heads: Int
    /// Units between the two maps of a layer.
    public var feedForward: Int
    /// The share of numbers dropped in training, in 0 ..< 1.
    public var dropout: Double

    /// Sizes; those of the paper for small series by default (16, 4 heads, 128 units, 3 layers).
    public init(
      channels: Int, lookback: Int, horizon: Int, width: Int = 16, layers: Int = 3, heads: Int = 4,
      feedForward: Int = 128, dropout: Double = 0.3
    ) {
      self.channels = channels
      self.lookback = lookback
      self.horizon = horizon
      self.width = width
      self.layers = layers
      self.heads = heads
      self.feedForward = feedForward
      self.dropout = dropout
    }

    /// Patches of a channel: ⌊look-back / 8⌋.
    var patches: Int { lookback / 8 }

    /// The layers', for tokens of patches.
    fileprivate var encoder: TransformerConfiguration {
      TransformerConfiguration(
        inputs: 16, width: width, heads: heads, layers: layers, feedForward: feedForward,
        steps: patches, norm: .token)
    }

    /// Whether every size is in its range: those of the layers as `TransformerConfiguration` has them, 65,536 patches.
    public var isValid: Bool {
      channels > 0 && horizon > 0 && encoder.isValid && dropout >= 0 && dropout < 1
    }

    /// 16 d of the patches' map, n (4 (d² + d) + 2 d f + f + d + 4 d) of the layers, 4 d of the batch norm, half of them
    /// buffers, N d H + H.
    public var storedCount: Double {
      encoder.storedCount + 3 * Double(width)
        + (Double(patches) * Double(width) + 1) * Double(horizon)
    }
  }

  /// The name in files.
  public static var name: String { "patchtst" }
  /// Its sizes.
  public let configuration: Configuration
  /// Patch to token, without bias: (width, 16).
  public var embedding: Tensor<Scalar>
  /// The layers, bottom first.
  public var layers: [TransformerLayer<Scalar>]
  /// The norm of tokens, over all patches, channels and windows.
  public var norm: BatchNorm<Scalar>
  /// All tokens of a channel to the horizon.
  public var head: Linear<Scalar>

  /// A transformer of random weights; an invalid configuration traps.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "an impossible transformer: \(configuration)")
    self.configuration = configuration
    let d = configuration.width
    embedding = .uniform(in: -0.25...0.25, shape: [d, 16], using: &generator)
    layers = []
    for _ in 0..<configuration.layers {
      layers.append(TransformerLayer(configuration.encoder, using: &generator))
    }
    norm = BatchNorm(channels: d)
    head = Linear(
      inputs: configuration.patches * d, outputs: configuration.horizon, using: &generator)
  }

  /// The pass of windows; with `training` the norm goes by the batch and numbers are dropped at random.
  public func pass(
    _ windows: LookBack<Scalar>, training: Bool, using generator: inout SeededGenerator
  ) -> ForecastPass<Scalar> {
    let rows = WindowScale(windows.values)
    let dropout = training ? Scalar(configuration.dropout) : 0
    let tokens = encoded(rows.values, dropout: dropout, using: &generator)
    let feature = norm(tokens, axis: -1, training: training)
      .reshaped(to: [rows.values.shape[0], configuration.channels, -1])
    let output = head(feature).dropout(rate: dropout, using: &generator)
    return ForecastPass(output: rows.restored(output), feature: feature)
  }

  /// Sets the norm's buffers.
  public mutating func calibrate(_ windows: LookBack<Scalar>) {
    var generator = SeededGenerator(seed: 0)
    let rows = WindowScale(windows.values)
    _ = norm.calibrate(encoded(rows.values, dropout: 0, using: &generator), axis: -1)
  }

  /// The tokens (batch · channels, patches, width) of standardised rows, before the norm.
  private func encoded(
    _ rows: Tensor<Scalar>, dropout: Scalar, using generator: inout SeededGenerator
  ) -> Tensor<Scalar> {
    let d = configuration.width,
      places: Tensor<Scalar> = sinusoids(
        steps: configuration.patches, width: d)
    let series = rows.padded(along: -1, before: 0, after: 8, mode: .replicate)
      .reshaped(to: [-1, 1, configuration.lookback + 8])
    let patches = series.convolution(weight: embedding.reshaped(to: [d, 1, 16]), stride: [8])
    var tokens = (patches.transposed() + places).dropout(rate: dropout, using: &generator)
    for layer in layers { tokens = layer(tokens, dropout: dropout, using: &generator) }
    return tokens
  }

  /// Visits `embedding.weight`, `layers.0` and so on, `norm` and `head`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try visit(path.appending("embedding").appending("weight"), &embedding)
    for index in layers.indices {
      try layers[index].visitParameters(
        under: path.appending("layers").appending("\(index)"), visit)
    }
    try norm.visitParameters(under: path.appending("norm"), visit)
    try head.visitParameters(under: path.appending("head"), visit)
  }

  /// Visits those of `norm`.
  public mutating func visitBuffers(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows { try norm.visitBuffers(under: path.appending("norm"), visit) }
}
