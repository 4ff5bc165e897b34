// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimTensor

/// The two-layer perceptron on the time axis of TimeDistill: every channel alone, the same maps for all of them.
///
/// x̃ = x - mean(x). With two branches the trend T is a moving average of 25 rows and the season S = x̃ - T, else S = x̃
/// alone. Each branch: h = W₁ · + b₁ (look-back to hidden), y = W₂ relu(BN(h)) + b₂ (hidden to horizon), BN over batch
/// and units with a scale and shift for each channel. The forecast is Σ y + mean(x), the feature Σ h. Source: methods,
/// timedistill 1.
public struct ForecastPerceptron<Scalar: TensorScalar>: Forecaster {
  /// The sizes of a perceptron.
  public struct Configuration: ForecasterConfiguration {
    /// Channels of the rows.
    public var channels: Int
    /// Rows that a forecast looks at.
    public var lookback: Int
    /// Rows that are forecast.
    public var horizon: Int
    /// Units between the two maps of a branch.
    public var hidden: Int
    /// Whether season and trend have a branch each.
    public var decomposes: Bool

    /// Sizes; those of the paper by default.
    public init(
      channels: Int, lookback: Int, horizon: Int, hidden: Int = 512, decomposes: Bool = true
    ) {
      self.channels = channels
      self.lookback = lookback
      self.horizon = horizon
      self.hidden = hidden
      self.decomposes = decomposes
    }

    /// Whether every size is in its range.
    public var isValid: Bool { channels > 0 && lookback > 0 && horizon > 0 && hidden > 0 }

    /// For each branch L D + D + D H + H, and 4 C of the norm, half of them buffers.
    public var storedCount: Double {
      let d = Double(hidden), l = Double(lookback), h = Double(horizon)
      return (decomposes ? 2 : 1) * (l * d + d + d * h + h + 4 * Double(channels))
    }
  }

  /// A branch: two maps with a norm and ReLU between them.
  public struct Branch: ParameterTree {
    /// Look-back to hidden.
    public var first: Linear<Scalar>
    /// A scale and shift for each channel.
    public var norm: BatchNorm<Scalar>
    /// Hidden to horizon.
    public var second: Linear<Scalar>

    init(_ configuration: Configuration, using generator: inout SeededGenerator) {
      first = Linear(
        inputs: configuration.lookback, outputs: configuration.hidden, using: &generator)
      norm = BatchNorm(channels: configuration.channels)
      second = Linear(
        inputs: configuration.hidden, outputs: configuration.horizon, using: &generator)
    }

    func callAsFunction(
      _ x: Tensor<Scalar>, training: Bool
    ) -> (hidden: Tensor<Scalar>, output: Tensor<Scalar>) {
      let hidden = first(x)
      return (hidden, second(norm(hidden, axis: 1, training: training).relu()))
    }

    /// Visits `first`, `norm` and `second`.
    public mutating func visitParameters(
      under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
    ) rethrows {
      try first.visitParameters(under: path.appending("first"), visit)
      try norm.visitParameters(under: path.appending("norm"), visit)
      try second.visitParameters(under: path.appending("second"), visit)
    }

    /// Visits those of `norm`.
    public mutating func visitBuffers(
      under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
    ) rethrows {
      try norm.visitBuffers(under: path.appending("norm"), visit)
    }
  }

  /// The name in files.
  public static var name: String { "mlp" }
  /// Its sizes.
  public let configuration: Configuration
  /// What is left when the trend is taken away, or everything.
  public var season: Branch
  /// The trend's own branch; nil without decomposition.
  public var trend: Branch?

  /// A perceptron of random weights; an invalid configuration traps.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "an impossible perceptron: \(configuration)")
    self.configuration = configuration
    season = Branch(configuration, using: &generator)
    trend = configuration.decomposes ? Branch(configuration, using: &generator) : nil
  }

  /// The pass of windows; nothing in it is random.
  public func pass(
    _ windows: LookBack<Scalar>, training: Bool, using generator: inout SeededGenerator
  ) -> ForecastPass<Scalar> {
    let (mean, parts) = decomposed(windows.values)
    var (feature, output) = season(parts.season, training: training)
    if let trend, let part = parts.trend {
      let other = trend(part, training: training)
      feature = feature + other.hidden
      output = output + other.output
    }
    return ForecastPass(output: output + mean, feature: feature)
  }

  /// Sets the norms' buffers.
  public mutating func calibrate(_ windows: LookBack<Scalar>) {
    let parts = decomposed(windows.values).parts
    _ = season.norm.calibrate(season.first(parts.season), axis: 1)
    if let part = parts.trend, var own = trend {
      _ = own.norm.calibrate(own.first(part), axis: 1)
      trend = own
    }
  }

  /// The mean of each channel (batch, channels, 1), and what is left of the rows.
  private func decomposed(
    _ x: Tensor<Scalar>
  ) -> (mean: Tensor<Scalar>, parts: (season: Tensor<Scalar>, trend: Tensor<Scalar>?)) {
    let mean = x.mean(over: [-1], keepingAxes: true)
    let centred = x - mean
    guard configuration.decomposes else { return (mean, (centred, nil)) }
    let trend = centred.movingAverage(over: 25, along: -1)
    return (mean, (centred - trend, trend))
  }

  /// Visits `season` and `trend`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try season.visitParameters(under: path.appending("season"), visit)
    try trend?.visitParameters(under: path.appending("trend"), visit)
  }

  /// Visits those of the norms.
  public mutating func visitBuffers(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try season.visitBuffers(under: path.appending("season"), visit)
    try trend?.visitBuffers(under: path.appending("trend"), visit)
  }
}
