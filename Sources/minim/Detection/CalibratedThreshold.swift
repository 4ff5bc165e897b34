// SPDX-License-Identifier: Apache-2.0
import MinimRuntime

/// Peaks over threshold from calibration scores in any order (methods, gon 2.1); scores that are not
/// finite do not count.
///
/// Throws `ThresholdError`.
func peaksOverThreshold(
  of calibration: [Double], level: Double, risk: Double
) throws -> PeakThreshold {
  var scores = calibration
  return try scores.withUnsafeMutableBufferPointer {
    try peaksOverThreshold($0, level: level, risk: risk)
  }
}

/// S[⌊level n⌋] of n sorted scores, 0-based.
///
/// Throws `ThresholdError`.
func quantileThreshold(of calibration: [Double], level: Double) throws -> Double {
  var scores = calibration
  return try scores.withUnsafeMutableBufferPointer { try quantileThreshold($0, level: level) }
}
