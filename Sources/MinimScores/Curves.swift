// SPDX-License-Identifier: Apache-2.0

/// Something that a score cannot be computed from.
public enum ScoreError: Error, Equatable, CustomStringConvertible, Sendable {
  /// There are no cases.
  case noCases
  /// Two lists that belong together have different lengths.
  case countsDiffer(what: String, found: Int, expected: Int)
  /// A score is NaN, at this place in row-major order.
  case notANumber(index: Int)
  /// A label names no class.
  case labelOutOfRange(label: Int, index: Int, classCount: Int)
  /// A curve needs both positive and negative cases.
  case oneSided(positives: Int, negatives: Int)

  /// One line: what was found and what was expected.
  public var description: String {
    switch self {
    case .noCases: "no cases to score; give at least one"
    case .countsDiffer(let what, let found, let expected):
      "\(what): found \(found), expected \(expected)"
    case .notANumber(let index): "score \(index) is NaN; scores must be numbers"
    case .labelOutOfRange(let label, let index, let classCount):
      "label \(label) of case \(index) is outside 0..<\(classCount)"
    case .oneSided(let positives, let negatives):
      "a curve needs positive and negative cases, found \(positives) and \(negatives)"
    }
  }
}

/// Average precision (AUC-PRC): Σ (Rₙ - Rₙ₋₁) Pₙ over the distinct thresholds, R₀ = 0, without interpolation.
///
/// Cases of equal score enter together, as one threshold; higher scores mean positive. Needs a positive case.
/// Throws `ScoreError`. Source: methods, memkd 4.1; equals scikit-learn's `average_precision_score`.
///
///     try averagePrecision(scores: [0.9, 0.8, 0.8, 0.1], positives: [true, false, true, false])  // 0.8333…
public func averagePrecision(scores: [Double], positives: [Bool]) throws(ScoreError) -> Double {
  let order = try descendingOrder(scores, positives)
  let total = positives.count(where: \.self)
  guard total > 0 else { throw .oneSided(positives: 0, negatives: scores.count) }
  var hits = 0, area = 0.0, place = 0
  while place < order.count {
    let score = scores[order[place]]
    var fresh = 0
    while place < order.count, scores[order[place]] == score {
      if positives[order[place]] { fresh += 1 }
      place += 1
    }
    hits += fresh
    area += Double(fresh) / Double(total) * Double(hits) / Double(place)
  }
  return area
}

/// The area under the ROC curve: the share of (positive, negative) pairs in the right order, ties counting half.
///
/// Computed by mid-ranks. Needs both kinds of case. Throws `ScoreError`. Source: methods, memkd 4.1.
///
///     try areaUnderROC(scores: [0.9, 0.8, 0.8, 0.1], positives: [true, false, true, false])  // 0.875
public func areaUnderROC(scores: [Double], positives: [Bool]) throws(ScoreError) -> Double {
  let order = try descendingOrder(scores, positives)
  let total = positives.count(where: \.self), others = positives.count - total
  guard total > 0, others > 0 else { throw .oneSided(positives: total, negatives: others) }
  var right = 0.0, above = 0, place = 0
  while place < order.count {
    let score = scores[order[place]]
    var tiedPositives = 0, tiedNegatives = 0
    while place < order.count, scores[order[place]] == score {
      if positives[order[place]] { tiedPositives += 1 } else { tiedNegatives += 1 }
      place += 1
    }
    right += Double(tiedNegatives) * (Double(above) + 0.5 * Double(tiedPositives))
    above += tiedPositives
  }
  return right / (Double(total) * Double(others))
}

/// Indices from the highest score to the lowest, after checking that the lists are fit to be ranked.
private func descendingOrder(_ scores: [Double], _ positives: [Bool]) throws(ScoreError) -> [Int] {
  guard !scores.isEmpty else { throw .noCases }
  guard scores.count == positives.count else {
    throw .countsDiffer(what: "positives", found: positives.count, expected: scores.count)
  }
  if let index = scores.firstIndex(where: \.isNaN) { throw .notANumber(index: index) }
  return scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
}
