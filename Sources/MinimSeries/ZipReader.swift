// SPDX-License-Identifier: Apache-2.0
internal import CZlib

/// The members of a zip file (an `.npz`), stored or deflated, by name.
///
/// Read through the central directory. Refused: encryption, zip64, other methods, names with `/` or
/// `..`, data outside the file, sizes or checksums that disagree, more than 4 GiB in all. Throws
/// `DataError`.
func readZip(_ bytes: [UInt8], name: String) throws -> [String: [UInt8]] {
  func problem(_ found: String, _ expected: String) -> DataError {
    DataError(
      file: name, found: found, expected: expected, advice: "the file may be cut off or not a .npz")
  }
  func number(_ place: Int, _ count: Int) throws -> Int {
    guard place >= 0, place <= bytes.count - count else {
      throw problem("a field outside the file", "a whole zip file")
    }
    return (0..<count).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
  }
  let earliest = max(0, bytes.count - 22 - 65_535)
  guard bytes.count >= 22,
    let end = stride(from: bytes.count - 22, through: earliest, by: -1).first(where: {
      bytes[$0] == 0x50 && bytes[$0 + 1] == 0x4B && bytes[$0 + 2] == 5 && bytes[$0 + 3] == 6
    })
  else { throw problem("no zip directory", "a zip file") }
  let count = try number(end + 10, 2)
  var place = try number(end + 16, 4)
  var members: [String: [UInt8]] = [:]
  var total = 0
  for _ in 0..<count {
    guard try number(place, 4) == 0x0201_4B50 else {
      throw problem("a damaged zip directory", "its entries")
    }
    let flags = try number(place + 8, 2), method = try number(place + 10, 2)
    let checksum = try number(place + 16, 4)
    let packed = try number(place + 20, 4), size = try number(place + 24, 4)
    let nameLength = try number(place + 28, 2)
    let skipped = try number(place + 30, 2) + number(place + 32, 2)
    let header = try number(place + 42, 4)
    guard place + 46 + nameLength <= bytes.count else {
      throw problem("a name outside the file", "a whole zip file")
    }
    let member = String(decoding: bytes[(place + 46)..<(place + 46 + nameLength)], as: UTF8.self)
    guard !member.contains("/"), !member.contains(".."), members[member] == nil else {
      throw problem("a member named \(member.prefix(40))", "plain, different names")
    }
    guard flags & 1 == 0, method == 0 || method == 8, size != 0xFFFF_FFFF, packed != 0xFFFF_FFFF
    else {
      throw problem(
        "member \(member) by method \(method)", "stored or deflated members without encryption")
    }
    total += size
    guard total <= inputLimit else { throw problem("\(total) bytes inflated", "at most 4 GiB") }
    guard try number(header, 4) == 0x0403_4B50 else {
      throw problem("a damaged member \(member)", "its header")
    }
    let localName = try number(header + 26, 2)
    guard localName == nameLength, header + 30 + localName <= bytes.count,
      bytes[(header + 30)..<(header + 30 + localName)].elementsEqual(
        bytes[(place + 46)..<(place + 46 + nameLength)])
    else { throw problem("member \(member) under another name", "one name") }
    let start = try header + 30 + localName + number(header + 28, 2)
    guard start + packed <= bytes.count else {
      throw problem("member \(member) cut off", "\(packed) bytes")
    }
    let data = Array(bytes[start..<(start + packed)])
    let content = method == 0 ? data : inflated(data, size: size)
    guard let content, content.count == size,
      Int(crc32(0, content, UInt32(content.count))) == checksum
    else {
      throw problem("damaged data in member \(member)", "\(size) bytes with checksum \(checksum)")
    }
    members[member] = content
    place += 46 + nameLength + skipped
  }
  return members
}

/// Raw deflate data inflated to exactly `size` bytes, or nil.
private func inflated(_ data: [UInt8], size: Int) -> [UInt8]? {
  // Deflate cannot shrink more than about 1032 to 1: a larger claim is false, and costs no memory
  // here.
  guard size <= data.count * 1032 + 64 else { return nil }
  var stream = z_stream()
  guard minim_inflate_raw(&stream) == Z_OK else { return nil }
  defer { inflateEnd(&stream) }
  var input = data
  var output = [UInt8](repeating: 0, count: size + 1)
  let result: Int32 = input.withUnsafeMutableBufferPointer { from in
    output.withUnsafeMutableBufferPointer { to in
      stream.next_in = from.baseAddress
      stream.avail_in = UInt32(from.count)
      stream.next_out = to.baseAddress
      stream.avail_out = UInt32(to.count)
      return inflate(&stream, Z_FINISH)
    }
  }
  guard result == Z_STREAM_END, Int(stream.total_out) == size else { return nil }
  output.removeLast()
  return output
}
