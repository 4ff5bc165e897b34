// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Holds the imports of every source file against the table of who may use whom.
@Suite struct ImportTests {
  static let system: Set = ["Glibc", "Darwin", "Synchronization"]
  static let foundation: Set = ["Foundation", "FoundationEssentials"]

  /// What the Swift files of each target, a folder in Sources, may import.
  static let allowed: [String: Set<String>] = [
    "CMinimKernels": [],
    "CMinimSystem": [],
    "CZlib": [],
    "MinimTensor": system.union(["CMinimKernels", "RealModule"]),
    "MinimSeries": system.union(foundation).union(["CZlib"]),
    "MinimScores": ["Glibc", "Darwin"],
    "MinimLayers": system.union(foundation).union(["MinimTensor"]),
    "MinimLearning": system.union(foundation).union([
      "MinimLayers", "MinimSeries", "MinimScores", "MinimTensor",
    ]),
    "MinimModels": system.union(foundation).union(["MinimLayers", "MinimTensor"]),
    "MinimDistillation": foundation.union([
      "MinimForecasting", "MinimLayers", "MinimLearning", "MinimSeries", "MinimScores",
      "MinimTensor",
    ]),
    "MinimDetection": system.union(foundation).union([
      "MinimLayers", "MinimLearning", "MinimSeries", "MinimTensor",
    ]),
    "MinimForecasting": system.union(foundation).union([
      "MinimLayers", "MinimLearning", "MinimScores", "MinimSeries", "MinimTensor",
    ]),
    "MinimRuntime": [],
    "MinimHost": ["CMinimSystem", "MinimRuntime"],
    "MinimPacking": [
      "MinimDetection", "MinimForecasting", "MinimHost", "MinimLayers", "MinimLearning",
      "MinimModels", "MinimRuntime", "MinimSeries", "MinimTensor",
    ],
    "MinimTrials": system.union(foundation).union([
      "MinimLayers", "MinimLearning", "MinimScores", "MinimSeries", "MinimTensor",
    ]),
    "minim-run": ["CMinimSystem", "MinimHost"],
    "minim": system.union(foundation).union([
      "MinimTensor", "MinimSeries", "MinimScores", "MinimLayers", "MinimLearning", "MinimModels",
      "MinimDetection", "MinimDistillation", "MinimForecasting", "MinimHost", "MinimPacking",
      "MinimRuntime",
      "MinimTrials", "ArgumentParser", "Yams",
    ]),
  ]

  @Test func sourcesKeepToTheTable() throws {
    let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Sources")
    let report = try Self.check(sources)
    #expect(report.fileCount > 0)
    #expect(report.violations == [])
  }

  @Test func plantedImportsAreFound() throws {
    let sources = FileManager.default.temporaryDirectory
      .appendingPathComponent("minim-tests-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: sources) }
    func plant(_ path: String, _ text: String) throws {
      let file = sources.appendingPathComponent(path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: false, encoding: .utf8)
    }
    try plant("MinimScores/Fine.swift", "#if canImport(Glibc)\n  import Glibc\n#endif\n")
    try plant("MinimScores/Deep/Bad.swift", "// one\n@preconcurrency public import Foundation\n")
    try plant("MinimModels/Bad.swift", "import MinimTensor; import struct MinimSeries.Case\n")
    try plant("MinimLayers/Fine.swift", "let important = 1 // import nothing\n")
    try plant("MinimLayers/Bad.swift", "\timport  MinimLearning\r\nimport MinimTensor\r\n")
    try plant("Stranger/Fine.swift", "")
    #expect(
      try Self.check(sources).violations == [
        "MinimLayers/Bad.swift:1 imports MinimLearning",
        "MinimModels/Bad.swift:1 imports MinimSeries",
        "MinimScores/Deep/Bad.swift:2 imports Foundation",
        "Stranger: this folder is not in the table of ImportTests",
      ])
  }

  static func check(_ sources: URL) throws -> (violations: [String], fileCount: Int) {
    var violations: [String] = []
    var fileCount = 0
    let manager = FileManager.default
    for target in try manager.contentsOfDirectory(atPath: sources.path).sorted()
    where !target.hasPrefix(".") {
      guard let permitted = allowed[target] else {
        violations.append("\(target): this folder is not in the table of ImportTests")
        continue
      }
      let folder = sources.appendingPathComponent(target)
      for path in try manager.subpathsOfDirectory(atPath: folder.path).sorted()
      where path.hasSuffix(".swift") {
        fileCount += 1
        let text = try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
        for (line, module) in imports(of: text) where !permitted.contains(module) {
          violations.append("\(target)/\(path):\(line) imports \(module)")
        }
      }
    }
    return (violations, fileCount)
  }

  /// Returns line number and module of each import declaration, whatever stands before it.
  static func imports(of text: String) -> [(line: Int, module: String)] {
    let declaration =
      #/
      ^\s* (?: @\w+ (?: \([^)]*\) )? \s+ )*
      (?: (?: public | package | internal | fileprivate | private ) \s+ )?
      import \s+
      (?: (?: typealias | struct | class | enum | protocol | let | var | func ) \s+ )?
      `? (?<module> \w+ )
      /#
    var found: [(line: Int, module: String)] = []
    for (index, line) in text.split(separator: /\R/, omittingEmptySubsequences: false).enumerated()
    {
      for statement in line.split(separator: ";") {
        if let match = statement.firstMatch(of: declaration) {
          found.append((index + 1, String(match.module)))
        }
      }
    }
    return found
  }
}
