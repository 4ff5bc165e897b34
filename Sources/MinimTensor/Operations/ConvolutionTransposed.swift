// SPDX-License-Identifier: Apache-2.0

extension Tensor {
  /// A transposed convolution (PyTorch's conv_transpose1d and conv_transpose2d): the gradient of a
  /// convolution by its input, as an operation of its own.
  ///
  /// This tensor is (batch, in, time) with `weight` (in, out, k), or (batch, in, height, width) with
  /// `weight` (in, out, kh, kw); `bias` is (out). Each element adds its multiple of the kernel, at
  /// its index · `stride` (1 when nil) - `padding` (0 when nil). The result has (extent - 1) ·
  /// stride - 2 padding + kernel places along each axis, or those of `croppedTo` where given, cut
  /// at the end. `croppedTo` may reach up to `padding` places further, which is PyTorch's
  /// output_padding.
  public func transposedConvolution(
    weight: Tensor, bias: Tensor? = nil, stride: [Int]? = nil, padding: [Int]? = nil,
    croppedTo: [Int]? = nil
  ) -> Tensor {
    precondition(
      (3...4).contains(rank) && weight.rank == rank,
      "a transposed convolution wants (batch, channels, time) or (batch, channels, height, width) and a weight of that rank, not \(shape) and \(weight.shape)"
    )
    precondition(
      shape[1] == weight.shape[0] && (bias?.shape ?? [weight.shape[1]]) == [weight.shape[1]],
      "weight \(weight.shape) and bias \(bias?.shape ?? []) do not fit input \(shape)")
    let axes = rank - 2, head = [Int](repeating: 1, count: 2 - axes)
    let grid = head + shape.dropFirst(2), kernel = head + weight.shape.dropFirst(2)
    let stride = ConvolutionGeometry.pair(
      stride, axes: axes, single: 1, least: 1, name: "a stride")
    let padding = ConvolutionGeometry.pair(
      padding, axes: axes, single: 0, least: 0, name: "padding")
    let full = (0..<2).map { (grid[$0] - 1) * stride[$0] - 2 * padding[$0] + kernel[$0] }
    let image = croppedTo.map { head + $0 } ?? full
    precondition(
      image.count == 2
        && (0..<2).allSatisfy { image[$0] >= 1 && image[$0] <= full[$0] + padding[$0] },
      "input \(shape) and weight \(weight.shape) give a result of \(full.suffix(axes)), not \(image.suffix(axes))"
    )
    // What the convolution that this is the gradient of would be told.
    let geometry = ConvolutionGeometry(
      batch: shape[0], inputs: weight.shape[1], outputs: weight.shape[0], image: image,
      kernel: kernel, stride: stride, padding: padding, grid: grid)
    let target = [shape[0], weight.shape[1]] + image.suffix(axes)
    let value = convolutionByInput(geometry, weight, bias: bias, shape: target)
    return Tensor.recorded(value, inputs: [self, weight] + (bias.map { [$0] } ?? [])) { g in
      let ofInput = isTracked ? g.convolutionValue(geometry, weight, shape: shape) : nil
      let ofWeight =
        weight.isTracked
        ? convolutionByWeight(geometry, image: g, weight: weight.shape, bias: false).0 : nil
      let ofBias = bias?.isTracked == true ? g.sum(over: [0] + Array(2..<rank)) : nil
      return [ofInput, ofWeight, ofBias]
    }
  }
}
