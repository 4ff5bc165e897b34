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

  var rowStride: Int { transposed ? 1 : columns }
  var columnStride: Int { transposed ? rows : 1 }
}

extension Tensor {
  /// op(self) · op(other), not recorded; batch axes broadcast, or `other` is one matrix for all.
  @specialized(where Scalar == Float)
  func productValue(
    _ other: Tensor, transposed: Bool = false, otherTransposed: Bool = false, bias: Tensor? = nil
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
          MatrixView([tall, a.columns], transposed: false), x, b, y, bias: bias, out)
      }
    }
    precondition(bias == nil, "a bias needs one matrix for all")
    let batch = broadcastShape(Array(shape.dropLast(2)), Array(other.shape.dropLast(2)))
    let indices = (0..<batch.elementCount)
    let stepsA = batchOffsets(Array(shape.dropLast(2)), in: batch)
    let stepsB = batchOffsets(Array(other.shape.dropLast(2)), in: batch)
    return Tensor.make(batch + [a.rows, b.columns], from: self, other) { x, y, out in
      func one(_ index: Int) {
        Tensor.multiply(
          a, x + stepsA[index] * a.rows * a.columns, b, y + stepsB[index] * b.rows * b.columns,
          bias: nil,
          out + index * a.rows * b.columns)
      }
      if indices.count * a.rows * a.columns * b.columns > 1 << 18 {
        parallel(indices.count) { one($0) }
      } else {
        indices.forEach { one($0) }
      }
    }
  }

  /// out = a · b + bias in every row, in pieces whose sizes do not depend on the number of threads:
  /// of rows, of columns where rows are few, of the depth where both are.
  @specialized(where Scalar == Float)
  private static func multiply(
    _ a: MatrixView, _ x: UnsafePointer<Scalar>, _ b: MatrixView, _ y: UnsafePointer<Scalar>,
    bias: Tensor?, _ out: UnsafeMutablePointer<Scalar>
  ) {
    let (rows, columns, depth) = (a.rows, b.columns, a.columns)
    let pieces = Swift.max(1, Swift.min(16, (rows * columns * depth) >> 19))
    if pieces > 1, rows < 192, columns < 128, depth >= 2048 {
      return sumOfPieces(pieces, a, x, b, y, bias: bias, out)
    }
    // Half of a short matrix still fills tiles; a tall one is cut so that B is packed for many rows.
    let rowPieces =
      rows >= 192 ? Swift.min(pieces, rows / 96) : rows >= 48 ? Swift.min(pieces, 2) : 1
    let columnPieces = Swift.max(1, Swift.min(pieces / rowPieces, columns / 64))
    // Whole tiles of 12 (short: of 4) rows and of 32 columns but for the last piece.
    let tile = rows >= 192 ? 12 : 4
    let height = (rows + tile * rowPieces - 1) / (tile * rowPieces) * tile
    let width = (columns + 32 * columnPieces - 1) / (32 * columnPieces) * 32
    withExtendedLifetime(bias) {
      parallel(rowPieces * columnPieces) { piece in
        let row = piece / columnPieces * height, column = piece % columnPieces * width
        let height = Swift.min(height, rows - row), width = Swift.min(width, columns - column)
        guard height > 0, width > 0 else { return }
        Scalar.kernels.productBiased(
          height, width, depth, x + row * a.rowStride, a.rowStride, a.columnStride,
          y + column * b.columnStride, b.rowStride, b.columnStride,
          bias.map { $0.pointer + column }, out + row * columns + column, columns, 0)
      }
    }
  }

  /// The same as a sum, in order, of products over pieces of the depth.
  private static func sumOfPieces(
    _ pieces: Int, _ a: MatrixView, _ x: UnsafePointer<Scalar>, _ b: MatrixView,
    _ y: UnsafePointer<Scalar>, bias: Tensor?, _ out: UnsafeMutablePointer<Scalar>
  ) {
    let size = a.rows * b.columns, depth = (a.columns + pieces - 1) / pieces
    let parts = Storage<Scalar>(count: pieces * size)
    withExtendedLifetime((parts, bias)) {
      parallel(pieces) { piece in
        let first = piece * depth
        Scalar.kernels.productBiased(
          a.rows, b.columns, Swift.max(0, Swift.min(depth, a.columns - first)),
          x + first * a.columnStride, a.rowStride, a.columnStride, y + first * b.rowStride,
          b.rowStride, b.columnStride, piece == 0 ? bias?.pointer : nil,
          parts.pointer + piece * size, b.columns, 0)
      }
      out.update(from: parts.pointer, count: size)
      for piece in 1..<pieces {
        Scalar.kernels.addScaled(size, 1, parts.pointer + piece * size, out)
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
  ///
  /// `transposed` is Wᵀ (inputs, outputs), where the caller keeps it: a loop that maps few rows by
  /// the same weights many times (GON's search for an input) then never turns them again.
  public func linear(weight: Tensor, bias: Tensor? = nil, transposed: Tensor? = nil) -> Tensor {
    precondition(
      weight.rank == 2 && shape.last == weight.shape[1],
      "linear: input \(shape) does not fit weight \(weight.shape)")
    precondition(
      transposed.map { $0.shape == weight.shape.reversed() } ?? true,
      "linear: \(transposed?.shape ?? []) is no transpose of weight \(weight.shape)")
    let inputs = rank == 1 ? reshaped(to: [1, count]) : self
    let result = inputs.linearRows(weight: weight, bias: bias, transposed: transposed)
    return rank == 1 ? result.reshaped(to: [weight.shape[0]]) : result
  }

  /// `linear` for at least two axes, as one operation: dx = g W, dW = gᵀ x, db = Σ g over rows.
  private func linearRows(weight: Tensor, bias: Tensor?, transposed: Tensor?) -> Tensor {
    precondition(
      bias.map { $0.shape == [weight.shape[0]] } ?? true,
      "linear: bias \(bias?.shape ?? []) does not fit weight \(weight.shape)")
    let value =
      transposed.map { productValue($0, bias: bias) }
      ?? productValue(weight, otherTransposed: true, bias: bias)
    return Tensor.recorded(value, inputs: [self, weight] + (bias.map { [$0] } ?? [])) { g in
      let rows = g.flattenedRows()
      return [
        isTracked ? g.productValue(weight) : nil,
        weight.isTracked ? rows.productValue(flattenedRows(), transposed: true) : nil,
        bias.flatMap { $0.isTracked ? rows.summed(to: $0.shape) : nil },
      ]
    }
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
