// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimTensor

/// CycleNet: a learned cycle is taken away from the rows, a map forecasts the rest (methods, timedistill 8).
///
/// x̃ = (x - μ) / σ with the variance of n - 1; r = x̃ - Q[phase], y = W r + b, or two maps with ReLU between them; the
/// forecast is σ (y + Q[phase to come]) + μ. A row's phase is the number of its step modulo the cycle.
public struct CycleNet<Scalar: TensorScalar>: Forecaster {
  /// The sizes of a CycleNet.
  public struct Configuration: ForecasterConfiguration {
    /// Channels of the rows.
    public var channels: Int
    /// Rows that a forecast looks at.
    public var lookback: Int
    /// Rows that are forecast.
    public var horizon: Int
    /// Rows of the cycle.
    public var period: Int
    /// Units between two maps; nil for one map.
    public var hidden: Int?

    /// Sizes.
    public init(channels: Int, lookback: Int, horizon: Int, period: Int = 24, hidden: Int? = nil) {
      self.channels = channels
      self.lookback = lookback
      self.horizon = horizon
      self.period = period
      self.hidden = hidden
    }

    /// Whether every size is in its range.
    public var isValid: Bool {
      channels > 0 && lookback > 1 && horizon > 0 && period > 0 && hidden ?? 1 > 0
    }

    /// W C + L H + H, or with hidden units W C + (L + 1) d + (d + 1) H.
    public var storedCount: Double {
      let l = Double(lookback), h = Double(horizon)
      return Double(period) * Double(channels)
        + (hidden.map { (l + 1) * Double($0) + (Double($0) + 1) * h } ?? l * h + h)
    }
  }

  /// The name in files.
  public static var name: String { "cyclenet" }
  /// Its sizes.
  public let configuration: Configuration
  /// Q: (channels, period); zeros at the start.
  public var cycle: Tensor<Scalar>
  /// Look-back to horizon, or to the hidden units.
  public var first: Linear<Scalar>
  /// Hidden units to horizon; nil for one map.
  public var second: Linear<Scalar>?

  /// A forecaster of random maps; an invalid configuration traps.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "an impossible CycleNet: \(configuration)")
    self.configuration = configuration
    cycle = Tensor(zeros: [configuration.channels, configuration.period])
    first = Linear(
      inputs: configuration.lookback, outputs: configuration.hidden ?? configuration.horizon,
      using: &generator)
    second = configuration.hidden.map {
      Linear(inputs: $0, outputs: configuration.horizon, using: &generator)
    }
  }

  /// The pass of windows; nothing in it is random.
  public func pass(
    _ windows: LookBack<Scalar>, training: Bool, using generator: inout SeededGenerator
  ) -> ForecastPass<Scalar> {
    let window = WindowScale(windows.values, unbiased: true)
    let past = phases(windows.steps, from: -configuration.lookback, count: configuration.lookback)
    let rest = first(window.values - past)
    let y = second.map { $0(rest.relu()) } ?? rest
    let coming = phases(windows.steps, from: 0, count: configuration.horizon)
    return ForecastPass(output: window.restored(y + coming))
  }

  /// The cycle along the rows of windows: (batch, channels, count).
  private func phases(_ steps: [Int], from offset: Int, count: Int) -> Tensor<Scalar> {
    let period = configuration.period
    let places = steps.flatMap { step in
      (0..<count).map { ((step + offset + $0) % period + period) % period }
    }
    return cycle.gathered(places, along: 1)
      .reshaped(to: [configuration.channels, steps.count, count]).permuted([1, 0, 2])
  }

  /// Visits `cycle`, `first` and `second`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try visit(path.appending("cycle"), &cycle)
    try first.visitParameters(under: path.appending("first"), visit)
    try second?.visitParameters(under: path.appending("second"), visit)
  }
}
