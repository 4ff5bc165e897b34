// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Reference values written by Tools/golden/scores.py.
struct GoldenScores: Decodable {
  struct Binary: Decodable {
    var scores: [Double]
    var positives: [Int]
    var averagePrecision: Double
    var areaUnderROC: Double?
  }

  struct Multiclass: Decodable {
    var classCount: Int
    var probabilities: [Double]
    var labels: [Int]
    var averagePrecisions: [Double?]
    var areasUnderROC: [Double?]
    var aucPRC: Double
    var aucROC: Double?
    var leftOutOfPRC: Int
    var leftOutOfROC: Int
    var accuracy: Double
    var balancedAccuracy: Double
    var logLoss: Double
    var confusionMatrix: [[Int]]
  }

  struct Summary: Decodable {
    var values: [Double]
    var mean: Double
    var standardDeviation: Double?
    var minimum: Double
    var maximum: Double
  }

  var binary: [Binary]
  var multiclass: [Multiclass]
  var summary: [Summary]

  static func load() throws -> GoldenScores {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Golden/scores.json")
    return try JSONDecoder().decode(GoldenScores.self, from: Data(contentsOf: file))
  }
}

func isClose(_ found: Double?, _ expected: Double?, within tolerance: Double = 1e-12) -> Bool {
  switch (found, expected) {
  case (nil, nil): true
  case (let found?, let expected?):
    abs(found - expected) <= tolerance * max(1, abs(expected))
  default: false
  }
}
