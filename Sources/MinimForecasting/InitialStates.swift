// SPDX-License-Identifier: Apache-2.0

/// The states of exponential smoothing before row 0 by least squares, for parameters that are given.
///
/// Errors are linear in those states, e = e_0 + E x: e_0 are the errors with states of 0, a column of E those of a state of 1
/// with rows of 0. Free are ℓ, b, and, where they are not given, s of all phases but the last, which ℓ makes up for.
struct InitialStates {
  private let rows: [Double]
  private let hasTrend: Bool
  /// s of each phase; [0] without season.
  private let seasons: [Double]
  private let seasonsAreFree: Bool

  /// Of `seasons` only the number counts where they `areFree`.
  init(_ rows: [Double], hasTrend: Bool, seasons: [Double], areFree: Bool) {
    self.rows = rows
    self.hasTrend = hasTrend
    self.seasons = seasons
    seasonsAreFree = areFree
  }

  /// The model with its best states, and the sum of squared errors.
  func solved(
    _ model: ExponentialSmoothing
  ) -> (model: ExponentialSmoothing, squares: Double) {
    let season = self.seasons.count, freeSeasons = seasonsAreFree ? season - 1 : 0
    let free = 1 + (hasTrend ? 1 : 0) + freeSeasons, width = free + 1
    // Of each free state in turn and, last, of the rows: ℓ, b and s of each phase.
    var level = [Double](repeating: 0, count: width), slope = level
    var seasons = [Double](repeating: 0, count: season * width)
    level[0] = 1
    if hasTrend { slope[1] = 1 }
    for phase in 0..<freeSeasons { seasons[phase * width + free - freeSeasons + phase] = 1 }
    if !seasonsAreFree {
      for phase in 0..<season { seasons[phase * width + free] = self.seasons[phase] }
    }
    let (alpha, beta, gamma, phi) = (model.alpha, model.beta, model.gamma, model.phi)
    // Rows of errors, with rows of 0 behind them up to a multiple of 4.
    let errors = [Double](unsafeUninitializedCapacity: (rows.count + 3) / 4 * 4 * width) {
      errors, count in
      count = errors.count
      errors.initialize(repeating: 0)
      level.withUnsafeMutableBufferPointer { level in
        slope.withUnsafeMutableBufferPointer { slope in
          seasons.withUnsafeMutableBufferPointer { seasons in
            for (row, value) in rows.enumerated() {
              let phase = row % season * width, line = row * width
              for place in 0..<width {
                let damped = phi * slope[place], ahead = level[place] + damped
                let miss = (place == free ? value : 0) - ahead - seasons[phase + place]
                errors[line + place] = miss
                level[place] = ahead + alpha * miss
                slope[place] = damped + beta * miss
                seasons[phase + place] += gamma * miss
              }
            }
          }
        }
      }
    }
    let products = products(of: errors, width: width)
    let states = leastSquares(products, count: free)
    var solved = model
    solved.level = states[0]
    if hasTrend { solved.slope = states[1] }
    if season > 1 {
      solved.seasons =
        seasonsAreFree ? Array(states[(free - freeSeasons)...]) + [0] : self.seasons
    }
    // |e_0 + E x|² at its least is e_0² + x · (Eᵀ e_0).
    let last = free * width
    let squares = (0..<free).reduce(products[last + free]) {
      $0 + states[$1] * products[last + $1]
    }
    return (solved, max(0, squares))
  }

  /// Σ over rows of the products of their elements, the lower triangle, row after row; four rows at a time.
  private func products(of errors: [Double], width: Int) -> [Double] {
    [Double](unsafeUninitializedCapacity: width * width) { products, count in
      count = products.count
      products.initialize(repeating: 0)
      errors.withUnsafeBufferPointer { errors in
        for start in stride(from: 0, to: errors.count, by: 4 * width) {
          let (a, b, c, d) = (start, start + width, start + 2 * width, start + 3 * width)
          for first in 0..<width {
            let (p, q) = (errors[a + first], errors[b + first])
            let (r, s) = (errors[c + first], errors[d + first])
            let line = first * width
            for second in 0...first {
              products[line + second] +=
                p * errors[a + second] + q * errors[b + second] + r * errors[c + second] + s
                * errors[d + second]
            }
          }
        }
      }
    }
  }

  /// x with EᵀE x = -Eᵀe_0 by Cholesky's factors.
  ///
  /// `products` hold the lower triangle of both, row after row. A state that others make up for is 0.
  private func leastSquares(_ products: [Double], count: Int) -> [Double] {
    let width = count + 1
    var factor = products, isFree = [Bool](repeating: true, count: count)
    for row in 0..<count {
      for column in 0...row {
        var sum = factor[row * width + column]
        for k in 0..<column { sum -= factor[row * width + k] * factor[column * width + k] }
        if column < row {
          factor[row * width + column] = isFree[column] ? sum / factor[column * width + column] : 0
        } else {
          isFree[row] = sum > 1e-12 * products[row * width + row]
          factor[row * width + row] = isFree[row] ? sum.squareRoot() : 0
        }
      }
    }
    var x = (0..<count).map { -products[count * width + $0] }
    for row in 0..<count {
      for k in 0..<row { x[row] -= factor[row * width + k] * x[k] }
      x[row] = isFree[row] ? x[row] / factor[row * width + row] : 0
    }
    for row in (0..<count).reversed() {
      for k in row + 1..<max(row + 1, count) { x[row] -= factor[k * width + row] * x[k] }
      x[row] = isFree[row] ? x[row] / factor[row * width + row] : 0
    }
    return x
  }
}
