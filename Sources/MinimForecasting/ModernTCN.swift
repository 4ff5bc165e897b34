// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimTensor

/// A network of large convolutions along time, each channel in units of its own (ModernTCN), the paper's usual teacher.
///
/// A standardised channel, its last number repeated 4 times, goes through one convolution of 8 taps, 4 apart, to the width,
/// with a norm; the same for all channels. Then blocks (`ModernTCNBlock`) and a map of a channel's units of all places, one
/// unit behind the other, to the horizon. The feature is what that map reads: (batch, channels, width · places). In
/// training numbers are dropped after each map inside the blocks. Source: methods, timedistill 3.2.
public struct ModernTCN<Scalar: TensorScalar>: Forecaster {
  /// The sizes of a network.
  public struct Configuration: ForecasterConfiguration {
    /// Channels of the rows.
    public var channels: Int
    /// Rows that a forecast looks at, at least 4.
    public var lookback: Int
    /// Rows that are forecast.
    public var horizon: Int
    /// Units of a channel.
    public var width: Int
    /// How many times as many units blocks have between two maps.
    public var ratio: Int
    /// Blocks.
    public var blocks: Int
    /// The share of numbers dropped in training, in 0 ..< 1.
    public var dropout: Double
    /// Whether norms and small kernels have become part of the large ones, for use alone.
    public internal(set) var isMerged = false

    /// Sizes; the paper's for the hourly transformer sets by default.
    public init(
      channels: Int, lookback: Int, horizon: Int, width: Int = 64, ratio: Int = 1, blocks: Int = 1,
      dropout: Double = 0.3
    ) {
      self.channels = channels
      self.lookback = lookback
      self.horizon = horizon
      self.width = width
      self.ratio = ratio
      self.blocks = blocks
      self.dropout = dropout
    }

    /// Places along time behind the first convolution: ⌊look-back / 4⌋.
    var places: Int { lookback / 4 }

    /// Whether every size is in its range: widths to 4096, ratios and blocks to 64.
    public var isValid: Bool {
      channels > 0 && lookback >= 4 && horizon > 0 && (1...4096).contains(width)
        && (1...64).contains(ratio) && (1...64).contains(blocks) && dropout >= 0 && dropout < 1
    }

    /// With d units, C channels and N places 8 d + d of the first convolution, the blocks, N d H + H and the norms.
    ///
    /// A block: 56 d C of the kernels, 2 r d² C + r d C + d C of the maps within channels, 2 r d C² + r d C + d C of those
    /// across. Norms, half of them buffers: 4 d, and 8 d C + 4 d for each block. Merged, a block has 51 d C + d C of
    /// kernels, and there are no norms.
    public var storedCount: Double {
      let d = Double(width), c = Double(channels), r = Double(ratio), n = Double(blocks)
      let maps = 2 * r * d * c * (d + c) + 2 * (r + 1) * d * c
      let kernels = isMerged ? 52 * d * c : 56 * d * c + 8 * d * c + 4 * d
      return (isMerged ? 9 : 13) * d + n * (kernels + maps)
        + (Double(places) * d + 1) * Double(horizon)
    }
  }

  /// The name in files.
  public static var name: String { "modern-tcn" }
  /// Its sizes.
  public private(set) var configuration: Configuration
  /// The first convolution, of every channel alone.
  public var stem: GroupedConvolution<Scalar>
  /// The blocks, in order.
  public var blocks: [ModernTCNBlock<Scalar>]
  /// Units of all places to the horizon.
  public var head: Linear<Scalar>

  /// A network of random weights; an invalid configuration traps.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "an impossible network: \(configuration)")
    self.configuration = configuration
    stem = GroupedConvolution(
      inputs: 1, outputs: configuration.width, kernel: 8, groups: 1, stride: 4,
      normed: !configuration.isMerged, using: &generator)
    blocks = []
    for _ in 0..<configuration.blocks {
      blocks.append(ModernTCNBlock(configuration, using: &generator))
    }
    head = Linear(
      inputs: configuration.places * configuration.width, outputs: configuration.horizon,
      using: &generator)
  }

  /// The pass of windows; with `training` norms go by the batch and numbers are dropped at random.
  public func pass(
    _ windows: LookBack<Scalar>, training: Bool, using generator: inout SeededGenerator
  ) -> ForecastPass<Scalar> {
    let rows = WindowScale(windows.values)
    let dropout = training ? Scalar(configuration.dropout) : 0
    var x = joined(stem(series(rows.values), training: training))
    for block in blocks { x = block(x, training: training, dropout: dropout, using: &generator) }
    let feature = x.reshaped(to: [x.shape[0], configuration.channels, -1])
    return ForecastPass(output: rows.restored(head(feature)), feature: feature)
  }

  /// Sets the norms' buffers, layer after layer.
  public mutating func calibrate(_ windows: LookBack<Scalar>) {
    var x = joined(stem.calibrate(series(WindowScale(windows.values).values)))
    for index in blocks.indices { x = blocks[index].calibrate(x) }
  }

  /// The same network in use, with one convolution of 51 taps a block and no norms, to which its sums differ by rounding.
  public func merged() -> ModernTCN {
    var copy = self
    copy.configuration.isMerged = true
    copy.stem = stem.folded
    copy.blocks = blocks.map(\.merged)
    return copy
  }

  /// Each channel as a series of its own, its last number repeated: (batch · channels, 1, look-back + 4).
  private func series(_ rows: Tensor<Scalar>) -> Tensor<Scalar> {
    rows.padded(along: -1, before: 0, after: 4, mode: .replicate)
      .reshaped(to: [-1, 1, configuration.lookback + 4])
  }

  /// Units (batch · channels, width, places) with those of all channels side by side: (batch, channels · width, places).
  private func joined(_ units: Tensor<Scalar>) -> Tensor<Scalar> {
    units.reshaped(to: [-1, configuration.channels * configuration.width, configuration.places])
  }

  /// Visits `stem`, `blocks.0` and so on, and `head`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try stem.visitParameters(under: path.appending("stem"), visit)
    for index in blocks.indices {
      try blocks[index].visitParameters(
        under: path.appending("blocks").appending("\(index)"), visit)
    }
    try head.visitParameters(under: path.appending("head"), visit)
  }

  /// Visits those of the norms.
  public mutating func visitBuffers(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try stem.visitBuffers(under: path.appending("stem"), visit)
    for index in blocks.indices {
      try blocks[index].visitBuffers(under: path.appending("blocks").appending("\(index)"), visit)
    }
  }
}
