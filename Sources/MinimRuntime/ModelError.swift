// SPDX-License-Identifier: Apache-2.0

/// Why a model file, or memory given for it, was refused: what is wrong, where, what stands there
/// and what would be right.
public struct ModelError: Error, Equatable, Sendable {
  /// What is wrong.
  public let code: Code
  /// The byte of the file (for a state: of the state) where it stands; 0 where no place can be named.
  public let offset: UInt32
  /// What was found there, or `UInt32.max` if larger.
  public let found: UInt32
  /// What is allowed: the one right value or, for codes that name a limit, the limit.
  public let expected: UInt32

  init(_ code: Code, at offset: Int = 0, found: Int = 0, expected: Int = 0) {
    self.code = code
    self.offset = UInt32(clamping: offset)
    self.found = UInt32(clamping: found)
    self.expected = UInt32(clamping: expected)
  }

  /// The error of a file of more than `ModelFormat.defaultLimit` bytes, which need not be read.
  public init(tooLarge bytes: Int) {
    self.init(.fileTooLarge, found: bytes, expected: ModelFormat.defaultLimit)
  }

  init(_ code: Code, at offset: Int, found: UInt32, expected: UInt32) {
    self.code = code
    self.offset = UInt32(clamping: offset)
    self.found = found
    self.expected = expected
  }

  /// What can be wrong, as a small integer that never changes its meaning.
  public enum Code: UInt8, Sendable, CaseIterable {
    case misaligned = 1
    case fileTooShort
    case notAModel
    case unsupportedVersion
    case headerLength
    case fileLength
    case fileTooLarge
    case sectionCount
    case unknownFeature
    case reservedNotZero
    case headerChecksum
    case sectionOrder
    case unknownSection
    case sectionAlignment
    case sectionOffset
    case sectionLength
    case paddingNotZero
    case trailingBytes
    case sectionChecksum
    case missingSection
    case tensorCount = 32
    case tensorType
    case tensorRows
    case tensorColumns
    case tensorOffset
    case tensorLength
    case weightNotFinite
    case scaleNotPositive
    case maskDamaged
    case valueCount = 48
    case operationCount
    case outputValue
    case stepOperations
    case valueLength
    case operationCode
    case operationVariant
    case operandValue
    case operandTensor
    case operandShape
    case valueNotWritten
    case operationParameter
    case tapCount
    case preprocessingMode = 64
    case normalisation
    case channelCount
    case windowLength
    case shortestLength
    case scalerNotFinite
    case textLength
    case textNotUTF8
    case decisionKind = 80
    case classCount
    case thresholdNotFinite
    case memoryDeclared
    case memoryTooLarge
    case memoryTooSmall
    case alarm
    case intervals
    case provenanceCount = 96
    case provenanceOrder
    case selfTestCount
    case selfTestSteps
    case selfTestNotFinite
    case stateLength = 112
    case stateOfAnotherModel
    case stateDamaged
  }
}

extension ModelError.Code {
  /// The name of the thing that is wrong, in words.
  public var name: StaticString {
    switch self {
    case .misaligned: "alignment of the memory"
    case .fileTooShort: "file length"
    case .notAModel: "first eight bytes"
    case .unsupportedVersion: "format version"
    case .headerLength: "header length"
    case .fileLength: "file length in the header"
    case .fileTooLarge: "file length limit"
    case .sectionCount: "number of sections"
    case .unknownFeature: "required features"
    case .reservedNotZero: "reserved bytes"
    case .headerChecksum: "header checksum"
    case .sectionOrder: "order of sections"
    case .unknownSection: "required section"
    case .sectionAlignment: "section alignment"
    case .sectionOffset: "section offset"
    case .sectionLength: "section length"
    case .paddingNotZero: "padding"
    case .trailingBytes: "end of the last section"
    case .sectionChecksum: "section checksum"
    case .missingSection: "section"
    case .tensorCount: "number of tensors"
    case .tensorType: "tensor type"
    case .tensorRows: "tensor rows"
    case .tensorColumns: "tensor columns"
    case .tensorOffset: "tensor offset"
    case .tensorLength: "length of the weights"
    case .weightNotFinite: "weight"
    case .scaleNotPositive: "scale"
    case .maskDamaged: "coded mask"
    case .valueCount: "number of values"
    case .operationCount: "number of operations"
    case .outputValue: "output value"
    case .stepOperations: "number of operations in a step"
    case .valueLength: "length of a value"
    case .operationCode: "operation"
    case .operationVariant: "variant of an operation"
    case .operandValue: "value of an operation"
    case .operandTensor: "tensor of an operation"
    case .operandShape: "shape of an operation's tensor"
    case .valueNotWritten: "value that no operation writes"
    case .operationParameter: "parameter of an operation"
    case .tapCount: "steps of a convolution"
    case .preprocessingMode: "preprocessing mode"
    case .normalisation: "normalisation"
    case .channelCount: "number of channels"
    case .windowLength: "window length"
    case .shortestLength: "shortest window"
    case .scalerNotFinite: "scaler"
    case .textLength: "length of a text"
    case .textNotUTF8: "text"
    case .decisionKind: "kind of decision"
    case .classCount: "number of classes"
    case .thresholdNotFinite: "threshold"
    case .memoryDeclared: "declared memory"
    case .memoryTooLarge: "memory limit"
    case .memoryTooSmall: "memory given"
    case .alarm: "settings of the alarm"
    case .intervals: "intervals around forecasts"
    case .provenanceCount: "number of provenance entries"
    case .provenanceOrder: "order of provenance keys"
    case .selfTestCount: "number of self-test vectors"
    case .selfTestSteps: "steps of a self-test vector"
    case .selfTestNotFinite: "self-test number"
    case .stateLength: "length of the state"
    case .stateOfAnotherModel: "model of the state"
    case .stateDamaged: "contents of the state"
    }
  }
}
