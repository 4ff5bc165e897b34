// SPDX-License-Identifier: Apache-2.0
package import MinimTensor

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Chooses half of some rows so that the density stays what it was: non-parametric density
/// summarisation, NDS, of DILOF (Na, Kim and Yu 2018).
///
/// Each row i has a selection weight y_i, ½ at the start. v_i is its distance to its k-th neighbour
/// among all rows, LOF_i its local outlier factor there, ρ_i(y) the distance to its k-th neighbour
/// among those selected, j(i) that neighbour. The weights go down the loss
///
///     L(y) = Σ_i y_i ρ_i(y) / v_i - Σ_i y_i exp(LOF_i) + Σ_i ψ(y_i) + λ / 2 (Σ_i y_i - n / 2)²,
///
/// ψ(y) = (y - 1)² above 1, y² below 0, else 0, λ = 0.001, for 20 steps of the rate η = 0.3 · 0.95^t,
/// t = 1 … 20, all weights at once:
///
///     y_i ← y_i - η [Σ_{m: j(m) = i} y_m ρ_m / v_m + ρ_i / v_i - exp(LOF_i) + ψ'(y_i) + λ (Σ y - n / 2)].
///
/// The ⌊n / 2⌋ largest weights are kept, of equals the older. Simplified, where the paper has estimates:
/// j(i) is the row at which the weights of i's neighbours, nearest first, each within 0 and 1, sum to k
/// (the farthest where they do not); both distances of a ratio are raised by a hundredth of the mean v,
/// and LOF counts as 3 at most, so that equal rows neither divide by zero nor overflow. Neighbours and
/// LOF are those among the rows that are summarised. In float64.
package struct DensitySummary {
  private let neighbours: Int

  /// With densities from so many neighbours, k.
  package init(neighbours: Int) { self.neighbours = neighbours }

  /// The rows to keep of (n, size), ⌊n / 2⌋ of them, ascending.
  package func kept(of rows: Tensor<Float>) -> [Int] {
    let count = rows.shape[0]
    let weights = weights(of: rows)
    let order = (0..<count).sorted { (-weights[$0], $0) < (-weights[$1], $1) }
    return order.prefix(count / 2).sorted()
  }

  /// The weights y after the last step.
  package func weights(of rows: Tensor<Float>) -> [Double] {
    let count = rows.shape[0]
    var weights = [Double](repeating: 0.5, count: count)
    guard count > 1 else { return weights }
    let k = min(neighbours, count - 1)
    let sorted = Self.sortedNeighbours(of: rows)
    let reaches = sorted.map { $0[k - 1].distance }
    let benefits = Self.factors(sorted, k: k).map { exp(min($0, 3)) }
    let floor = reaches.reduce(0, +) / Double(count) / 100 + 1e-10
    for step in 1...20 {
      let rate = 0.3 * pow(0.95, Double(step))
      let excess = 0.001 * (weights.reduce(0, +) - Double(count) / 2)
      var gradient = [Double](repeating: 0, count: count)
      for row in 0..<count {
        let last = Self.last(of: sorted[row], k: Double(k), weights: weights)
        let ratio = (last.distance + floor) / (reaches[row] + floor)
        let weight = weights[row]
        gradient[last.row] += weight * ratio
        gradient[row] += ratio - benefits[row] + excess
        gradient[row] += weight > 1 ? 2 * (weight - 1) : min(2 * weight, 0)
      }
      for row in 0..<count { weights[row] -= rate * gradient[row] }
    }
    return weights
  }

  private struct Neighbour {
    let row: Int
    let distance: Double
  }

  /// For each row the others, the nearest first, of equals the older.
  private static func sortedNeighbours(of rows: Tensor<Float>) -> [[Neighbour]] {
    let count = rows.shape[0], size = rows.shape[1]
    return parallelMap(count) { row in
      rows.withUnsafeScalars { values in
        var others: [Neighbour] = []
        others.reserveCapacity(count - 1)
        for other in 0..<count where other != row {
          var square = 0.0
          for column in 0..<size {
            let difference =
              Double(values[row * size + column]) - Double(values[other * size + column])
            square += difference * difference
          }
          others.append(Neighbour(row: other, distance: square.squareRoot()))
        }
        others.sort { ($0.distance, $0.row) < ($1.distance, $1.row) }
        return others
      }
    }
  }

  /// The local outlier factor of each row.
  private static func factors(_ sorted: [[Neighbour]], k: Int) -> [Double] {
    let densities = sorted.map { others in
      let reach = others.prefix(k).reduce(0) {
        $0 + max(sorted[$1.row][k - 1].distance, $1.distance)
      }
      return 1 / (reach / Double(k) + 1e-10)
    }
    return sorted.indices.map { row in
      let around = sorted[row].prefix(k).reduce(0) { $0 + densities[$1.row] } / Double(k)
      return around / densities[row]
    }
  }

  /// The neighbour at which the weights sum to k.
  private static func last(of others: [Neighbour], k: Double, weights: [Double]) -> Neighbour {
    var sum = 0.0
    for other in others {
      sum += min(max(weights[other.row], 0), 1)
      if sum >= k { return other }
    }
    return others[others.count - 1]
  }
}
