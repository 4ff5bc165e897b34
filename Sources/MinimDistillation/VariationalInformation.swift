// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// Variational information distillation: the student's hidden states must tell the teacher's, up to a variance that is
/// learned for each of the teacher's units.
///
/// μ = W₃ relu(W₂ relu(W₁ Hˢ)) at every step, without biases; σ²_d = softplus(r_d) + 1e-5. L = mean over valid steps and
/// the teacher's units of ½ [(μ - Hᵗ)² / σ² + ln σ²]. Source: methods, memkd 2.7.
public struct VariationalInformation: Codable, Equatable, Sendable {
  /// r at the start: a variance of 5.
  static let startOfVariance = 4.99322918

  /// The method has no options.
  public init() {}

  /// What the loss trains for itself: the map to the teacher's states, and their variance.
  public struct Estimator<Scalar: TensorScalar>: Sendable {
    /// W₁ (teacher's width, student's width), W₂ and W₃ (teacher's width, teacher's width).
    public var maps: [Tensor<Scalar>]
    /// r (teacher's width).
    public var variance: Tensor<Scalar>

    /// An estimator from its tensors.
    public init(maps: [Tensor<Scalar>], variance: Tensor<Scalar>) {
      self.maps = maps
      self.variance = variance
    }
  }

  /// The loss of a batch: `student` (batch, time, its width) and `teacher` (batch, time, its width), a constant.
  ///
  /// Needs the same batch and time of both; steps past `lengths` do not count.
  public func loss<Scalar: TensorScalar>(
    student: Tensor<Scalar>, teacher: Tensor<Scalar>, estimator: Estimator<Scalar>,
    lengths: [Int]? = nil
  ) -> Tensor<Scalar> {
    let valid = ValidSteps(batch: student.shape[0], steps: student.shape[1], lengths: lengths)
    var mean = student
    for (index, map) in estimator.maps.enumerated() {
      mean = (index == 0 ? mean : mean.relu()).linear(weight: map)
    }
    let variance = estimator.variance.softplus() + Scalar(1e-5)
    let terms = (mean - teacher.detached()).squared() / variance + variance.log()
    return valid.masked(terms).sum() * (1 / (2 * Scalar(valid.count * teacher.shape[2])))
  }
}
