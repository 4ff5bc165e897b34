// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// Memory-discrepancy knowledge distillation: the student's hidden state must move, step by step,
/// as far as the teacher's does, relative to its own size.
///
/// For a start t and a span k, δ(t,k) = ‖h(t+k) - h(t)‖ / (‖h(t)‖ + ε) is computed for each network
/// by itself, so their widths need not agree. The loss is the mean over cases and over (t,k) of
/// SmoothL1(δˢ - δᵗ), once over the short set {(t,1)} and once over a random long set, added. The
/// long set draws `spans` different k from 2 ... T-1 and for each `starts` t from 1 ... T-k. Form
/// N10 compares all pairs of steps and draws nothing. Source: methods, memkd 1.1 to 1.4.
public struct MemKD: Codable, Equatable, Sendable {
  /// The sets of (t,k) that count.
  public enum Terms: String, CaseIterable, Codable, Sendable {
    /// k = 1 alone.
    case short
    /// Random k from 2 alone.
    case long
    /// Both, added.
    case both
  }
  /// How likely each k is drawn, from 2 up to T-1.
  public enum SpanDraw: String, CaseIterable, Codable, Sendable {
    /// All alike.
    case uniform
    /// In proportion to 1/k: alike on a logarithmic scale.
    case logUniform = "log-uniform"
  }

  /// What is compared of two states.
  public var discrepancy: Discrepancy
  /// The sets that count; not for N10.
  public var terms: Terms
  /// Different k in the long set, at least 1.
  public var spans: Int
  /// Random starts t for each k, at least 1; nil for every t once.
  public var starts: Int?
  /// How the k are drawn.
  public var spanDraw: SpanDraw
  /// The seed of a long set that stays the same; nil to draw anew for every batch.
  public var fixedSeed: UInt64?
  /// What a difference of two δ costs.
  public var penalty: Penalty
  /// Where Smooth L1 turns from square to straight, above 0.
  public var beta: Double

  /// The paper's form; the other parts are its defaults.
  public init(
    discrepancy: Discrepancy = .startNorm, terms: Terms = .both, spans: Int = 8,
    starts: Int? = 16, spanDraw: SpanDraw = .uniform, fixedSeed: UInt64? = nil,
    penalty: Penalty = .smoothL1, beta: Double = 1
  ) {
    self.discrepancy = discrepancy
    self.terms = terms
    self.spans = spans
    self.starts = starts
    self.spanDraw = spanDraw
    self.fixedSeed = fixedSeed
    self.penalty = penalty
    self.beta = beta
  }

  /// The loss of a batch: `student` (batch, time, its width) and `teacher` (batch, time, its
  /// width), a constant.
  ///
  /// `lengths` keeps pairs inside the valid steps of padded cases; a case without a pair adds
  /// nothing. Needs the same batch and time of both, and for N9 a regressor. Fewer than two steps
  /// give 0.
  public func loss<Scalar: TensorScalar>(
    student: Tensor<Scalar>, teacher: Tensor<Scalar>, regressor: Regressor<Scalar>? = nil,
    lengths: [Int]? = nil, using generator: inout SeededGenerator
  ) -> Tensor<Scalar> {
    precondition(
      student.rank == 3 && teacher.rank == 3
        && student.shape.prefix(2).elementsEqual(teacher.shape.prefix(2)),
      "MemKD: student \(student.shape) and teacher \(teacher.shape) need the same batch and time")
    let beta = Scalar(beta)
    if discrepancy == .relational {
      return relationalDistance(
        student: student, teacher: teacher, penalty: penalty, beta: beta, lengths: lengths)
    }
    let sets = spanSets(steps: student.shape[1], using: &generator)
    if discrepancy == .vector {
      guard let regressor else { preconditionFailure("MemKD: form N9 needs a regressor") }
      return vectorDiscrepancy(
        student: student, teacher: teacher, sets: sets, penalty: penalty, beta: beta,
        regressor: regressor, lengths: lengths)
    }
    let (value, gradient) = memoryDiscrepancy(
      student: student.detached(), teacher: teacher.detached(), sets: sets,
      discrepancy: discrepancy, penalty: penalty, beta: beta, lengths: lengths)
    return Tensor.recorded(value, inputs: [student]) { [gradient * $0] }
  }
}

/// The loss and its gradient by the student's states, for sets of spans whose means are added.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
func memoryDiscrepancy<Scalar: TensorScalar>(
  student: Tensor<Scalar>, teacher: Tensor<Scalar>, sets: [[Span]], discrepancy: Discrepancy,
  penalty: Penalty, beta: Scalar, lengths: [Int]?
) -> (value: Tensor<Scalar>, gradient: Tensor<Scalar>) {
  let (batch, steps) = (student.shape[0], student.shape[1])
  let (width, teacherWidth) = (student.shape[2], teacher.shape[2])
  var gradient = Tensor<Scalar>(zeros: student.shape)
  var total = 0.0
  student.withUnsafeScalars { h in
    teacher.withUnsafeScalars { reference in
      gradient.withUnsafeMutableScalars { g in
        guard let h = h.baseAddress, let reference = reference.baseAddress, let g = g.baseAddress
        else { return }
        for index in 0..<batch {
          let valid = lengths?[index] ?? steps
          let own = Movement(
            discrepancy, states: h + index * steps * width, steps: valid, width: width)
          let given = Movement(
            discrepancy, states: reference + index * steps * teacherWidth, steps: valid,
            width: teacherWidth)
          var shared: Scalar = 0
          for set in sets {
            let inside = set.filter { $0.start + $0.length < valid }
            guard !inside.isEmpty else { continue }
            let share = 1 / Scalar(inside.count * batch)
            for span in inside {
              let difference = own.value(span) - given.value(span)
              total += Double(share * penalty.value(difference, beta: beta))
              let slope = penalty.slope(difference, beta: beta)
              shared += own.addGradient(span, weight: share * slope, to: g + index * steps * width)
            }
          }
          own.addSharedGradient(shared, to: g + index * steps * width)
        }
      }
    }
  }
  return (Tensor(Scalar(total)), gradient)
}
