// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimTensor

/// A transformer encoder whose mean over the valid steps a linear head turns into logits (methods, sbt 1).
public struct TransformerClassifier<Scalar: TensorScalar>: StoredClassifier {
  /// What fixes a transformer classifier's shape.
  public struct Configuration: ClassifierConfiguration {
    /// The encoder's.
    public var encoder: TransformerConfiguration
    /// Classes, at least 1.
    public var classes: Int

    /// A configuration from its two parts.
    public init(encoder: TransformerConfiguration, classes: Int) {
      self.encoder = encoder
      self.classes = classes
    }

    /// Channels of the series.
    public var channels: Int { encoder.inputs }

    /// Whether every size is in its range; every step looks everywhere, and there is no norm over time.
    public var isValid: Bool {
      encoder.isValid && encoder.looks == .everywhere && encoder.norm != .time
        && (1...1_000_000).contains(classes)
    }

    /// The encoder's numbers and (d + 1) C.
    public var storedCount: Double {
      encoder.storedCount + Double(encoder.width + 1) * Double(classes)
    }
  }

  /// "transformer".
  public static var architecture: String { "transformer" }
  /// The sizes of this classifier.
  public let configuration: Configuration
  /// Series to steps of the encoder's width.
  public var encoder: TransformerEncoder<Scalar>
  /// The map from the mean over time to logits, which is the mean of each step's logits.
  public var head: Linear<Scalar>

  /// A classifier at its random start; the configuration must be valid.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "\(configuration)")
    self.configuration = configuration
    encoder = TransformerEncoder(configuration.encoder, using: &generator)
    head = Linear(
      inputs: configuration.encoder.width, outputs: configuration.classes, using: &generator)
  }

  /// Logits (batch, classes) for series (batch, time, channels); taps `hidden`, the encoder's steps,
  /// zeros past a case's length, and `features`, their mean over time.
  public func callAsFunction(
    _ series: Tensor<Scalar>, lengths: [Int]?, training: Bool
  ) -> Forward<Scalar> {
    pooled(encoder(series, lengths: lengths, training: training), lengths: lengths, head: head)
  }

  /// Calls `visit` with what maps read, in use: of each layer the inputs in the order of `TransformerInput` (batch, steps,
  /// width), then the head's (batch, width).
  package func visitInputs(
    _ series: Tensor<Scalar>, lengths: [Int]?, _ visit: (Tensor<Scalar>) -> Void
  ) {
    let rows = encoder.visitInputs(series, lengths: lengths, lastAlone: false) { visit($2) }
    if let features = pooled(rows, lengths: lengths, head: head).taps[.features] { visit(features) }
  }

  /// Sets the buffers of the encoder's norms.
  public mutating func calibrate(_ series: Tensor<Scalar>, lengths: [Int]?) {
    if configuration.encoder.norm == .batch { encoder.calibrate(series, lengths: lengths) }
  }

  /// Visits `encoder` and `head`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try encoder.visitParameters(under: path.appending("encoder"), visit)
    try head.visitParameters(under: path.appending("head"), visit)
  }

  /// Visits the norms' buffers.
  public mutating func visitBuffers(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows { try encoder.visitBuffers(under: path.appending("encoder"), visit) }
}
