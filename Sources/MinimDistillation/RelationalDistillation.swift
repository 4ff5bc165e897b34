// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// Relational distillation: the cases of a batch must lie to each other in the student's features as in the teacher's.
///
/// With e what the head reads: distance, the mean over B² pairs of SmoothL1(ψˢ/μˢ - ψᵗ/μᵗ), ψ = ‖eᵢ - eⱼ‖ and μ its mean
/// over different cases; angle, the mean over B³ triples of SmoothL1(Aˢ - Aᵗ), A the cosine of the angle at i between j
/// and k. L = `distance` · the first + `angle` · the second. One case gives 0. Source: methods, memkd 2.4.
public struct RelationalDistillation: Codable, Equatable, Sendable {
  /// The weight of the distances, at least 0; at 0 they are not computed.
  public var distance: Double
  /// The weight of the angles, at least 0; at 0 they are not computed.
  public var angle: Double

  /// Both parts, by default with the published weights.
  public init(distance: Double = 25, angle: Double = 50) {
    self.distance = distance
    self.angle = angle
  }

  /// The loss of a batch: `student` (batch, its features) and `teacher` (batch, its features), a constant.
  public func loss<Scalar: TensorScalar>(
    student: Tensor<Scalar>, teacher: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    var loss = Tensor<Scalar>(0)
    if distance > 0 {
      func group(_ features: Tensor<Scalar>) -> Tensor<Scalar> {
        features.reshaped(to: [1] + features.shape)
      }
      let part = relationalDistance(student: group(student), teacher: group(teacher))
      loss = loss + part * Scalar(distance)
    }
    if angle > 0 {
      let differences = angles(student) - angles(teacher.detached())
      loss = loss + Penalty.smoothL1.values(differences).mean() * Scalar(angle)
    }
    return loss
  }

  /// ⟨v(i,j), v(i,k)⟩ with v(i,j) the direction from case i to case j: (batch, batch, batch).
  private func angles<Scalar: TensorScalar>(_ features: Tensor<Scalar>) -> Tensor<Scalar> {
    let (batch, width) = (features.shape[0], features.shape[1])
    let others = features.reshaped(to: [1, batch, width])
    let directions = (others - features.reshaped(to: [batch, 1, width])).unitLength(along: 2)
    return directions.product(directions, otherTransposed: true)
  }
}
