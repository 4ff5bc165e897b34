// SPDX-License-Identifier: Apache-2.0
package import MinimTensor

/// A part of a series: from step `start` (0-based) over `length` steps.
package struct Span: Hashable, Sendable {
  /// The first step.
  package let start: Int
  /// The steps to the last one.
  package let length: Int
}

extension MemKD {
  /// The sets of spans of a batch whose means are added, none of them empty.
  package func spanSets(steps: Int, using generator: inout SeededGenerator) -> [[Span]] {
    var sets: [[Span]] = []
    if terms != .long { sets.append((0..<max(0, steps - 1)).map { Span(start: $0, length: 1) }) }
    if terms != .short {
      if let fixedSeed {
        var own = SeededGenerator(seed: fixedSeed)
        sets.append(longSet(steps: steps, using: &own))
      } else {
        sets.append(longSet(steps: steps, using: &generator))
      }
    }
    return sets.filter { !$0.isEmpty }
  }

  /// Up to `spans` different k, each with its starts.
  ///
  /// T = steps, 0-based starts 0 ... T-k-1.
  private func longSet(steps: Int, using generator: inout SeededGenerator) -> [Span] {
    guard steps > 2 else { return [] }
    return lengths(steps: steps, using: &generator).flatMap { length in
      let places = steps - length
      guard let starts else { return (0..<places).map { Span(start: $0, length: length) } }
      return (0..<starts).map { _ in
        Span(start: generator.nextIndex(below: places), length: length)
      }
    }
  }

  private func lengths(steps: Int, using generator: inout SeededGenerator) -> [Int] {
    if spanDraw == .uniform || spans >= steps - 2 {
      return generator.permutation(of: steps - 2).prefix(spans).map { $0 + 2 }
    }
    // A candidate k stays with chance 2 / k.
    var drawn: [Int] = []
    while drawn.count < spans {
      let length = 2 + generator.nextIndex(below: steps - 2)
      if generator.nextIndex(below: length) < 2, !drawn.contains(length) { drawn.append(length) }
    }
    return drawn
  }
}

/// MemKD's form N9: means over cases, spans and the teacher's units of the penalty on r(vˢ) - vᵗ, v
/// = d / (‖a‖ + ε), for sets whose means are added.
func vectorDiscrepancy<Scalar: TensorScalar>(
  student: Tensor<Scalar>, teacher: Tensor<Scalar>, sets: [[Span]], penalty: Penalty,
  beta: Scalar, regressor: Regressor<Scalar>, lengths: [Int]?
) -> Tensor<Scalar> {
  let (batch, steps, width) = (student.shape[0], student.shape[1], teacher.shape[2])
  let epsilon = Scalar(MemoryLayout<Scalar>.size == 4 ? 1e-6 : 1e-8)
  func movement(_ states: Tensor<Scalar>, _ set: [Span]) -> Tensor<Scalar> {
    let starts = states.gathered(set.map(\.start), along: 1)
    let ends = states.gathered(set.map { $0.start + $0.length }, along: 1)
    return (ends - starts) / (starts.length(along: 2) + epsilon)
  }
  var loss = Tensor<Scalar>(0)
  for set in sets {
    let shares = (0..<batch).flatMap { index in
      let valid = set.map { $0.start + $0.length < lengths?[index] ?? steps }
      let count = valid.count { $0 }
      return valid.map { $0 ? 1 / Scalar(count * batch * width) : 0 }
    }
    let differences = regressor(movement(student, set)) - movement(teacher.detached(), set)
    let costs = penalty.values(differences, beta: beta)
    loss = loss + (costs * Tensor(shares, shape: [batch, set.count, 1])).sum()
  }
  return loss
}
