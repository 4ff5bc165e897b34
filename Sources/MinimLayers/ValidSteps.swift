// SPDX-License-Identifier: Apache-2.0
package import MinimTensor

/// The steps of a right-padded batch that are within their case's length.
package struct ValidSteps {
  private let shape: [Int]
  private let lengths: [Int]?

  /// Of a batch of shape (batch, time, width); all steps without `lengths`.
  ///
  /// `lengths` has one for each case, each in 1 ... time.
  package init(of shape: [Int], lengths: [Int]?) {
    precondition(
      shape.count == 3
        && (lengths.map {
          $0.count == shape[0] && $0.allSatisfy { (1...max(1, shape[1])).contains($0) }
        } ?? true),
      "lengths \(lengths?.prefix(8) ?? []) of a batch of shape \(shape)")
    self.shape = shape
    self.lengths = lengths
  }

  /// The valid steps of (batch, time, width) as rows (steps, width), case by case.
  package func gathered<Scalar: TensorScalar>(from batch: Tensor<Scalar>) -> Tensor<Scalar> {
    let rows = batch.reshaped(to: [shape[0] * shape[1], shape[2]])
    guard let lengths else { return rows }
    return rows.gathered(
      lengths.enumerated().flatMap { item in
        (0..<item.element).map { item.offset * shape[1] + $0 }
      }, along: 0)
  }

  /// The inverse of `gathered`: rows (steps, width) back in their places of (batch, time, width),
  /// zeros elsewhere.
  package func restored<Scalar: TensorScalar>(_ rows: Tensor<Scalar>) -> Tensor<Scalar> {
    guard let lengths else { return rows.reshaped(to: shape) }
    let zeros = rows.shape[0]
    var next = 0
    let places = lengths.flatMap { length in
      defer { next += length }
      return (0..<shape[1]).map { $0 < length ? next + $0 : zeros }
    }
    let whole = Tensor.concatenated([rows, Tensor(zeros: [1, shape[2]])], along: 0)
    return whole.gathered(places, along: 0).reshaped(to: shape)
  }

  /// (batch, time, width) with zeros past each case's length.
  package func masked<Scalar: TensorScalar>(_ batch: Tensor<Scalar>) -> Tensor<Scalar> {
    guard let lengths else { return batch }
    let mask = lengths.flatMap { length in (0..<shape[1]).map { $0 < length ? Scalar(1) : 0 } }
    return batch * Tensor(mask, shape: [shape[0], shape[1], 1])
  }

  /// The mean over each case's valid steps (batch, width) of a batch that is zero elsewhere.
  package func mean<Scalar: TensorScalar>(ofMasked batch: Tensor<Scalar>) -> Tensor<Scalar> {
    guard let lengths else { return batch.mean(over: [1]) }
    return batch.sum(over: [1]) / Tensor(lengths.map { Scalar($0) }, shape: [shape[0], 1])
  }
}
