// SPDX-License-Identifier: Apache-2.0

extension Tensor {
  /// Makes a tensor from the elements of another, which stays alive while `fill` runs.
  static func make(
    _ shape: [Int], from a: Tensor,
    fill: (_ a: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>) -> Void
  ) -> Tensor {
    withExtendedLifetime(a) { Tensor(uninitialised: shape) { fill(a.pointer, $0) } }
  }

  /// Makes a tensor from the elements of two others.
  static func make(
    _ shape: [Int], from a: Tensor, _ b: Tensor,
    fill: (
      _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>
    ) -> Void
  ) -> Tensor {
    withExtendedLifetime((a, b)) {
      Tensor(uninitialised: shape) { fill(a.pointer, b.pointer, $0) }
    }
  }

  /// Makes a tensor from the elements of three others.
  static func make(
    _ shape: [Int], from a: Tensor, _ b: Tensor, _ c: Tensor,
    fill: (
      _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, _ c: UnsafePointer<Scalar>,
      _ out: UnsafeMutablePointer<Scalar>
    ) -> Void
  ) -> Tensor {
    withExtendedLifetime((a, b, c)) {
      Tensor(uninitialised: shape) { fill(a.pointer, b.pointer, c.pointer, $0) }
    }
  }
}

/// Calls `body(start, count)` for pieces of 0 ..< total; large totals go to the pool of threads in
/// fixed pieces.
func inPieces(of total: Int, _ body: (_ start: Int, _ count: Int) -> Void) {
  let pieces = min(16, total >> 12)
  guard pieces > 1 else { return body(0, total) }
  // Whole vectors but for the last piece.
  let piece = (total + 16 * pieces - 1) / (16 * pieces) * 16
  parallel(pieces) { index in
    body(min(total, index * piece), max(0, min(piece, total - index * piece)))
  }
}

/// Calls `body` for 0 ..< rows, the indices of rows of `width` numbers; large totals go to the pool of threads in
/// fixed groups of rows.
func inRows(_ rows: Int, width: Int, _ body: (_ row: Int) -> Void) {
  let group = max(1, (1 << 15) / max(1, width))
  let groups = rows * width > 1 << 16 ? (rows + group - 1) / group : 1
  guard groups > 1 else { return (0..<rows).forEach(body) }
  parallel(groups) { index in
    (index * group..<min(rows, (index + 1) * group)).forEach(body)
  }
}

extension [Int] {
  /// How many elements lie before, on and after one axis.
  func around(_ axis: Int) -> (outer: Int, extent: Int, inner: Int) {
    (self[..<axis].reduce(1, *), self[axis], self[(axis + 1)...].reduce(1, *))
  }
}
