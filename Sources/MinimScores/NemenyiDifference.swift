// SPDX-License-Identifier: Apache-2.0

/// Returns by how much two average ranks must differ for Nemenyi's test to tell methods apart.
///
/// For k methods on N data sets (methods, memkd 4.3):
///
///     CD = q sqrt(k (k + 1) / (6 N)),
///
/// q being the quantile of the studentized range of k, infinite degrees of freedom, over sqrt 2.
///
///     try nemenyiDifference(methods: 10, dataSets: 12)  // 3.910
///
/// - Parameters:
///   - methods: k, at least 2.
///   - dataSets: N, at least 1.
///   - alpha: The level, above 0 and below 1.
/// - Returns: A difference of average ranks.
/// - Throws: ``ScoreError`` if a value is out of range.
public func nemenyiDifference(
  methods: Int, dataSets: Int, alpha: Double = 0.05
) throws -> Double {
  guard methods >= 2 else {
    throw ScoreError.tooFew(what: "methods", found: methods, expected: 2)
  }
  guard dataSets >= 1 else {
    throw ScoreError.tooFew(what: "data sets", found: dataSets, expected: 1)
  }
  guard alpha > 0, alpha < 1 else { throw ScoreError.levelOutOfRange(alpha) }
  let k = Double(methods)
  let q = rangeQuantile(count: methods, alpha: alpha) * 0.5.squareRoot()
  return q * (k * (k + 1) / (6 * Double(dataSets))).squareRoot()
}
