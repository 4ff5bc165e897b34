// SPDX-License-Identifier: Apache-2.0

/// Scores of one binary question in descending order, equal scores gathered into one block.
///
/// A block is one threshold: all its cases are on the same side of every decision.
struct RankedScores {
  /// How many positive and negative cases share one score.
  struct Block {
    let score: Double
    var positives: Int
    var negatives: Int
  }

  private(set) var blocks: [Block] = []
  /// The indices of the cases in the order of the blocks.
  let order: [Int]
  private(set) var positiveCount = 0
  var negativeCount: Int { caseCount - positiveCount }
  let caseCount: Int

  init(scores: [Double], positives: [Bool]) throws {
    guard !scores.isEmpty else { throw ScoreError.empty }
    guard positives.count == scores.count else {
      throw ScoreError.lengthMismatch(
        list: "positives", found: positives.count, expected: scores.count)
    }
    if let index = scores.firstIndex(where: \.isNaN) { throw ScoreError.notANumber(index: index) }
    caseCount = scores.count

    order = scores.indices.sorted { scores[$0] > scores[$1] }
    var previous: Double?
    for index in order {
      let isPositive = positives[index]
      if scores[index] != previous {
        blocks.append(Block(score: scores[index], positives: 0, negatives: 0))
        previous = scores[index]
      }
      blocks[blocks.count - 1].positives += isPositive ? 1 : 0
      blocks[blocks.count - 1].negatives += isPositive ? 0 : 1
      positiveCount += isPositive ? 1 : 0
    }
  }

  /// Sum over blocks of (recall gained) x (precision at the block), or nil with no positive case.
  var averagePrecision: Double? {
    guard positiveCount > 0 else { return nil }
    var truePositives = 0
    var selected = 0
    var sum = 0.0
    for block in blocks {
      truePositives += block.positives
      selected += block.positives + block.negatives
      sum += Double(block.positives) * (Double(truePositives) / Double(selected))
    }
    return sum / Double(positiveCount)
  }

  /// Share of (positive, negative) pairs in the right order, a tie counting one half.
  ///
  /// This is the mid-rank formula counted in whole half-pairs, so nothing is rounded before the
  /// one division. It is nil unless both kinds of case are present.
  var areaUnderROC: Double? {
    guard positiveCount > 0, negativeCount > 0 else { return nil }
    var negativesBelow = negativeCount
    var halfPairs = 0
    for block in blocks {
      negativesBelow -= block.negatives
      halfPairs += block.positives * (2 * negativesBelow + block.negatives)
    }
    return Double(halfPairs) / 2 / (Double(positiveCount) * Double(negativeCount))
  }
}
