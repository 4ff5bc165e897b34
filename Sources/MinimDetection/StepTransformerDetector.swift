// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimLearning
internal import MinimSeries
public import MinimTensor

/// A transformer that reconstructs the last row of a window, or predicts it, dense or with its matrices as
/// signs under learned masks: the sparse binary transformer (methods, sbt 1 to 3).
///
/// A channel's part is its squared error. Trained by the mean squared error in the last row; of n windows
/// every max(1, ⌊n / 4096⌋)th is looked at in an epoch, at most 8,191, from another one on in each.
public struct StepTransformerDetector: Detector {
  /// The sizes of a transformer detector.
  public struct Configuration: DetectorConfiguration {
    /// The encoder's.
    public var encoder: TransformerConfiguration
    /// Whether the last row is predicted from those before, rather than reconstructed.
    public var predicts: Bool
    /// How matrices become signs; nil for a dense network.
    public var binarisation: Binarisation?

    /// A configuration from its parts.
    public init(
      encoder: TransformerConfiguration, predicts: Bool = false, binarisation: Binarisation? = nil
    ) {
      self.encoder = encoder
      self.predicts = predicts
      self.binarisation = binarisation
    }

    /// Channels of the recordings.
    public var channels: Int { encoder.inputs }
    /// Rows that a score looks at.
    public var window: Int { encoder.steps }
    /// Whether every size is in its range; no batch norm, two rows or more to predict from.
    public var isValid: Bool {
      encoder.isValid && encoder.norm != .batch && (!predicts || encoder.steps > 1)
        && encoder.activationMask == .none && (binarisation?.isValid ?? true)
    }
    /// The encoder's numbers and (d + 1) c.
    public var storedCount: Double {
      encoder.storedCount + Double(encoder.width + 1) * Double(encoder.inputs)
    }
  }

  /// The name in files.
  public static let name = "transformer"
  /// Shuffled batches of 32, Adam, at most 50 epochs, five without less error on the held rows.
  public static let plan = TrainingPlan(
    epochs: 50, batch: 32, learningRate: 1e-3, schedule: .plateau, patience: 5)
  /// Its sizes.
  public let configuration: Configuration
  /// The network, its matrices perhaps under masks.
  public var network: Binarised<StepTransformer<Float>>
  /// The network that training learns from beside the rows, of the same windows; not saved.
  public var teacher: StepTransformer<Float>?

  /// A detector of random weights; an invalid configuration traps.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "an impossible transformer: \(configuration)")
    self.configuration = configuration
    let dense = StepTransformer<Float>(
      configuration.encoder, predicts: configuration.predicts, using: &generator)
    network = Binarised(dense, configuration.binarisation, using: &generator)
  }

  /// Visits the network.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows { try network.visitParameters(under: path, visit) }

  /// Visits the network's buffers.
  public mutating func visitBuffers(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows { try network.visitBuffers(under: path, visit) }

  /// Keeps the weights of the least error on `held`.
  ///
  /// With a teacher the loss is the mean of the squared errors against the row and against the teacher's.
  public mutating func fit(
    _ windows: Windows, held: Windows, plan: TrainingPlan, progress: Progress
  ) throws {
    let channels = configuration.channels
    let guide = teacher
    try learn(
      from: windows, held: held, every: max(1, windows.count / 4096), shifts: true, plan: plan,
      progress: progress, weightDecay: 0,
      loss: { model, batch, _ in
        let row = model.row(of: batch, model.network.effective)
        let own = Tensor.meanSquaredError(row, batch.newestRows(channels: channels))
        guard let guide else { return own }
        return 0.5 * own
          + 0.5 * Tensor.meanSquaredError(row, model.row(of: batch, guide))
      },
      error: { model, batch in
        Tensor.meanSquaredError(
          model.row(of: batch, model.network.effective), batch.newestRows(channels: channels))
      })
  }

  /// The squared errors (count, channels) of windows (count, window · channels).
  public func parts(of windows: Tensor<Float>) -> Tensor<Float> {
    (row(of: windows, network.effective) - windows.newestRows(channels: configuration.channels))
      .squared()
  }

  /// Whether the network makes the same row of windows that differ, as one does whose last ReLU is zero for all of them.
  ///
  /// Then a score depends on its row alone. Of up to 64 windows, spread over all.
  public func isConstant(on windows: Windows) -> Bool {
    let some = windows.tensor(of: spread(windows.count, atMost: 64))
    return !some.entriesAreEqual && row(of: some, network.effective).entriesAreEqual
  }

  /// The last row (count, channels) of windows (count, window · channels), as a network has it.
  private func row(of windows: Tensor<Float>, _ network: StepTransformer<Float>) -> Tensor<Float> {
    network(
      windows.reshaped(to: [windows.shape[0], configuration.window, configuration.channels]))
  }
}
