// SPDX-License-Identifier: Apache-2.0
internal import MinimTensor

/// Search for the nearest of some rows by looking at all of them.
struct NearestRows: Sendable {
  /// Rows that are searched.
  let count: Int
  private let size: Int
  /// Column after column, so that vectors hold neighbouring rows.
  private let columns: Tensor<Float>

  /// A row found, with its Euclidean distance.
  struct Neighbour {
    let row: Int
    let distance: Float
  }

  /// Of rows (count, size).
  init(_ rows: Tensor<Float>) {
    count = rows.shape[0]
    size = rows.shape[1]
    columns = rows.transposed()
  }

  /// For each point (points, size) its k nearest rows, the nearest first, of equals the first row.
  ///
  /// k is at most the number of rows. Differences are squared and summed one by one: distances are
  /// exact to float32, however far from the origin the rows lie.
  func neighbours(of points: Tensor<Float>, _ k: Int) -> [[Neighbour]] {
    var squares = [Float](repeating: 0, count: count)
    return points.withUnsafeScalars { points in
      (0..<points.count / size).map { point in
        squares.withUnsafeMutableBufferPointer { squares in
          measure(UnsafeBufferPointer(rebasing: points[point * size..<(point + 1) * size]), squares)
          return least(k, of: UnsafeBufferPointer(squares))
        }
      }
    }
  }

  private func measure(
    _ point: UnsafeBufferPointer<Float>, _ squares: UnsafeMutableBufferPointer<Float>
  ) {
    squares.update(repeating: 0)
    columns.withUnsafeScalars { columns in
      for (column, value) in point.enumerated() {
        let start = column * count
        for row in 0..<count {
          let difference = value - columns[start + row]
          squares[row] += difference * difference
        }
      }
    }
  }

  private func least(_ k: Int, of squares: UnsafeBufferPointer<Float>) -> [Neighbour] {
    var found: [(row: Int, square: Float)] = []
    found.reserveCapacity(k + 1)
    for row in 0..<count where found.count < k || squares[row] < found[found.count - 1].square {
      var place = found.count
      while place > 0 && squares[row] < found[place - 1].square { place -= 1 }
      found.insert((row, squares[row]), at: place)
      if found.count > k { found.removeLast() }
    }
    return found.map { Neighbour(row: $0.row, distance: $0.square.squareRoot()) }
  }
}
