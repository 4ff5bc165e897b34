// SPDX-License-Identifier: Apache-2.0

extension Tensor {
  /// Soft dynamic time warping over matrices of costs (batch, n, m): one value (batch) each.
  ///
  /// R(i,j) = D(i,j) + softmin of R(i-1,j-1), R(i-1,j) and R(i,j-1), with softmin x = -γ ln Σ exp(-x / γ); the value is
  /// R in the last cell, or in cell (l, l) of a case with `lengths` l, both counted from 1. `band` closes the cells with
  /// |i - j| above it and must not close the last one. γ is above 0. The gradient is each cell's share of all paths,
  /// found by a pass back over R. Sixteen cases run side by side. Source: methods, memkd 3.1 and 3.2.
  package func softDTW(gamma: Scalar, band: Int? = nil, lengths: [Int]? = nil) -> Tensor {
    precondition(
      rank == 3 && shape[1] > 0 && shape[2] > 0 && gamma > 0,
      "softDTW wants costs (batch, n, m) and a positive gamma, not \(shape) and \(gamma)")
    let (batch, n, m) = (shape[0], shape[1], shape[2])
    let band = Swift.min(band ?? Swift.max(n, m), Swift.max(n, m))
    precondition(
      band >= 0 && (lengths != nil || abs(n - m) <= band),
      "a band of \(band) closes the last cell of \(n) by \(m)")
    precondition(
      lengths.map { $0.count == batch && $0.allSatisfy { (1...Swift.min(n, m)).contains($0) } }
        ?? true, "lengths \(lengths ?? []) do not fit costs \(shape)")
    let saved = Tensor(uninitialised: [(batch + 15) / 16 * 16, n, m]) { _ in }
    let value = Tensor.make([batch], from: self, saved) { costs, _, out in
      Scalar.kernels.softDTW(
        batch, n, m, band, lengths, gamma, costs, out, saved.storage.pointer)
    }
    let shape = shape
    return Tensor.recorded(value, inputs: [self]) { gradient in
      [
        Tensor.make(shape, from: saved, gradient) { table, g, out in
          Scalar.kernels.softDTWBackward(batch, n, m, band, lengths, gamma, table, g, out)
        }
      ]
    }
  }
}
