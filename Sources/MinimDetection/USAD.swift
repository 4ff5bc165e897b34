// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimLearning
internal import MinimSeries
public import MinimTensor

/// Two autoencoders AE1 and AE2 with one encoder, trained against each other (Audibert et al.): the
/// second learns to tell what the first made, the first to deceive it.
///
/// In epoch e = 1, 2, …, MSE against x, a step of (encoder, decoder 1) on L1 = 1/e MSE(AE1(x)) +
/// (1 - 1/e) MSE(AE2(AE1(x))), then one of (encoder, decoder 2) on L2 = 1/e MSE(AE2(x)) -
/// (1 - 1/e) MSE(AE2(AE1(x))). Part of a channel: 0.1 (AE1(x) - x)² + 0.9 (AE2(AE1(x)) - x)² in the
/// last row. The reference code takes one optimiser for L1 + L2, in which the game cancels out; here
/// there are two, the second with the weights that the first left. Source: methods, gon 1.12.
public struct USAD: Detector {
  /// The sizes of a USAD.
  public struct Configuration: DetectorConfiguration {
    /// Channels of the recordings.
    public var channels: Int
    /// Rows that a score looks at.
    public var window: Int
    /// Units in each of the two hidden layers of encoder and decoders; the code has 5 numbers.
    public var hidden: Int

    /// Sizes; those of the reference code by default.
    public init(channels: Int, window: Int = 5, hidden: Int = 16) {
      self.channels = channels
      self.window = window
      self.hidden = hidden
    }

    /// Whether every size is in its range.
    public var isValid: Bool { channels > 0 && window > 0 && hidden > 0 }

    /// (s + 1) h + 3 (h + 1) h + 5 (h + 1) + 12 h + 2 (h + 1) s, s = window · channels.
    public var storedCount: Double {
      let size = Double(window) * Double(channels), h = Double(hidden)
      return (size + 1) * h + 3 * (h + 1) * h + 5 * (h + 1) + 12 * h + 2 * (h + 1) * size
    }
  }

  /// The name in files.
  public static let name = "usad"
  /// Shuffled batches of 64, Adam, 5 epochs.
  public static let plan = TrainingPlan(
    epochs: 5, batch: 64, learningRate: 1e-3)
  /// Its sizes.
  public let configuration: Configuration
  /// Windows to codes, which ReLU ends.
  public var encoder: Perceptron<Float>
  /// Codes to the logits of AE1's windows.
  public var first: Perceptron<Float>
  /// Codes to the logits of AE2's windows.
  public var second: Perceptron<Float>

  /// A detector of random weights; an invalid configuration traps.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "an impossible USAD: \(configuration)")
    self.configuration = configuration
    let size = configuration.window * configuration.channels, hidden = configuration.hidden
    let code = 5
    encoder = Perceptron(
      sizes: [size, hidden, hidden, code], activation: .relu, using: &generator)
    first = Perceptron(sizes: [code, hidden, hidden, size], activation: .relu, using: &generator)
    second = Perceptron(sizes: [code, hidden, hidden, size], activation: .relu, using: &generator)
  }

  /// Visits `encoder`, `first` and `second`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    try encoder.visitParameters(under: path.appending("encoder"), visit)
    try first.visitParameters(under: path.appending("first"), visit)
    try second.visitParameters(under: path.appending("second"), visit)
  }

  /// Keeps the networks of the epoch whose scores of `held` are least on the mean: what is normal must not seem
  /// strange, and after many steps the game can drive all outputs to one end.
  public mutating func fit(
    _ windows: Windows, held: Windows, plan: TrainingPlan, progress: Progress
  ) throws {
    var optimisers = (
      Optimiser(.adam, for: Autoencoder(encoder: encoder, decoder: first)),
      Optimiser(.adam, for: Autoencoder(encoder: encoder, decoder: second))
    )
    let steps = AdversarialSteps(plan: plan, inOrder: false, progress: progress)
    var best = self, least = Double.infinity
    func compare() {
      let scores = scores(of: held).scores
      let mean = scores.reduce(0, +) / Double(max(1, scores.count))
      if mean < least { (best, least) = (self, mean) }
    }
    try steps.run(windows, epochEnded: compare) { batch, epoch, _ in
      let own = 1 / Float(epoch + 1)
      var player = Autoencoder(encoder: encoder, decoder: first)
      var tracked = player.tracked()
      let made = tracked(batch)
      let remade = Autoencoder(encoder: tracked.encoder, decoder: second)(made)
      let total = optimisers.0.descend(
        own * .meanSquaredError(made, batch) + (1 - own) * .meanSquaredError(remade, batch),
        of: tracked, changing: &player, rate: plan.learningRate)
      (encoder, first) = (player.encoder, player.decoder)

      player = Autoencoder(encoder: encoder, decoder: second)
      tracked = player.tracked()
      let fakes = Autoencoder(encoder: tracked.encoder, decoder: first)(batch)
      let gain =
        own * .meanSquaredError(tracked(batch), batch)
        - (1 - own) * .meanSquaredError(tracked(fakes), batch)
      defer { (encoder, second) = (player.encoder, player.decoder) }
      return total
        + optimisers.1.descend(gain, of: tracked, changing: &player, rate: plan.learningRate)
    }
    self = best
  }

  /// The weighted squared errors (count, channels) of windows (count, window · channels).
  public func parts(of windows: Tensor<Float>) -> Tensor<Float> {
    let made = Autoencoder(encoder: encoder, decoder: first)(windows)
    let remade = Autoencoder(encoder: encoder, decoder: second)(made)
    let channels = configuration.channels
    return 0.1 * windows.newestErrors(of: made, channels: channels)
      + 0.9 * windows.newestErrors(of: remade, channels: channels)
  }
}

/// One of the two players: windows to windows between 0 and 1.
private struct Autoencoder: ParameterTree {
  var encoder: Perceptron<Float>
  var decoder: Perceptron<Float>

  func callAsFunction(_ windows: Tensor<Float>) -> Tensor<Float> {
    decoder(encoder(windows).relu()).sigmoid()
  }

  mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    try encoder.visitParameters(under: path.appending("encoder"), visit)
    try decoder.visitParameters(under: path.appending("decoder"), visit)
  }
}
