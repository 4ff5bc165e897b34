// SPDX-License-Identifier: Apache-2.0

/// An array read from a `.npy` file: shape and elements in row-major order.
package struct NumpyArray {
  package let shape: [Int]
  package let values: [Double]

  init(shape: [Int], values: [Double]) {
    self.shape = shape
    self.values = values
  }

  /// Reads a `.npy` file, gzip or not.
  package init(contentsOf path: String) throws(DataError) {
    self = try readNumpy(readInput(path)[...], name: path)
  }
}

/// Reads a `.npy` array of booleans, integers or floats, either byte order, C or Fortran order.
///
/// The header is a Python dictionary of exactly `descr`, `fortran_order` and `shape`, at most 64
/// KiB; anything else (objects, records) is refused. The data must end where the file does. Source:
/// methods, memkd 6.
func readNumpy(_ bytes: ArraySlice<UInt8>, name: String) throws(DataError) -> NumpyArray {
  func problem(_ found: String, _ expected: String, _ advice: String = "") -> DataError {
    DataError(file: name, found: found, expected: expected, advice: advice)
  }
  let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]
  let start = bytes.startIndex
  guard bytes.count >= 10, bytes.starts(with: magic) else {
    throw problem("no NumPy magic", "a .npy file")
  }
  let wide = bytes[start + 6] >= 2
  guard (1...3).contains(bytes[start + 6]), bytes.count >= (wide ? 12 : 10) else {
    throw problem("version \(bytes[start + 6])", "1, 2 or 3")
  }
  let lengthBytes = wide ? 4 : 2
  let headerLength = (0..<lengthBytes).reduce(0) { $0 | Int(bytes[start + 8 + $1]) << (8 * $1) }
  let headerStart = start + 8 + lengthBytes
  guard headerLength <= 65_536, headerStart + headerLength <= bytes.endIndex else {
    throw problem(
      "a header of \(headerLength) bytes", "at most 65536, inside the file",
      "the file seems cut off")
  }
  let text = String(decoding: bytes[headerStart..<(headerStart + headerLength)], as: UTF8.self)
  guard let header = NumpyHeader(text) else {
    throw problem(
      "the header \(text.prefix(60))", "descr, fortran_order and shape of a plain numeric array")
  }
  var count = 1
  for extent in header.shape {
    let (product, overflow) = count.multipliedReportingOverflow(by: extent)
    guard !overflow, product <= inputLimit else {
      throw problem("shape \(header.shape)", "at most 4 GiB")
    }
    count = product
  }
  let data = bytes[(headerStart + headerLength)...]
  guard data.count == count * header.size else {
    throw problem(
      "\(data.count) bytes of data", "\(count * header.size) for shape \(header.shape)",
      "the file seems cut off")
  }
  let values = data.withUnsafeBytes { raw in
    (0..<count).map { header.element(raw, at: $0 * header.size) }
  }
  return NumpyArray(
    shape: header.shape,
    values: header.isFortran ? rowMajor(values, shape: header.shape) : values)
}

/// Column-major elements in row-major order.
private func rowMajor(_ values: [Double], shape: [Int]) -> [Double] {
  var strides: [Int] = []
  var step = 1
  for extent in shape {
    strides.append(step)
    step *= extent
  }
  return values.indices.map { flat in
    var rest = flat, place = 0
    for axis in shape.indices.reversed() {
      place += rest % shape[axis] * strides[axis]
      rest /= shape[axis]
    }
    return values[place]
  }
}

private struct NumpyHeader {
  let kind: Character
  let size: Int
  let isBigEndian: Bool
  let isFortran: Bool
  let shape: [Int]

  init?(_ text: String) {
    let compact = text.filter { !$0.isWhitespace }
    guard compact.hasPrefix("{"), compact.hasSuffix("}"),
      let descr = Self.value("descr", in: compact), descr.count >= 3,
      let order = Self.value("fortran_order", in: compact),
      let shapeText = Self.value("shape", in: compact)
    else { return nil }
    let letters = descr.filter { $0 != "'" && $0 != "\"" }
    guard let mark = letters.first, "<>|=".contains(mark) else { return nil }
    let type = letters.dropFirst()
    guard let kind = type.first, let size = Int(type.dropFirst()),
      ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"].contains(
        "\(kind)\(size)")
    else { return nil }
    guard order == "True" || order == "False", shapeText.hasPrefix("("), shapeText.hasSuffix(")")
    else {
      return nil
    }
    let extents = shapeText.dropFirst().dropLast().split(separator: ",").map { Int($0) }
    guard !extents.contains(where: { $0 == nil || ($0 ?? 0) < 0 }) else { return nil }
    self.kind = kind
    self.size = size
    isBigEndian = mark == ">"
    isFortran = order == "True"
    shape = extents.compactMap(\.self)
  }

  /// The text of one key's value in a dictionary without blanks; nil unless it stands there once.
  private static func value(_ key: String, in text: String) -> String? {
    let parts = text.split(separator: "'\(key)':", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    var depth = 0
    var result = ""
    for character in parts[1] {
      if character == "(" { depth += 1 }
      if depth == 0, character == "," || character == "}" { return result }
      if character == ")" { depth -= 1 }
      result.append(character)
    }
    return nil
  }

  func element(_ raw: UnsafeRawBufferPointer, at offset: Int) -> Double {
    var bits: UInt64 = 0
    for place in 0..<size {
      let byte = UInt64(raw[offset + (isBigEndian ? size - 1 - place : place)])
      bits |= byte << (8 * UInt64(place))
    }
    switch (kind, size) {
    case ("f", 8): return Double(bitPattern: bits)
    case ("f", 4): return Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case ("f", _): return halfValue(UInt16(truncatingIfNeeded: bits))
    case ("i", _):
      let shift = UInt64(64 - 8 * size)
      return Double(Int64(bitPattern: bits << shift) >> Int64(shift))
    default: return Double(bits)
    }
  }
}

/// IEEE 754 half precision, by its fields (no machine type needed).
private func halfValue(_ bits: UInt16) -> Double {
  let sign: Double = bits & 0x8000 == 0 ? 1 : -1
  let exponent = Int(bits >> 10 & 0x1F), fraction = Double(bits & 0x3FF)
  switch exponent {
  case 0: return sign * fraction * 0x1p-24
  case 31: return fraction == 0 ? sign * .infinity : .nan
  default:
    return sign * Double(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
  }
}
