// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// Base-KD, Hinton's distillation of logits: T² times the mean over cases of KL(teacher ‖ student)
/// at temperature T.
///
/// With p = softmax(z / T): L = T² / B · Σ_i Σ_c pᵗ (log pᵗ - log pˢ); its gradient is T (pˢ - pᵗ)
/// / B. Source: methods, memkd 2.1.
public struct LogitDistillation: Codable, Equatable, Sendable {
  /// T, above 0.
  public var temperature: Double

  /// Distillation at a temperature; 4 is what RepDistiller and mdistiller use.
  public init(temperature: Double = 4) { self.temperature = temperature }

  /// The loss of a batch of logits (batch, classes); the teacher's are constants.
  public func loss<Scalar: TensorScalar>(
    student: Tensor<Scalar>, teacher: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    let heat = Scalar(temperature)
    let goal = (teacher.detached() / heat).softmax()
    let goalLog = (teacher.detached() / heat).logSoftmax()
    let differences = goal * (goalLog - (student / heat).logSoftmax())
    return differences.sum() * (heat * heat / Scalar(student.shape[0]))
  }
}
