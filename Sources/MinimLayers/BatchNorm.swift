// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// Batch norm over the valid steps of all cases, channel by channel: y = (x - mean) / √(variance + 1e-5) · weight + bias.
///
/// Variances are those of the population (divided by n). There are no running averages: `calibrate`
/// sets the buffers.
public struct BatchNorm<Scalar: TensorScalar>: ParameterTree {
  /// The scale of each channel (channels); ones at the start.
  public var weight: Tensor<Scalar>
  /// The shift of each channel (channels); zeros at the start.
  public var bias: Tensor<Scalar>
  /// The mean of each channel in use (channels), a buffer; zeros at the start.
  public var runningMean: Tensor<Scalar>
  /// The variance of each channel in use (channels), a buffer; ones at the start.
  public var runningVariance: Tensor<Scalar>

  /// A norm of so many channels, at least 1.
  public init(channels: Int) {
    precondition(channels > 0, "a batch norm of \(channels) channels")
    weight = Tensor(repeating: 1, shape: [channels])
    bias = Tensor(zeros: [channels])
    runningMean = bias
    runningVariance = weight
  }

  /// Maps (batch, time, channels) to the same shape.
  ///
  /// With `training` by the batch's own statistics, through which gradients flow, of the valid steps
  /// alone where `lengths` say; steps past a case's length come out as zeros then. Without, by the
  /// buffers, every step alike.
  public func callAsFunction(
    _ input: Tensor<Scalar>, lengths: [Int]?, training: Bool
  ) -> Tensor<Scalar> {
    guard training else {
      return input.batchNorm(
        scale: weight, shift: bias, mean: runningMean, variance: runningVariance)
    }
    let rows = ValidSteps(of: input.shape, lengths: lengths)
    return rows.restored(
      rows.gathered(from: input).batchNorm(scale: weight, shift: bias, axis: 1).value)
  }

  /// Sets the buffers to the statistics of a batch, and returns what the norm makes of it with them.
  public mutating func calibrate(_ input: Tensor<Scalar>, lengths: [Int]?) -> Tensor<Scalar> {
    let rows = ValidSteps(of: input.shape, lengths: lengths).gathered(from: input)
    let found = rows.batchNorm(scale: weight, shift: bias, axis: 1)
    runningMean = found.mean
    runningVariance = found.variance
    return self(input, lengths: lengths, training: false)
  }

  /// Maps a tensor whose axis `axis` are the channels, of any other axes, to the same shape.
  public func callAsFunction(
    _ input: Tensor<Scalar>, axis: Int, training: Bool
  ) -> Tensor<Scalar> {
    training
      ? input.batchNorm(scale: weight, shift: bias, axis: axis).value
      : input.batchNorm(
        scale: weight, shift: bias, mean: runningMean, variance: runningVariance, axis: axis)
  }

  /// Sets the buffers by such a tensor, and returns what the norm makes of it with them.
  public mutating func calibrate(_ input: Tensor<Scalar>, axis: Int) -> Tensor<Scalar> {
    let found = input.batchNorm(scale: weight, shift: bias, axis: axis)
    runningMean = found.mean
    runningVariance = found.variance
    return self(input, axis: axis, training: false)
  }

  /// What the norm in use is: y = x · gain + shift, for each channel.
  package var affine: (gain: Tensor<Scalar>, shift: Tensor<Scalar>) {
    let gain = weight / (runningVariance + 1e-5).squareRoot()
    return (gain, bias - runningMean * gain)
  }

  /// Visits `weight` and `bias`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try visit(path.appending("weight"), &weight)
    try visit(path.appending("bias"), &bias)
  }

  /// Visits `running_mean` and `running_var`, PyTorch's names.
  public mutating func visitBuffers(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try visit(path.appending("running_mean"), &runningMean)
    try visit(path.appending("running_var"), &runningVariance)
  }
}
