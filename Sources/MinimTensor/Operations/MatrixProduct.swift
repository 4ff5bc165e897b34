// SPDX-License-Identifier: Apache-2.0

/// A matrix inside a tensor: its extents as the product sees them, and whether memory holds it
/// transposed.
private struct MatrixView {
  let rows: Int
  let columns: Int
  let transposed: Bool

  init(_ shape: [Int], transposed: Bool) {
    let stored = (shape[shape.count - 2], shape[shape.count - 1])
    (rows, columns) = transposed ? (stored.1, stored.0) : stored
    self.transposed = transposed
  }

  var leading: Int { Swift.max(1, transposed ? rows : columns) }
  var rowStride: Int { transposed ? 1 : columns }
  var columnStride: Int { transposed ? rows : 1 }
}

extension Tensor {
  /// Above this many multiply-adds a product goes to BLAS in pieces of rows, below to the packed kernel.
  ///
  /// A first choice near the size of 64 x 512 x 128, not yet tuned on each level.
  private static var blasWork: Int { 4_000_000 }

  /// op(self) · op(other), not recorded; batch axes broadcast, or `other` is one matrix for all.
  @specialized(where Scalar == Float)
  func productValue(
    _ other: Tensor, transposed: Bool = false, otherTransposed: Bool = false
  ) -> Tensor {
    precondition(
      rank >= 2 && other.rank >= 2, "a product needs matrices: \(shape) and \(other.shape)")
    let a = MatrixView(shape, transposed: transposed)
    let b = MatrixView(other.shape, transposed: otherTransposed)
    precondition(
      a.columns == b.rows,
      "shapes \(shape)\(transposed ? "ᵀ" : "") and \(other.shape)\(otherTransposed ? "ᵀ" : "") do not multiply"
    )
    if other.rank == 2 && !transposed {
      let rows = count / Swift.max(1, a.columns)  // one tall matrix
      let tall = a.columns == 0 ? shape.dropLast().reduce(1, *) : rows
      return Tensor.make(shape.dropLast() + [b.columns], from: self, other) { x, y, out in
        Tensor.multiply(
          MatrixView([tall, a.columns], transposed: false), x, b, y, out)
      }
    }
    let batch = broadcastShape(Array(shape.dropLast(2)), Array(other.shape.dropLast(2)))
    let indices = (0..<batch.elementCount)
    let stepsA = batchOffsets(Array(shape.dropLast(2)), in: batch)
    let stepsB = batchOffsets(Array(other.shape.dropLast(2)), in: batch)
    return Tensor.make(batch + [a.rows, b.columns], from: self, other) { x, y, out in
      func one(_ index: Int) {
        Tensor.multiply(
          a, x + stepsA[index] * a.rows * a.columns, b, y + stepsB[index] * b.rows * b.columns,
          out + index * a.rows * b.columns)
      }
      if indices.count * a.rows * a.columns * b.columns > 1 << 18 {
        parallel(indices.count) { one($0) }
      } else {
        indices.forEach { one($0) }
      }
    }
  }

  /// out = a · b, by BLAS or by our kernel, in pieces of rows that do not depend on the number of
  /// threads.
  @specialized(where Scalar == Float)
  private static func multiply(
    _ a: MatrixView, _ x: UnsafePointer<Scalar>, _ b: MatrixView, _ y: UnsafePointer<Scalar>,
    _ out: UnsafeMutablePointer<Scalar>
  ) {
    let (rows, columns, depth) = (a.rows, b.columns, a.columns)
    let work = rows * columns * depth
    let usesBLAS = work > blasWork && rows >= 32 && columns >= 32
    let pieces = work > 1 << 19 ? Swift.max(1, Swift.min(16, rows / 48)) : 1
    let height = (rows + pieces - 1) / pieces
    if usesBLAS { _ = blasReady }
    parallel(pieces) { piece in
      let first = piece * height
      let height = Swift.min(height, rows - first)
      guard height > 0, columns > 0 else { return }
      let from = x + first * a.rowStride
      let to = out + first * columns
      if usesBLAS {
        Scalar.kernels.blas(
          a.transposed, b.transposed, height, columns, depth, from, a.leading, y, b.leading, to,
          columns)
      } else {
        Scalar.kernels.product(
          height, columns, depth, from, a.rowStride, a.columnStride, y, b.rowStride,
          b.columnStride, to, columns, 0)
      }
    }
  }

  /// The matrix product over the last two axes, `transposed` operands read as their transposes.
  ///
  /// Shapes (…, m, k) and (…, k, n) give (…, m, n); batch axes broadcast. Gradients: dA = dC Bᵀ, dB
  /// = Aᵀ dC.
  public func product(
    _ other: Tensor, transposed: Bool = false, otherTransposed: Bool = false
  ) -> Tensor {
    let value = productValue(other, transposed: transposed, otherTransposed: otherTransposed)
    return Tensor.recorded(value, inputs: [self, other]) { g in
      var ofSelf: Tensor?
      var ofOther: Tensor?
      if isTracked {
        ofSelf =
          transposed
          ? other.productValue(g, transposed: otherTransposed, otherTransposed: true)
          : g.productValue(other, otherTransposed: !otherTransposed)
        ofSelf = ofSelf?.summed(to: shape)
      }
      if other.isTracked {
        let (a, c) =
          other.rank == 2 && !transposed
          ? (self.flattenedRows(), g.flattenedRows()) : (self.detached(), g)
        ofOther =
          otherTransposed
          ? c.productValue(a, transposed: true, otherTransposed: transposed)
          : a.productValue(c, transposed: !transposed)
        ofOther = ofOther?.summed(to: other.shape)
      }
      return [ofSelf, ofOther]
    }
  }

  /// x Wᵀ + b over the last axis: x (…, inputs), W (outputs, inputs), b (outputs) or none.
  public func linear(weight: Tensor, bias: Tensor? = nil) -> Tensor {
    precondition(
      weight.rank == 2 && shape.last == weight.shape[1],
      "linear: input \(shape) does not fit weight \(weight.shape)")
    let flat = rank == 1 ? reshaped(to: [1, count]) : self
    var result = flat.product(weight, otherTransposed: true)
    if let bias { result = result + bias }
    return rank == 1 ? result.reshaped(to: [weight.shape[0]]) : result
  }

  /// All leading axes joined into rows; not recorded.
  private func flattenedRows() -> Tensor {
    let width = shape.last ?? 1
    return detached().reshapedValue(to: [shape.dropLast().reduce(1, *), width])
  }
}

/// For each batch index of `target`, the index of the matrix that an operand with batch axes
/// `shape` uses.
private func batchOffsets(_ shape: [Int], in target: [Int]) -> [Int] {
  let missing = target.count - shape.count
  let strides = shape.strides
  return (0..<target.elementCount).map { flat in
    var rest = flat
    var offset = 0
    for axis in target.indices.reversed() {
      let index = rest % target[axis]
      rest /= target[axis]
      if axis >= missing && shape[axis - missing] != 1 { offset += index * strides[axis - missing] }
    }
    return offset
  }
}
