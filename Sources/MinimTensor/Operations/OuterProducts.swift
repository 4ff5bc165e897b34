// SPDX-License-Identifier: Apache-2.0

extension Tensor {
  /// x xᵀ for each vector x of the last axis: (…, n) gives (…, n, n).
  public func outerProducts() -> Tensor { outerProducts(with: self) }

  /// x yᵀ for each pair of vectors of the last axes: (…, n) and (…, m) give (…, n, m).
  ///
  /// Leading axes must be equal. Gradients: dx = G y, dy = Gᵀ x.
  @specialized(where Scalar == Float)
  public func outerProducts(with other: Tensor) -> Tensor {
    precondition(
      rank > 0 && other.rank > 0 && shape.dropLast() == other.shape.dropLast(),
      "outer products of shapes \(shape) and \(other.shape)")
    let n = shape[rank - 1], m = other.shape[other.rank - 1]
    let pairs = shape.dropLast().reduce(1, *)
    let value = Tensor.make(shape + [m], from: self, other) { x, y, out in
      inRows(pairs * n, width: m) { row in
        let factor = x[row], y = y + row / n * m, out = out + row * m
        for j in 0..<m { out[j] = factor * y[j] }
      }
    }
    return Tensor.recorded(value, inputs: [self, other]) { g in
      func column(_ vectors: Tensor) -> Tensor { vectors.reshapedValue(to: vectors.shape + [1]) }
      let ofSelf = isTracked ? g.productValue(column(other)).reshapedValue(to: shape) : nil
      let ofOther =
        other.isTracked
        ? g.productValue(column(self), transposed: true).reshapedValue(to: other.shape) : nil
      return [ofSelf, ofOther]
    }
  }
}
