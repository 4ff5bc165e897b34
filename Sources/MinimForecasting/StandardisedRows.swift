// SPDX-License-Identifier: Apache-2.0
import MinimTensor

/// Windows whose channels are brought to mean 0 and deviation 1, each window by its own rows, and the way back.
///
/// x̃ = (x - μ) / σ, μ the mean over the rows and σ = √(variance + 1e-5), that of the population. Source: methods,
/// timedistill 3.
struct StandardisedRows<Scalar: TensorScalar> {
  /// x̃: (batch, channels, look-back).
  let values: Tensor<Scalar>
  private let mean: Tensor<Scalar>
  private let deviation: Tensor<Scalar>

  /// The standardised form of rows (batch, channels, look-back).
  init(_ rows: Tensor<Scalar>) {
    mean = rows.mean(over: [-1], keepingAxes: true)
    let centred = rows - mean
    deviation = (centred.squared().mean(over: [-1], keepingAxes: true) + 1e-5).squareRoot()
    values = centred / deviation
  }

  /// A forecast (batch, channels, horizon) of standardised rows in the units of the rows: y σ + μ.
  func restored(_ forecast: Tensor<Scalar>) -> Tensor<Scalar> { forecast * deviation + mean }
}
