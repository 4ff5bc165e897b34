// SPDX-License-Identifier: Apache-2.0

import Foundation
import MinimScores

/// Reference values written by Tools/golden/comparisons.py.
struct GoldenComparisons: Decodable {
  struct Wilcoxon: Decodable {
    var first: [Double]
    var second: [Double]
    var isExact: Bool
    var prattStatistic: Double
    var prattP: Double
    var wilcoxStatistic: Double
    var wilcoxP: Double
  }

  struct Friedman: Decodable {
    var scores: [[Double]]
    var ranks: [Double]
    var chiSquare: Double
    var p: Double
  }

  struct Holm: Decodable {
    var pValues: [Double]
    var adjusted: [Double]
  }

  struct Nemenyi: Decodable {
    var methods: Int
    var alpha: Double
    var difference: Double
  }

  struct ChiSquare: Decodable {
    var x: Double
    var degrees: Int
    var tail: Double
  }

  struct Table: Decodable {
    struct Pair: Decodable {
      var first: Int
      var second: Int
      var p: Double
    }
    var pairs: [Pair]
    var adjusted: [Double]
  }

  var wilcoxon: [Wilcoxon]
  var friedman: [Friedman]
  var chiSquare: [ChiSquare]
  var holm: [Holm]
  var nemenyi: [Nemenyi]
  var table: [Table]

  static func load() throws -> GoldenComparisons {
    try JSONDecoder().decode(GoldenComparisons.self, from: golden("comparisons.json"))
  }
}

/// The published Table II of MemKD (arXiv 2601.04264).
struct MemKDTable: Decodable {
  var methods: [String]
  var students: [[Double]]

  static func load() throws -> ScoreTable {
    let table = try JSONDecoder().decode(MemKDTable.self, from: golden("memkd-table.json"))
    return try ScoreTable(methods: table.methods, scores: table.students)
  }
}

private func golden(_ name: String) throws -> Data {
  try Data(
    contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Golden/\(name)"))
}

/// A table whose methods are called 0, 1 and so on.
func scoreTable(_ scores: [[Double]]) throws -> ScoreTable {
  try ScoreTable(methods: scores[0].indices.map { "\($0)" }, scores: scores)
}
