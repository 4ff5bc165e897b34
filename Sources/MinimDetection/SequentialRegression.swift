// SPDX-License-Identifier: Apache-2.0
internal import MinimTensor

/// Ridge regression that learns row by row: after each row, β minimises Σ ‖x - h β‖² + λ ‖β‖² over
/// those seen.
///
/// P = (HᵀH + λ I)⁻¹ follows by P ← P - (P hᵀ)(h P) / (1 + h P hᵀ), then β ← β + P hᵀ (x - h β).
/// Memory: inputs² + 2 · inputs · outputs numbers. Source: methods, gon 1.12.
struct SequentialRegression {
  private var inverse: Tensor<Double>
  /// β: (inputs, outputs).
  private(set) var weights: Tensor<Double>

  /// Of h of so many inputs and x of so many outputs, before any row: P = I / λ, β = 0.
  init(inputs: Int, outputs: Int, ridge: Double) {
    inverse = Tensor(
      (0..<inputs * inputs).map { $0 % (inputs + 1) == 0 ? 1 / ridge : 0 }, shape: [inputs, inputs])
    weights = Tensor(zeros: [inputs, outputs])
  }

  /// Takes in rows h (count, inputs) with their x (count, outputs), one after the other.
  mutating func learn(_ rows: Tensor<Double>, _ targets: Tensor<Double>) {
    for index in 0..<rows.shape[0] {
      let row = rows.sliced(index..<index + 1, along: 0)
      let error = targets.sliced(index..<index + 1, along: 0) - row.product(weights)
      // P is symmetric. After its update P hᵀ is the one before it, divided by 1 + h P hᵀ.
      let before = row.product(inverse)
      let gain = before / (1 + before.product(row, otherTransposed: true).item)
      inverse.add(gain.product(before, transposed: true), scaledBy: -1)
      weights.add(gain.product(error, transposed: true))
    }
  }
}
