// SPDX-License-Identifier: Apache-2.0

/// Why a threshold could not be set up, calibrated or restored: what is wrong, what was found and
/// what would be right.
public struct ThresholdError: Error, Equatable, Sendable {
  /// What is wrong.
  public let code: Code
  /// What was found: a parameter, a number of bytes or scores, or the byte of a damaged state.
  public let found: Double
  /// The one right value or, for codes that name a limit, the limit.
  public let expected: Double

  init(_ code: Code, found: Double, expected: Double) {
    self.code = code
    self.found = found
    self.expected = expected
  }

  init(_ code: Code, found: Int, expected: Int) {
    self.init(code, found: Double(found), expected: Double(expected))
  }

  /// What can be wrong, as a small integer that never changes its meaning.
  public enum Code: UInt8, Sendable, CaseIterable {
    case levelRange = 1
    case riskRange
    case capacityRange
    case intervalRange
    case depthRange
    case tooFewScores
    case memoryTooSmall
    case misaligned
    case stateLength
    case stateOfOtherSettings
    case stateDamaged
  }
}

extension ThresholdError.Code {
  /// What is wrong and what to do, in words.
  public var advice: StaticString {
    switch self {
    case .levelRange: "level of the initial threshold: give 0 or more, less than 1"
    case .riskRange: "rate of scores above the threshold: give more than 0, less than 1"
    case .capacityRange: "number of stored scores: give one within the limit"
    case .intervalRange: "peaks from refit to refit: give one within the limit"
    case .depthRange: "depth of the moving mean: give one within the limit"
    case .tooFewScores: "finite calibration scores: give more"
    case .memoryTooSmall: "bytes of memory: give `memoryBytes`"
    case .misaligned: "address of the memory: align it to 8 bytes"
    case .stateLength: "bytes of the state: give `memoryBytes`"
    case .stateOfOtherSettings: "settings of the state: restore it where they are the same"
    case .stateDamaged: "contents of the state: save it anew"
    }
  }
}
