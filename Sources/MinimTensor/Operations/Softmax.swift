// SPDX-License-Identifier: Apache-2.0

extension Tensor {
  private var width: Int { shape.last ?? 1 }

  /// Softmax over the last axis, not recorded.
  ///
  /// Wants a last axis with elements.
  func softmaxValue() -> Tensor {
    Tensor.make(shape, from: self) { x, y in
      if count > 0 { Scalar.kernels.softmax(count / width, width, x, y) }
    }
  }

  /// e^x / Σ e^x over one axis.
  ///
  /// A tensor of no elements gives itself.
  public func softmax(over axis: Int = -1) -> Tensor {
    let axis = shape.axis(axis)
    let rows = movedToLast(axis)
    let value = rows.detached().softmaxValue()
    return Tensor.recorded(value, inputs: [rows]) { gradient in
      [
        Tensor.make(value.shape, from: value, gradient) { y, g, d in
          guard value.count > 0 else { return }
          Scalar.kernels.softmaxBackward(value.count / value.width, value.width, y, g, d)
        }
      ]
    }.movedFromLast(to: axis)
  }

  /// x - log Σ e^x over one axis, without overflow.
  public func logSoftmax(over axis: Int = -1) -> Tensor {
    let axis = shape.axis(axis)
    let rows = movedToLast(axis)
    let value = Tensor.make(rows.shape, from: rows.detached()) { x, y in
      if count > 0 { Scalar.kernels.logSoftmax(rows.count / rows.width, rows.width, x, y) }
    }
    return Tensor.recorded(value, inputs: [rows]) { gradient in
      [
        Tensor.make(value.shape, from: value, gradient) { y, g, d in
          guard value.count > 0 else { return }
          Scalar.kernels.logSoftmaxBackward(value.count / value.width, value.width, y, g, d)
        }
      ]
    }.movedFromLast(to: axis)
  }
}
