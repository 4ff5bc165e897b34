// SPDX-License-Identifier: Apache-2.0
internal import MinimTensor

/// Which steps of a batch hold data, where some of its cases are padded.
struct ValidSteps {
  /// The batch's extents.
  let batch: Int, steps: Int
  /// Valid steps of each case, nil when all are.
  let lengths: [Int]?

  /// How many steps are valid in the whole batch.
  var count: Int { lengths?.reduce(0, +) ?? batch * steps }

  /// States (batch, time, …) with zeros in place of the steps that hold nothing.
  func masked<Scalar: TensorScalar>(_ states: Tensor<Scalar>) -> Tensor<Scalar> {
    guard let lengths else { return states }
    let mask = lengths.flatMap { length in (0..<steps).map { Scalar($0 < length ? 1 : 0) } }
    let shape = [batch, steps] + [Int](repeating: 1, count: states.rank - 2)
    return states * Tensor(mask, shape: shape)
  }
}

extension Tensor {
  /// This tensor divided by its Euclidean norm along one axis, the norm held at 1e-12 or above.
  func unitLength(along axis: Int) -> Tensor {
    self / length(along: axis)
  }

  /// The Euclidean norm along one axis, which stays with extent 1; at least 1e-12, without gradient there.
  func length(along axis: Int) -> Tensor {
    squared().sum(over: [axis], keepingAxes: true)
      .clamped(to: Scalar(1e-24)...Scalar.greatestFiniteMagnitude).squareRoot()
  }
}
