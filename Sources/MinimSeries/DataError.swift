// SPDX-License-Identifier: Apache-2.0

/// Data that cannot be used: where, what was found, what was expected and what to do.
public struct DataError: Error, Equatable, CustomStringConvertible, Sendable {
  /// The file or folder.
  public var file: String
  /// The line in the file, from 1, where there is one.
  public var line: Int?
  /// The field or place in the line, where there is one.
  public var field: String?
  /// What was found.
  public var found: String
  /// What was expected.
  public var expected: String
  /// What to do about it; empty when that is plain.
  public var advice: String

  /// An error from its parts.
  public init(
    file: String, line: Int? = nil, field: String? = nil, found: String, expected: String,
    advice: String = ""
  ) {
    self.file = file
    self.line = line
    self.field = field
    self.found = found
    self.expected = expected
    self.advice = advice
  }

  /// One line: `file:line: field: found …, expected …; advice`.
  public var description: String {
    let place = file + (line.map { ":\($0)" } ?? "") + (field.map { ": \($0)" } ?? "")
    return "\(place): found \(found), expected \(expected)\(advice.isEmpty ? "" : "; \(advice)")"
  }
}

/// An option whose text cannot be understood.
public struct OptionError: Error, Equatable, CustomStringConvertible, Sendable {
  /// One line: the option, what was found and what is allowed.
  public let description: String

  /// An error that says `description`.
  public init(_ description: String) { self.description = description }
}
