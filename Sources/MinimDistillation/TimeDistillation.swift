// SPDX-License-Identifier: Apache-2.0
public import MinimForecasting
internal import MinimLayers
internal import MinimLearning
public import MinimTensor

/// TimeDistill's losses: forecasts and features of teacher and student are compared at several scales and by their
/// periods (methods, timedistill 2).
///
/// α (scale(ŷ_s, ŷ_t) + period(ŷ_s, ŷ_t)) + β (scale(F_s, R_t) + period(F_s, R_t)), R_t = Reg(F_t), forecasts (batch,
/// channels, horizon), features (batch, channels, width). Scales run along the last axis, which for features is the order of
/// the units, as in the reference code.
public struct TimeDistillation: Codable, Equatable, Sendable {
  /// What is compared.
  public enum Mode: String, Codable, CaseIterable, Sendable {
    /// Scales and periods, as the reference code.
    case reference
    /// Scales alone; the paper finds the periods nearly neutral.
    case lean
  }

  /// The factor of the forecasts' terms, at least 0.
  public var alpha: Double
  /// The factor of the features' terms, at least 0.
  public var beta: Double
  /// What is compared.
  public var mode: Mode

  /// Losses with their factors.
  public init(alpha: Double = 1, beta: Double = 1, mode: Mode = .reference) {
    self.alpha = alpha
    self.beta = beta
    self.mode = mode
  }

  /// ¼ Σ_m mean((pool^m a - pool^m b)²) for m = 0 … 3, pool the mean of pairs along the last axis, an odd last one left out.
  ///
  /// An axis that gets shorter than two ends the scales; the mean is over those that there are.
  public static func scaleLoss<Scalar: TensorScalar>(
    _ student: Tensor<Scalar>, _ teacher: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    var difference = student - teacher
    var terms = [difference.squared().mean()]
    while terms.count < 4, let width = difference.shape.last, width > 1 {
      difference = difference.averagePooled(over: [2])
      terms.append(difference.squared().mean())
    }
    return terms.dropFirst().reduce(terms[0], +) / Scalar(terms.count)
  }

  /// mean(P_t (ln P_t - ln P_s)) with P = softmax(A / ½) over the amplitudes A of the real Fourier transform along the last
  /// axis but the first: a Kullback-Leibler divergence by the number of frequencies.
  ///
  /// The last axis must have two elements or more. Gradients flow into both, the regressor's among them.
  public static func periodLoss<Scalar: TensorScalar>(
    _ student: Tensor<Scalar>, _ teacher: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    func logarithms(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
      let amplitudes = x.spectrumAmplitudes(), bins = amplitudes.shape[amplitudes.rank - 1]
      return (amplitudes.sliced(1..<bins, along: amplitudes.rank - 1) / 0.5).logSoftmax()
    }
    let goal = logarithms(teacher)
    return (goal.exp() * (goal - logarithms(student))).mean()
  }

  private func loss<Scalar: TensorScalar>(
    _ student: Tensor<Scalar>, _ teacher: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    let scale = Self.scaleLoss(student, teacher)
    guard mode == .reference, (student.shape.last ?? 0) > 1 else { return scale }
    return scale + Self.periodLoss(student, teacher)
  }

  /// The whole loss of a student's pass; a feature on either side alone, or without a regressor, has no β terms.
  ///
  /// `regressor` is W and b of Reg's first map (width, teacher's width), then of its second (width, width).
  package func loss<Scalar: TensorScalar>(
    _ student: ForecastPass<Scalar>, _ teacher: ForecastPass<Scalar>, regressor: [Tensor<Scalar>]
  ) -> Tensor<Scalar> {
    let sum = loss(student.output, teacher.output) * Scalar(alpha)
    guard let own = student.feature, let given = teacher.feature, !regressor.isEmpty else {
      return sum
    }
    let hidden = given.linear(weight: regressor[0], bias: regressor[1]).relu()
    let goal = hidden.linear(weight: regressor[2], bias: regressor[3])
    return sum + loss(own, goal) * Scalar(beta)
  }

  /// The guide of a student, given what the teacher says of its training windows.
  ///
  /// The regressor Reg, Linear → ReLU → Linear to the student's width, is trained with the student and dropped. A student or
  /// teacher without features has no β terms.
  public func guide<Student: Forecaster<Float>>(
    for student: Student, from teacher: TeacherForecasts, seed: UInt64
  ) -> ForecastGuide {
    var generator = SeededGenerator(seed: seed)
    let own = student(teacher.windows.lookBack([0])).feature?.shape[2]
    let given = beta > 0 ? teacher.featureWidth : nil
    var adapters = Adapters()
    if let own, let given {
      let first = Linear<Float>(inputs: given, outputs: own, using: &generator)
      let second = Linear<Float>(inputs: own, outputs: own, using: &generator)
      adapters = Adapters([
        ("regressor.first.weight", first.weight), ("regressor.first.bias", first.bias),
        ("regressor.second.weight", second.weight), ("regressor.second.bias", second.bias),
      ])
    }
    let learnsFeatures = own != nil && given != nil
    return ForecastGuide(adapters: adapters) { pass, indices, adapters in
      loss(
        pass, teacher.pass(indices, withFeature: learnsFeatures),
        regressor: adapters.tensors.map(\.tensor))
    }
  }
}
