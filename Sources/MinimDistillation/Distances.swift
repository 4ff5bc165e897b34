// SPDX-License-Identifier: Apache-2.0
internal import MinimTensor

extension Tensor {
  /// ‖xᵢ - xⱼ‖ for all pairs of rows within each group: (groups, n, width) gives (groups, n, n).
  ///
  /// Squared distances are held at 1e-12 or above, without gradient there; the diagonal is 0. Differences are squared
  /// as they are: the states of neighbouring steps are too close for |x|² + |y|² - 2xy.
  func pairwiseDistances() -> Tensor {
    let (groups, n, width) = (shape[0], shape[1], shape[2])
    let states = detached(), columns = states.transposed()
    let lines = parallelMap(groups) { group in
      columns.withUnsafeScalars { distances($0, at: group * n * width, n, width) }
    }
    let value = Tensor(lines.flatMap { $0 }, shape: [groups, n, n])
    let shape = shape
    return Tensor.recorded(value, inputs: [self]) { gradient in
      let both = gradient + gradient.transposed()
      let lines = parallelMap(groups) { group in
        states.withUnsafeScalars { x in
          value.withUnsafeScalars { d in
            both.withUnsafeScalars { g in
              pulledBack(x, at: group * n * width, d, g, at: group * n * n, n, width)
            }
          }
        }
      }
      return [Tensor(lines.flatMap { $0 }, shape: shape)]
    }
  }
}

/// The distances of one group of n points, whose coordinates lie in `width` lines of n.
@specialized(where Scalar == Float)
private func distances<Scalar: TensorScalar>(
  _ x: UnsafeBufferPointer<Scalar>, at start: Int, _ n: Int, _ width: Int
) -> [Scalar] {
  var sums = [Scalar](repeating: 0, count: n * n)
  sums.withUnsafeMutableBufferPointer { sums in
    guard let x = x.baseAddress, let out = sums.baseAddress else { return }
    for d in 0..<width {
      let line = x + start + d * n
      for i in 0..<n {
        let row = out + i * n, own = line[i]
        for j in 0..<n {
          let difference = line[j] - own
          row[j] += difference * difference
        }
      }
    }
    for i in 0..<(n * n) { out[i] = max(out[i], Scalar(1e-12)).squareRoot() }
    for i in 0..<n { out[i * n + i] = 0 }
  }
  return sums
}

/// The gradient by one group's points: Σⱼ g(i,j) / d(i,j) · (xᵢ - xⱼ), `g` being that of both d(i,j) and d(j,i).
@specialized(where Scalar == Float)
private func pulledBack<Scalar: TensorScalar>(
  _ x: UnsafeBufferPointer<Scalar>, at start: Int, _ d: UnsafeBufferPointer<Scalar>,
  _ g: UnsafeBufferPointer<Scalar>, at pairs: Int, _ n: Int, _ width: Int
) -> [Scalar] {
  var result = [Scalar](repeating: 0, count: n * width)
  result.withUnsafeMutableBufferPointer { result in
    guard let x = x.baseAddress, let out = result.baseAddress else { return }
    for i in 0..<n {
      let own = x + start + i * width, to = out + i * width
      for j in 0..<n {
        let distance = d[pairs + i * n + j]
        guard distance > Scalar(1e-6) else { continue }
        let share = g[pairs + i * n + j] / distance, other = x + start + j * width
        for k in 0..<width { to[k] += share * (own[k] - other[k]) }
      }
    }
  }
  return result
}

/// RKD's comparison of distances within groups: the mean over groups and their n² pairs of the penalty on
/// ψˢ/μˢ - ψᵗ/μᵗ.
///
/// ψ are the pairwise distances of `student` and `teacher` (groups, n, width), μ their mean over the pairs of different
/// points of a group. Points past `lengths` take no part. A group of one point gives 0.
func relationalDistance<Scalar: TensorScalar>(
  student: Tensor<Scalar>, teacher: Tensor<Scalar>, penalty: Penalty = .smoothL1,
  beta: Scalar = 1, lengths: [Int]? = nil
) -> Tensor<Scalar> {
  let (groups, n) = (student.shape[0], student.shape[1])
  let lengths = lengths ?? [Int](repeating: n, count: groups)
  let pairs = lengths.flatMap { length in
    (0..<n).flatMap { i in (0..<n).map { Scalar(i < length && $0 < length ? 1 : 0) } }
  }
  let mask = Tensor(pairs, shape: [groups, n, n])
  func perGroup(_ numbers: [Int]) -> Tensor<Scalar> {
    Tensor(numbers.map { Scalar(max($0, 1)) }, shape: [groups, 1, 1])
  }
  let others = perGroup(lengths.map { $0 * ($0 - 1) })
  func relative(_ states: Tensor<Scalar>) -> Tensor<Scalar> {
    let distances = states.pairwiseDistances() * mask
    let mean = distances.sum(over: [1, 2], keepingAxes: true) / others
    return distances / mean.clamped(to: Scalar(1e-12)...Scalar.greatestFiniteMagnitude)
  }
  let costs = penalty.values(relative(student) - relative(teacher.detached()), beta: beta)
  return (costs / perGroup(lengths.map { $0 * $0 })).sum() / Scalar(groups)
}
