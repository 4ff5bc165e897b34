// SPDX-License-Identifier: Apache-2.0

/// A reason why scores could not be computed.
public enum ScoreError: Error, Sendable, Equatable {
  /// There was nothing to score.
  case empty

  /// A list did not have one value for every case.
  case lengthMismatch(list: String, found: Int, expected: Int)

  /// The number of classes was below one.
  case invalidClassCount(Int)

  /// A score was NaN, which has no place in an order.
  case notANumber(index: Int)

  /// A value was infinite where only finite values have a meaning.
  case notFinite(index: Int)

  /// A probability was outside 0...1.
  case probabilityOutOfRange(case: Int, class: Int, value: Double)

  /// A label was not one of `0..<classCount`.
  case labelOutOfRange(case: Int, label: Int, classCount: Int)

  /// No case was positive, so neither recall nor a ranking of positives exists.
  case noPositiveCase(caseCount: Int)

  /// No case was negative, so there is nothing to rank the positives against.
  case noNegativeCase(caseCount: Int)

  /// There were fewer methods, data sets or objectives than the comparison needs.
  case tooFew(what: String, found: Int, expected: Int)

  /// A value of a table was NaN or infinite.
  case notFiniteInTable(row: Int, column: Int)

  /// A level of significance was not between 0 and 1.
  case levelOutOfRange(Double)

  /// A p value was not in 0...1.
  case notAPValue(index: Int)

  /// A setting was outside the values that have a meaning, which `expected` says in words.
  case outOfRange(what: String, found: Double, expected: String)

  /// A value of a series was NaN or infinite; the list is the one of this name, such as "train".
  case notFiniteInSeries(list: String, row: Int, channel: Int)
}

extension ScoreError: CustomStringConvertible {
  /// The reason in one line, with what was found and what was expected.
  public var description: String {
    switch self {
    case .empty:
      "there is nothing to score: found 0 cases, expected at least 1"
    case .lengthMismatch(let list, let found, let expected):
      "\(list): found \(found) values, expected \(expected)"
    case .invalidClassCount(let count):
      "class count: found \(count), expected at least 1"
    case .notANumber(let index):
      "value \(index) is NaN, expected a number: look for a diverged model or missing input"
    case .notFinite(let index):
      "value \(index) is not finite, expected a finite number"
    case .probabilityOutOfRange(let index, let column, let value):
      "case \(index), class \(column): found \(value), expected a probability in 0...1 "
        + "(apply softmax to logits first)"
    case .labelOutOfRange(let index, let label, let count):
      "case \(index): found class \(label), expected one of 0 to \(count - 1)"
    case .noPositiveCase(let count):
      "none of the \(count) cases is positive, expected at least 1"
    case .noNegativeCase(let count):
      "all \(count) cases are positive, expected at least 1 negative"
    case .tooFew(let what, let found, let expected):
      "\(what): found \(found), expected at least \(expected)"
    case .notFiniteInTable(let row, let column):
      "row \(row), column \(column) is NaN or infinite, expected a finite number: leave the row or "
        + "the column out, or compute it again"
    case .levelOutOfRange(let level):
      "level of significance: found \(level), expected a number above 0 and below 1, such as 0.05"
    case .notAPValue(let index):
      "p value \(index) is not in 0...1, expected a probability"
    case .outOfRange(let what, let found, let expected):
      "\(what): found \(found), expected \(expected)"
    case .notFiniteInSeries(let list, let row, let channel):
      "\(list): row \(row), channel \(channel) is NaN or infinite, expected a finite number: fill "
        + "missing values first"
    }
  }
}
