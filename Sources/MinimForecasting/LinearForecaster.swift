// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimTensor

/// Forecasts that are linear in the rows of a channel, the same maps for all channels (methods, timedistill 8).
public struct LinearForecaster<Scalar: TensorScalar>: Forecaster {
  /// What is done before and after the map.
  public enum Kind: String, Codable, CaseIterable, Sendable {
    /// DLinear: a moving average of 25 rows and the rest have a map each; y = W_S (x - T) + b_S + W_T T + b_T.
    case decomposed
    /// NLinear: y = W (x - x_L) + b + x_L with the last row x_L.
    case last
    /// RLinear: level and deviation of the window are taken away, then a scale and shift γ, b of each channel, and given
    /// back: y = σ ((W (γ x̃ + b) + c - b) / (γ + 1e-10)) + μ.
    case reversible
    /// A map of low rank: y = B (A (x - μ)) + b + μ, A: (rank, look-back), B: (horizon, rank).
    case lowRank
  }

  /// The sizes of a linear forecaster.
  public struct Configuration: ForecasterConfiguration {
    /// What is done before and after the map.
    public var kind: Kind
    /// Channels of the rows.
    public var channels: Int
    /// Rows that a forecast looks at.
    public var lookback: Int
    /// Rows that are forecast.
    public var horizon: Int
    /// Numbers between the two maps of `lowRank`; no meaning otherwise.
    public var rank: Int

    /// Sizes.
    public init(kind: Kind, channels: Int, lookback: Int, horizon: Int, rank: Int = 8) {
      self.kind = kind
      self.channels = channels
      self.lookback = lookback
      self.horizon = horizon
      self.rank = rank
    }

    /// Whether every size is in its range.
    public var isValid: Bool { channels > 0 && lookback > 0 && horizon > 0 && rank > 0 }

    /// L H + H; twice that if decomposed, 2 C more if reversible, L r + r H + H of low rank.
    public var storedCount: Double {
      let l = Double(lookback), h = Double(horizon), r = Double(rank)
      return switch kind {
      case .decomposed: 2 * (l * h + h)
      case .last: l * h + h
      case .reversible: l * h + h + 2 * Double(channels)
      case .lowRank: l * r + r * h + h
      }
    }
  }

  /// The name in files.
  public static var name: String { "linear" }
  /// Its sizes.
  public let configuration: Configuration
  /// Look-back to horizon, or from the rank to it.
  public var map: Linear<Scalar>
  /// The trend's own map; nil but for `decomposed`.
  public var trend: Linear<Scalar>?
  /// A: (rank, look-back); nil but for `lowRank`.
  public var basis: Tensor<Scalar>?
  /// γ and b of each channel, (channels) each; nil but for `reversible`.
  public var affine: (scale: Tensor<Scalar>, shift: Tensor<Scalar>)?

  /// A forecaster at its start: DLinear's maps take means, the others are random; an invalid configuration traps.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "an impossible linear forecaster: \(configuration)")
    self.configuration = configuration
    let (l, h) = (configuration.lookback, configuration.horizon)
    func map(_ inputs: Int) -> Linear<Scalar> {
      Linear(inputs: inputs, outputs: h, using: &generator)
    }
    switch configuration.kind {
    case .decomposed:
      var parts = [map(l), map(l)]
      for index in parts.indices {
        parts[index].weight = Tensor(repeating: 1 / Scalar(l), shape: [h, l])
      }
      (self.map, trend) = (parts[0], parts[1])
    case .last: self.map = map(l)
    case .reversible:
      self.map = map(l)
      affine = (
        Tensor(repeating: 1, shape: [configuration.channels]),
        Tensor(zeros: [configuration.channels])
      )
    case .lowRank:
      basis = Linear<Scalar>(inputs: l, outputs: configuration.rank, using: &generator).weight
      self.map = map(configuration.rank)
    }
  }

  /// The pass of windows; nothing in it is random.
  public func pass(
    _ windows: LookBack<Scalar>, training: Bool, using generator: inout SeededGenerator
  ) -> ForecastPass<Scalar> {
    let x = windows.values
    switch configuration.kind {
    case .decomposed:
      let average = x.movingAverage(over: 25, along: -1)
      let season = map(x - average)
      return ForecastPass(output: trend.map { season + $0(average) } ?? season)
    case .last:
      let last = x.sliced(x.shape[2] - 1..<x.shape[2], along: 2)
      return ForecastPass(output: map(x - last) + last)
    case .reversible:
      let window = WindowScale(x)
      guard let affine else { return ForecastPass(output: window.restored(map(window.values))) }
      let scale = affine.scale.reshaped(to: [configuration.channels, 1])
      let shift = affine.shift.reshaped(to: [configuration.channels, 1])
      let y = (map(window.values * scale + shift) - shift) / (scale + 1e-10)
      return ForecastPass(output: window.restored(y))
    case .lowRank:
      let mean = x.mean(over: [-1], keepingAxes: true)
      let code = basis.map { (x - mean).linear(weight: $0) } ?? x
      return ForecastPass(output: map(code) + mean)
    }
  }

  /// Visits `map`, `trend`, `basis`, `scale` and `shift`, those that there are.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try map.visitParameters(under: path.appending("map"), visit)
    try trend?.visitParameters(under: path.appending("trend"), visit)
    if var basis {
      try visit(path.appending("basis"), &basis)
      self.basis = basis
    }
    if var affine {
      try visit(path.appending("scale"), &affine.scale)
      try visit(path.appending("shift"), &affine.shift)
      self.affine = affine
    }
  }
}
