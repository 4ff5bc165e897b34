// SPDX-License-Identifier: Apache-2.0
internal import CMinimKernels

/// The shape that two shapes broadcast to: aligned at the last axis, extents equal or 1.
func broadcastShape(_ a: [Int], _ b: [Int]) -> [Int] {
  let rank = max(a.count, b.count)
  return (0..<rank).map { axis in
    let fromA = axis - (rank - a.count), fromB = axis - (rank - b.count)
    let extentA = fromA >= 0 ? a[fromA] : 1, extentB = fromB >= 0 ? b[fromB] : 1
    precondition(
      extentA == extentB || extentA == 1 || extentB == 1, "shapes \(a) and \(b) do not broadcast")
    return extentA == 1 ? extentB : extentA
  }
}

/// The strides of `shape` seen as `target`: 0 along broadcast axes.
private func broadcastStrides(_ shape: [Int], to target: [Int]) -> [Int] {
  let strides = shape.strides
  let missing = target.count - shape.count
  return target.indices.map { axis in
    axis < missing || shape[axis - missing] == 1 ? 0 : strides[axis - missing]
  }
}

extension Tensor {
  /// out = a op b with broadcasting, not recorded.
  @specialized(where Scalar == Float)
  static func combine(_ operation: minim_binary, _ a: Tensor, _ b: Tensor) -> Tensor {
    if a.shape == b.shape || a.count == 1 && a.rank <= b.rank || b.count == 1 && b.rank <= a.rank {
      let shape = a.count == 1 && b.rank >= a.rank ? b.shape : a.shape
      let strideA = a.count == 1 ? 0 : 1, strideB = b.count == 1 ? 0 : 1
      return make(shape, from: a, b) { x, y, out in
        inPieces(of: shape.elementCount) { start, count in
          Scalar.kernels.binary(
            operation, count, x + start * strideA, strideA, y + start * strideB, strideB,
            out + start)
        }
      }
    }
    let shape = broadcastShape(a.shape, b.shape)
    let walk = BroadcastWalk(
      shape: shape, a: broadcastStrides(a.shape, to: shape), b: broadcastStrides(b.shape, to: shape)
    )
    return make(shape, from: a, b) { x, y, out in
      walk.forEachRun { run, offsetA, offsetB in
        Scalar.kernels.binary(
          operation, walk.runLength, x + offsetA, walk.runStrideA, y + offsetB, walk.runStrideB,
          out + run * walk.runLength)
      }
    }
  }

  /// Sums this tensor down to `target`, which broadcasts to its shape: the pullback of
  /// broadcasting.
  @specialized(where Scalar == Float)
  func summed(to target: [Int]) -> Tensor {
    if shape == target { return self }
    let missing = rank - target.count
    let axes = shape.indices.filter { axis in
      axis < missing || target[axis - missing] == 1 && shape[axis] != 1
    }
    return reduced(axes, Scalar.kernels.sum).reshapedValue(to: target)
  }

  /// a + b with broadcasting.
  public static func + (a: Tensor, b: Tensor) -> Tensor {
    let (left, right) = (Addend(a), Addend(b))
    return recorded(combine(MINIM_ADD, a, b), inputs: [a, b]) { g in
      [left.gradient(from: g), right.gradient(from: g)]
    }
  }

  /// a - b with broadcasting.
  public static func - (a: Tensor, b: Tensor) -> Tensor {
    let (left, right) = (Addend(a), Addend(b))
    return recorded(combine(MINIM_SUBTRACT, a, b), inputs: [a, b]) { g in
      [left.gradient(from: g), right.isTracked ? right.gradient(from: -g) : nil]
    }
  }

  /// a · b, element by element with broadcasting.
  public static func * (a: Tensor, b: Tensor) -> Tensor {
    recorded(combine(MINIM_MULTIPLY, a, b), inputs: [a, b]) { g in
      [
        a.isTracked ? combine(MINIM_MULTIPLY, g, b).pulled(to: a) : nil,
        b.isTracked ? combine(MINIM_MULTIPLY, g, a).pulled(to: b) : nil,
      ]
    }
  }

