// SPDX-License-Identifier: Apache-2.0

/// Returns the area under the precision-recall curve as average precision, without interpolation.
///
/// With precision P and recall R at each distinct score in descending order,
///
///     AP = sum over n of (R_n - R_{n-1}) P_n,   R_0 = 0.
///
/// Equal scores are one threshold, so the order of the input does not matter. The trapezoid under
/// the same curve is another, more optimistic number.
///
///     try averagePrecision(
///       scores: [0.9, 0.8, 0.8, 0.1], positives: [true, false, true, false])
///     // 0.8333333333333333
///
/// - Parameters:
///   - scores: One score for each case; higher means more likely positive. Infinities are allowed.
///   - positives: Whether each case is positive; as many as `scores`.
/// - Returns: A value in 0...1; the share of positives is what random scores reach on average.
/// - Throws: ``ScoreError`` if the lists are empty or of different lengths, if a score is NaN, or
///   if no case is positive.
/// - Complexity: O(*n* log *n*).
public func averagePrecision(scores: [Double], positives: [Bool]) throws -> Double {
  let ranked = try RankedScores(scores: scores, positives: positives)
  guard let value = ranked.averagePrecision else {
    throw ScoreError.noPositiveCase(caseCount: ranked.caseCount)
  }
  return value
}

/// Returns the area under the receiver operating characteristic.
///
/// This is the probability that a positive case scores higher than a negative one, a tie counting
/// one half:
///
///     AUC = (#(positive > negative) + #(positive = negative) / 2) / (positives * negatives).
///
///     try areaUnderROC(scores: [0.9, 0.8, 0.8, 0.1], positives: [true, false, true, false])
///     // 0.875
///
/// - Parameters:
///   - scores: One score for each case; higher means more likely positive. Infinities are allowed.
///   - positives: Whether each case is positive; as many as `scores`.
/// - Returns: A value in 0...1; 0.5 is chance.
/// - Throws: ``ScoreError`` if the lists are empty or of different lengths, if a score is NaN, or
///   if the cases are not of both kinds.
/// - Complexity: O(*n* log *n*).
public func areaUnderROC(scores: [Double], positives: [Bool]) throws -> Double {
  let ranked = try RankedScores(scores: scores, positives: positives)
  guard ranked.positiveCount > 0 else {
    throw ScoreError.noPositiveCase(caseCount: ranked.caseCount)
  }
  guard let value = ranked.areaUnderROC else {
    throw ScoreError.noNegativeCase(caseCount: ranked.caseCount)
  }
  return value
}
