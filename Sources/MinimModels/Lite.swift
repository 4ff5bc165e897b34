// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimTensor

/// LITE (Ismail-Fawaz and others 2023; methods, memkd 7.3) with causal convolutions: three trained
/// kernel sizes and 17 fixed filters side by side, then two depth-wise separable convolutions.
///
/// First kernels 40, 20 and 10 of h filters each and the fixed filters, which see the sum of all
/// channels, joined to n = 3 h + 17 channels, then batch norm and ReLU. Then twice: depth-wise (kernel
/// 20, dilation 2; kernel 10, dilation 4), point-wise to h, batch norm, ReLU. The mean over time goes
/// to a linear head. No convolution has a bias. For c channels and C classes it has
/// 70 c h + 22 n + n h + h² + 14 h + (h + 1) C trained numbers: 9,814 + 33 C for c = 1, h = 32.
public struct Lite<Scalar: TensorScalar>: StoredClassifier {
  /// What fixes a LITE's shape.
  public struct Configuration: ClassifierConfiguration {
    /// Filters of each trained kernel size, 1 to 4096.
    public var hidden: Int
    /// Channels of the series, at least 1.
    public var channels: Int
    /// Classes, at least 1.
    public var classes: Int

    /// A configuration from its three parts.
    public init(hidden: Int, channels: Int, classes: Int) {
      self.hidden = hidden
      self.channels = channels
      self.classes = classes
    }

    /// Whether every size is in its range.
    public var isValid: Bool {
      (1...4096).contains(hidden)
        && [channels, classes].allSatisfy { (1...1_000_000).contains($0) }
    }

    /// The trained numbers and 2 n + 4 h buffers.
    public var storedCount: Double {
      let h = Double(hidden), joined = 3 * h + 17
      return 70 * Double(channels) * h + 24 * joined + joined * h + h * h + 18 * h
        + (h + 1) * Double(classes)
    }
  }

  /// "lite".
  public static var architecture: String { "lite" }
  /// The sizes of this classifier.
  public let configuration: Configuration
  /// The trained convolutions of the first layer: kernels 40, 20, 10.
  public var parallel: [CausalConvolution<Scalar>]
  /// The fixed filters (17, 1, 96), zeros before the shorter ones.
  public let fixed: Tensor<Scalar>
  /// The depth-wise convolutions: kernel 20 with dilation 2, kernel 10 with dilation 4.
  public var depthWise: [CausalConvolution<Scalar>]
  /// The point-wise convolution after each depth-wise one.
  public var pointWise: [CausalConvolution<Scalar>]
  /// The norms: of the first layer, and after each point-wise convolution.
  public var norms: [BatchNorm<Scalar>]
  /// The map from the mean over time to logits.
  public var head: Linear<Scalar>

  /// A classifier at its random start; the configuration must be valid.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "\(configuration)")
    self.configuration = configuration
    let hidden = configuration.hidden
    var parallel: [CausalConvolution<Scalar>] = [], depthWise = parallel, pointWise = parallel
    for kernel in [40, 20, 10] {
      parallel.append(
        CausalConvolution(
          inputs: configuration.channels, outputs: hidden, kernel: kernel, bias: false,
          using: &generator))
    }
    fixed = handMadeWeight()
    let joined = 3 * hidden + fixed.shape[0]
    for (width, kernel, dilation) in [(joined, 20, 2), (hidden, 10, 4)] {
      depthWise.append(
        CausalConvolution(
          inputs: width, outputs: width, kernel: kernel, dilation: dilation, groups: width,
          bias: false, using: &generator))
      pointWise.append(
        CausalConvolution(inputs: width, outputs: hidden, kernel: 1, bias: false, using: &generator)
      )
    }
    (self.parallel, self.depthWise, self.pointWise) = (parallel, depthWise, pointWise)
    norms = [joined, hidden, hidden].map { BatchNorm(channels: $0) }
    head = Linear(inputs: hidden, outputs: configuration.classes, using: &generator)
  }

  /// Logits (batch, classes) for series (batch, time, channels); taps `hidden`, the last norm's
  /// results after ReLU, zeros past a case's length, and `features`, their mean over time.
  public func callAsFunction(
    _ series: Tensor<Scalar>, lengths: [Int]?, training: Bool
  ) -> Forward<Scalar> {
    forward(series, lengths: lengths) { norms[$0]($1, lengths: lengths, training: training) }
  }

  /// Sets the buffers of every norm, first layer first, in one pass.
  public mutating func calibrate(_ series: Tensor<Scalar>, lengths: [Int]?) {
    var norms = norms
    _ = forward(series, lengths: lengths) { norms[$0].calibrate($1, lengths: lengths) }
    self.norms = norms
  }

  /// Calls `visit` with the series, the input of each depth-wise and point-wise convolution (batch,
  /// time, channels) in turn, and that of the head (batch, hidden), in use.
  package func visitInputs(
    _ series: Tensor<Scalar>, lengths: [Int]?, _ visit: (Tensor<Scalar>) -> Void
  ) {
    let result = forward(series, lengths: lengths, visit) {
      norms[$0]($1, lengths: lengths, training: false)
    }
    if let features = result.taps[.features] { visit(features) }
  }

  private func forward(
    _ series: Tensor<Scalar>, lengths: [Int]?, _ visit: (Tensor<Scalar>) -> Void = { _ in },
    norm: (Int, Tensor<Scalar>) -> Tensor<Scalar>
  ) -> Forward<Scalar> {
    visit(series)
    let sum = configuration.channels == 1 ? series : series.sum(over: [2], keepingAxes: true)
    let shapes = sum.transposed().causalConvolution(weight: fixed).transposed()
    var x = norm(0, .concatenated(parallel.map { $0(series) } + [shapes], along: 2)).relu()
    for index in depthWise.indices {
      let spread = depthWise[index](x)
      visit(x)
      visit(spread)
      x = norm(index + 1, pointWise[index](spread)).relu()
    }
    return pooled(x, lengths: lengths, head: head)
  }

  /// Visits `parallel.0` to `parallel.2`, `norms.0`, then `depth_wise.0`, `point_wise.0`, `norms.1`
  /// and so on, and `head`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    func place(_ name: String, _ index: Int) -> ParameterPath {
      path.appending(name).appending("\(index)")
    }
    for index in parallel.indices {
      try parallel[index].visitParameters(under: place("parallel", index), visit)
    }
    try norms[0].visitParameters(under: place("norms", 0), visit)
    for index in depthWise.indices {
      try depthWise[index].visitParameters(under: place("depth_wise", index), visit)
      try pointWise[index].visitParameters(under: place("point_wise", index), visit)
      try norms[index + 1].visitParameters(under: place("norms", index + 1), visit)
    }
    try head.visitParameters(under: path.appending("head"), visit)
  }

  /// Visits the norms' buffers.
  public mutating func visitBuffers(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    for index in norms.indices {
      try norms[index].visitBuffers(under: path.appending("norms").appending("\(index)"), visit)
    }
  }
}