  /// a / b, element by element with broadcasting.
  public static func / (a: Tensor, b: Tensor) -> Tensor {
    let value = combine(MINIM_DIVIDE, a, b)
    return recorded(value, inputs: [a, b]) { g in
      let share = combine(MINIM_DIVIDE, g, b)
      return [
        share.pulled(to: a),
        b.isTracked ? (-combine(MINIM_MULTIPLY, share, value)).pulled(to: b) : nil,
      ]
    }
  }

  /// The larger of a and b, element by element with broadcasting; NaN wins.
  ///
  /// Where they are equal each gets half the gradient.
  public static func maximum(_ a: Tensor, _ b: Tensor) -> Tensor {
    recorded(combine(MINIM_MAXIMUM, a, b), inputs: [a, b]) { g in
      [
        a.isTracked
          ? combine(MINIM_MULTIPLY, g, combine(MINIM_GREATER_SHARE, a, b)).pulled(to: a) : nil,
        b.isTracked
          ? combine(MINIM_MULTIPLY, g, combine(MINIM_GREATER_SHARE, b, a)).pulled(to: b) : nil,
      ]
    }
  }

  /// x + number.
  public static func + (x: Tensor, number: Scalar) -> Tensor { x + Tensor(number) }
  /// number + x.
  public static func + (number: Scalar, x: Tensor) -> Tensor { Tensor(number) + x }
  /// x - number.
  public static func - (x: Tensor, number: Scalar) -> Tensor { x - Tensor(number) }
  /// number - x.
  public static func - (number: Scalar, x: Tensor) -> Tensor { Tensor(number) - x }
  /// x · number.
  public static func * (x: Tensor, number: Scalar) -> Tensor { x * Tensor(number) }
  /// number · x.
  public static func * (number: Scalar, x: Tensor) -> Tensor { Tensor(number) * x }
  /// x / number.
  public static func / (x: Tensor, number: Scalar) -> Tensor { x / Tensor(number) }
  /// number / x.
  public static func / (number: Scalar, x: Tensor) -> Tensor { Tensor(number) / x }

  /// This gradient summed to the shape of `input`, or nil when `input` needs none.
  private func pulled(to input: Tensor) -> Tensor? {
    input.isTracked ? summed(to: input.shape) : nil
  }
}

/// What the pullback of a sum needs to know of a term: not its numbers, which so need not stay in
/// memory.
private struct Addend: Sendable {
  let shape: [Int]
  let isTracked: Bool

  init(_ term: Tensor<some TensorScalar>) {
    shape = term.shape
    isTracked = term.isTracked
  }

  /// The sum's gradient, summed to this term's shape; nil for a term that needs none.
  func gradient<Scalar>(from gradient: Tensor<Scalar>) -> Tensor<Scalar>? {
    isTracked ? gradient.summed(to: shape) : nil
  }
}

/// The order in which a broadcast operation visits its operands: runs along the last axes, one
/// kernel call each.
private struct BroadcastWalk {
  let outer: [(extent: Int, a: Int, b: Int)]
  let runLength: Int
  let runStrideA: Int
  let runStrideB: Int

  /// Joins neighbouring axes that both operands walk alike, and takes the last as the run.
  init(shape: [Int], a: [Int], b: [Int]) {
    var axes: [(extent: Int, a: Int, b: Int)] = []
    for axis in shape.indices where shape[axis] != 1 {
      let extent = shape[axis]
      if let last = axes.last, last.a == a[axis] * extent, last.b == b[axis] * extent {
        axes[axes.count - 1] = (last.extent * extent, a[axis], b[axis])
      } else {
        axes.append((extent, a[axis], b[axis]))
      }
    }
    let run = axes.popLast() ?? (1, 0, 0)
    outer = axes
    (runLength, runStrideA, runStrideB) = run
  }

  func forEachRun(_ body: (_ run: Int, _ offsetA: Int, _ offsetB: Int) -> Void) {
    var index = [Int](repeating: 0, count: outer.count)
    var offsetA = 0, offsetB = 0
    let runs = outer.reduce(1) { $0 * $1.extent }
    for run in 0..<runs {
      body(run, offsetA, offsetB)
      for axis in outer.indices.reversed() {
        index[axis] += 1
        offsetA += outer[axis].a
        offsetB += outer[axis].b
        if index[axis] < outer[axis].extent { break }
        offsetA -= outer[axis].a * outer[axis].extent
        offsetB -= outer[axis].b * outer[axis].extent
        index[axis] = 0
      }
    }
  }
}
