// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// The runtime reads what anyone may have written: nothing in it may trap, and it knows no heap.
@Suite struct RuntimeRulesTests {
  static let forbidden = [
    "precondition", "assert", "fatalError", "try!", "as!", "try?", "[Float]", "[Int]", "[UInt8]",
    "String(", "import ", "class ", "any ",
  ]

  /// A force unwrap: a name, bracket or parenthesis with `!` behind it that is no `!=`.
  static func unwraps(_ line: Substring) -> Bool { line.contains(/[\w\)\]]!(?!=)/) }

  @Test func theRuntimeHasNothingThatCouldTrap() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let folder = root.appendingPathComponent("Sources/MinimRuntime").path
    var lines = 0
    for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() {
      let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
      for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
        .enumerated()
      {
        let code = line.split(separator: "//", maxSplits: 1).first ?? ""
        if line.trimmingCharacters(in: .whitespaces).hasPrefix("//") { continue }
        lines += 1
        for word in Self.forbidden {
          #expect(!code.contains(word), "\(name):\(index + 1) has \(word)")
        }
        #expect(!Self.unwraps(code), "\(name):\(index + 1) unwraps by force")
      }
    }
    #expect(lines > 500)
    #expect(Self.unwraps("let x = y!"))
    #expect(!Self.unwraps("if a != b { !c }"))
  }
}
