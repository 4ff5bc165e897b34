// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimLearning
internal import MinimSeries
public import MinimTensor

/// A generator that makes windows again, n-h-h-n, against a discriminator, n-h-h-1, that is to tell
/// them from true ones; with slimmable layers where it has several widths.
///
/// A step of D on BCE(D(x), 0.9) + BCE(D(G(x)), 0.1), then one of G on BCE(D(G(x)), 0.9) + MSE(G(x), x),
/// summed over the widths of both. A channel's part is the squared distance of its last value to that
/// of G(x). As the reference code, G reads the window and has no noise and no LSTM; unlike it, the two
/// halves have an optimiser each and rest while the other moves, the activation is a leaky ReLU
/// rather than the identity, and slimmable layers are trained at several widths. Source: methods,
/// gon 1.12.
public struct MADGAN: Detector {
  /// The sizes and widths of a MAD-GAN or SlimGAN.
  public struct Configuration: DetectorConfiguration {
    /// Channels of the recordings.
    public var channels: Int
    /// Rows that a score looks at.
    public var window: Int
    /// Units in each of the two hidden layers of either half.
    public var hidden: Int
    /// The shares of the hidden units, above 0 and at most 1, that training takes in turn as a net of
    /// their own; 1 alone is a MAD-GAN.
    public var widths: [Double]
    /// The one of these that scores come from.
    public var scoredWidth: Double

    /// A MAD-GAN; `hidden` is 64 for more than 50 channels, 32 for more than 20 and 16 for fewer where
    /// nil.
    public init(channels: Int, window: Int = 5, hidden: Int? = nil) {
      self.channels = channels
      self.window = window
      self.hidden = hidden ?? (channels > 50 ? 64 : channels > 20 ? 32 : 16)
      widths = [1]
      scoredWidth = 1
    }

    /// A SlimGAN: a quarter, half and all of the units, scored at half unless told otherwise.
    public static func slim(
      channels: Int, window: Int = 3, hidden: Int? = nil, scoredWidth: Double = 0.5
    ) -> Configuration {
      var result = Configuration(channels: channels, window: window, hidden: hidden)
      result.widths = [0.25, 0.5, 1]
      result.scoredWidth = scoredWidth
      return result
    }

    /// Whether every size is in its range.
    public var isValid: Bool {
      channels > 0 && window > 0 && hidden > 0 && widths.allSatisfy { $0 > 0 && $0 <= 1 }
        && widths.contains(scoredWidth)
    }

    /// 2 (s + 1) h + 2 (h + 1) h + (h + 1) (s + 1), s = window · channels.
    public var storedCount: Double {
      let size = Double(window) * Double(channels), h = Double(hidden)
      return 2 * (size + 1) * h + 2 * (h + 1) * h + (h + 1) * (size + 1)
    }
  }

  /// The name in files.
  public static let name = "mad-gan"
  /// Shuffled batches of 64, Adam.
  public static let plan = TrainingPlan(
    epochs: 20, batch: 64, learningRate: 1e-3)
  /// Its sizes.
  public let configuration: Configuration
  /// Windows to the logits of windows.
  public var generator: Perceptron<Float>
  /// Windows to the logit of their being true.
  public var discriminator: Perceptron<Float>

  /// A detector of random weights; an invalid configuration traps.
  public init(_ configuration: Configuration, using random: inout SeededGenerator) {
    precondition(configuration.isValid, "an impossible MAD-GAN: \(configuration)")
    self.configuration = configuration
    let size = configuration.window * configuration.channels, hidden = configuration.hidden
    generator = Perceptron(
      sizes: [size, hidden, hidden, size], activation: .leakyRelu, using: &random)
    discriminator = Perceptron(
      sizes: [size, hidden, hidden, 1], activation: .leakyRelu, using: &random)
  }

  /// Visits `generator` and `discriminator`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    try generator.visitParameters(under: path.appending("generator"), visit)
    try discriminator.visitParameters(under: path.appending("discriminator"), visit)
  }

  /// `held` is not looked at: the two losses of such a game say nothing about when to stop.
  public mutating func fit(
    _ windows: Windows, held: Windows, plan: TrainingPlan, progress: Progress
  ) throws {
    var optimisers = (
      generator: Optimiser(.adam, for: generator),
      discriminator: Optimiser(.adam, for: discriminator)
    )
    let widths = configuration.widths
    let steps = AdversarialSteps(plan: plan, inOrder: false, progress: progress)
    try steps.run(windows) { batch, _, _ in
      let maker = generator.tracked(), judge = discriminator.tracked()
      let made = widths.map { maker.slimmed(to: $0)(batch).sigmoid() }
      let judged = zip(widths, made).map { width, fakes in
        let net = judge.slimmed(to: width)
        return net(batch).binaryCrossEntropy(with: 0.9).mean()
          + net(fakes.detached()).binaryCrossEntropy(with: 0.1).mean()
      }
      let loss = optimisers.discriminator.descend(
        judged.dropFirst().reduce(judged[0], +), of: judge, changing: &discriminator,
        rate: plan.learningRate)
      let passed = zip(widths, made).map { width, fakes in
        discriminator.slimmed(to: width)(fakes).binaryCrossEntropy(with: 0.9).mean()
          + .meanSquaredError(fakes, batch)
      }
      return loss
        + optimisers.generator.descend(
          passed.dropFirst().reduce(passed[0], +), of: maker, changing: &generator,
          rate: plan.learningRate)
    }
  }

  /// The squared errors of the scored width (count, channels) of windows (count, window · channels).
  public func parts(of windows: Tensor<Float>) -> Tensor<Float> {
    let made = generator.slimmed(to: configuration.scoredWidth)(windows).sigmoid()
    return windows.newestErrors(of: made, channels: configuration.channels)
  }
}

extension Perceptron {
  /// The net of the first units of each hidden layer: of h those up to share · h, rounded up; gradients
  /// go to the whole.
  fileprivate func slimmed(to share: Double) -> Perceptron {
    guard share < 1 else { return self }
    var result = self
    for index in maps.indices.dropLast() {
      let kept = 0..<Int((share * Double(maps[index].bias.count)).rounded(.up))
      result.maps[index].weight = result.maps[index].weight.sliced(kept, along: 0)
      result.maps[index].bias = result.maps[index].bias.sliced(kept, along: 0)
      result.maps[index + 1].weight = result.maps[index + 1].weight.sliced(kept, along: 1)
    }
    return result
  }
}
