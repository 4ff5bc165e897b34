// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// Neuron selectivity transfer: the student's units must be active over time like the teacher's, as two sets.
///
/// Each unit of a case is a vector over its valid steps, of length 1: uᵢ of the student, vⱼ of the teacher. With
/// k(x,y) = ⟨x,y⟩²: L = mean k(v,v') + mean k(u,u') - 2 mean k(u,v), over all pairs, then over the batch: a maximum mean
/// discrepancy, so widths need not agree. Source: methods, memkd 2.6.
public struct NeuronSelectivity: Codable, Equatable, Sendable {
  /// The method has no options.
  public init() {}

  /// The loss of a batch: `student` (batch, time, its width) and `teacher` (batch, time, its width), a constant.
  ///
  /// Needs the same batch and time of both; steps past `lengths` do not count.
  public func loss<Scalar: TensorScalar>(
    student: Tensor<Scalar>, teacher: Tensor<Scalar>, lengths: [Int]? = nil
  ) -> Tensor<Scalar> {
    let valid = ValidSteps(batch: student.shape[0], steps: student.shape[1], lengths: lengths)
    let u = valid.masked(student).unitLength(along: 1)
    let v = valid.masked(teacher.detached()).unitLength(along: 1)
    func kernel(_ x: Tensor<Scalar>, _ y: Tensor<Scalar>) -> Tensor<Scalar> {
      x.product(y, transposed: true).squared().mean()
    }
    return kernel(v, v) + kernel(u, u) - 2 * kernel(u, v)
  }
}
