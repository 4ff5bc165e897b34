// SPDX-License-Identifier: Apache-2.0
internal import MinimTensor

/// The mean and covariance of rows that come in batches, in float64.
///
/// Memory: size² + size numbers. Sums are taken about the first row, so that large levels do not cost
/// digits.
struct Moments {
  private let size: Int
  private var count = 0.0
  private var origin: [Double] = []
  private var sum: [Double]
  private var products: Tensor<Double>

  /// Of rows of so many numbers.
  init(size: Int) {
    self.size = size
    sum = [Double](repeating: 0, count: size)
    products = Tensor(zeros: [size, size])
  }

  /// Takes in rows (count, size).
  mutating func add(_ rows: Tensor<Float>) {
    let values = rows.scalars
    guard !values.isEmpty else { return }
    if origin.isEmpty { origin = values.prefix(size).map(Double.init) }
    let shifted = values.enumerated().map { Double($1) - origin[$0 % size] }
    for (index, value) in shifted.enumerated() { sum[index % size] += value }
    let batch = Tensor(shifted, shape: [rows.shape[0], size])
    products.add(batch.transposed().product(batch))
    count += Double(rows.shape[0])
  }

  /// The mean of all rows.
  var mean: [Double] { zip(origin, sum).map { $0 + $1 / count } }

  /// The covariance (size, size), divided by the count.
  var covariance: Tensor<Double> {
    let level = Tensor(sum.map { $0 / count }, shape: [size, 1])
    return products / count - level.product(level.transposed())
  }

  /// Orthonormal directions of the largest variance, row after row: as many as explain a share of the
  /// variance, at most `most`, none where nothing varies.
  ///
  /// 60 rounds of subspace iteration from seeded directions.
  func components(_ most: Int, explained: Double, seed: UInt64) -> [Double] {
    let covariance = covariance
    let total = covariance.withUnsafeScalars { entries in
      (0..<size).reduce(0.0) { $0 + entries[$1 * (size + 1)] }
    }
    var generator = SeededGenerator(seed: seed)
    var basis = Tensor<Double>.normal(shape: [most, size], using: &generator).scalars
    Self.orthonormalise(&basis, rows: most, size: size)
    for _ in 0..<60 {
      basis = Tensor(basis, shape: [most, size]).product(covariance).scalars
      Self.orthonormalise(&basis, rows: most, size: size)
    }
    let turned = Tensor(basis, shape: [most, size])
    let images = turned.product(covariance).scalars
    let variances = (0..<most).map { row in
      (row * size..<(row + 1) * size).reduce(0.0) { $0 + basis[$1] * images[$1] }
    }
    // The iteration leaves them nearly in order; rounding alone may swap equals.
    var reached = 0.0, kept: [Double] = []
    for row in (0..<most).sorted(by: { (variances[$0], $1) > (variances[$1], $0) })
    where reached < explained * total && variances[row] > 1e-12 * total {
      reached += variances[row]
      kept += basis[row * size..<(row + 1) * size]
    }
    return kept
  }

  /// Gram-Schmidt, twice over; rows that vanish become zero.
  private static func orthonormalise(_ basis: inout [Double], rows: Int, size: Int) {
    basis.withUnsafeMutableBufferPointer { basis in
      for row in 0..<rows {
        let own = row * size
        func dot(_ a: Int, _ b: Int) -> Double {
          (0..<size).reduce(0.0) { $0 + basis[a + $1] * basis[b + $1] }
        }
        let start = dot(own, own).squareRoot()
        for _ in 0..<2 {
          for other in 0..<row {
            let shadow = dot(own, other * size)
            for index in 0..<size { basis[own + index] -= shadow * basis[other * size + index] }
          }
        }
        let length = dot(own, own).squareRoot()
        let scale = length > 1e-10 * start && length > 0 ? 1 / length : 0
        for index in 0..<size { basis[own + index] *= scale }
      }
    }
  }
}
