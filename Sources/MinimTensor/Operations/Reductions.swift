// SPDX-License-Identifier: Apache-2.0
internal import CMinimKernels

extension Tensor {
  /// Reduces `axes` with a kernel of (outer, reduced, inner); reduced axes keep an extent of 1.
  ///
  /// Not recorded.
  @specialized(where Scalar == Float)
  func reduced(
    _ axes: [Int],
    _ kernel: (Int, Int, Int, UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>) -> Void
  ) -> Tensor {
    var result = self
    var axes = Set(axes)
    while let last = axes.max() {
      var first = last
      axes.remove(last)
      while axes.contains(first - 1) {  // a run of neighbouring axes is one reduction
        first -= 1
        axes.remove(first)
      }
      let outer = result.shape[..<first].reduce(1, *)
      let middle = result.shape[first...last].reduce(1, *)
      let inner = result.shape[(last + 1)...].reduce(1, *)
      var shape = result.shape
      for axis in first...last { shape[axis] = 1 }
      result = Tensor.make(shape, from: result) { x, y in
        reduceInPieces(outer, middle, inner, x, y, kernel)
      }
    }
    return result
  }

  /// One reduction, large ones on the pool: in pieces of `outer`, or where that is short, of the
  /// reduced axis, whose results are reduced once more in order.
  private func reduceInPieces(
    _ outer: Int, _ middle: Int, _ inner: Int, _ x: UnsafePointer<Scalar>,
    _ y: UnsafeMutablePointer<Scalar>,
    _ kernel: (Int, Int, Int, UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>) -> Void
  ) {
    let pieces = Swift.min(16, (outer * middle * inner) >> 15)
    if pieces < 2 { return kernel(outer, middle, inner, x, y) }
    if outer >= pieces {
      let size = (outer + pieces - 1) / pieces
      return parallel(pieces) { piece in
        let first = piece * size
        kernel(
          Swift.max(0, Swift.min(size, outer - first)), middle, inner, x + first * middle * inner,
          y + first * inner)
      }
    }
    let size = (middle + pieces - 1) / pieces
    guard outer == 1, size * (pieces - 1) < middle else {
      return kernel(outer, middle, inner, x, y)
    }
    let parts = Storage<Scalar>(count: pieces * inner)
    parallel(pieces) { piece in
      let first = piece * size
      kernel(
        1, Swift.min(size, middle - first), inner, x + first * inner, parts.pointer + piece * inner)
    }
    kernel(1, pieces, inner, parts.pointer, y)
    withExtendedLifetime(parts) {}
  }

  private func resolved(_ axes: [Int]?) -> [Int] {
    axes.map { $0.map { shape.axis($0) } } ?? Array(shape.indices)
  }

  private func without(_ axes: [Int], keeping: Bool) -> [Int] {
    keeping
      ? shape.indices.map { axes.contains($0) ? 1 : shape[$0] }
      : shape.indices.filter { !axes.contains($0) }.map { shape[$0] }
  }

  /// This tensor repeated along its axes of extent 1 to fill `target`.
  ///
  /// Not recorded.
  func broadcastValue(to target: [Int]) -> Tensor {
    shape == target ? self : Tensor.combine(MINIM_ADD, self, Tensor(zeros: target))
  }

  /// The sum over `axes` (nil: all).
  ///
  /// Kept axes stay as extent 1. The sum of nothing is 0.
  public func sum(over axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    let axes = resolved(axes)
    let kept = without(axes, keeping: true)
    let value = reduced(axes, Scalar.kernels.sum)
      .reshapedValue(to: without(axes, keeping: keepingAxes))
    return Tensor.recorded(value, inputs: [self]) { gradient in
      [gradient.reshapedValue(to: kept).broadcastValue(to: shape)]
    }
  }

  /// The mean over `axes` (nil: all).
  ///
  /// The mean of nothing is NaN.
  public func mean(over axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    let terms = resolved(axes).reduce(1) { $0 * shape[$1] }
    return sum(over: axes, keepingAxes: keepingAxes) / Scalar(terms)
  }

  /// The largest element over `axes` (nil: all); NaN wins.
  ///
  /// Equal largest elements share the gradient evenly.
  ///
  /// Every reduced axis must have an element.
  public func max(over axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    let axes = resolved(axes)
    precondition(
      axes.allSatisfy { shape[$0] > 0 }, "shape \(shape) has no maximum over axes \(axes)")
    let kept = without(axes, keeping: true)
    let largest = reduced(axes, Scalar.kernels.max)
    let value = largest.reshapedValue(to: without(axes, keeping: keepingAxes))
    return Tensor.recorded(value, inputs: [self]) { gradient in
      let chosen = Tensor.combine(MINIM_EQUAL, self, largest)
      let share = Tensor.combine(
        MINIM_DIVIDE, gradient.reshapedValue(to: kept), chosen.reduced(axes, Scalar.kernels.sum))
      return [Tensor.combine(MINIM_MULTIPLY, chosen, share)]
    }
  }

  /// log Σ e^x over one axis, without overflow: max + log Σ e^(x - max).
  public func logSumExp(over axis: Int = -1, keepingAxes: Bool = false) -> Tensor {
    let axis = shape.axis(axis)
    precondition(shape[axis] > 0, "shape \(shape) has no elements on axis \(axis)")
    let rows = movedToLast(axis)
    let width = shape[axis]
    let value = Tensor.make(Array(rows.shape.dropLast()), from: rows.detached()) { x, y in
      Scalar.kernels.logSumExp(rows.count / width, width, x, y)
    }
    let result = Tensor.recorded(value, inputs: [rows]) { gradient in
      let weights = rows.detached().softmaxValue()
      return [
        Tensor.combine(
          MINIM_MULTIPLY, weights, gradient.reshapedValue(to: gradient.shape + [1]))
      ]
    }
    return keepingAxes ? result.reshaped(to: without([axis], keeping: true)) : result
  }

  /// This tensor with `axis` moved to the end.
  func movedToLast(_ axis: Int) -> Tensor {
    if axis == rank - 1 { return self }
    return permuted(shape.indices.filter { $0 != axis } + [axis])
  }

  /// This tensor with its last axis moved to position `axis`: the inverse of `movedToLast`.
  func movedFromLast(to axis: Int) -> Tensor {
    if axis == rank - 1 { return self }
    var order = Array(0..<(rank - 1))
    order.insert(rank - 1, at: axis)
    return permuted(order)
  }
}
