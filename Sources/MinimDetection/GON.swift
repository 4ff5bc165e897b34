// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimLearning
internal import MinimSeries
public import MinimTensor

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A generative optimisation network (Tuli et al.): a discriminator D that also makes the windows it
/// is trained against, and the reconstructions it scores by, by moving points uphill on itself.
///
/// Training: L = ½ [BCE(D(x), real) + BCE(D(z*), fake)], z* from uniform noise, or from x as the
/// reference code. Score: the squared distance of each channel's last value to that of the point found
/// from the window itself, or -ln D(x). Source: methods, gon 1.2 to 1.5 and 1.10.
public struct GON: Detector {
  /// What a score is made of.
  public enum Score: String, Codable, CaseIterable, Sendable {
    /// The distance to the reconstruction, channel by channel.
    case reconstruction
    /// -ln D(x).
    case discriminator
  }

  /// The sizes and choices of a GON.
  public struct Configuration: DetectorConfiguration {
    /// Channels of the recordings, at least 1.
    public var channels: Int
    /// Rows that a score looks at, at least 1.
    public var window: Int
    /// 1 where the window leaves the scored row out, otherwise 0.
    public var lag: Int
    /// Units in each hidden layer.
    public var hidden: Int
    /// Hidden layers.
    public var layers: Int
    /// What stands between the linear maps.
    public var activation: Activation
    /// Whether training makes its points from noise in [0, 1] rather than from the windows.
    public var noiseStart: Bool
    /// Whether points stay in [0, 1].
    public var clamps: Bool
    /// What D learns to say of windows; of points it learns 1 minus that.
    public var real: Float
    /// What a score is made of.
    public var score: Score

    /// The clean preset: windows that hold the scored row, a true leaky ReLU, noise, no smoothing.
    public init(
      channels: Int, window: Int = 15, hidden: Int = 64, layers: Int = 2, clamps: Bool = true,
      score: Score = .reconstruction
    ) {
      self.channels = channels
      self.window = window
      self.hidden = hidden
      self.layers = layers
      self.clamps = clamps
      self.score = score
      lag = 0
      activation = .leakyRelu
      noiseStart = true
      real = 1
    }

    /// The reference code, errors included: the window leaves the scored row out, the activation is
    /// the identity, points start at the windows (methods, gon 1.1 to 1.5).
    public static func compat(channels: Int) -> Configuration {
      var result = Configuration(channels: channels, hidden: 16)
      result.lag = 1
      result.activation = .identity
      result.noiseStart = false
      result.real = 0.9
      return result
    }

    /// Whether every size is in its range.
    public var isValid: Bool {
      channels > 0 && window > 0 && hidden > 0 && layers > 0 && (0...1).contains(lag)
        && (0.5...1).contains(real)
    }

    /// (s + 1) h + (layers - 1) (h + 1) h + h + 1, s = window · channels.
    public var storedCount: Double {
      let size = Double(window) * Double(channels), h = Double(hidden)
      return (size + 1) * h + Double(layers - 1) * (h + 1) * h + h + 1
    }
  }

  /// "gon".
  public static let name = "gon"
  /// Shuffled batches of 64, Adam, its rate in cosines of 10 epochs (methods, gon 1.10).
  public static let plan = TrainingPlan(
    epochs: 20, batch: 64, learningRate: 5e-4)
  /// Its sizes and choices.
  public let configuration: Configuration
  /// Windows to the logit of D.
  public var discriminator: Perceptron<Float>

  /// A discriminator at its random start; the configuration must be valid.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "an impossible GON: \(configuration)")
    self.configuration = configuration
    let inner = Array(repeating: configuration.hidden, count: configuration.layers)
    discriminator = Perceptron(
      sizes: [configuration.window * configuration.channels] + inner + [1],
      activation: configuration.activation, using: &generator)
  }

  /// Visits all that training finds.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    try discriminator.visitParameters(under: path.appending("discriminator"), visit)
  }

  /// `held` is not looked at: the two losses of such a game say nothing about when to stop.
  public mutating func fit(
    _ windows: Windows, held: Windows, plan: TrainingPlan, progress: Progress
  ) throws {
    var optimiser = Optimiser(.adam, for: self)
    let steps = AdversarialSteps(plan: plan, inOrder: configuration.lag > 0, progress: progress)
    try steps.run(windows) { batch, epoch, generator in
      let points = made(from: batch, using: &generator)
      let tracked = tracked()
      let real = configuration.real
      let truth = tracked.discriminator(batch), fakes = tracked.discriminator(points)
      let loss =
        0.5
        * (truth.binaryCrossEntropy(with: real).mean()
          + fakes.binaryCrossEntropy(with: 1 - real).mean())
      return optimiser.descend(
        loss, of: tracked, changing: &self, rate: plan.learningRate * factor(epoch))
    }
  }

  /// Of the rate in the epoch e, from 0: (1 + cos(π (e mod 10) / 10)) / 2, and 1 as the reference code.
  private func factor(_ epoch: Int) -> Double {
    configuration.noiseStart ? (1 + cos(Double.pi * Double(epoch % 10) / 10)) / 2 : 1
  }

  /// Points to train against after at most 20 steps from noise, which is what the noise needs to be hard to
  /// tell, or 100 from the windows; in shares of 16 that go to the pool of threads.
  private func made(
    from batch: Tensor<Float>, using generator: inout SeededGenerator
  ) -> Tensor<Float> {
    let start =
      configuration.noiseStart
      ? Tensor<Float>.uniform(in: 0...1, shape: batch.shape, using: &generator) : batch
    let count = batch.shape[0], share = 16
    let generation = Generation(
      steps: configuration.noiseStart ? 20 : 100, tolerance: 1e-3, clamps: configuration.clamps,
      target: configuration.real)
    let parts = parallelMap((count + share - 1) / share) { index in
      let rows = start.sliced(index * share..<min(count, (index + 1) * share), along: 0)
      return generation.run(from: rows, on: discriminator).points
    }
    return .concatenated(parts, along: 0)
  }

  /// Windows (count, window · channels) such as training set the real ones against: the ends of points that
  /// climb from uniform noise in 0...1, at most 20 steps.
  ///
  /// What a GON has in place of a generator; the paper's appendix draws a Gaussian of two dimensions so. Of a GON
  /// that starts from windows instead (`compat`) it is no sampler.
  public func samples(_ count: Int, using generator: inout SeededGenerator) -> Tensor<Float> {
    made(
      from: Tensor(zeros: [count, configuration.window * configuration.channels]),
      using: &generator)
  }

  /// The squared distances of the last row to its reconstruction, (count, channels), or -ln D(x), (count, 1).
  public func parts(of windows: Tensor<Float>) -> Tensor<Float> {
    switch configuration.score {
    case .discriminator:
      return (-1 * discriminator(windows)).softplus()
    case .reconstruction:
      let generation = Generation(
        steps: 100, tolerance: 1e-4, clamps: configuration.clamps, target: configuration.real)
      return windows.newestErrors(
        of: generation.run(from: windows, on: discriminator).points,
        channels: configuration.channels)
    }
  }
}
