// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimTensor

/// Two maps of every step alone, in groups, with GELU between them.
public struct GroupedPerceptron<Scalar: TensorScalar>: ParameterTree {
  /// Units to `ratio` times as many.
  public var first: GroupedConvolution<Scalar>
  /// Those to units.
  public var second: GroupedConvolution<Scalar>

  init(units: Int, ratio: Int, groups: Int, using generator: inout SeededGenerator) {
    first = GroupedConvolution(
      inputs: units, outputs: ratio * units, kernel: 1, groups: groups, using: &generator)
    second = GroupedConvolution(
      inputs: ratio * units, outputs: units, kernel: 1, groups: groups, using: &generator)
  }

  /// Maps (batch, units, time) to the same shape, numbers dropped after each map.
  func callAsFunction(
    _ x: Tensor<Scalar>, dropout: Scalar, using generator: inout SeededGenerator
  ) -> Tensor<Scalar> {
    let hidden = first(x).dropout(rate: dropout, using: &generator).gelu()
    return second(hidden).dropout(rate: dropout, using: &generator)
  }

  /// Visits `first` and `second`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try first.visitParameters(under: path.appending("first"), visit)
    try second.visitParameters(under: path.appending("second"), visit)
  }
}

/// A block of `ModernTCN`: along time each unit of each channel alone, then each channel's units, then each unit's
/// channels.
///
/// y = x + A(W(N(L(x) + S(x)))): L and S are convolutions with 51 and 5 taps and a norm each, N is a norm of units over
/// channels too, W maps the units of a channel, A the channels of a unit. Source: methods, timedistill 3.2.
public struct ModernTCNBlock<Scalar: TensorScalar>: ParameterTree {
  /// L.
  public var large: GroupedConvolution<Scalar>
  /// S; nil where blocks are merged.
  public var small: GroupedConvolution<Scalar>?
  /// N; nil where blocks are merged.
  public var norm: BatchNorm<Scalar>?
  /// W.
  public var within: GroupedPerceptron<Scalar>
  /// A.
  public var across: GroupedPerceptron<Scalar>
  private let channels: Int
  private let width: Int

  /// A block of random weights.
  init(
    _ configuration: ModernTCN<Scalar>.Configuration, using generator: inout SeededGenerator
  ) {
    channels = configuration.channels
    width = configuration.width
    let units = channels * width, merged = configuration.isMerged
    large = GroupedConvolution(
      inputs: units, outputs: units, kernel: 51, groups: units, biased: merged, normed: !merged,
      using: &generator)
    if !merged {
      small = GroupedConvolution(
        inputs: units, outputs: units, kernel: 5, groups: units, biased: false, normed: true,
        using: &generator)
      norm = BatchNorm(channels: width)
    }
    within = GroupedPerceptron(
      units: units, ratio: configuration.ratio, groups: channels, using: &generator)
    across = GroupedPerceptron(
      units: units, ratio: configuration.ratio, groups: width, using: &generator)
  }

  /// Maps (batch, channels · width, time) to the same shape.
  func callAsFunction(
    _ x: Tensor<Scalar>, training: Bool, dropout: Scalar, using generator: inout SeededGenerator
  ) -> Tensor<Scalar> {
    var found = large(x, training: training)
    if let small { found = found + small(x, training: training) }
    if let norm { found = units(found) { norm($0, axis: 1, training: training) } }
    return x + mixed(found, dropout: dropout, using: &generator)
  }

  /// Sets the norms' buffers by a batch, and returns what the block makes of it with them.
  mutating func calibrate(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    var found = large.calibrate(x)
    if let other = small?.calibrate(x) { found = found + other }
    if var own = norm {
      found = units(found) { own.calibrate($0, axis: 1) }
      norm = own
    }
    var generator = SeededGenerator(seed: 0)
    return x + mixed(found, dropout: 0, using: &generator)
  }

  /// The same block in use with one convolution of 51 taps and a bias in place of L, S and N.
  var merged: Self {
    guard let small, let norm else { return self }
    var copy = self
    let one = large.folded, other = small.folded, (gain, shift) = norm.affine
    copy.large = one
    copy.large.weight = one.weight + other.weight.padded(along: -1, before: 23, after: 23)
    copy.large.bias = one.bias.flatMap { bias in other.bias.map { bias + $0 } }
    let everywhere = {
      Tensor.concatenated([Tensor<Scalar>](repeating: $0, count: channels), along: 0)
    }
    copy.large = copy.large.scaled(by: everywhere(gain), adding: everywhere(shift))
    copy.small = nil
    copy.norm = nil
    return copy
  }

  /// What `body` makes of each channel's units (batch · channels, width, time), in the shape of all.
  private func units(
    _ x: Tensor<Scalar>, _ body: (Tensor<Scalar>) -> Tensor<Scalar>
  ) -> Tensor<Scalar> {
    body(x.reshaped(to: [-1, width, x.shape[2]])).reshaped(to: x.shape)
  }

  /// W, then A on the same numbers unit by unit.
  private func mixed(
    _ x: Tensor<Scalar>, dropout: Scalar, using generator: inout SeededGenerator
  ) -> Tensor<Scalar> {
    func turned(_ x: Tensor<Scalar>, _ outer: Int, _ inner: Int) -> Tensor<Scalar> {
      x.reshaped(to: [x.shape[0], outer, inner, x.shape[2]]).permuted([0, 2, 1, 3])
        .reshaped(to: x.shape)
    }
    let own = turned(within(x, dropout: dropout, using: &generator), channels, width)
    return turned(across(own, dropout: dropout, using: &generator), width, channels)
  }

  /// Visits `large`, `small` and `norm`, where blocks are not merged, `within` and `across`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try large.visitParameters(under: path.appending("large"), visit)
    try small?.visitParameters(under: path.appending("small"), visit)
    try norm?.visitParameters(under: path.appending("norm"), visit)
    try within.visitParameters(under: path.appending("within"), visit)
    try across.visitParameters(under: path.appending("across"), visit)
  }

  /// Visits those of the norms.
  public mutating func visitBuffers(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try large.visitBuffers(under: path.appending("large"), visit)
    try small?.visitBuffers(under: path.appending("small"), visit)
    try norm?.visitBuffers(under: path.appending("norm"), visit)
  }
}
