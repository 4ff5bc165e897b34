// SPDX-License-Identifier: Apache-2.0

/// The operations whose gradient is not that of their value but that of a declared surrogate.
///
/// The tests want a row for each case.
package enum StraightThrough: String, CaseIterable {
  /// `Tensor.topKMask`; surrogate: the scores.
  case topKMask
  /// `Tensor.binarised`; surrogate: weights · mask, the weights constant.
  case binarised
}

extension Tensor {
  /// Records a straight-through operation: `recorded`, with the case that the tests look for.
  private static func recorded(
    _ operation: StraightThrough, _ value: Tensor, inputs: [Tensor],
    pullback: @escaping @Sendable (Tensor) -> [Tensor?]
  ) -> Tensor {
    recorded(value, inputs: inputs, pullback: pullback)
  }

  /// 1 at the `k` largest of all elements, 0 elsewhere, of this tensor's shape.
  ///
  /// `k` lies in 0 ... count. Of equals the lower index wins; NaN counts as -infinity. Straight through: the gradient
  /// of the mask is handed on to the scores as it is, kept or not. To prune by magnitude, take
  /// `scores.absolute().topKMask(k)`; with the fraction p pruned, k = count - ⌊p · count⌋.
  @specialized(where Scalar == Float)
  public func topKMask(_ k: Int) -> Tensor {
    precondition(
      k >= 0 && k <= count, "the \(k) largest of shape \(shape), which has \(count) elements")
    let value = Tensor.make(shape, from: self) { x, y in
      guard k > 0 else { return Scalar.kernels.fill(count, 0, y) }
      for i in 0..<count { y[i] = x[i].isNaN ? -.infinity : x[i] }
      let least = kthLargest(y, count, k)
      var room = k
      for i in 0..<count where x[i] > least { room -= 1 }
      for i in 0..<count {
        let score = x[i].isNaN ? -.infinity : x[i]
        let takes = score == least && room > 0
        if takes { room -= 1 }
        y[i] = takes || score > least ? 1 : 0
      }
    }
    return Tensor.recorded(.topKMask, value, inputs: [self]) { [$0] }
  }

  /// These weights as signs of one magnitude where `mask` is 1, else 0: α · sign(W) · M.
  ///
  /// α = Σ |W| M / Σ M, or 0 where the mask keeps nothing; sign(0) = 0. `mask` holds zeros and ones and has the
  /// weights' shape. Straight through, as in Biprop and the sparse binary transformer: the gradient of the mask is that
  /// of W · M, which is dY · W, not clipped; the weights and α count as constants and get none.
  @specialized(where Scalar == Float)
  public func binarised(by mask: Tensor) -> Tensor {
    precondition(shape == mask.shape, "weights of shape \(shape), mask of shape \(mask.shape)")
    let weights = detached(), chosen = mask.detached()
    let kept = chosen.sum().item
    let scale = kept == 0 ? 0 : (weights.absolute() * chosen).sum().item / kept
    let value = Tensor.make(shape, from: self, mask) { w, m, y in
      for i in 0..<count { y[i] = m[i] * (w[i] > 0 ? scale : w[i] < 0 ? -scale : 0) }
    }
    return Tensor.recorded(.binarised, value, inputs: [mask]) { [$0 * weights] }
  }
}

/// The k-th largest of `count` numbers, 1 <= k <= count, none NaN; their order is lost.
@inline(__always)
private func kthLargest<Scalar: TensorScalar>(
  _ numbers: UnsafeMutablePointer<Scalar>, _ count: Int, _ k: Int
) -> Scalar {
  var (low, high) = (0, count - 1)
  let place = k - 1
  while low < high {
    let (a, b, c) = (numbers[low], numbers[low + (high - low) / 2], numbers[high])
    let pivot = max(min(a, b), min(max(a, b), c))
    var (left, right) = (low, high)
    while left <= right {
      while numbers[left] > pivot { left += 1 }
      while numbers[right] < pivot { right -= 1 }
      if left <= right {
        (numbers[left], numbers[right]) = (numbers[right], numbers[left])
        left += 1
        right -= 1
      }
    }
    if place <= right {
      high = right
    } else if place >= left {
      low = left
    } else {
      break
    }
  }
  return numbers[place]
}
