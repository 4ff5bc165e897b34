// SPDX-License-Identifier: Apache-2.0
internal import CZlib

/// The most bytes that one file may hold once inflated: 4 GiB.
let inputLimit = 4 << 30

/// The bytes of a file, inflated when it is gzip.
///
/// Throws `DataError`.
package func readInput(_ path: String) throws(DataError) -> [UInt8] {
  guard let file = gzopen(path, "rb") else {
    throw DataError(
      file: path, found: "no readable file", expected: "a file",
      advice: "check path and permissions")
  }
  gzbuffer(file, 1 << 17)
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 20)
  while true {
    let count = gzread(file, &chunk, UInt32(chunk.count))
    if count <= 0 { break }
    bytes += chunk[..<Int(count)]
    guard bytes.count <= inputLimit else {
      gzclose(file)
      throw DataError(file: path, found: "more than 4 GiB of data", expected: "at most 4 GiB")
    }
  }
  var code: Int32 = 0
  let message = gzerror(file, &code).map { String(cString: $0) } ?? ""
  let closed = gzclose(file)
  guard code == Z_OK || code == Z_STREAM_END, closed == Z_OK else {
    throw DataError(
      file: path,
      found: "damaged or cut-off data (\(message.isEmpty ? "zlib \(closed)" : message))",
      expected: "a whole file", advice: "copy the file again")
  }
  return bytes
}

/// A file's name without `.gz`.
func plainName(_ file: String) -> String {
  file.hasSuffix(".gz") ? String(file.dropLast(3)) : file
}

/// The last part of a path.
func lastComponent(_ path: String) -> String {
  path.split(separator: "/").last.map(String.init) ?? path
}
