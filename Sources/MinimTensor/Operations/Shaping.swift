// SPDX-License-Identifier: Apache-2.0

/// How `padded` fills the new places.
public enum PaddingMode: Sendable {
  /// Zeros.
  case zero
  /// The nearest element of the same line.
  case replicate
}

extension Tensor {
  /// The same elements under another shape, not recorded.
  func reshapedValue(to target: [Int]) -> Tensor {
    precondition(
      target.elementCount == count, "shape \(shape) cannot be read as shape \(target)")
    return Tensor(storage: storage, shape: target)
  }

  /// The same elements under another shape of the same count; one extent may be -1 and is worked
  /// out.
  public func reshaped(to target: [Int]) -> Tensor {
    var target = target
    if let open = target.firstIndex(of: -1) {
      target[open] = 1
      precondition(
        target.elementCount > 0 && count % target.elementCount == 0,
        "shape \(shape) cannot be read as shape \(target) with axis \(open) open")
      target[open] = count / target.elementCount
    }
    return Tensor.recorded(reshapedValue(to: target), inputs: [self]) {
      [$0.reshapedValue(to: shape)]
    }
  }

  /// Axes in another order: axis i of the result is axis `order[i]` of this tensor.
  public func permuted(_ order: [Int]) -> Tensor {
    let order = order.map { shape.axis($0) }
    precondition(
      order.sorted() == Array(shape.indices), "\(order) is no order of the axes of shape \(shape)")
    let inverse = order.indices.map { axis in order.firstIndex(of: axis) ?? axis }
    return Tensor.recorded(permutedValue(order), inputs: [self]) { [$0.permutedValue(inverse)] }
  }

  /// The last two axes exchanged.
  public func transposed() -> Tensor {
    precondition(rank >= 2, "shape \(shape) has no two axes to exchange")
    return permuted(Array(0..<(rank - 2)) + [rank - 1, rank - 2])
  }

  @specialized(where Scalar == Float)
  private func permutedValue(_ order: [Int]) -> Tensor {
    let target = order.map { shape[$0] }
    if order == Array(shape.indices) || count == 0 { return reshapedValue(to: target) }
    let moved = order.firstIndex { order[$0] != $0 } ?? 0
    let tail = shape[moved...].reduce(1, *)
    if rank - moved == 2 {  // the last two axes exchanged, for each leading index
      return Tensor.make(target, from: self) { x, y in
        func one(_ block: Int) {
          Scalar.kernels.transpose(
            shape[rank - 2], shape[rank - 1], x + block * tail, y + block * tail)
        }
        let blocks = count / tail
        if count > 1 << 14 { parallel(blocks) { one($0) } } else { (0..<blocks).forEach(one) }
      }
    }
    let steps = order.map { shape.strides[$0] }
    let run = target[rank - 1], runStep = steps[rank - 1]
    return Tensor.make(target, from: self) { x, y in
      var index = [Int](repeating: 0, count: rank)
      var offset = 0
      for start in stride(from: 0, to: count, by: run) {
        if runStep == 1 {
          (y + start).update(from: x + offset, count: run)
        } else {
          for i in 0..<run { y[start + i] = x[offset + i * runStep] }
        }
        for axis in (0..<(rank - 1)).reversed() {
          index[axis] += 1
          offset += steps[axis]
          if index[axis] < target[axis] { break }
          offset -= steps[axis] * target[axis]
          index[axis] = 0
        }
      }
    }
  }

  /// The part of one axis at `range`; the other axes whole.
  public func sliced(_ range: Range<Int>, along axis: Int) -> Tensor {
    let axis = shape.axis(axis)
    precondition(
      range.lowerBound >= 0 && range.upperBound <= shape[axis],
      "slice \(range) is outside axis \(axis) of shape \(shape)")
    let target = shape.replacing(axis, by: range.count)
    let value = Tensor(uninitialised: target) {
      copyAlong(
        axis, in: shape, from: pointer, at: range.lowerBound, to: $0, of: target, at: 0, range.count
      )
    }
    return Tensor.recorded(value, inputs: [self]) { gradient in
      var whole = Tensor(zeros: shape)
      whole.withUnsafeMutableScalars { out in
        guard let base = out.baseAddress else { return }
        copyAlong(
          axis, in: target, from: gradient.pointer, at: 0, to: base, of: shape,
          at: range.lowerBound, range.count)
      }
      return [whole]
    }
  }

