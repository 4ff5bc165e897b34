// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// FitNet: the student's hidden states, mapped to the teacher's width at every step, must be the teacher's.
///
/// L = mean over valid steps and the teacher's units of (r(Hˢ) - Hᵗ)², r a linear regressor that is trained with the
/// student. Source: methods, memkd 2.3 (joint form, all steps, no ReLU after the regressor).
public struct FitNet: Codable, Equatable, Sendable {
  /// The method has no options.
  public init() {}

  /// The loss of a batch: `student` (batch, time, its width) and `teacher` (batch, time, its width), a constant.
  ///
  /// Needs the same batch and time of both; steps past `lengths` do not count.
  public func loss<Scalar: TensorScalar>(
    student: Tensor<Scalar>, teacher: Tensor<Scalar>, regressor: Regressor<Scalar>,
    lengths: [Int]? = nil
  ) -> Tensor<Scalar> {
    let valid = ValidSteps(batch: student.shape[0], steps: student.shape[1], lengths: lengths)
    let differences = valid.masked(regressor(student) - teacher.detached())
    return differences.squared().sum() / Scalar(valid.count * teacher.shape[2])
  }
}
