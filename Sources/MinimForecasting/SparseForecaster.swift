// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimTensor

/// SparseTSF: one small map for every phase of a period (methods, timedistill 8).
///
/// x̃ = x - mean(x), smoothed: x̃ + k * x̃ with a kernel of 2 ⌊w / 2⌋ + 1 taps, zeros around. Look-back and horizon are
/// parted into w phases; the n = L / w numbers of each become H / w by one map without bias, or by two with ReLU between
/// them. The forecast is their interleaving and the mean again.
public struct SparseForecaster<Scalar: TensorScalar>: Forecaster {
  /// The sizes of a SparseTSF.
  public struct Configuration: ForecasterConfiguration {
    /// Channels of the rows.
    public var channels: Int
    /// Rows that a forecast looks at, a multiple of the period.
    public var lookback: Int
    /// Rows that are forecast, a multiple of the period.
    public var horizon: Int
    /// The period w.
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

    /// The period.
    public var partingPeriod: Int? { period }

    /// Whether every size is in its range and the period divides look-back and horizon.
    public var isValid: Bool {
      channels > 0 && lookback > 0 && horizon > 0 && period > 0 && lookback % period == 0
        && horizon % period == 0 && hidden ?? 1 > 0
    }

    /// n m + taps with n = L / w, m = H / w; with hidden units (n + 1) d + (d + 1) m + taps.
    public var storedCount: Double {
      let n = Double(lookback / period), m = Double(horizon / period)
      let taps = Double(2 * (period / 2) + 1)
      return taps + (hidden.map { (n + 1) * Double($0) + (Double($0) + 1) * m } ?? n * m)
    }
  }

  /// The name in files.
  public static var name: String { "sparsetsf" }
  /// Its sizes.
  public let configuration: Configuration
  /// The smoothing kernel (1, 1, taps).
  public var kernel: Tensor<Scalar>
  /// From the phase to the horizon's, or to the hidden units: (m or d, n).
  public var first: Tensor<Scalar>
  /// The bias of the first map and the second map; nil for one map.
  public var rest: (bias: Tensor<Scalar>, second: Linear<Scalar>)?

  /// A forecaster of random weights; an invalid configuration traps.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "an impossible SparseTSF: \(configuration)")
    self.configuration = configuration
    let taps = 2 * (configuration.period / 2) + 1
    let bound = 1 / Scalar(taps).squareRoot()
    kernel = .uniform(in: -bound...bound, shape: [1, 1, taps], using: &generator)
    let n = configuration.lookback / configuration.period
    let m = configuration.horizon / configuration.period
    let map = Linear<Scalar>(inputs: n, outputs: configuration.hidden ?? m, using: &generator)
    first = map.weight
    rest = configuration.hidden.map {
      (map.bias, Linear(inputs: $0, outputs: m, using: &generator))
    }
  }

  /// The pass of windows; nothing in it is random.
  public func pass(
    _ windows: LookBack<Scalar>, training: Bool, using generator: inout SeededGenerator
  ) -> ForecastPass<Scalar> {
    let x = windows.values, w = configuration.period
    let (batch, channels, l) = (x.shape[0], x.shape[1], x.shape[2])
    let mean = x.mean(over: [-1], keepingAxes: true)
    let lines = (x - mean).reshaped(to: [batch * channels, 1, l])
    let smooth = lines + lines.convolution(weight: kernel, padding: [w / 2])
    let phases = smooth.reshaped(to: [batch * channels, l / w, w]).permuted([0, 2, 1])
    var y = phases.linear(weight: first, bias: rest?.bias)
    if let rest { y = rest.second(y.relu()) }
    return ForecastPass(
      output: y.permuted([0, 2, 1]).reshaped(to: [batch, channels, configuration.horizon]) + mean)
  }

  /// Visits `kernel`, `first.weight`, and with hidden units `first.bias` and `second`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try visit(path.appending("kernel"), &kernel)
    try visit(path.appending("first").appending("weight"), &first)
    if var rest {
      try visit(path.appending("first").appending("bias"), &rest.bias)
      try rest.second.visitParameters(under: path.appending("second"), visit)
      self.rest = rest
    }
  }
}
