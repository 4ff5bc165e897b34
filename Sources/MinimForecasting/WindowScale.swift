// SPDX-License-Identifier: Apache-2.0
internal import MinimTensor

/// The level and the deviation of each channel of windows, taken away before a forecast and given back after it.
///
/// x̃ = (x - mean) / √(variance + 1e-5) over the look-back; the variance is that of the population, or with n - 1.
struct WindowScale<Scalar: TensorScalar> {
  /// The windows without level and deviation.
  let values: Tensor<Scalar>
  private let mean: Tensor<Scalar>
  private let deviation: Tensor<Scalar>

  init(_ windows: Tensor<Scalar>, unbiased: Bool = false) {
    mean = windows.mean(over: [-1], keepingAxes: true)
    let centred = windows - mean
    let terms = Scalar(max(1, windows.shape[2] - (unbiased ? 1 : 0)))
    deviation =
      (centred.squared().sum(over: [-1], keepingAxes: true) / terms + 1e-5).squareRoot()
    values = centred / deviation
  }

  /// A forecast (batch, channels, horizon) with level and deviation again.
  func restored(_ forecast: Tensor<Scalar>) -> Tensor<Scalar> { forecast * deviation + mean }
}
