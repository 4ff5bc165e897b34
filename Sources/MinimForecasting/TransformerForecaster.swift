// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
internal import MinimLearning
public import MinimTensor

/// A transformer over rows: the last row once more stands for those to come, and what it finds in the rows before becomes
/// all of them; dense, or with its matrices as signs under learned masks, the sparse binary transformer (methods, sbt 1 to 3).
///
/// ŷ = x_T + decoder(relu(encoder([x_1 … x_T; x_T])'s last step)), all channels together; the paper has zeros in place of
/// both x_T, and so has to find the last row first. It has no feature.
public struct TransformerForecaster<Scalar: TensorScalar>: Forecaster {
  /// The sizes of a transformer over rows.
  public struct Configuration: ForecasterConfiguration {
    /// The encoder's, of a step more than the look-back.
    public var encoder: TransformerConfiguration
    /// Rows that are forecast.
    public var horizon: Int
    /// How matrices become signs; nil for a dense network.
    public var binarisation: Binarisation?

    /// A configuration from its parts.
    public init(
      encoder: TransformerConfiguration, horizon: Int, binarisation: Binarisation? = nil
    ) {
      self.encoder = encoder
      self.horizon = horizon
      self.binarisation = binarisation
    }

    /// Channels of the rows.
    public var channels: Int { encoder.inputs }
    /// Rows that a forecast looks at.
    public var lookback: Int { encoder.steps - 1 }
    /// Whether every size is in its range: those of the encoder, without batch norm and activation mask, two steps or
    /// more, at most 65,536 rows to come.
    public var isValid: Bool {
      encoder.isValid && encoder.norm != .batch && encoder.activationMask == .none
        && encoder.steps > 1 && (1...65_536).contains(horizon) && (binarisation?.isValid ?? true)
    }
    /// The encoder's numbers and (d + 1) c H.
    public var storedCount: Double {
      encoder.storedCount + Double(encoder.width + 1) * Double(channels) * Double(horizon)
    }
  }

  /// The name in files.
  public static var name: String { "transformer" }
  /// Its sizes.
  public let configuration: Configuration
  /// The network, its matrices perhaps under masks.
  public var network: Binarised<StepTransformer<Scalar>>

  /// A transformer of random weights; an invalid configuration traps.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "an impossible transformer: \(configuration)")
    self.configuration = configuration
    let dense = StepTransformer<Scalar>(
      configuration.encoder, predicts: false, rows: configuration.horizon, using: &generator)
    network = Binarised(dense, configuration.binarisation, using: &generator)
  }

  /// The pass of windows, in training as in use.
  public func pass(
    _ windows: LookBack<Scalar>, training: Bool, using generator: inout SeededGenerator
  ) -> ForecastPass<Scalar> {
    let (channels, lookback) = (configuration.channels, configuration.lookback)
    let last = windows.values.sliced(lookback - 1..<lookback, along: 2)
    let rows = changes(after: windows)
    return ForecastPass(
      output: last + rows.reshaped(to: [windows.steps.count, channels, configuration.horizon]))
  }

  /// Whether the network adds the same to the last rows of windows that differ, as one does whose last ReLU is zero for all
  /// of them.
  ///
  /// Of up to 64 windows, spread over all.
  public func isConstant(on windows: ForecastWindows) -> Bool where Scalar == Float {
    let some = windows.lookBack(spread(windows.count, atMost: 64))
    return !some.values.entriesAreEqual && changes(after: some).entriesAreEqual
  }

  /// What is added to the last row (count, channels · horizon).
  private func changes(after windows: LookBack<Scalar>) -> Tensor<Scalar> {
    network.effective.next(after: windows.values.permuted([0, 2, 1]))
  }

  /// Visits the network.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows { try network.visitParameters(under: path, visit) }

  /// Visits the network's buffers.
  public mutating func visitBuffers(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows { try network.visitBuffers(under: path, visit) }
}
