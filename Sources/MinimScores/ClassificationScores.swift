// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How good a classifier's probabilities are on one set of cases. All values are fractions in 0 ... 1 but log-loss.
///
/// Source: methods, memkd 4.1. The macro averages are plain means over the classes that have a positive case (and,
/// for ROC, a negative one); the classes left out are counted.
public struct ClassificationScores: Codable, Equatable, Sendable {
  /// The number of cases.
  public let cases: Int
  /// Mean over classes of one-vs-rest average precision.
  public let aucPRC: Double
  /// Mean over classes of one-vs-rest area under ROC; nil when no class has both kinds of case.
  public let aucROC: Double?
  /// The share of cases whose largest probability is at their class; ties go to the lowest class.
  public let accuracy: Double
  /// Mean over the classes present of the share of their cases that were recognised.
  public let balancedAccuracy: Double
  /// Mean of -ln p(true class), p held at 1e-15 or more.
  public let logLoss: Double
  /// Average precision of each class; nil for a class without a case.
  public let classAUCPRC: [Double?]
  /// Area under ROC of each class; nil for a class without both kinds of case.
  public let classAUCROC: [Double?]
  /// Classes left out of `aucPRC` because no case has them.
  public let classesLeftOut: Int
  /// confusion[true class][predicted class], in cases.
  public let confusion: [[Int]]

  /// Scores of probabilities, row-major with one row of `classCount` a case, against class indices.
  ///
  /// Throws `ScoreError` for no cases, NaN, wrong counts, or labels outside 0 ..< classCount.
  public init(probabilities: [Double], classCount: Int, labels: [Int]) throws(ScoreError) {
    guard !labels.isEmpty, classCount > 0 else { throw .noCases }
    guard probabilities.count == labels.count * classCount else {
      throw .countsDiffer(
        what: "probabilities", found: probabilities.count, expected: labels.count * classCount)
    }
    if let index = probabilities.firstIndex(where: \.isNaN) { throw .notANumber(index: index) }
    for (index, label) in labels.enumerated() where !(0..<classCount).contains(label) {
      throw .labelOutOfRange(label: label, index: index, classCount: classCount)
    }
    var confusion = [[Int]](
      repeating: [Int](repeating: 0, count: classCount), count: classCount)
    var loss = 0.0
    for (index, label) in labels.enumerated() {
      let row = probabilities[(index * classCount)..<((index + 1) * classCount)]
      var best = row.startIndex
      for place in row.indices where row[place] > row[best] { best = place }
      confusion[label][best - row.startIndex] += 1
      loss -= log(max(row[row.startIndex + label], 1e-15))
    }
    var precisions: [Double?] = [], areas: [Double?] = [], recalls: [Double] = []
    for kind in 0..<classCount {
      let positives = labels.map { $0 == kind }
      let total = positives.count(where: \.self)
      let scores = labels.indices.map { probabilities[$0 * classCount + kind] }
      precisions.append(total > 0 ? try averagePrecision(scores: scores, positives: positives) : nil)
      areas.append(
        total > 0 && total < labels.count
          ? try areaUnderROC(scores: scores, positives: positives) : nil)
      if total > 0 { recalls.append(Double(confusion[kind][kind]) / Double(total)) }
    }
    let known = precisions.compactMap(\.self), knownAreas = areas.compactMap(\.self)
    cases = labels.count
    aucPRC = known.reduce(0, +) / Double(known.count)
    aucROC = knownAreas.isEmpty ? nil : knownAreas.reduce(0, +) / Double(knownAreas.count)
    accuracy = Double((0..<classCount).reduce(0) { $0 + confusion[$1][$1] }) / Double(labels.count)
    balancedAccuracy = recalls.reduce(0, +) / Double(recalls.count)
    logLoss = loss / Double(labels.count)
    classAUCPRC = precisions
    classAUCROC = areas
    classesLeftOut = classCount - known.count
    self.confusion = confusion
  }
}
