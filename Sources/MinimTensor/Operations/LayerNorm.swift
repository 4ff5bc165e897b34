// SPDX-License-Identifier: Apache-2.0

extension Tensor {
  /// Layer norm over the last axis: (x - mean) / √(variance + ε) · scale + shift, population
  /// variance.
  ///
  /// `scale` and `shift` have the last axis' extent. x is this tensor, or its sum with `other` of the
  /// same shape: a residual connection and the norm after it, as one operation.
  @specialized(where Scalar == Float)
  public func layerNorm(
    adding other: Tensor? = nil, scale: Tensor, shift: Tensor, epsilon: Scalar = 1e-5
  ) -> Tensor {
    precondition(
      scale.shape == shape.suffix(1) && shift.shape == scale.shape && rank > 0,
      "layerNorm: input \(shape), scale \(scale.shape), shift \(shift.shape)")
    precondition(
      (other?.shape ?? shape) == shape,
      "layerNorm: shape \(other?.shape ?? []) cannot be added to shape \(shape)")
    let rows = RowPieces(shape)
    let sum = other.map { _ in Tensor(uninitialised: shape) { _ in } }
    let mean = Storage<Scalar>(count: rows.count), inverse = Storage<Scalar>(count: rows.count)
    let value = withExtendedLifetime((other, scale, shift)) {
      Tensor.make(shape, from: self) { x, y in
        rows.forEach { row, start, count, _ in
          Scalar.kernels.layerNorm(
            count, rows.width, epsilon, x + start, other.map { $0.pointer + start },
            scale.pointer, shift.pointer, sum.map { $0.storage.pointer + start }, y + start,
            mean.pointer + row, inverse.pointer + row)
        }
      }
    }
    let input = (sum ?? self).detached(), factors = scale.detached()
    let tracked = [self.isTracked || other?.isTracked ?? false, scale.isTracked, shift.isTracked]
    let inputs = [self, scale, shift] + (other.map { [$0] } ?? [])
    return Tensor.recorded(value, inputs: inputs) { gradient in
      // The sums for scale and shift, piece by piece, then over the pieces in their order.
      let parts = Tensor(uninitialised: [rows.pieces, 2, rows.width]) { _ in }
      let found = Tensor.make(rows.shape, from: input, gradient) { x, g, d in
        rows.forEach { row, start, count, piece in
          let part = parts.storage.pointer + piece * 2 * rows.width
          Scalar.kernels.layerNormBackward(
            count, rows.width, x + start, mean.pointer + row, inverse.pointer + row,
            factors.pointer, g + start, d + start, part, part + rows.width)
        }
      }
      let sums = parts.reduced([0], Scalar.kernels.sum).reshapedValue(to: [2, rows.width])
      withExtendedLifetime((mean, inverse, factors)) {}
      let ofInput = tracked[0] ? found : nil
      return [
        ofInput, tracked[1] ? sums.rowValue(0) : nil, tracked[2] ? sums.rowValue(1) : nil, ofInput,
      ]
    }
  }

  /// One row of a matrix, not recorded.
  private func rowValue(_ row: Int) -> Tensor {
    Tensor.make([shape[1]], from: self) { $1.update(from: $0 + row * shape[1], count: shape[1]) }
  }
}

/// The rows of a tensor's last axis in pieces whose size depends on the shape alone.
private struct RowPieces: Sendable {
  let shape: [Int]
  let width: Int
  let count: Int
  let height: Int

  init(_ shape: [Int]) {
    self.shape = shape
    width = shape.last ?? 1
    count = width == 0 ? 0 : shape.elementCount / width
    height = max(1, (1 << 14) / max(1, width))
  }

  var pieces: Int { (count + height - 1) / height }

  /// Calls `body` with the first row of each piece, its first element, its rows and its index.
  func forEach(_ body: (_ row: Int, _ start: Int, _ count: Int, _ piece: Int) -> Void) {
    parallel(pieces) { piece in
      let row = piece * height
      body(row, row * width, min(height, count - row), piece)
    }
  }
}
