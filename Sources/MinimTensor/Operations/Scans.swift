// SPDX-License-Identifier: Apache-2.0

extension Tensor {
  /// The running sum along one axis: y_t = x_0 + … + x_t, of this tensor's shape.
  ///
  /// The gradient is the running sum from the end: dx_t = dy_t + … + dy_(n-1).
  public func cumulativeSum(along axis: Int) -> Tensor {
    let axis = shape.axis(axis)
    return Tensor.recorded(scanned(axis, fromEnd: false), inputs: [self]) {
      [$0.scanned(axis, fromEnd: true)]
    }
  }

  /// The running sum along one axis from its beginning or its end, not recorded.
  @specialized(where Scalar == Float)
  private func scanned(_ axis: Int, fromEnd: Bool) -> Tensor {
    let (outer, extent, inner) = shape.around(axis)
    return Tensor.make(shape, from: self) { x, y in
      guard count > 0 else { return }
      let step = fromEnd ? -inner : inner
      inRows(outer, width: extent * inner) { row in
        var place = row * extent * inner + (fromEnd ? (extent - 1) * inner : 0)
        (y + place).update(from: x + place, count: inner)
        for _ in 1..<extent {
          place += step
          let from = x + place, to = y + place, last = to - step
          for j in 0..<inner { to[j] = last[j] + from[j] }
        }
      }
    }
  }
}
