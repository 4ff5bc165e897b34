// SPDX-License-Identifier: Apache-2.0

import Foundation
import MinimScores

/// Reference values written by Tools/golden/anomaly.py.
struct GoldenAnomaly: Decodable {
  struct Detection: Decodable {
    var scores: [Double]
    var labels: [Int]
    var averagePrecision: Double
    var areaUnderROC: Double?
    var threshold: Double
    var precision: Double
    var recall: Double
    var f1: Double
    var bestF1: Double
  }

  struct Affiliation: Decodable {
    struct Event: Decodable {
      var precision: Double?
      var recall: Double
    }
    var name: String
    var events: [Event]
    var precision: Double?
    var recall: Double
    /// Half-open runs of a random case; nil of a published one.
    var count: Int?
    var truth: [[Int]]?
    var alarms: [[Int]]?
  }

  struct Period: Decodable {
    var series: [Double]
    var buffer: Int
  }

  var detection: [Detection]
  var affiliation: [Affiliation]
  var publishedAffiliation: [Affiliation]
  var period: [Period]

  static func load() throws -> GoldenAnomaly {
    try JSONDecoder().decode(GoldenAnomaly.self, from: anomalyGolden("anomaly.json"))
  }
}

/// The labels and alarms published with the affiliation metrics, one 0 or 1 a line, where the folder
/// MINIM_DATA (or ../shared/data) has them.
let publishedAffiliation: URL? = {
  let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  let named = ProcessInfo.processInfo.environment["MINIM_DATA"].map { URL(filePath: $0) }
  let folder = (named ?? package.deletingLastPathComponent().appending(path: "shared/data"))
    .appending(path: "affiliation_golden")
  return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
}()

private func anomalyGolden(_ name: String) throws -> Data {
  try Data(
    contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Golden/\(name)"))
}

/// `count` flags, true in the half-open runs.
func flags(_ count: Int, _ runs: [Range<Int>]) -> [Bool] {
  (0..<count).map { point in runs.contains { $0.contains(point) } }
}

/// The vector T of the specification: 40 points, two segments.
let vectorT: (scores: [Double], labels: [Bool]) = {
  let scores = (0..<40).map { point -> Double in
    var score: Double = 0.3 * sin(1.7 * Double(point)) + 0.3
    if (11...15).contains(point) { score += 0.8 }
    if (27...28).contains(point) { score += 0.5 }
    return score
  }
  return (scores, flags(40, [10..<15, 28..<30]))
}()

/// Small series with ties, runs at both ends and, now and then, infinities and labels of one kind.
func smallSeries(_ number: Int) throws -> LabelledScores {
  let random = randomScores(count: 200, seed: UInt64(number))
  let count = 1 + Int(random[0] * 24)
  let levels = [2.0, 4, 100][number % 3]
  var scores = (0..<count).map { (random[2 + $0] * levels).rounded(.down) }
  if number % 5 == 0 {
    scores[0] = .infinity
    scores[count - 1] = -.infinity
  }
  let share = [0.2, 0.5, 0.9][number % 7 % 3]
  var labels = (0..<count).map { random[50 + $0 / (1 + number % 4)] < share }
  if number % 11 == 0 { labels = labels.map { _ in number % 2 == 0 } }
  return try LabelledScores(scores: scores, labels: labels)
}
