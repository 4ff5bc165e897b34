// SPDX-License-Identifier: Apache-2.0

extension Tensor {
  /// Each row of the last axis shifted to mean 0 and scaled to deviation 1, with what the pullback
  /// needs.
  private func normalisedRows(epsilon: Scalar) -> (
    value: Tensor, mean: Tensor, variance: Tensor, inverse: Tensor
  ) {
    let width = shape.last ?? 1, rows = width == 0 ? 0 : count / width
    let mean = Tensor(zeros: [rows]), variance = Tensor(zeros: [rows]),
      inverse = Tensor(zeros: [rows])
    let value = Tensor.make(shape, from: self) { x, y in
      Scalar.kernels.normalise(
        rows, width, epsilon, x, y, mean.storage.pointer, variance.storage.pointer,
        inverse.storage.pointer)
    }
    return (value, mean, variance, inverse)
  }

  /// (x - mean) / √(variance + ε) over the last axis, recorded.
  private func normalisedLastAxis(epsilon: Scalar) -> (
    value: Tensor, mean: Tensor, variance: Tensor
  ) {
    let (value, mean, variance, inverse) = detached().normalisedRows(epsilon: epsilon)
    let width = shape.last ?? 1
    let result = Tensor.recorded(value, inputs: [self]) { gradient in
      [
        Tensor.make(shape, from: value, inverse, gradient) { y, scale, g, d in
          Scalar.kernels.normaliseBackward(
            width == 0 ? 0 : value.count / width, width, y, scale, g, d)
        }
      ]
    }
    return (result, mean, variance)
  }

  /// Batch norm with this batch's own statistics, over every axis but `axis` (the features).
  ///
  /// y = (x - mean) / √(variance + ε) · scale + shift with the population variance of each feature.
  /// Returns also mean and population variance (features), unrecorded, for running averages. Needs
  /// at least one element a feature.
  public func batchNorm(
    scale: Tensor, shift: Tensor, axis: Int = -1, epsilon: Scalar = 1e-5
  ) -> (value: Tensor, mean: Tensor, variance: Tensor) {
    let axis = shape.axis(axis)
    let features = shape[axis]
    precondition(
      scale.shape == [features] && shift.shape == [features],
      "batchNorm: input \(shape) on axis \(axis), scale \(scale.shape), shift \(shift.shape)")
    let others = shape.indices.filter { $0 != axis }
    let rows = permuted([axis] + others).reshaped(to: [
      features, features == 0 ? 0 : count / features,
    ])
    let (value, mean, variance) = rows.normalisedLastAxis(epsilon: epsilon)
    var back = others.map { $0 < axis ? $0 + 1 : $0 }
    back.insert(0, at: axis)
    let restored = value.reshaped(to: [features] + others.map { shape[$0] }).permuted(back)
    return (restored.scaledAndShifted(scale, shift, axis), mean, variance)
  }

  /// Batch norm with given statistics (features): the form for inference.
  ///
  /// Mean and variance are constants.
  public func batchNorm(
    scale: Tensor, shift: Tensor, mean: Tensor, variance: Tensor, axis: Int = -1,
    epsilon: Scalar = 1e-5
  ) -> Tensor {
    let axis = shape.axis(axis)
    let inverse = 1 / (variance.detached() + epsilon).squareRoot()
    let centred = self - mean.detached().alongAxis(axis, of: shape)
    return (centred * inverse.alongAxis(axis, of: shape)).scaledAndShifted(scale, shift, axis)
  }

  private func scaledAndShifted(_ scale: Tensor, _ shift: Tensor, _ axis: Int) -> Tensor {
    self * scale.alongAxis(axis, of: shape) + shift.alongAxis(axis, of: shape)
  }

  /// A vector of features shaped so that it broadcasts along `axis`.
  private func alongAxis(_ axis: Int, of shape: [Int]) -> Tensor {
    reshaped(to: [count] + [Int](repeating: 1, count: shape.count - 1 - axis))
  }

  /// Dropout: each element kept with probability 1 - rate and then divided by it, else 0.
  ///
  /// `rate` lies in 0 ..< 1. The same generator state gives the same mask.
  @specialized(where Scalar == Float)
  public func dropout(rate: Scalar, using generator: inout SeededGenerator) -> Tensor {
    precondition(rate >= 0 && rate < 1, "a dropout rate lies in 0..<1, not \(rate)")
    if rate == 0 { return self }
    let kept = 1 / (1 - rate), limit = Double(rate)
    let mask = Tensor(
      (0..<count).map { _ in generator.nextUniform() < limit ? 0 : kept }, shape: shape)
    return self * mask
  }
}