  /// Tensors joined along one axis; the other extents must agree.
  public static func concatenated(_ parts: [Tensor], along axis: Int) -> Tensor {
    guard let first = parts.first else { preconditionFailure("nothing to concatenate") }
    let axis = first.shape.axis(axis)
    var target = first.shape
    target[axis] = 0
    for part in parts {
      var other = part.shape
      if other.indices.contains(axis) { other[axis] = first.shape[axis] }
      precondition(
        other == first.shape,
        "shapes \(first.shape) and \(part.shape) do not join along axis \(axis)")
      target[axis] += part.shape[axis]
    }
    let value = Tensor(uninitialised: target) { out in
      var start = 0
      for part in parts {
        let extent = part.shape[axis]
        copyAlong(
          axis, in: part.shape, from: part.pointer, at: 0, to: out, of: target, at: start, extent)
        start += extent
      }
    }
    return recorded(value, inputs: parts) { gradient in
      var start = 0
      return parts.map { part in
        let range = start..<(start + part.shape[axis])
        start = range.upperBound
        return part.isTracked ? gradient.sliced(range, along: axis) : nil
      }
    }
  }

  /// Rows of one axis by index: `indices[i]` of this tensor's axis becomes place i.
  ///
  /// Indices may repeat.
  @specialized(where Scalar == Float)
  public func gathered(_ indices: [Int], along axis: Int) -> Tensor {
    let axis = shape.axis(axis)
    precondition(
      indices.allSatisfy { $0 >= 0 && $0 < shape[axis] },
      "an index of \(indices.prefix(8)) is outside axis \(axis) of shape \(shape)")
    let outer = shape[..<axis].reduce(1, *), inner = shape[(axis + 1)...].reduce(1, *)
    let extent = shape[axis]
    let target = shape.replacing(axis, by: indices.count)
    let value = Tensor.make(target, from: self) { x, y in
      for o in 0..<outer {
        for (place, index) in indices.enumerated() {
          (y + (o * indices.count + place) * inner).update(
            from: x + (o * extent + index) * inner, count: inner)
        }
      }
    }
    return Tensor.recorded(value, inputs: [self]) { gradient in
      var whole = Tensor(zeros: shape)
      gradient.withUnsafeScalars { from in
        whole.withUnsafeMutableScalars { to in
          guard let g = from.baseAddress, let d = to.baseAddress else { return }
          for o in 0..<outer {
            for (place, index) in indices.enumerated() {
              Scalar.kernels.addScaled(
                inner, 1, g + (o * indices.count + place) * inner, d + (o * extent + index) * inner)
            }
          }
        }
      }
      return [whole]
    }
  }

  /// One step of each case: from (batch, time, features), row b of the result is step `steps[b]` of
  /// case b.
  public func gatheredSteps(_ steps: [Int]) -> Tensor {
    precondition(rank == 3 && steps.count == shape[0], "\(steps.count) steps for shape \(shape)")
    precondition(
      steps.allSatisfy { $0 >= 0 && $0 < shape[1] }, "a step is outside axis 1 of shape \(shape)")
    let flat = reshaped(to: [shape[0] * shape[1], shape[2]])
    return flat.gathered(steps.enumerated().map { $0.offset * shape[1] + $0.element }, along: 0)
  }

  /// This tensor with places added before and after one axis.
  public func padded(
    along axis: Int, before: Int, after: Int, mode: PaddingMode = .zero
  ) -> Tensor {
    let axis = shape.axis(axis)
    precondition(before >= 0 && after >= 0, "padding \(before), \(after) is negative")
    if mode == .replicate {
      precondition(shape[axis] > 0, "shape \(shape) has nothing to replicate on axis \(axis)")
      let last = shape[axis] - 1
      let places = (-before..<(shape[axis] + after)).map { Swift.min(Swift.max($0, 0), last) }
      return gathered(places, along: axis)
    }
    let margins = [before, after].map { Tensor(zeros: shape.replacing(axis, by: $0)) }
    return Tensor.concatenated([margins[0], self, margins[1]], along: axis)
  }
}

/// Copies `count` places of one axis between two tensors that agree in every other extent.
private func copyAlong<Scalar: TensorScalar>(
  _ axis: Int, in shape: [Int], from source: UnsafePointer<Scalar>, at start: Int,
  to target: UnsafeMutablePointer<Scalar>, of targetShape: [Int], at targetStart: Int, _ count: Int
) {
  let outer = shape[..<axis].reduce(1, *), inner = shape[(axis + 1)...].reduce(1, *)
  for o in 0..<outer {
    (target + (o * targetShape[axis] + targetStart) * inner).update(
      from: source + (o * shape[axis] + start) * inner, count: count * inner)
  }
}
