// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimTensor

/// Causal convolutions on top of each other, each looking back twice as far as the one below; the
/// mean over time of the last goes to a linear head.
///
/// Block i (from 0) is relu(norm(convolution(x)) + x): kernel 3, dilation 2ⁱ, no bias, batch norm;
/// the sum with x only where widths agree. A step sees 2^(layers + 1) - 2 steps before it. For c
/// channels, h units, L layers and C classes it has 3 c h + 3 (L - 1) h² + 2 L h + (h + 1) C trained
/// numbers.
public struct TemporalConvolution<Scalar: TensorScalar>: StoredClassifier {
  /// What fixes a temporal convolution's shape.
  public struct Configuration: ClassifierConfiguration {
    /// Blocks, 1 to 24.
    public var layers: Int
    /// Channels of each block, 1 to 4096.
    public var hidden: Int
    /// Channels of the series, at least 1.
    public var channels: Int
    /// Classes, at least 1.
    public var classes: Int

    /// A configuration from its four parts.
    public init(layers: Int, hidden: Int, channels: Int, classes: Int) {
      self.layers = layers
      self.hidden = hidden
      self.channels = channels
      self.classes = classes
    }

    /// Whether every size is in its range.
    public var isValid: Bool {
      (1...24).contains(layers) && (1...4096).contains(hidden)
        && [channels, classes].allSatisfy { (1...1_000_000).contains($0) }
    }

    /// The trained numbers and 2 L h buffers.
    public var storedCount: Double {
      let h = Double(hidden), blocks = Double(layers)
      return 3 * Double(channels) * h + 3 * (blocks - 1) * h * h + 4 * blocks * h
        + (h + 1) * Double(classes)
    }
  }

  /// One convolution and the norm after it.
  public struct Block: Sendable {
    /// Kernel 3, no bias.
    public var convolution: CausalConvolution<Scalar>
    /// The norm of its results.
    public var norm: BatchNorm<Scalar>
  }

  /// "tcn".
  public static var architecture: String { "tcn" }
  /// The sizes of this classifier.
  public let configuration: Configuration
  /// The blocks, bottom first.
  public var blocks: [Block]
  /// The map from the mean over time to logits.
  public var head: Linear<Scalar>

  /// A classifier at its random start; the configuration must be valid.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "\(configuration)")
    self.configuration = configuration
    var blocks: [Block] = []
    for layer in 0..<configuration.layers {
      let convolution = CausalConvolution<Scalar>(
        inputs: layer == 0 ? configuration.channels : configuration.hidden,
        outputs: configuration.hidden, kernel: 3, dilation: 1 << layer, bias: false,
        using: &generator)
      blocks.append(
        Block(convolution: convolution, norm: BatchNorm(channels: configuration.hidden)))
    }
    self.blocks = blocks
    head = Linear(
      inputs: configuration.hidden, outputs: configuration.classes, using: &generator)
  }

  /// Logits (batch, classes) for series (batch, time, channels); taps `hidden`, the last block's
  /// results, zeros past a case's length, and `features`, their mean over time.
  public func callAsFunction(
    _ series: Tensor<Scalar>, lengths: [Int]?, training: Bool
  ) -> Forward<Scalar> {
    forward(series, lengths: lengths) {
      blocks[$0].norm($1, lengths: lengths, training: training)
    }
  }

  /// Sets the buffers of every norm, bottom first, in one pass.
  public mutating func calibrate(_ series: Tensor<Scalar>, lengths: [Int]?) {
    var norms = blocks.map(\.norm)
    _ = forward(series, lengths: lengths) { norms[$0].calibrate($1, lengths: lengths) }
    for index in blocks.indices { blocks[index].norm = norms[index] }
  }

  /// Calls `visit` with the input of each convolution (batch, time, channels), bottom first, and of
  /// the head (batch, hidden), in use.
  package func visitInputs(
    _ series: Tensor<Scalar>, lengths: [Int]?, _ visit: (Tensor<Scalar>) -> Void
  ) {
    let result = forward(series, lengths: lengths, visit) {
      blocks[$0].norm($1, lengths: lengths, training: false)
    }
    if let features = result.taps[.features] { visit(features) }
  }

  private func forward(
    _ series: Tensor<Scalar>, lengths: [Int]?, _ visit: (Tensor<Scalar>) -> Void = { _ in },
    norm: (Int, Tensor<Scalar>) -> Tensor<Scalar>
  ) -> Forward<Scalar> {
    var x = series
    for (index, block) in blocks.enumerated() {
      visit(x)
      let result = norm(index, block.convolution(x))
      x = (result.shape == x.shape ? result + x : result).relu()
    }
    return pooled(x, lengths: lengths, head: head)
  }

  /// Visits `blocks.0.convolution`, `blocks.0.norm` and so on, then `head`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    for index in blocks.indices {
      let own = path.appending("blocks").appending("\(index)")
      try blocks[index].convolution.visitParameters(under: own.appending("convolution"), visit)
      try blocks[index].norm.visitParameters(under: own.appending("norm"), visit)
    }
    try head.visitParameters(under: path.appending("head"), visit)
  }

  /// Visits the norms' buffers.
  public mutating func visitBuffers(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    for index in blocks.indices {
      let own = path.appending("blocks").appending("\(index)")
      try blocks[index].norm.visitBuffers(under: own.appending("norm"), visit)
    }
  }
}

/// What a head makes of the mean over each case's valid steps; taps `hidden` (zeros past a case's
/// length) and `features`.
func pooled<Scalar: TensorScalar>(
  _ states: Tensor<Scalar>, lengths: [Int]?, head: Linear<Scalar>
) -> Forward<Scalar> {
  let steps = ValidSteps(of: states.shape, lengths: lengths)
  let hidden = steps.masked(states)
  let features = steps.mean(ofMasked: hidden)
  return Forward(output: head(features), taps: [.hidden: hidden, .features: features])
}
