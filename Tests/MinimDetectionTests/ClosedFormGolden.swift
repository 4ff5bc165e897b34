// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimDetection
import MinimLearning
import MinimSeries
import MinimTensor

/// The reference values of Tools/golden/closed_form_detectors.py.
struct ClosedFormGolden: Decodable {
  struct Forest: Decodable {
    let channels, trees, subsample: Int
    let train, test, features, values: [Float]
    let scores, ownScores: [Double]
  }
  struct Machine: Decodable {
    let channels, features: Int
    let train, test, frequencies, phases, weight: [Float]
    let offset: Float
    let scores, kernelScores: [Double]
    let least, rival: Double
  }
  struct Factors: Decodable {
    let channels, neighbours: Int
    let train, test: [Float]
    let scores: [Double]
  }
  struct Summary: Decodable {
    let size, neighbours: Int
    let rows: [Float]
    let weights: [Double]
    let kept: [Int]
  }
  struct Autoencoder: Decodable {
    let channels, window, hidden: Int
    let ridge: Double
    let train, test, weight, bias: [Float]
    let output, parts: [Double]
  }

  let forest: Forest
  let machine: Machine
  let factors: [Factors]
  let summaries: [Summary]
  let autoencoder: Autoencoder

  static func read() throws -> ClosedFormGolden {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = tests.appending(path: "Golden/closed-form-detectors.json")
    return try JSONDecoder().decode(ClosedFormGolden.self, from: Data(contentsOf: file))
  }
}

/// A recording of values in rows.
func recording(_ values: [Float], channels: Int) -> Recording {
  Recording(name: "golden", channels: channels, values: values)
}

extension Detector {
  /// A detector of a configuration, its random parts from seed 1.
  init(_ configuration: Configuration) {
    var generator = SeededGenerator(seed: 1)
    self.init(configuration, using: &generator)
  }

  /// The detector after training on a recording with the kind's own plan, or with other epochs.
  func fitted(to recording: Recording, seed: UInt64 = 1, epochs: Int? = nil) throws -> Self {
    var plan = Self.plan, result = self
    plan.seed = seed
    plan.epochs = epochs ?? plan.epochs
    let windows = Windows(recording, for: configuration)
    let progress = Progress("test", total: plan.epochs, unit: "epoch", quiet: true)
    try result.fit(windows, held: windows, plan: plan, progress: progress)
    return result
  }
}

/// The largest difference of two lists relative to 1 + the second's magnitude; infinite where a
/// difference is not a number or the counts differ.
func distance(_ found: [Double], _ expected: [Double]) -> Double {
  guard found.count == expected.count else { return .infinity }
  let differences = zip(found, expected).map { abs($0 - $1) / (1 + abs($1)) }
  return differences.contains { !$0.isFinite } ? .infinity : differences.max() ?? .infinity
}

/// Spearman's correlation of two lists without ties.
func rankCorrelation(_ a: [Double], _ b: [Double]) -> Double {
  func ranks(_ list: [Double]) -> [Double] {
    var ranks = [Double](repeating: 0, count: list.count)
    for (rank, place) in list.indices.sorted(by: { list[$0] < list[$1] }).enumerated() {
      ranks[place] = Double(rank)
    }
    return ranks
  }
  let n = Double(a.count)
  let squares = zip(ranks(a), ranks(b)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  return 1 - 6 * squares / (n * (n * n - 1))
}
