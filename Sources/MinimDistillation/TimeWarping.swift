// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// DT2W: FitNet with soft dynamic time warping in place of the squared difference.
///
/// L = mean over cases of soft-DTW(r(Hˢ), Hᵗ), r a linear regressor that is trained with the student. At 100 steps of
/// 100 units it is about a thousand times FitNet's loss, so weights are small. Source: methods, memkd 2.8.
public struct TimeWarping: Codable, Equatable, Sendable {
  /// The distance of two hidden sequences; the published method has γ 1 and no divergence.
  public var distance: SoftDTW

  /// The published method by default.
  public init(distance: SoftDTW = SoftDTW()) { self.distance = distance }

  /// The loss of a batch: `student` (batch, time, its width) and `teacher` (batch, time, its width), a constant.
  ///
  /// With `lengths` the times must agree; steps past them take no part.
  public func loss<Scalar: TensorScalar>(
    student: Tensor<Scalar>, teacher: Tensor<Scalar>, regressor: Regressor<Scalar>,
    lengths: [Int]? = nil
  ) -> Tensor<Scalar> {
    distance(regressor(student), teacher.detached(), lengths: lengths).mean()
  }
}
