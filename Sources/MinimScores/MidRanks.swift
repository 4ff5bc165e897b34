// SPDX-License-Identifier: Apache-2.0

/// Ranks of a list in ascending order; equal values share the mean of their ranks.
struct MidRanks {
  /// The rank of each value, from 1, in the order of the list.
  private(set) var ranks: [Double]
  /// The sum of t^3 - t over the groups of t equal values.
  private(set) var tieSum = 0.0

  /// Ranks `values`, of which none is NaN.
  init(_ values: [Double]) {
    ranks = [Double](repeating: 0, count: values.count)
    let order = values.indices.sorted { values[$0] < values[$1] }
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for place in start..<end { ranks[order[place]] = Double(start + 1 + end) / 2 }
      let size = Double(end - start)
      tieSum += size * size * size - size
      start = end
    }
  }
}
