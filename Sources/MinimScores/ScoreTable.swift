// SPDX-License-Identifier: Apache-2.0

/// Scores of several methods on several data sets: what ranks and tests are computed from.
///
/// Higher is better; of errors give the negatives.
public struct ScoreTable: Sendable, Equatable {
  /// The names of the methods, in the order of the columns.
  public let methods: [String]
  /// One row for each data set, one score for each method.
  public let scores: [[Double]]

  /// Checks and keeps a table.
  ///
  /// - Parameters:
  ///   - methods: At least two names.
  ///   - scores: Shape (data sets, methods), at least one row, finite.
  /// - Throws: ``ScoreError`` if there are too few methods or data sets, if a row is shorter or
  ///   longer than `methods`, or if a score is NaN or infinite.
  public init(methods: [String], scores: [[Double]]) throws {
    guard methods.count >= 2 else {
      throw ScoreError.tooFew(what: "methods", found: methods.count, expected: 2)
    }
    guard !scores.isEmpty else { throw ScoreError.tooFew(what: "data sets", found: 0, expected: 1) }
    for (row, values) in scores.enumerated() {
      guard values.count == methods.count else {
        throw ScoreError.lengthMismatch(
          list: "row \(row) (one score for each method)", found: values.count,
          expected: methods.count)
      }
      if let column = values.firstIndex(where: { !$0.isFinite }) {
        throw ScoreError.notFiniteInTable(row: row, column: column)
      }
    }
    self.methods = methods
    self.scores = scores
  }

  /// The same with scores rounded half away from zero to `digits`, 0...15, after the point.
  ///
  /// A published table knows no finer ties than its digits.
  public func rounded(toDigits digits: Int) -> ScoreTable {
    precondition((0...15).contains(digits), "digits lie in 0...15, not \(digits)")
    let unit = (0..<digits).reduce(1.0) { power, _ in power * 10 }
    return ScoreTable(
      checkedMethods: methods,
      scores: scores.map { row in
        row.map { ($0 * unit).isFinite ? ($0 * unit).rounded() / unit : $0 }
      })
  }

  private init(checkedMethods: [String], scores: [[Double]]) {
    methods = checkedMethods
    self.scores = scores
  }

  /// The scores of one method, a value for each data set.
  func column(_ method: Int) -> [Double] { scores.map { $0[method] } }
}
