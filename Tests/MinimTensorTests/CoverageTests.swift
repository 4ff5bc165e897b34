// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// No operation without a row: the sources are read, not a list that could be forgotten.
@Suite struct CoverageTests {
  private let package = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private func text(in folder: String, where wanted: (String) -> Bool) throws -> String {
    let folder = package.appending(path: folder)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter(wanted)
    #expect(!names.isEmpty)
    return try names.sorted().map {
      try String(contentsOf: folder.appending(path: $0), encoding: .utf8)
    }.joined(separator: "\n")
  }

  private func matches(_ pattern: String, in text: String) throws -> Set<String> {
    let expression = try NSRegularExpression(pattern: pattern)
    let whole = NSRange(text.startIndex..., in: text)
    return Set(
      expression.matches(in: text, range: whole).compactMap {
        Range($0.range(at: 1), in: text).map { String(text[$0]) }
      })
  }

  /// Dropout is random: RandomnessTests has its check.
  @Test func everyPublicOperationIsCalledByARow() throws {
    let operations = try text(in: "Sources/MinimTensor/Operations") { $0.hasSuffix(".swift") }
    let declared = try matches(#"public (?:static )?func ([A-Za-z0-9]+)"#, in: operations)
    #expect(declared.count > 35)
    let rows = try text(in: "Tests/MinimTensorTests") {
      $0.hasPrefix("OperationCases") || $0.hasPrefix("StraightThrough")
    }
    let called = try matches(#"\.([A-Za-z0-9]+)\("#, in: rows)
    #expect(declared.subtracting(called).subtracting(["dropout"]) == [])
    for sign in ["+", "-", "*", "/"] { #expect(rows.contains("$0 \(sign) $1"), "\(sign)") }
  }
}
