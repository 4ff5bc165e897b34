// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimLearning
internal import MinimSeries
public import MinimTensor

/// A convolutional autoencoder of windows as images, rows by channels, with a pull of its codes
/// towards a normal distribution (CAE-M, Zhang et al.).
///
/// Convolutions 3 × 3 of 16, 32 and 64 channels, transposed ones of 32, 16 and 1, leaky ReLU between
/// them and a sigmoid at the end; a single channel lies along the image's width. Loss: MSE + 1e-4 ·
/// MMD² of the third convolution's results, each map its mean, to as many normal numbers, stopped by
/// the MSE of the held windows. A channel's part is its squared error in the last row. The reference
/// code has a sigmoid after every layer and no MMD; the paper's memory networks are in neither. Source:
/// methods, gon 1.12.
public struct CAEM: Detector {
  /// The size of the images.
  public struct Configuration: DetectorConfiguration {
    /// Channels of the recordings.
    public var channels: Int
    /// Rows that a score looks at, at most 4096 or as many as channels.
    public var window: Int

    /// Images of `window` rows, where nil as many as channels, 15 for one channel.
    public init(channels: Int, window: Int? = nil) {
      self.channels = channels
      self.window = window ?? (channels > 1 ? channels : 15)
    }

    /// Whether every size is in its range.
    public var isValid: Bool { channels > 0 && (1...max(4096, channels)).contains(window) }

    /// The weights of six convolutions, which no size changes.
    public var storedCount: Double { 46_529 }
  }

  /// The name in files.
  public static let name = "cae-m"
  /// Batches of 16, whose images take most of the memory; Adam, at most 8 epochs.
  public static let plan = TrainingPlan(
    epochs: 8, batch: 16, learningRate: 1e-3, schedule: .plateau, patience: 2)
  /// Its sizes.
  public let configuration: Configuration
  var layers: [ImageConvolution<Float>]

  /// A detector of random weights; an invalid configuration traps.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "an impossible CAE-M: \(configuration)")
    self.configuration = configuration
    layers = []
    for (inputs, outputs) in [(1, 16), (16, 32), (32, 64), (64, 32), (32, 16), (16, 1)] {
      layers.append(
        ImageConvolution(
          inputs: inputs, outputs: outputs, transposed: layers.count > 2, using: &generator))
    }
  }

  /// Visits the layers, named 0 to 5.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    for index in layers.indices {
      try layers[index].visitParameters(under: path.appending("\(index)"), visit)
    }
  }

  /// Keeps the weights of the least error on `held`.
  ///
  /// Neighbouring windows are nearly the same image, so of each quarter of a window one is looked at.
  public mutating func fit(
    _ windows: Windows, held: Windows, plan: TrainingPlan, progress: Progress
  ) throws {
    try learn(
      from: windows, held: held, every: max(1, configuration.window / 4), plan: plan,
      progress: progress,
      loss: { model, batch, generator in
        let noise = Tensor<Float>.normal(shape: [batch.shape[0], 64], using: &generator)
        return model.loss(of: batch, noise: noise)
      },
      error: { model, batch in .meanSquaredError(model.pass(batch).windows, batch) })
  }

  /// The loss of windows (count, window · channels) with `noise` (count, 64) for the normal numbers.
  package func loss(of windows: Tensor<Float>, noise: Tensor<Float>) -> Tensor<Float> {
    let (windowsAgain, codes) = pass(windows)
    return .meanSquaredError(windowsAgain, windows) + 1e-4 * Self.discrepancy(codes, noise)
  }

  /// The squared errors (count, channels) of windows (count, window · channels).
  public func parts(of windows: Tensor<Float>) -> Tensor<Float> {
    // A few at a time: the widest layer has 64 numbers for each of a window's.
    let count = windows.shape[0], share = 4
    let all = stride(from: 0, to: count, by: share).map { start in
      let few = windows.sliced(start..<min(count, start + share), along: 0)
      return few.newestErrors(of: pass(few).windows, channels: configuration.channels)
    }
    return .concatenated(all, along: 0)
  }

  /// The windows as they come back, and their codes (count, 64).
  private func pass(_ windows: Tensor<Float>) -> (windows: Tensor<Float>, codes: Tensor<Float>) {
    let count = windows.shape[0]
    let image =
      configuration.channels > 1
      ? [configuration.window, configuration.channels] : [1, configuration.window]
    var state = windows.reshaped(to: [count, 1] + image)
    for layer in layers[..<2] { state = layer(state).leakyRelu(slope: 0.2) }
    state = layers[2](state)
    let codes = state.mean(over: [2, 3])
    for layer in layers[3...] { state = layer(state.leakyRelu(slope: 0.2)) }
    return (state.sigmoid().reshaped(to: windows.shape), codes)
  }

  /// MMD² of two sets of points, the mean of k over the pairs of either less twice that over mixed
  /// pairs, k(a, b) = exp(-|a - b|² / (2 · 64)).
  private static func discrepancy(_ a: Tensor<Float>, _ b: Tensor<Float>) -> Tensor<Float> {
    func mean(_ a: Tensor<Float>, _ b: Tensor<Float>) -> Tensor<Float> {
      let squares =
        a.squared().sum(over: [1], keepingAxes: true)
        + b.squared().sum(over: [1]) - 2 * a.product(b, otherTransposed: true)
      return (squares / -128).exp().mean()
    }
    return mean(a, a) + mean(b, b) - 2 * mean(a, b)
  }
}
