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
/// deviation below 1e-10 get weight 0); the intercept is not penalised. The error of case i when it is
/// left out is (y_i - ȳ - z_i w) / (1 - h_ii - 1/n), H = Z (Zᵀ Z + α)⁻¹ Zᵀ, exactly, the scaling aside;
/// the penalty of the least mean square of it over cases and targets is taken.
///
/// The smaller of two systems is solved. With fewer columns than cases (Zᵀ Z + α) w = Zᵀ (y - ȳ); else,
/// by the Gram matrix of the cases, K = Z Zᵀ, (K + α) c = y - ȳ, w = Zᵀ c, where y - ȳ - Z w = α c and
/// 1 - H = α (K + α)⁻¹.
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
    let levels = targets.map { $0.reduce(0, +) / Double(cases) }
    let centred = Tensor(
      zip(targets, levels).flatMap { target, level in target.map { $0 - level } },
      shape: [targets.count, cases])
    let isNarrow = width < cases
    let gram =
      isNarrow
      ? standard.transposed().product(standard)
      : standard.product(standard, otherTransposed: true)
    let goals = isNarrow ? centred.product(standard) : centred
    let fits = parallelMap(penalties.count) { place in
      let (solutions, inverse) = Self.solve(gram, plus: penalties[place], goals)
      let errors =
        isNarrow
        ? Self.errors(of: solutions, inverse, on: standard, centred)
        : Self.errors(of: solutions, inverse, penalty: penalties[place])
      return (solutions: solutions, error: errors.reduce(0) { $0 + $1 * $1 } / Double(errors.count))
    }
    let best = fits.indices.reduce(0) { fits[$1].error < fits[$0].error ? $1 : $0 }
    let solved = fits[best].solutions
    let scaled = (isNarrow ? solved : solved.product(standard)).scalars
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

  /// x of (A + α) x = b for each row b of `goals` (targets, n), and L⁻¹ of A + α = L Lᵀ, A (n, n).
  private static func solve(
    _ matrix: Tensor<Double>, plus penalty: Double, _ goals: Tensor<Double>
  ) -> (solutions: Tensor<Double>, inverse: Tensor<Double>) {
    let n = matrix.shape[0], goals = goals.scalars
    var values = matrix.scalars
    for i in 0..<n { values[i * n + i] += penalty }
    let inverse = inverted(lowerTriangle(of: values, n), n)
    // (A + α)⁻¹ = L⁻ᵀ L⁻¹
    var solutions = [Double](repeating: 0, count: goals.count)
    for start in stride(from: 0, to: goals.count, by: n) {
      for row in 0..<n {
        let half = (0...row).reduce(0) { $0 + inverse[row * n + $1] * goals[start + $1] }
        for j in 0...row { solutions[start + j] += inverse[row * n + j] * half }
      }
    }
    return (
      Tensor(solutions, shape: [goals.count / n, n]), Tensor(inverse, shape: [n, n])
    )
  }

  /// Left-out errors, target by target, by the weights of columns (targets, columns).
  private static func errors(
    of weights: Tensor<Double>, _ inverse: Tensor<Double>, on standard: Tensor<Double>,
    _ centred: Tensor<Double>
  ) -> [Double] {
    let n = standard.shape[0], width = standard.shape[1]
    let fitted = weights.product(standard, otherTransposed: true).scalars
    let half = standard.product(inverse, otherTransposed: true).scalars
    let kept = (0..<n).map { row in
      half[row * width..<(row + 1) * width].reduce(1 - 1 / Double(n)) { $0 - $1 * $1 }
    }
    return zip(centred.scalars, fitted).enumerated().map { place, pair in
      (pair.0 - pair.1) / kept[place % n]
    }
  }

  /// Left-out errors, target by target, by the weights of cases (targets, cases).
  private static func errors(
    of duals: Tensor<Double>, _ inverse: Tensor<Double>, penalty: Double
  ) -> [Double] {
    let n = inverse.shape[0], inverse = inverse.scalars
    var diagonal = [Double](repeating: 0, count: n)
    for row in 0..<n {
      for j in 0...row { diagonal[j] += inverse[row * n + j] * inverse[row * n + j] }
    }
    return duals.scalars.enumerated().map { place, dual in
      penalty * dual / (penalty * diagonal[place % n] - 1 / Double(n))
    }
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
