// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimTensor

/// TimeBase: the segments of a period are few basis segments, from which those to come are made (methods, timedistill 8).
///
/// x is parted into n = L / P segments of P rows; the mean of each phase is taken away. B = W₁ x + b₁ gives R basis
/// segments, y = W₂ B + b₂ the ⌈H / P⌉ segments to come, the same maps for all phases; the means are given back. The
/// penalty is the mean over windows and channels of ‖offdiagonal(B Bᵀ)‖.
public struct TimeBase<Scalar: TensorScalar>: Forecaster {
  /// The sizes of a TimeBase.
  public struct Configuration: ForecasterConfiguration {
    /// Channels of the rows.
    public var channels: Int
    /// Rows that a forecast looks at, a multiple of the period.
    public var lookback: Int
    /// Rows that are forecast.
    public var horizon: Int
    /// The period P.
    public var period: Int
    /// R: basis segments.
    public var rank: Int
    /// λ: the factor of the penalty.
    public var orthogonality: Double

    /// Sizes; those of the paper's hourly data by default.
    public init(
      channels: Int, lookback: Int, horizon: Int, period: Int = 24, rank: Int = 6,
      orthogonality: Double = 0.04
    ) {
      self.channels = channels
      self.lookback = lookback
      self.horizon = horizon
      self.period = period
      self.rank = rank
      self.orthogonality = orthogonality
    }

    /// The period.
    public var partingPeriod: Int? { period }

    /// Whether every size is in its range and the period divides the look-back.
    public var isValid: Bool {
      channels > 0 && lookback > 0 && horizon > 0 && period > 0 && lookback % period == 0
        && rank > 0 && orthogonality >= 0 && orthogonality.isFinite
    }

    /// (n + 1) R + (R + 1) ⌈H / P⌉.
    public var storedCount: Double {
      let n = Double(lookback / period), m = Double((horizon - 1) / period + 1)
      return (n + 1) * Double(rank) + (Double(rank) + 1) * m
    }
  }

  /// The name in files.
  public static var name: String { "timebase" }
  /// Its sizes.
  public let configuration: Configuration
  /// Segments to basis segments.
  public var basis: Linear<Scalar>
  /// Basis segments to those to come.
  public var head: Linear<Scalar>

  /// A forecaster of random weights; an invalid configuration traps.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "an impossible TimeBase: \(configuration)")
    self.configuration = configuration
    let period = configuration.period
    basis = Linear(
      inputs: configuration.lookback / period, outputs: configuration.rank, using: &generator)
    head = Linear(
      inputs: configuration.rank, outputs: (configuration.horizon - 1) / period + 1,
      using: &generator)
  }

  /// The pass of windows; nothing in it is random.
  public func pass(
    _ windows: LookBack<Scalar>, training: Bool, using generator: inout SeededGenerator
  ) -> ForecastPass<Scalar> {
    let x = windows.values, period = configuration.period, rank = configuration.rank
    let (batch, channels, n) = (x.shape[0], x.shape[1], x.shape[2] / period)
    let segments = x.reshaped(to: [batch * channels, n, period])
    let mean = segments.mean(over: [1], keepingAxes: true)
    let parts = basis((segments - mean).permuted([0, 2, 1]))
    let y = head(parts).permuted([0, 2, 1]) + mean
    let all = y.reshaped(to: [batch, channels, y.shape[1] * period])
    var pass = ForecastPass(output: all.sliced(0..<configuration.horizon, along: 2))
    if training, configuration.orthogonality > 0, rank > 1 {
      let gram = parts.product(parts, transposed: true)
      let others = Tensor(
        (0..<rank * rank).map { $0 / rank == $0 % rank ? Scalar(0) : 1 }, shape: [rank, rank])
      let size = ((gram * others).squared().sum(over: [1, 2]) + 1e-12).squareRoot()
      pass.penalty = size.mean() * Scalar(configuration.orthogonality)
    }
    return pass
  }

  /// Visits `basis` and `head`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try basis.visitParameters(under: path.appending("basis"), visit)
    try head.visitParameters(under: path.appending("head"), visit)
  }
}
