// SPDX-License-Identifier: Apache-2.0

extension Tensor {
  /// A causal convolution over time: a step's result sees that step and earlier ones.
  ///
  /// This tensor is (batch, channels, time) with a step or more, `weight` (out, channels / groups, k)
  /// in PyTorch's layout, `bias` (out). The result is (batch, out, time): y[o, t] = bias[o] +
  /// Σ weight[o, c, s] x[c, t - (k - 1 - s) · dilation], c over the channels of o's group, zeros
  /// before the first step. `groups` divides both channel counts; up to depth-wise (`groups` =
  /// channels). `dilation` is 1 or more.
  public func causalConvolution(
    weight: Tensor, bias: Tensor? = nil, dilation: Int = 1, groups: Int = 1
  ) -> Tensor {
    precondition(
      rank == 3 && weight.rank == 3 && shape[2] >= 1 && weight.shape[2] >= 1 && dilation >= 1,
      "a causal convolution wants (batch, channels, time), a weight (out, channels, k) and a dilation from 1 on, not \(shape), \(weight.shape) and \(dilation)"
    )
    precondition(
      groups >= 1 && shape[1] == weight.shape[1] * groups && weight.shape[0] % groups == 0
        && (bias?.shape ?? [weight.shape[0]]) == [weight.shape[0]],
      "weight \(weight.shape) and bias \(bias?.shape ?? []) do not fit input \(shape) in \(groups) groups"
    )
    // Taps as far apart as the series is long see zeros, however much farther they are.
    let time = shape[2], kernel = weight.shape[2], reach = Swift.min(dilation, time)
    let geometry = ConvolutionGeometry(
      batch: shape[0], inputs: shape[1], outputs: weight.shape[0], groups: groups,
      image: [1, time], kernel: [1, kernel], stride: [1, 1], padding: [0, (kernel - 1) * reach],
      grid: [1, time], dilation: reach)
    let value = convolutionValue(
      geometry, weight, bias: bias, shape: [shape[0], weight.shape[0], time])
    return Tensor.recorded(value, inputs: [self, weight] + (bias.map { [$0] } ?? [])) { g in
      let ofInput = isTracked ? g.convolutionByInput(geometry, weight, shape: shape) : nil
      let (ofWeight, ofBias) = g.convolutionByWeight(
        geometry, image: self, weight: weight.isTracked ? weight.shape : nil,
        bias: bias?.isTracked == true)
      return [ofInput, ofWeight, ofBias]
    }
  }
}
