// SPDX-License-Identifier: Apache-2.0
internal import MinimTensor

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// One tree of an isolation forest, grown until points are alone or the greatest depth is reached.
///
/// Nodes are numbered level by level: those below node i are 2 i + 1, where x[feature] < value, and
/// 2 i + 2. A tree for ψ points has depth ⌈log₂ ψ⌉.
struct IsolationTree {
  /// For each node above the last level the column it splits by, -1 where it is a leaf.
  private(set) var features: [Float]
  /// For each node where it splits, or a leaf's path length: its depth + c(points in it).
  private(set) var values: [Float]

  /// ⌈log₂ ψ⌉, 0 for one point.
  static func depth(of subsample: Int) -> Int {
    Int.bitWidth - (subsample - 1).leadingZeroBitCount
  }

  /// c(n), the mean length of a failing search in a binary tree of n points:
  /// 2 (ln(n - 1) + γ) - 2 (n - 1) / n, c(2) = 1, c(1) = 0 (Liu, Ting and Zhou 2012).
  static func averagePath(_ count: Int) -> Double {
    guard count > 2 else { return count == 2 ? 1 : 0 }
    let n = Double(count)
    return 2 * (log(n - 1) + 0.577_215_664_901_532_9) - 2 * (n - 1) / n
  }

  /// Grows a tree on points (count, size), count at least 1.
  ///
  /// Each split takes a column at random among those that vary in its node, and a value at random
  /// between the least and the greatest.
  init(_ points: Tensor<Float>, using generator: inout SeededGenerator) {
    let count = points.shape[0], depth = Self.depth(of: count)
    features = [Float](repeating: -1, count: 1 << depth - 1)
    values = [Float](repeating: 0, count: 2 << depth - 1)
    var order = Array(0..<count)
    points.withUnsafeScalars { points in
      grow(0, at: 0, order: &order, range: 0..<count, points, points.count / count, &generator)
    }
  }

  private mutating func grow(
    _ node: Int, at depth: Int, order: inout [Int], range: Range<Int>,
    _ points: UnsafeBufferPointer<Float>, _ size: Int, _ generator: inout SeededGenerator
  ) {
    var spans: [(column: Int, low: Float, high: Float)] = []
    if node < features.count && range.count > 1 {
      for column in 0..<size {
        var low = points[order[range.lowerBound] * size + column], high = low
        for place in range {
          low = min(low, points[order[place] * size + column])
          high = max(high, points[order[place] * size + column])
        }
        if low < high { spans.append((column, low, high)) }
      }
    }
    guard !spans.isEmpty else {
      values[node] = Float(Double(depth) + Self.averagePath(range.count))
      return
    }
    let (column, low, high) = spans[generator.nextIndex(below: spans.count)]
    let drawn = Double(low) + generator.nextUniform() * (Double(high) - Double(low))
    // Above the least value, so that neither side is empty.
    let split = max(Float(drawn), low.nextUp)
    features[node] = Float(column)
    values[node] = split
    let middle = order[range].partition { points[$0 * size + column] >= split }
    grow(
      2 * node + 1, at: depth + 1, order: &order, range: range.lowerBound..<middle, points, size,
      &generator)
    grow(
      2 * node + 2, at: depth + 1, order: &order, range: middle..<range.upperBound, points, size,
      &generator)
  }
}
