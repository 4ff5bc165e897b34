// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimLearning
internal import MinimSeries
public import MinimTensor

/// An autoencoder of one random hidden layer whose output weights are learned window by window in
/// closed form, OS-ELM (Tsukada, Kondo and Matsutani 2020).
///
/// x̂ = h β, h = σ(W x + b); W and b are drawn before training and stay. β minimises
/// Σ ‖x - h β‖² + λ ‖β‖² over the windows seen. A channel's part is the squared distance of its last
/// value to the reconstruction. Source: methods, gon 1.12, "Correct OS-ELM".
public struct ONLAD: Detector {
  /// Sizes of the autoencoder.
  public struct Configuration: DetectorConfiguration {
    /// Channels of the recordings.
    public var channels: Int
    /// Rows in a window.
    public var window: Int
    /// Hidden units.
    public var hidden: Int
    /// λ, at least 1e-6, so that the updates keep their digits.
    public var ridge: Double

    /// Sizes; hidden units default to 64 for more than 50 channels, 32 for more than 20, else 16.
    public init(channels: Int, window: Int = 5, hidden: Int? = nil, ridge: Double = 0.1) {
      self.channels = channels
      self.window = window
      self.hidden = hidden ?? (channels > 50 ? 64 : channels > 20 ? 32 : 16)
      self.ridge = ridge
    }

    /// Whether every size is in its range.
    public var isValid: Bool {
      channels > 0 && window > 0 && hidden > 0 && ridge >= 1e-6 && ridge.isFinite
    }

    /// h (2 s + 1), s = window · channels.
    public var storedCount: Double {
      Double(hidden) * (2 * Double(window) * Double(channels) + 1)
    }
  }

  /// The name in files.
  public static let name = "onlad"
  /// One pass in the order of time; the batch is that of the hidden layer.
  public static let plan = TrainingPlan(epochs: 1, batch: 256)
  /// The sizes of this autoencoder.
  public let configuration: Configuration
  /// W: (hidden, window · channels), uniform within ±√(6 / (inputs + hidden)).
  public var weight: Tensor<Float>
  /// b: (hidden), uniform likewise.
  public var bias: Tensor<Float>
  /// β: (hidden, window · channels), 0 before training.
  public var output: Tensor<Float>

  /// An autoencoder with its hidden layer drawn; the configuration must be valid.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "an impossible ONLAD: \(configuration)")
    self.configuration = configuration
    let size = configuration.window * configuration.channels, hidden = configuration.hidden
    let bound = (6 / Float(size + hidden)).squareRoot()
    weight = .uniform(in: -bound...bound, shape: [hidden, size], using: &generator)
    bias = .uniform(in: -bound...bound, shape: [hidden], using: &generator)
    output = Tensor(zeros: [hidden, size])
  }

  /// No parameters: nothing is found by gradients.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {}

  /// Visits `weight`, `bias` and `output`.
  public mutating func visitBuffers(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    try visit(path.appending("weight"), &weight)
    try visit(path.appending("bias"), &bias)
    try visit(path.appending("output"), &output)
  }

  /// Goes through the windows once from P = I / λ and β = 0, in float64.
  public mutating func fit(
    _ windows: Windows, held: Windows, plan: TrainingPlan, progress: Progress
  ) throws {
    try windows.checkFinite()
    func doubled(_ tensor: Tensor<Float>) -> Tensor<Double> {
      Tensor(tensor.scalars.map(Double.init), shape: tensor.shape)
    }
    var regression = SequentialRegression(
      inputs: configuration.hidden, outputs: windows.size, ridge: configuration.ridge)
    let weight = doubled(weight), bias = doubled(bias)
    for start in stride(from: 0, to: windows.count, by: plan.batch) {
      let batch = doubled(windows.tensor(of: start..<min(start + plan.batch, windows.count)))
      regression.learn(batch.linear(weight: weight, bias: bias).sigmoid(), batch)
    }
    output = Tensor(regression.weights.scalars.map(Float.init), shape: output.shape)
    guard output.firstNonFinite == nil else {
      throw TrainingError.notFinite(epoch: 1, batch: 1, tensor: "output")
    }
  }

  /// The squared distances of the last row: (count, channels).
  public func parts(of windows: Tensor<Float>) -> Tensor<Float> {
    let channels = configuration.channels, size = configuration.window * channels
    let last = size - channels..<size
    let hidden = windows.linear(weight: weight, bias: bias).sigmoid()
    return (hidden.product(output.sliced(last, along: 1)) - windows.sliced(last, along: 1))
      .squared()
  }
}
