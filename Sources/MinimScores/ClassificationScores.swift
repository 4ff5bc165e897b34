// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How well predicted class probabilities fit the true classes.
///
/// Curves are one class against the rest, with the probability of the class as score; their macro
/// values are plain means over the classes for which the curve exists. With two classes the mean
/// is over both, and `classes[1]` holds the values with class 1 as the positive one.
///
///     let scores = try ClassificationScores(
///       probabilities: [0.8, 0.2, 0.3, 0.7, 0.6, 0.4], classCount: 2, labels: [0, 1, 1])
///     scores.accuracy  // 0.6666666666666666
public struct ClassificationScores: Codable, Sendable, Equatable {
  /// What concerns one class alone.
  public struct ClassValues: Codable, Sendable, Equatable {
    /// The number of cases that are truly of this class.
    public let caseCount: Int
    /// The average precision of this class against the rest; nil if it has no case.
    public let averagePrecision: Double?
    /// The area under the ROC of this class against the rest; nil if it has none or all the cases.
    public let areaUnderROC: Double?
    /// The share of this class's cases that were predicted as such; nil if it has no case.
    public let recall: Double?
  }

  /// The number of cases scored.
  public let caseCount: Int
  /// The mean average precision over the classes that have a case.
  public let aucPRC: Double
  /// The mean area under the ROC over the classes that have some but not all of the cases.
  ///
  /// It is nil if there is no such class, that is, if all cases are of one class.
  public let aucROC: Double?
  /// The share of cases whose most probable class, the lowest one on a tie, is the true one.
  public let accuracy: Double
  /// The mean recall over the classes that have a case.
  public let balancedAccuracy: Double
  /// The mean of -ln p over the cases, p being the probability of the true class.
  ///
  /// p is first clipped to 2^-52 ... 1 - 2^-52 (the rounding unit of `Double`), so one certain
  /// mistake costs 36.04 and not infinity. Rows are not rescaled to sum to one.
  public let logLoss: Double
  /// The values of each class, in the order of the class indices.
  public let classes: [ClassValues]
  /// How many classes `aucPRC` and `balancedAccuracy` leave out, for want of a case.
  public let classesLeftOutOfPRC: Int
  /// How many classes `aucROC` leaves out, because they have none or all of the cases.
  public let classesLeftOutOfROC: Int
  /// The number of cases by true class (first index) and predicted class (second index).
  public let confusionMatrix: [[Int]]

  /// Scores predicted probabilities against labels.
  ///
  /// - Parameters:
  ///   - probabilities: Shape (cases, classes), row-major, one row for each case. Each value must
  ///     be in 0...1, with 1e-6 of leeway for rounding.
  ///   - classCount: The number of classes, at least 1.
  ///   - labels: The true class of each case, in `0..<classCount`.
  /// - Throws: ``ScoreError`` if there is no case, if the sizes do not agree, if a value is NaN or
  ///   no probability, or if a label is out of range.
  /// - Complexity: O(*c* *n* log *n* + *c*^2) for *n* cases and *c* classes.
  public init(probabilities: [Double], classCount: Int, labels: [Int]) throws {
    try Self.check(probabilities: probabilities, classCount: classCount, labels: labels)
    var confusion = [[Int]](
      repeating: [Int](repeating: 0, count: classCount), count: classCount)
    var loss = 0.0
    for (row, label) in labels.enumerated() {
      let start = row * classCount
      var predicted = 0
      for column in 1..<classCount
      where probabilities[start + column] > probabilities[start + predicted] {
        predicted = column
      }
      confusion[label][predicted] += 1
      let smallest = Double.ulpOfOne
      loss -= log(min(max(probabilities[start + label], smallest), 1 - smallest))
    }

    let classes = try (0..<classCount).map { column in
      let ranked = try RankedScores(
        scores: labels.indices.map { probabilities[$0 * classCount + column] },
        positives: labels.map { $0 == column })
      let count = ranked.positiveCount
      return ClassValues(
        caseCount: count, averagePrecision: ranked.averagePrecision,
        areaUnderROC: ranked.areaUnderROC,
        recall: count > 0 ? Double(confusion[column][column]) / Double(count) : nil)
    }
    let precisions = classes.compactMap(\.averagePrecision)
    let areas = classes.compactMap(\.areaUnderROC)
    let correct = (0..<classCount).reduce(0) { $0 + confusion[$1][$1] }

    caseCount = labels.count
    aucPRC = Self.mean(precisions)
    aucROC = areas.isEmpty ? nil : Self.mean(areas)
    accuracy = Double(correct) / Double(labels.count)
    balancedAccuracy = Self.mean(classes.compactMap(\.recall))
    logLoss = loss / Double(labels.count)
    self.classes = classes
    classesLeftOutOfPRC = classCount - precisions.count
    classesLeftOutOfROC = classCount - areas.count
    confusionMatrix = confusion
  }

  private static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }

  private static func check(probabilities: [Double], classCount: Int, labels: [Int]) throws {
    guard classCount >= 1 else { throw ScoreError.invalidClassCount(classCount) }
    guard !labels.isEmpty else { throw ScoreError.empty }
    let (expected, overflow) = labels.count.multipliedReportingOverflow(by: classCount)
    guard !overflow, probabilities.count == expected else {
      throw ScoreError.lengthMismatch(
        list: "probabilities (\(labels.count) cases of \(classCount) classes)",
        found: probabilities.count, expected: overflow ? .max : expected)
    }
    for (index, value) in probabilities.enumerated() {
      if value.isNaN { throw ScoreError.notANumber(index: index) }
      guard value >= -1e-6, value <= 1 + 1e-6 else {
        throw ScoreError.probabilityOutOfRange(
          case: index / classCount, class: index % classCount, value: value)
      }
    }
    for (index, label) in labels.enumerated() where label < 0 || label >= classCount {
      throw ScoreError.labelOutOfRange(case: index, label: label, classCount: classCount)
    }
  }
}
