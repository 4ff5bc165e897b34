// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// Decoupled distillation (DKD): Base-KD in two parts, the mass of the true class and the shape of the others.
///
/// With p = softmax(z / T), b = p of the true class, q = p of the others divided by 1 - b: TCKD = T² mean
/// [bᵗ log(bᵗ/bˢ) + (1 - bᵗ) log((1 - bᵗ)/(1 - bˢ))], NCKD = T² mean Σ qᵗ log(qᵗ/qˢ) over the other classes. L =
/// min(epoch / warm-up, 1) (α TCKD + β NCKD). The true class is left out of q, not masked by a large number; two
/// classes have one other, and NCKD is 0. Source: methods, memkd 2.2.
public struct DecoupledDistillation: Codable, Equatable, Sendable {
  /// T, above 0.
  public var temperature: Double
  /// The weight of TCKD.
  public var alpha: Double
  /// The weight of NCKD.
  public var beta: Double
  /// Epochs over which the loss grows to its full size; 0 for none.
  public var warmUp: Int

  /// The published settings by default.
  public init(temperature: Double = 4, alpha: Double = 1, beta: Double = 8, warmUp: Int = 20) {
    self.temperature = temperature
    self.alpha = alpha
    self.beta = beta
    self.warmUp = warmUp
  }

  /// The loss of a batch of logits (batch, classes) with their classes, in an epoch from 1; the teacher's are
  /// constants.
  ///
  /// Needs two classes or more.
  public func loss<Scalar: TensorScalar>(
    student: Tensor<Scalar>, teacher: Tensor<Scalar>, labels: [Int], epoch: Int
  ) -> Tensor<Scalar> {
    let heat = Scalar(temperature), batch = Scalar(labels.count)
    let own = Parts(student / heat, labels), given = Parts(teacher.detached() / heat, labels)
    let target =
      given.target.exp() * (given.target - own.target)
      + given.rest.exp() * (given.rest - own.rest)
    let others = given.others.exp() * (given.others - own.others)
    let share = warmUp > 0 ? min(Double(epoch) / Double(warmUp), 1) : 1
    return target.sum() * (heat * heat * Scalar(alpha * share) / batch)
      + others.sum() * (heat * heat * Scalar(beta * share) / batch)
  }
}

/// Logits over the temperature as log-probabilities: of the true class (batch), of all others together (batch), and of
/// each other among them (batch, classes - 1).
private struct Parts<Scalar: TensorScalar> {
  let target: Tensor<Scalar>
  let rest: Tensor<Scalar>
  let others: Tensor<Scalar>

  init(_ logits: Tensor<Scalar>, _ labels: [Int]) {
    let (batch, classes) = (logits.shape[0], logits.shape[1])
    let flat = logits.reshaped(to: [batch * classes])
    let rows = labels.enumerated()
    let targets = flat.gathered(rows.map { $0 * classes + $1 }, along: 0)
    let without = rows.flatMap { row, label in
      (0..<classes).filter { $0 != label }.map { row * classes + $0 }
    }
    let left = flat.gathered(without, along: 0).reshaped(to: [batch, classes - 1])
    let whole = logits.logSumExp()
    target = targets - whole
    rest = left.logSumExp() - whole
    others = left.logSoftmax()
  }
}
