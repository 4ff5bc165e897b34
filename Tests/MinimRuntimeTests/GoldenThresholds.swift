// SPDX-License-Identifier: Apache-2.0

import Foundation
import MinimRuntime

/// A reference value written by Tools/golden/thresholds.py.
struct GoldenThreshold: Decodable {
  struct Fit: Decodable {
    var gamma: Double
    var sigma: Double
    var logLikelihood: Double
  }

  var scores: [Double]
  var level: Double
  var risk: Double
  var start: Double
  var peakCount: Int
  /// SciPy's fit and threshold.
  var gamma: Double
  var sigma: Double
  var logLikelihood: Double
  var threshold: Double
  /// The highest interior maximum with γ ≥ -1, or γ = 0, by a search of its own.
  var best: Fit

  static func load() throws -> [GoldenThreshold] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Golden/thresholds.json")
    return try JSONDecoder().decode([GoldenThreshold].self, from: Data(contentsOf: file))
  }
}

/// `peaksOverThreshold` of an array.
func peaksOverThreshold(
  _ scores: [Double], level: Double = 0.98, risk: Double
) throws -> PeakThreshold {
  var copy = scores
  return try copy.withUnsafeMutableBufferPointer { buffer in
    try peaksOverThreshold(buffer, level: level, risk: risk)
  }
}

/// `fitTail` of an array.
func fitTail(_ peaks: [Double]) -> TailFit { peaks.withUnsafeBufferPointer { fitTail($0) } }

/// Memory of so many bytes, aligned to 8, that frees itself.
final class Room {
  let bytes: UnsafeMutableRawBufferPointer

  init(_ count: Int) { bytes = .allocate(byteCount: count, alignment: 8) }

  deinit { bytes.deallocate() }
}

/// Equal but for a relative difference, or both the same infinity.
func isClose(_ found: Double, _ expected: Double, within tolerance: Double) -> Bool {
  found == expected || abs(found - expected) <= tolerance * abs(expected)
}

/// SplitMix64.
struct Dice: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Between 0 and 1, neither of them.
  mutating func uniform() -> Double { (Double(next() >> 12) + 0.5) * 0x1p-52 }

  mutating func exponential() -> Double { -log(uniform()) }

  /// Of a generalised Pareto distribution of scale 1.
  mutating func pareto(_ gamma: Double) -> Double { expm1(gamma * exponential()) / gamma }

  mutating func normal() -> Double {
    (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform())
  }
}
