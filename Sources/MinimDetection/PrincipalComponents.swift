// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimLearning
internal import MinimSeries
public import MinimTensor

/// Reconstruction by the principal components of windows: x̂ = μ + Vᵀ V (x - μ).
///
/// The components explain a share of the variance, at most a given number. A channel's part is the
/// squared distance of its last value to the reconstruction.
public struct PrincipalComponents: Detector {
  /// Sizes of the projection.
  public struct Configuration: DetectorConfiguration {
    /// Channels of the recordings, at least 1.
    public var channels: Int
    /// Rows that a score looks at, at least 1.
    public var window: Int
    /// Components: the most before training, those that are needed after it.
    public var components: Int
    /// The share of the variance that the components are to explain.
    public var explained: Double

    /// Sizes; components default to what 0.9 of the variance takes, 32 at most.
    public init(channels: Int, window: Int = 15, components: Int = 32, explained: Double = 0.9) {
      self.channels = channels
      self.window = window
      self.components = min(components, channels * window)
      self.explained = explained
    }

    /// Whether every size is in its range.
    public var isValid: Bool {
      channels > 0 && window > 0 && components >= 0
        && Double(components) <= Double(channels) * Double(window)
        && (0...1).contains(explained)
    }

    /// (components + 1) s, s = window · channels.
    public var storedCount: Double {
      (Double(components) + 1) * Double(window) * Double(channels)
    }
  }

  /// "pca".
  public static let name = "pca"
  /// The batch is that of the passes over the windows; nothing else is used.
  public static let plan = TrainingPlan(epochs: 1, batch: 256)
  /// Its sizes; components are as many as were needed once it is trained.
  public private(set) var configuration: Configuration
  /// μ: (window · channels).
  public var mean: Tensor<Float>
  /// V: (components, window · channels), orthonormal rows.
  public var basis: Tensor<Float>

  /// No components yet; the configuration must be valid.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "impossible components: \(configuration)")
    self.configuration = configuration
    let size = configuration.channels * configuration.window
    mean = Tensor(zeros: [size])
    basis = Tensor(zeros: [configuration.components, size])
  }

  /// Visits all that training finds.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    try visit(path.appending("mean"), &mean)
    try visit(path.appending("basis"), &basis)
  }

  /// Finds mean and components by subspace iteration on the covariance, in float64.
  public mutating func fit(
    _ windows: Windows, held: Windows, plan: TrainingPlan, progress: Progress
  ) throws {
    var moments = Moments(size: windows.size)
    for start in stride(from: 0, to: windows.count, by: plan.batch) {
      moments.add(windows.tensor(of: start..<min(start + plan.batch, windows.count)))
    }
    let found = moments.components(
      configuration.components, explained: configuration.explained, seed: plan.seed)
    configuration.components = found.count / windows.size
    mean = Tensor(moments.mean.map(Float.init), shape: mean.shape)
    basis = Tensor(found.map(Float.init), shape: [configuration.components, windows.size])
  }

  /// The squared distances of the last row to its reconstruction, (count, channels).
  public func parts(of windows: Tensor<Float>) -> Tensor<Float> {
    let channels = configuration.channels, size = mean.count
    let centred = windows - mean
    let codes = centred.product(basis, otherTransposed: true)
    let last = size - channels..<size
    let tail = codes.product(basis.sliced(last, along: 1))
    return (tail - centred.sliced(last, along: 1)).squared()
  }
}
