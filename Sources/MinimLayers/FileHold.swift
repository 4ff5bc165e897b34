// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A hold on a file or folder, of which there is one at a time among all processes.
///
/// It ends with the object, or with the process however that ends. Where a file system has no locks,
/// everybody gets a hold.
package final class FileHold: Sendable {
  private let descriptor: Int32

  /// Takes hold of what exists at `path`; tries for so many seconds while another one has it.
  ///
  /// Nil where another one has it still. Throws `FileError` where it cannot be opened.
  package init?(path: String, seconds: Double = 0) throws {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path: path, operation: "open") }
    var tries = Int(seconds * 50)
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK || errno == EINTR else { return }
      guard tries > 0 else { return nil }
      tries -= 1
      usleep(20_000)
    }
  }

  deinit { close(descriptor) }
}
