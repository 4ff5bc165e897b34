// SPDX-License-Identifier: Apache-2.0

/// A safetensors file that cannot be read, or contents that cannot be written as one.
public struct SafetensorsError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong, for programs; `found` and `expected` say it for people.
  public enum Kind: Sendable, Equatable {
    /// There are fewer than the 8 bytes of the header length.
    case tooShort
    /// The header is longer than 100 million bytes.
    case headerTooLarge
    /// The header is longer than the file.
    case headerBeyondEnd
    /// The header is not JSON of the form the format prescribes.
    case invalidHeader
    /// Two keys of one object are equal, or two entries to write have the same name.
    case duplicateKey
    /// The element type is not known.
    case unknownDataType
    /// The shape has a negative extent, or its size in bytes exceeds what an `Int` holds.
    case invalidShape
    /// The number of bytes is not what shape and element type ask for.
    case sizeMismatch
    /// The bytes of an array do not begin where those before it end.
    case gapOrOverlap
    /// The arrays do not end where the file ends.
    case fileLength
    /// The file is valid, but an array or text that was asked for is missing or of another kind.
    case otherContents
  }

  /// What is wrong.
  public let kind: Kind
  /// The path of the file, or nil for bytes in memory.
  public var file: String?
  /// The name of the array concerned, or nil if it is the file as a whole.
  public let tensor: String?
  /// What was found.
  public let found: String
  /// What was expected in its place.
  public let expected: String

  /// Creates the error from its parts; `found` and `expected` must each be a phrase of one line.
  package init(
    _ kind: Kind, file: String? = nil, tensor: String? = nil, found: String, expected: String
  ) {
    self.kind = kind
    self.file = file
    self.tensor = tensor
    self.found = found
    self.expected = expected
  }

  /// File, array, what was found and what was expected, in one line.
  public var description: String {
    let place = file.map(onOneLine) ?? "safetensors data"
    let array = tensor.map { ", tensor \"\(onOneLine($0))\"" } ?? ""
    return "\(place)\(array): found \(found), expected \(expected)"
  }
}
