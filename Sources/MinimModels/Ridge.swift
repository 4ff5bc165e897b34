// SPDX-License-Identifier: Apache-2.0
internal import MinimTensor

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Ridge regression of several targets, its penalty chosen by leaving one case out, in float64.
///
/// Columns are first shifted to mean 0 and scaled to population deviation 1 over the cases (those of
/// deviation below 1e-10 get weight 0); the intercept is not penalised. For cases fewer than columns
/// the work goes through the Gram matrix of the cases: K = Z Zᵀ, (K + α) c = y - ȳ, w = Zᵀ c. The error of
/// case i when it is left out is α c_i / (α (K + α)⁻¹_ii - 1/n), exactly, the scaling aside; the
/// penalty of the least mean square of it over cases and targets is taken.
package struct Ridge {
  /// Weights (targets, columns) for the columns as they were given.
  package let weights: [[Double]]
  /// The intercept of each target.
  package let intercepts: [Double]
  /// The penalty taken.
  package let penalty: Double
  /// The mean square of left-out errors for each penalty.
  package let errors: [Double]

  /// Ten penalties from 1e-3 to 1e3, evenly spaced in their logarithm.
  package static let penalties = (0..<10).map { pow(10, -3 + Double($0) * 6 / 9) }

  /// Fits `targets` (targets, cases) to `columns`, (cases, columns) row by row; two cases or more.
  package init(
    columns: [Double], targets: [[Double]], penalties: [Double] = Ridge.penalties
  ) {
    let cases = targets[0].count, width = columns.count / max(1, cases)
    precondition(
      cases >= 2 && columns.count == cases * width && targets.allSatisfy { $0.count == cases }
        && penalties.allSatisfy { $0 > 0 },
      "\(columns.count) numbers of \(cases) cases, \(penalties.count) penalties")
    let (standard, means, deviations) = Self.standardised(columns, cases: cases, width: width)
    let gram = standard.product(standard, otherTransposed: true).scalars
    let levels = targets.map { $0.reduce(0, +) / Double(cases) }
    let centred = zip(targets, levels).map { target, level in target.map { $0 - level } }
    let fits = parallelMap(penalties.count) { place in
      Self.solve(gram, plus: penalties[place], centred)
    }
    let best = fits.indices.reduce(0) { fits[$1].error < fits[$0].error ? $1 : $0 }
    let duals = Tensor(fits[best].duals.flatMap { $0 }, shape: [targets.count, cases])
    let scaled = duals.product(standard).scalars
    weights = targets.indices.map { target in
      (0..<width).map {
        deviations[$0] > 0 ? scaled[target * width + $0] / deviations[$0] : 0
      }
    }
    intercepts = zip(weights, levels).map { weights, level in
      zip(weights, means).reduce(level) { $0 - $1.0 * $1.1 }
    }
    penalty = penalties[best]
    errors = fits.map(\.error)
  }

  private static func standardised(
    _ columns: [Double], cases: Int, width: Int
  ) -> (Tensor<Double>, means: [Double], deviations: [Double]) {
    var values = columns
    var means = [Double](repeating: 0, count: width), deviations = means
    for i in 0..<cases { for j in 0..<width { means[j] += columns[i * width + j] } }
    for j in 0..<width { means[j] /= Double(cases) }
    for i in 0..<cases {
      for j in 0..<width {
        values[i * width + j] -= means[j]
        deviations[j] += values[i * width + j] * values[i * width + j]
      }
    }
    for j in 0..<width {
      deviations[j] = (deviations[j] / Double(cases)).squareRoot()
      if deviations[j] < 1e-10 { deviations[j] = 0 }
    }
    for i in 0..<cases {
      for j in 0..<width {
        values[i * width + j] = deviations[j] > 0 ? values[i * width + j] / deviations[j] : 0
      }
    }
    return (Tensor(values, shape: [cases, width]), means, deviations)
  }

  /// c of each target, and the mean square of left-out errors.
  private static func solve(
    _ gram: [Double], plus penalty: Double, _ targets: [[Double]]
  ) -> (duals: [[Double]], error: Double) {
    let n = targets[0].count
    var matrix = gram
    for i in 0..<n { matrix[i * n + i] += penalty }
    let inverse = inverted(lowerTriangle(of: matrix, n), n)
    // (K + α)⁻¹ = L⁻ᵀ L⁻¹
    var diagonal = [Double](repeating: 0, count: n)
    for row in 0..<n {
      for j in 0...row { diagonal[j] += inverse[row * n + j] * inverse[row * n + j] }
    }
    var sum = 0.0
    let duals = targets.map { target in
      let half = (0..<n).map { row in
        (0...row).reduce(0) { $0 + inverse[row * n + $1] * target[$1] }
      }
      var dual = [Double](repeating: 0, count: n)
      for row in 0..<n { for j in 0...row { dual[j] += inverse[row * n + j] * half[row] } }
      for i in 0..<n {
        let error = penalty * dual[i] / (penalty * diagonal[i] - 1 / Double(n))
        sum += error * error
      }
      return dual
    }
    return (duals, sum / Double(n * targets.count))
  }

  /// L of A = L Lᵀ for a symmetric, positive definite A (n, n); zeros above the diagonal.
  private static func lowerTriangle(of a: [Double], _ n: Int) -> [Double] {
    // Rows of Lᵀ are kept, so that inner loops run along rows.
    var upper = a
    upper.withUnsafeMutableBufferPointer { u in
      for k in 0..<n {
        let root = u[k * n + k].squareRoot()
        for j in k..<n { u[k * n + j] /= root }
        for i in (k + 1)..<max(n, k + 1) {
          let factor = u[k * n + i]
          for j in i..<n { u[i * n + j] -= factor * u[k * n + j] }
        }
      }
    }
    var lower = [Double](repeating: 0, count: n * n)
    for i in 0..<n { for j in 0...i { lower[i * n + j] = upper[j * n + i] } }
    return lower
  }

  /// The inverse of a lower triangle.
  private static func inverted(_ lower: [Double], _ n: Int) -> [Double] {
    var inverse = [Double](repeating: 0, count: n * n)
    inverse.withUnsafeMutableBufferPointer { x in
      lower.withUnsafeBufferPointer { l in
        for i in 0..<n {
          for k in 0..<i {
            let factor = l[i * n + k]
            for j in 0...k { x[i * n + j] -= factor * x[k * n + j] }
          }
          x[i * n + i] += 1
          for j in 0...i { x[i * n + j] /= l[i * n + i] }
        }
      }
    }
    return inverse
  }
}
