// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// Memory-discrepancy knowledge distillation: the student's hidden state must move, step by step,
/// as far as the teacher's does, relative to its own size.
///
/// For a start t and a span k, δ(t,k) = ‖h(t+k) - h(t)‖ / (‖h(t)‖ + ε) is computed for each network
/// by itself, so their widths need not agree. The loss is the mean over cases and over (t,k) of
/// SmoothL1(δˢ - δᵗ), once over the short set {(t,1)} and once over a random long set, added. The
/// long set draws `spans` different k from 2 ... T-1 and for each `starts` t from 1 ... T-k, anew
/// for every batch. Source: methods, memkd 1.1 to 1.4 (form N1, with N2 to N8).
public struct MemKD: Codable, Equatable, Sendable {
  /// How the movement of a hidden state becomes one number.
  public var discrepancy: Discrepancy
  /// Whether the short term, k = 1, counts.
  public var short: Bool
  /// Whether the long term, random k, counts.
  public var long: Bool
  /// Different k in the long set of a batch.
  public var spans: Int
  /// Starts t for each k.
  public var starts: Int
  /// Where Smooth L1 turns from square to straight.
  public var beta: Double

  /// The paper's form; the other parts are its defaults.
  public init(
    discrepancy: Discrepancy = .startNorm, short: Bool = true, long: Bool = true, spans: Int = 8,
    starts: Int = 16, beta: Double = 1
  ) {
    self.discrepancy = discrepancy
    self.short = short
    self.long = long
    self.spans = spans
    self.starts = starts
    self.beta = beta
  }

  /// The loss of a batch: `student` (batch, time, its width) and `teacher` (batch, time, its
  /// width), a constant.
  ///
  /// `lengths` keeps pairs inside the valid steps of padded cases; a case without a pair adds
  /// nothing. Needs the same batch and time of both. Fewer than two steps give 0.
  public func loss<Scalar: TensorScalar>(
    student: Tensor<Scalar>, teacher: Tensor<Scalar>, lengths: [Int]? = nil,
    using generator: inout SeededGenerator
  ) -> Tensor<Scalar> {
    precondition(
      student.rank == 3 && teacher.rank == 3
        && student.shape.prefix(2).elementsEqual(teacher.shape.prefix(2)),
      "MemKD: student \(student.shape) and teacher \(teacher.shape) need the same batch and time")
    let steps = student.shape[1]
    var sets: [[Span]] = []
    if short { sets.append((0..<max(0, steps - 1)).map { Span(start: $0, length: 1) }) }
    if long { sets.append(longSet(steps: steps, using: &generator)) }
    sets.removeAll(where: \.isEmpty)
    let (value, gradient) = memoryDiscrepancy(
      student: student.detached(), teacher: teacher.detached(), sets: sets,
      discrepancy: discrepancy, beta: Scalar(beta), lengths: lengths)
    return Tensor.recorded(value, inputs: [student]) { [gradient * $0] }
  }

  /// `spans` different k, each with `starts` random t.
  ///
  /// T = steps; 0-based starts 0 ... T-k-1.
  private func longSet(steps: Int, using generator: inout SeededGenerator) -> [Span] {
    guard steps > 2 else { return [] }
    let lengths = generator.permutation(of: steps - 2).prefix(spans).map { $0 + 2 }
    return lengths.flatMap { length in
      (0..<starts).map { _ in
        Span(start: generator.nextIndex(below: steps - length), length: length)
      }
    }
  }
}

/// A part of a series: from step `start` (0-based) over `length` steps.
struct Span: Equatable, Sendable {
  let start: Int
  let length: Int
}

/// The loss and its gradient by the student's states, for sets of spans whose means are added.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
func memoryDiscrepancy<Scalar: TensorScalar>(
  student: Tensor<Scalar>, teacher: Tensor<Scalar>, sets: [[Span]], discrepancy: Discrepancy,
  beta: Scalar, lengths: [Int]?
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
              let size = difference.magnitude
              total += Double(share * (size < beta ? size * size / (2 * beta) : size - beta / 2))
              let slope = size < beta ? difference / beta : (difference < 0 ? -1 : 1)
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
