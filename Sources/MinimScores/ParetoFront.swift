// SPDX-License-Identifier: Apache-2.0

/// What is wanted of one objective.
public enum Objective: Sendable {
  /// More is better.
  case maximise
  /// Less is better.
  case minimise
}

/// Returns the indices of the points that no other point beats, ascending.
///
/// A point beats another if it is at least as good in all objectives and better in one; so equal
/// points stand or fall together.
///
///     try paretoFront([[0.9, 100], [0.8, 10], [0.7, 50]], objectives: [.maximise, .minimise])
///     // [0, 1]
///
/// - Parameters:
///   - points: Any number of points, one value for each objective.
///   - objectives: At least one.
/// - Returns: Indices into `points`; none for no points.
/// - Throws: ``ScoreError`` if a point has another number of values or a value is NaN or infinite.
/// - Complexity: O(*n*^2).
public func paretoFront(_ points: [[Double]], objectives: [Objective]) throws -> [Int] {
  guard !objectives.isEmpty else {
    throw ScoreError.tooFew(what: "objectives", found: 0, expected: 1)
  }
  for (row, point) in points.enumerated() {
    guard point.count == objectives.count else {
      throw ScoreError.lengthMismatch(
        list: "point \(row)", found: point.count, expected: objectives.count)
    }
    if let column = point.firstIndex(where: { !$0.isFinite }) {
      throw ScoreError.notFiniteInTable(row: row, column: column)
    }
  }
  let gains = points.map { point in
    zip(point, objectives).map { $1 == .maximise ? $0 : -$0 }
  }
  return gains.indices.filter { index in
    !gains.contains { other in
      other != gains[index] && zip(other, gains[index]).allSatisfy { $0 >= $1 }
    }
  }
}
