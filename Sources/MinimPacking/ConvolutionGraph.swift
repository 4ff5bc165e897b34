// SPDX-License-Identifier: Apache-2.0
internal import MinimLayers
internal import MinimRuntime
internal import MinimTensor

/// A batch norm in use, as y = scale x + shift for each channel: scale = weight / √(variance + 1e-5),
/// shift = bias - mean · scale.
struct FoldedNorm {
  private var scale: [Double]
  private var shift: [Double]

  /// A norm with its buffers.
  init(_ norm: BatchNorm<Float>) {
    let scale = zip(norm.weight.scalars, norm.runningVariance.scalars).map {
      Double($0) / (Double($1) + 1e-5).squareRoot()
    }
    self.scale = scale
    shift = scale.indices.map {
      Double(norm.bias.scalars[$0]) - Double(norm.runningMean.scalars[$0]) * scale[$0]
    }
  }

  /// The norm of some channels.
  func part(_ channels: Range<Int>) -> Self {
    var part = self
    part.scale = Array(scale[channels])
    part.shift = Array(shift[channels])
    return part
  }

  /// The weights (outputs, …) of a convolution whose results are normalised.
  func scaled(_ weights: [Float]) -> [Float] {
    let row = weights.count / scale.count
    return weights.indices.map { Float(Double(weights[$0]) * scale[$0 / row]) }
  }

  /// The bias of a convolution whose results are normalised.
  func bias(_ bias: [Float]?) -> [Float] {
    shift.indices.map { Float(shift[$0] + scale[$0] * Double(bias?[$0] ?? 0)) }
  }
}

extension GraphBuilder {
  /// A causal convolution, full or depth-wise, with the norm after it folded into its numbers, which
  /// leaves them no signs of one magnitude; `largest` is the largest |x| that it reads.
  ///
  /// Taps that look back farther than a window has steps see zeros only, and are left out. Throws
  /// `PackingError.notRepresentable`.
  mutating func convolution(
    _ value: Int, _ layer: CausalConvolution<Float>, norm: FoldedNorm? = nil, largest: Float,
    name: String
  ) throws -> Int {
    let outputs = layer.weight.shape[0], taps = layer.weight.shape[2]
    precondition(
      layer.groups == 1 || layer.groups == outputs && layer.weight.shape[1] == 1,
      "a convolution in \(layer.groups) groups is neither full nor depth-wise")
    let used = min(taps, (window - 1) / layer.dilation + 1)
    let all = norm?.scaled(layer.weight.scalars) ?? layer.weight.scalars
    let weights = stride(from: 0, to: all.count, by: taps).flatMap {
      all[($0 + taps - used)..<($0 + taps)]
    }
    let bias = norm?.bias(layer.bias?.scalars) ?? layer.bias?.scalars
    let signs =
      norm == nil
      ? try oneBit(
        ModelFile.Tensor.convolutionRows(weights, outputs: outputs, taps: used), rows: outputs,
        name: name) : nil
    let operands: [Int?] = [
      addMatrix(
        try signs
          ?? .convolution(
            weights, outputs: outputs, taps: used, name: name,
            precision: precision(columns: weights.count / outputs),
            inputScale: inputScale(largest))),
      try bias.map { try vector($0, name: name) },
    ]
    let variant = layer.groups == 1 ? ConvolutionVariant.full : .depthwise
    return append(
      .init(
        code: .convolution, variant: variant.rawValue, input: value,
        // What 16 bits do not hold is beyond the format's limit, too.
        parameter: UInt16(clamping: used == 1 ? 1 : layer.dilation), tensors: operands,
        outputLength: outputs))
  }
}
