// SPDX-License-Identifier: Apache-2.0

import Foundation
import MinimLayers
import Testing

/// Files that are not as they should be: each is an error, none a crash.
@Suite struct SafetensorsDamageTests {
  static func bytes(header: String, data: Int = 0) -> [UInt8] {
    let length = UInt64(header.utf8.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) }
      + Array(header.utf8) + [UInt8](repeating: 0, count: data)
  }

  static func kind(_ header: String, data: Int = 0) -> SafetensorsError.Kind? {
    do {
      _ = try SafetensorsFile(bytes: bytes(header: header, data: data))
      return nil
    } catch let error as SafetensorsError {
      #expect(!error.description.contains("\n"))
      return error.kind
    } catch {
      Issue.record("an error of another type: \(error)")
      return nil
    }
  }

  static func tensor(_ dtype: String, _ shape: String, _ offsets: String) -> String {
    "{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
  }

  @Test func refusesWrongLengths() {
    func kind(_ bytes: [UInt8]) -> SafetensorsError.Kind? {
      #expect(throws: SafetensorsError.self) { try SafetensorsFile(bytes: bytes) }?.kind
    }
    #expect(kind([]) == .tooShort)
    #expect(kind([UInt8](repeating: 255, count: 8)) == .headerTooLarge)
    #expect(kind([1, 0xE1, 0xF5, 5, 0, 0, 0, 0]) == .headerTooLarge)
    #expect(kind([0, 0xE1, 0xF5, 5, 0, 0, 0, 0]) == .headerBeyondEnd)
    #expect(kind([0, 0, 0, 0, 0, 0, 0, 0]) == .invalidHeader)
  }

  @Test func acceptsWhatOtherWritersWrite() {
    #expect(Self.kind("{}") == nil)
    #expect(Self.kind("{ \"__metadata__\" : { } }\n  ") == nil)
    let order = #"{"shape":[ 1 , 1 ],"data_offsets":[0,1],"dtype":"U8"}"#
    #expect(Self.kind("{\"a\":\(order)}", data: 1) == nil)
    #expect(Self.kind("{\"\":\(Self.tensor("F64", "[]", "[0,8]"))}", data: 8) == nil)
    let huge = Self.tensor("F32", "[9223372036854775807,0]", "[0,0]")
    #expect(Self.kind("{\"a\":\(huge)}") == nil)
  }

  @Test func resolvesEscapes() throws {
    let header = #"{"__metadata__":{"\u00e9\ud834\udd1e\"\\\/\b\f\n\r\t":"\u0000\uFFFF"}}"#
    let file = try SafetensorsFile(bytes: Self.bytes(header: header))
    #expect(file.metadata == ["\u{E9}\u{1D11E}\"\\/\u{8}\u{C}\n\r\t": "\0\u{FFFF}"])
    #expect(try SafetensorsFile(bytes: file.encoded()) == file)
  }

  static let malformedHeaders = [
    "[]", " {}", "{} x", "{", "{\"a\"", "{\"a\":", "{\"a\":1}", "{\"a\":{}}", "{,}", "{}{}", "{}\0",
    #"{"__metadata__":{"a":1}}"#, #"{"__metadata__":{"a":"b",}}"#, #"{"__metadata__":null}"#,
    #"{"__metadata__":{"a":{"b":"c"}}}"#, #"{"__metadata__":{'a':"b"}}"#,
    #"{"__metadata__":{"\x":"b"}}"#, #"{"__metadata__":{"\ud834":"b"}}"#,
    #"{"__metadata__":{"\udd1e\ud834":"b"}}"#, #"{"__metadata__":{"\ud834\u0041":"b"}}"#,
    #"{"__metadata__":{"\u00g0":"b"}}"#, #"{"__metadata__":{"\u12"#, "{\"__metadata__\":{\"\\",
    "{\"__metadata__\":{\"a\":\"line\nbreak\"}}",
    #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"strides":[1]}}"#,
    #"{"a":{"dtype":"U8","shape":[0]}}"#, #"{"a":{"dtype":"U8","data_offsets":[0,0]}}"#,
    #"{"a":{"shape":[0],"data_offsets":[0,0]}}"#, #"{"a":{"dtype":8,"shape":[0]}}"#,
    #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0]}}"#,
    #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0,0]}}"#,
    #"{"a":{"dtype":"U8","shape":[-0],"data_offsets":[0,0]}}"#,
    #"{"a":{"dtype":"U8","shape":[00],"data_offsets":[0,0]}}"#,
    #"{"a":{"dtype":"U8","shape":[0.0],"data_offsets":[0,0]}}"#,
    #"{"a":{"dtype":"U8","shape":[0,],"data_offsets":[0,0]}}"#,
    #"{"a":{"dtype":"U8","shape":[[0]],"data_offsets":[0,0]}}"#,
    #"{"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,0]}}"#,
    #"{"a":{"dtype":"U8","shape":[99999999999999999999],"data_offsets":[0,0]}}"#,
  ]

  @Test func refusesMalformedHeaders() {
    for header in Self.malformedHeaders {
      #expect(Self.kind(header) == .invalidHeader, "\(header.debugDescription)")
    }
  }

  @Test func refusesTextThatIsNotUTF8() {
    var bytes = Self.bytes(header: #"{"__metadata__":{"a":"bc"}}"#)
    bytes[bytes.count - 5] = 0xC3
    let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(bytes: bytes) }
    #expect(error?.kind == .invalidHeader)
    #expect(error?.expected == "UTF-8")
  }

  @Test func refusesDuplicateKeys() {
    let empty = Self.tensor("U8", "[0]", "[0,0]")
    #expect(Self.kind("{\"a\":\(empty),\"a\":\(empty)}") == .duplicateKey)
    #expect(Self.kind("{\"a\":\(empty),\"\\u0061\":\(empty)}") == .duplicateKey)
    #expect(Self.kind(#"{"__metadata__":{"a":"b","a":"b"}}"#) == .duplicateKey)
    #expect(Self.kind(#"{"__metadata__":{},"__metadata__":{}}"#) == .duplicateKey)
    let twice = #"{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}"#
    #expect(Self.kind("{\"a\":\(twice)}") == .duplicateKey)
  }

  @Test func refusesWrongLayout() {
    func kind(_ tensors: [String], data: Int) -> SafetensorsError.Kind? {
      let members = tensors.enumerated().map { "\"t\($0.offset)\":\($0.element)" }
      return Self.kind("{\(members.joined(separator: ","))}", data: data)
    }
    let first = Self.tensor("U8", "[2]", "[0,2]")
    #expect(kind([first, Self.tensor("U8", "[2]", "[2,4]")], data: 4) == nil)
    #expect(kind([Self.tensor("U8", "[2]", "[2,4]"), first], data: 4) == nil)
    #expect(kind([first, Self.tensor("U8", "[2]", "[3,5]")], data: 5) == .gapOrOverlap)
    #expect(kind([first, Self.tensor("U8", "[2]", "[1,3]")], data: 3) == .gapOrOverlap)
    #expect(kind([first, first], data: 2) == .gapOrOverlap)
    #expect(kind([Self.tensor("U8", "[2]", "[1,3]")], data: 3) == .gapOrOverlap)
    #expect(kind([first, Self.tensor("U8", "[0]", "[2,1]")], data: 2) == .gapOrOverlap)
    #expect(kind([first], data: 3) == .fileLength)
    #expect(kind([first], data: 1) == .fileLength)
    #expect(kind([Self.tensor("U16", "[2]", "[0,2]")], data: 2) == .sizeMismatch)
    #expect(kind([Self.tensor("U9", "[2]", "[0,2]")], data: 2) == .unknownDataType)
    let overflowing = Self.tensor("U8", "[4294967296,4294967296]", "[0,0]")
    #expect(kind([overflowing], data: 0) == .invalidShape)
    let overflowingBytes = Self.tensor("F64", "[2305843009213693952]", "[0,0]")
    #expect(kind([overflowingBytes], data: 0) == .invalidShape)
    let beyond = Self.tensor("U8", "[9223372036854775807]", "[0,9223372036854775807]")
    #expect(kind([beyond], data: 4) == .fileLength)
  }

  @Test func everyTruncationIsAnError() throws {
    let bytes = try SafetensorsTests.small.encoded()
    for count in 0..<bytes.count {
      #expect(throws: SafetensorsError.self) { try SafetensorsFile(bytes: Array(bytes[..<count])) }
    }
    #expect(throws: SafetensorsError.self) { try SafetensorsFile(bytes: bytes + [0]) }
  }

  @Test func everyFlippedBitOfTheHeaderIsAnErrorOrAnotherName() throws {
    let bytes = try SafetensorsTests.small.encoded()
    let original = try SafetensorsFile(bytes: bytes)
    var accepted = 0
    for bit in 0..<8 * (8 + Int(bytes[0])) {
      var damaged = bytes
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      do {
        let file = try SafetensorsFile(bytes: damaged)
        accepted += 1
        // What is accepted differs in one name or text; the numbers are where they were.
        #expect(file.entries.map(\.bytes) == original.entries.map(\.bytes))
        #expect(file.entries.map(\.dtype) == original.entries.map(\.dtype))
        #expect(file.entries.map(\.shape) == original.entries.map(\.shape))
        #expect(try SafetensorsFile(bytes: file.encoded()).metadata == file.metadata)
      } catch is SafetensorsError {
      } catch {
        Issue.record("bit \(bit): an error of another type: \(error)")
      }
    }
    // Nine characters of names and texts can change, each into at most seven others.
    #expect((1...63).contains(accepted))
  }
}
