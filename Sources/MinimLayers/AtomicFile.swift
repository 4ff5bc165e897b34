// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file or folder that could not be read or written.
public struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The path as it was given.
  public let path: String
  /// What was attempted, as a verb: "open", "write", "rename" and so on.
  public let operation: String
  /// Why it failed, in the words of the operating system.
  public let reason: String

  /// Creates the error from its parts.
  package init(path: String, operation: String, reason: String) {
    self.path = path
    self.operation = operation
    self.reason = reason
  }

  /// Creates the error from the `errno` the last system call left behind.
  init(path: String, operation: String) {
    self.init(path: path, operation: operation, reason: String(cString: strerror(errno)))
  }

  /// Path, operation and reason in one line.
  public var description: String {
    "\(onOneLine(path)): cannot \(operation): \(reason)"
  }
}

/// Replaces the file at `path` with `bytes`, so that at any moment, a crash or power cut included,
/// the path holds either all of the old content or all of the new.
///
/// The bytes go to a temporary file in the same folder, which is flushed to the disk and then
/// renamed over `path`; the folder is flushed last. A symbolic link at `path` is followed; a folder,
/// pipe or device is refused. The permissions are those of a new file.
///
/// - Parameters:
///   - bytes: The new content; may be empty.
///   - path: The file to write, in a folder that exists.
/// - Throws: ``FileError``. The temporary file is then gone, and unless the operation is
///   "flush the folder", `path` is as before.
package func writeAtomically(_ bytes: [UInt8], to path: String) throws {
  try checkPath(path)
  let target = try regularFile(at: path)
  let folderPath = parentFolder(of: target)
  // Opened first: a folder that cannot be flushed must be found before anything has changed.
  let folder = open(folderPath, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard folder >= 0 else { throw FileError(path: path, operation: "open the folder") }
  defer { close(folder) }

  let temporary = try TemporaryFile(inFolder: folderPath, for: path)
  do {
    try temporary.writeAndClose(bytes, for: path)
    guard rename(temporary.path, target) == 0 else {
      throw FileError(path: path, operation: "rename a temporary file to it")
    }
  } catch {
    unlink(temporary.path)
    throw error
  }
  // Some file systems do not support flushing a folder and say EINVAL; their rename has to do.
  guard fsync(folder) == 0 || errno == EINVAL else {
    throw FileError(path: path, operation: "flush the folder")
  }
}

/// Reads all bytes of the regular file at `path`.
///
/// - Throws: ``FileError`` if it cannot be opened or read, or is a folder, pipe or device.
package func readFile(at path: String) throws -> [UInt8] {
  try checkPath(path)
  // Without O_NONBLOCK, opening a pipe would wait for a writer.
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else { throw FileError(path: path, operation: "open") }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0 else { throw FileError(path: path, operation: "inspect") }
  guard status.st_mode & S_IFMT == S_IFREG else {
    throw FileError(path: path, operation: "read", reason: "not a regular file")
  }
  let size = Int(status.st_size)
  return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
    while count < size {
      let step = read(descriptor, buffer.baseAddress.map { $0 + count }, size - count)
      if step < 0 && errno == EINTR { continue }
      guard step >= 0 else { throw FileError(path: path, operation: "read") }
      if step == 0 { break }
      count += step
    }
  }
}

/// Writes all of `bytes` to an open descriptor, however many calls that takes.
///
/// - Throws: ``FileError`` naming `path`.
package func writeFully(_ bytes: [UInt8], to descriptor: Int32, path: String) throws {
  try bytes.withUnsafeBytes { buffer in
    var written = 0
    while written < buffer.count {
      let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
      let step = write(descriptor, rest.baseAddress, rest.count)
      if step < 0 && errno == EINTR { continue }
      guard step >= 0 else { throw FileError(path: path, operation: "write") }
      written += step
    }
  }
}

/// A new file next to the one it will replace.
private struct TemporaryFile {
  let path: String
  private let descriptor: Int32

  init(inFolder folder: String, for target: String) throws {
    // A short name of its own: the target's name may already be as long as names can be.
    for _ in 0..<100 {
      let tag = String(UInt64.random(in: 0 ... .max), radix: 16)
      let path = "\(folder)/.minim-\(tag).tmp"
      let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 {
        self.path = path
        self.descriptor = descriptor
        return
      }
      guard errno == EEXIST else { break }
    }
    throw FileError(path: target, operation: "create a temporary file beside it")
  }

  func writeAndClose(_ bytes: [UInt8], for target: String) throws {
    do {
      try writeFully(bytes, to: descriptor, path: target)
      guard fsync(descriptor) == 0 else { throw FileError(path: target, operation: "flush") }
    } catch {
      close(descriptor)
      throw error
    }
    guard close(descriptor) == 0 else { throw FileError(path: target, operation: "close") }
  }
}

/// Where a file to write stands, links followed; what is there already must be a regular file.
private func regularFile(at path: String) throws -> String {
  var status = stat()
  guard stat(path, &status) == 0 else { return path }
  guard status.st_mode & S_IFMT == S_IFREG else {
    throw FileError(path: path, operation: "write", reason: "not a regular file")
  }
  guard let resolved = realpath(path, nil) else {
    throw FileError(path: path, operation: "follow the link")
  }
  defer { free(resolved) }
  return String(cString: resolved)
}

private func checkPath(_ path: String) throws {
  // A C string ends at the first NUL: the system would see another, shorter path.
  if path.isEmpty || path.utf8.contains(0) {
    throw FileError(path: path, operation: "use the path", reason: "it is empty or contains NUL")
  }
}

private func parentFolder(of path: String) -> String {
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// Returns `text` in at most 80 characters and without control characters, for use in a message.
func onOneLine(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars.prefix(80) {
    let category = scalar.properties.generalCategory
    let breaksLine =
      category == .control || category == .lineSeparator || category == .paragraphSeparator
    result += breaksLine ? scalar.escaped(asASCII: true) : String(scalar)
  }
  return text.unicodeScalars.count > 80 ? result + "..." : result
}
