// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimLearning
internal import MinimSeries
public import MinimTensor

/// An autoencoder of two LSTMs: the encoder's last state, repeated for each row of the window, is what
/// the decoder reads, and a linear map of the decoder's states is the window again.
///
/// Trained by the mean squared error over all rows, stopped by that of the held windows. A channel's
/// part is its squared error in the last row. The reference code has an LSTM model that it does not
/// evaluate; this one is the plain autoencoder. Source: methods, gon 1.12.
public struct LSTMAutoencoder: Detector {
  /// The sizes of an LSTM autoencoder.
  public struct Configuration: DetectorConfiguration {
    /// Channels of the recordings.
    public var channels: Int
    /// Rows that a score looks at, 1 to 4096.
    public var window: Int
    /// Units of each LSTM.
    public var hidden: Int

    /// Sizes; 16 units over 15 rows by default.
    public init(channels: Int, window: Int = 15, hidden: Int = 16) {
      self.channels = channels
      self.window = window
      self.hidden = hidden
    }

    /// Whether every size is in its range.
    public var isValid: Bool { channels > 0 && (1...4096).contains(window) && hidden > 0 }

    /// 4 h (c + h + 2) + 4 h (2 h + 2) + (h + 1) c.
    public var storedCount: Double {
      let h = Double(hidden), c = Double(channels)
      return 4 * h * (c + h + 2) + 4 * h * (2 * h + 2) + (h + 1) * c
    }
  }

  /// The name in files.
  public static let name = "lstm-ae"
  /// Batches of 64, Adam, at most 40 epochs.
  public static let plan = TrainingPlan(
    epochs: 40, batch: 64, learningRate: 3e-3, schedule: .plateau, patience: 5)
  /// Its sizes.
  public let configuration: Configuration
  /// Rows to states.
  public var encoder: RecurrentStack<Float>
  /// The repeated last state to states.
  public var decoder: RecurrentStack<Float>
  /// States to rows.
  public var head: Linear<Float>

  /// A detector of random weights; an invalid configuration traps.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "an impossible LSTM autoencoder: \(configuration)")
    self.configuration = configuration
    let channels = configuration.channels, hidden = configuration.hidden
    encoder = RecurrentStack(
      cell: .lstm, inputs: channels, hidden: hidden, layers: 1, using: &generator)
    decoder = RecurrentStack(
      cell: .lstm, inputs: hidden, hidden: hidden, layers: 1, using: &generator)
    head = Linear(inputs: hidden, outputs: channels, using: &generator)
  }

  /// Visits `encoder`, `decoder` and `head`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    try encoder.visitParameters(under: path.appending("encoder"), visit)
    try decoder.visitParameters(under: path.appending("decoder"), visit)
    try head.visitParameters(under: path.appending("head"), visit)
  }

  /// Keeps the weights of the least error on `held`.
  public mutating func fit(
    _ windows: Windows, held: Windows, plan: TrainingPlan, progress: Progress
  ) throws {
    try learn(
      from: windows, held: held, plan: plan, progress: progress,
      loss: { model, batch, _ in .meanSquaredError(model.reconstruction(of: batch), batch) },
      error: { model, batch in .meanSquaredError(model.reconstruction(of: batch), batch) })
  }

  /// The squared errors (count, channels) of windows (count, window · channels).
  public func parts(of windows: Tensor<Float>) -> Tensor<Float> {
    windows.newestErrors(of: reconstruction(of: windows), channels: configuration.channels)
  }

  /// The windows (count, window · channels) as they come back.
  private func reconstruction(of windows: Tensor<Float>) -> Tensor<Float> {
    let count = windows.shape[0], steps = configuration.window
    let rows = windows.reshaped(to: [count, steps, configuration.channels])
    let states = encoder(rows)[0].hidden.sliced(steps - 1..<steps, along: 1)
    let repeated = states + Tensor(zeros: [1, steps, 1])
    return head(decoder(repeated)[0].hidden).reshaped(to: windows.shape)
  }
}
