// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A file that could not be read or written.
public struct FileError: Error, CustomStringConvertible, Sendable {
  /// The file or folder.
  public let path: String
  /// What was tried, such as "open" or "rename".
  public let operation: String
  /// Why the system refused.
  public let reason: String

  /// An error for a path.
  public init(path: String, operation: String, reason: String) {
    self.path = path
    self.operation = operation
    self.reason = reason
  }

  /// The error that the C library's `errno` tells of.
  package init(path: String, operation: String) {
    self.init(path: path, operation: operation, reason: String(cString: strerror(errno)))
  }

  /// One line: path, operation and reason.
  public var description: String { "\(path): cannot \(operation): \(reason)" }
}

/// Writes a file so that a reader sees all of it or what was there before, whenever the machine stops.
///
/// The bytes go to a temporary file in the same folder, which is synchronised and renamed; then the folder is
/// synchronised. Throws `FileError`; the temporary file is removed then.
package func writeAtomically(_ bytes: [UInt8], to path: String) throws(FileError) {
  let temporary = "\(path).\(getpid()).partial"
  let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
  guard file >= 0 else { throw FileError(path: path, operation: "create") }
  func abandon(_ operation: String) -> FileError {
    let error = FileError(path: path, operation: operation)
    close(file)
    unlink(temporary)
    return error
  }
  var start = 0
  while start < bytes.count {
    let written = bytes.withUnsafeBytes { raw in
      raw.baseAddress.map { write(file, $0 + start, bytes.count - start) } ?? 0
    }
    if written < 0 && errno == EINTR { continue }
    guard written > 0 else { throw abandon("write") }
    start += written
  }
  guard fsync(file) == 0 else { throw abandon("synchronise") }
  guard rename(temporary, path) == 0 else { throw abandon("rename") }
  close(file)
  let slash = path.lastIndex(of: "/")
  let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  let directory = open(folder, O_RDONLY | O_CLOEXEC)
  guard directory >= 0 else { throw FileError(path: folder, operation: "open") }
  defer { close(directory) }
  guard fsync(directory) == 0 else { throw FileError(path: folder, operation: "synchronise") }
}

/// The bytes of a file. Throws `FileError`.
package func readFile(_ path: String) throws(FileError) -> [UInt8] {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { throw FileError(path: path, operation: "open") }
  defer { close(file) }
  var status = stat()
  guard fstat(file, &status) == 0 else { throw FileError(path: path, operation: "inspect") }
  guard status.st_mode & S_IFMT == S_IFREG else {
    throw FileError(path: path, operation: "read", reason: "it is not a plain file")
  }
  var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
  var start = 0
  while start < bytes.count {
    let count = bytes.count
    let taken = bytes.withUnsafeMutableBytes { raw in
      raw.baseAddress.map { read(file, $0 + start, count - start) } ?? 0
    }
    if taken < 0 && errno == EINTR { continue }
    guard taken >= 0 else { throw FileError(path: path, operation: "read") }
    if taken == 0 { break }
    start += taken
  }
  bytes.removeLast(bytes.count - start)
  return bytes
}
