// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What a field of text stands for.
enum FieldValue: Equatable {
  case number(Double)
  case missing
  case invalid
}

/// Reads one field as a number: exact for short decimals, by the C library's strtod for the rest.
///
/// Blanks around it are passed over. `?` and `nan` of any case (with a sign) are missing;
/// infinities and anything that is not wholly a number are invalid.
func fieldValue(_ text: ArraySlice<UInt8>) -> FieldValue {
  let text = trimmed(text)
  guard let first = text.first else { return .invalid }
  if text.count == 1, first == UInt8(ascii: "?") { return .missing }
  if let quick = shortDecimal(text) { return .number(quick) }
  let allowed = text.allSatisfy { byte in
    (0x30...0x39).contains(byte) || byte == 0x2B || byte == 0x2D || byte == 0x2E
      || byte | 0x20 == 0x65
  }
  guard allowed else {
    var letters = text.map { $0 | 0x20 }
    if first == 0x2B || first == 0x2D { letters.removeFirst() }
    return letters == Array("nan".utf8) ? .missing : .invalid
  }
  var copy = text.map { CChar(bitPattern: $0) }
  copy.append(0)
  return copy.withUnsafeBufferPointer { buffer in
    guard let base = buffer.baseAddress else { return .invalid }
    var end: UnsafeMutablePointer<CChar>?
    let value = strtod(base, &end)
    guard let end, UnsafePointer(end) == base + text.count, value.isFinite else { return .invalid }
    return .number(value)
  }
}

/// Decimals of at most 15 digits and 22 places: digits and power are exact in Double, so one
/// division rounds right.
private func shortDecimal(_ text: ArraySlice<UInt8>) -> Double? {
  var mantissa = 0, digits = 0, places = 0
  var negative = false, seenPoint = false
  for (offset, byte) in text.enumerated() {
    switch byte {
    case 0x30...0x39:
      mantissa = mantissa * 10 + Int(byte - 0x30)
      digits += 1
      if seenPoint { places += 1 }
      if digits > 15 { return nil }
    case 0x2E where !seenPoint: seenPoint = true
    case 0x2D where offset == 0: negative = true
    case 0x2B where offset == 0: break
    default: return nil
    }
  }
  guard digits > 0 else { return nil }
  let value = Double(mantissa) / powersOfTen[places]
  return negative ? -value : value
}

private let powersOfTen: [Double] = (0...15).map {
  Double((0..<$0).reduce(1) { power, _ in power * 10 })
}

/// Whether float32, which models compute in, can hold a number.
func fitsFloat32(_ value: Double) -> Bool { Float(value).isFinite }

/// Whether a byte is a blank inside a line.
func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }

/// A field without the blanks around it.
func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
  var text = text
  while let first = text.first, isBlank(first) { text.removeFirst() }
  while let last = text.last, isBlank(last) { text.removeLast() }
  return text
}

/// The lines of a file, without their ends.
func lines(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
  bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
    line.last == 0x0D ? line.dropLast() : line
  }
}

/// Text for a message: at most 40 characters of a field.
func shown(_ text: ArraySlice<UInt8>) -> String {
  let whole = String(decoding: text.prefix(40), as: UTF8.self)
  return "\"\(whole)\(text.count > 40 ? "…" : "")\""
}
