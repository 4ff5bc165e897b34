// SPDX-License-Identifier: Apache-2.0
internal import CMinimKernels

/// The arguments of one convolution, read as two-dimensional, checked.
///
/// `image` is the larger side (a convolution's input, a transposed one's output), `grid` the
/// smaller, both (height, width).
struct ConvolutionGeometry: Sendable {
  var batch: Int
  var inputs: Int
  /// Channels of a second tensor that follow the first's.
  var extra = 0
  var outputs: Int
  var groups = 1
  var image: [Int]
  var kernel: [Int]
  var stride: [Int]
  var padding: [Int]
  var grid: [Int]
  /// Columns from one tap of a line to the next; 1 unless lines have stride 1.
  var dilation = 1

  /// Calls `body` with the kernels' form of this.
  func withShape<Result>(_ body: (UnsafePointer<minim_convolution_shape>) -> Result) -> Result {
    var shape = minim_convolution_shape(
      batch: batch, inputs: inputs, extra: extra, outputs: outputs, groups: groups,
      height: image[0], width: image[1], kernel_height: kernel[0], kernel_width: kernel[1],
      stride_height: stride[0], stride_width: stride[1], padding_height: padding[0],
      padding_width: padding[1], out_height: grid[0], out_width: grid[1],
      dilation_width: dilation)
    return withUnsafePointer(to: &shape, body)
  }

  /// One number for each axis of an image of `rank` axes, as (height, width); 1-D has `single` for
  /// its height.
  static func pair(
    _ numbers: [Int]?, axes: Int, single: Int, least: Int, name: String
  ) -> [Int] {
    let numbers = numbers ?? [Int](repeating: single, count: axes)
    precondition(
      numbers.count == axes && numbers.allSatisfy { $0 >= least },
      "\(name) \(numbers) must hold \(axes) numbers from \(least) on")
    return axes == 1 ? [single] + numbers : numbers
  }
}

extension Tensor {
  /// A convolution (cross-correlation, as PyTorch's conv1d and conv2d).
  ///
  /// This tensor is (batch, channels, time) with `weight` (out, channels / groups, k), or (batch,
  /// channels, height, width) with `weight` (out, channels / groups, kh, kw); `bias` is (out).
  /// `stride` (1 when nil) and `padding` (zeros on both sides; 0 when nil) have a number for each
  /// axis of the image. The result has ⌊(extent + 2 padding - kernel) / stride⌋ + 1 places along
  /// each, at least one: y[o, i] = bias[o] + Σ weight[o, c, s] x[c, i · stride - padding + s], c
  /// over the channels of o's group. `groups` divides both channel counts; up to depth-wise
  /// (`groups` = channels).
  public func convolution(
    weight: Tensor, bias: Tensor? = nil, stride: [Int]? = nil, padding: [Int]? = nil,
    groups: Int = 1
  ) -> Tensor {
    precondition(
      (3...4).contains(rank) && weight.rank == rank,
      "a convolution wants (batch, channels, time) or (batch, channels, height, width) and a weight of that rank, not \(shape) and \(weight.shape)"
    )
    precondition(
      groups >= 1 && shape[1] == weight.shape[1] * groups && weight.shape[0] % groups == 0
        && (bias?.shape ?? [weight.shape[0]]) == [weight.shape[0]],
      "weight \(weight.shape) and bias \(bias?.shape ?? []) do not fit input \(shape) in \(groups) groups"
    )
    let axes = rank - 2, head = [Int](repeating: 1, count: 2 - axes)
    let image = head + shape.dropFirst(2), kernel = head + weight.shape.dropFirst(2)
    let stride = ConvolutionGeometry.pair(
      stride, axes: axes, single: 1, least: 1, name: "a stride")
    let padding = ConvolutionGeometry.pair(
      padding, axes: axes, single: 0, least: 0, name: "padding")
    let room = (0..<2).map { image[$0] + 2 * padding[$0] - kernel[$0] }
    precondition(
      kernel.allSatisfy { $0 >= 1 } && room.allSatisfy { $0 >= 0 },
      "weight \(weight.shape) does not fit into input \(shape) with padding \(padding)")
    let geometry = ConvolutionGeometry(
      batch: shape[0], inputs: shape[1], outputs: weight.shape[0], groups: groups, image: image,
      kernel: kernel, stride: stride, padding: padding,
      grid: (0..<2).map { room[$0] / stride[$0] + 1 })
    let value = convolutionValue(
      geometry, weight, bias: bias,
      shape: [shape[0], weight.shape[0]] + geometry.grid.suffix(axes))
    return Tensor.recorded(value, inputs: [self, weight] + (bias.map { [$0] } ?? [])) { g in
      let ofInput = isTracked ? g.convolutionByInput(geometry, weight, shape: shape) : nil
      let (ofWeight, ofBias) = g.convolutionByWeight(
        geometry, image: self, weight: weight.isTracked ? weight.shape : nil,
        bias: bias?.isTracked == true)
      return [ofInput, ofWeight, ofBias]
    }
  }

  /// The convolution of this tensor, not recorded.
  @specialized(where Scalar == Float)
  func convolutionValue(
    _ geometry: ConvolutionGeometry, _ weight: Tensor, bias: Tensor? = nil, extra: Tensor? = nil,
    shape: [Int]
  ) -> Tensor {
    withExtendedLifetime((extra, bias)) {
      Tensor.make(shape, from: self, weight) { x, w, out in
        geometry.withShape {
          Scalar.kernels.convolution($0, x, extra?.pointer, w, bias?.pointer, out)
        }
      }
    }
  }

  /// The gradient by the input, of `shape`, this tensor being the gradient of the result; `bias` is
  /// added to it.
  @specialized(where Scalar == Float)
  func convolutionByInput(
    _ geometry: ConvolutionGeometry, _ weight: Tensor, bias: Tensor? = nil, shape: [Int]
  ) -> Tensor {
    withExtendedLifetime(bias) {
      Tensor.make(shape, from: self, weight) { g, w, out in
        geometry.withShape {
          Scalar.kernels.convolutionByInput($0, g, w, bias?.pointer, out, nil)
        }
      }
    }
  }

  /// The gradients by the weight, of shape `weight` unless nil, and by the bias, this tensor being
  /// the gradient of the result.
  @specialized(where Scalar == Float)
  func convolutionByWeight(
    _ geometry: ConvolutionGeometry, image: Tensor, extra: Tensor? = nil, weight: [Int]?, bias: Bool
  ) -> (Tensor?, Tensor?) {
    let ofWeight = weight.map { Tensor(uninitialised: $0) { _ in } }
    let ofBias = bias ? Tensor(uninitialised: [geometry.outputs]) { _ in } : nil
    withExtendedLifetime((self, image, extra)) {
      geometry.withShape {
        Scalar.kernels.convolutionByWeight(
          $0, image.pointer, extra?.pointer, pointer, ofWeight?.storage.pointer,
          ofBias?.storage.pointer)
      }
    }
    return (ofWeight, ofBias)
  }
}
