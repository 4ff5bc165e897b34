// SPDX-License-Identifier: Apache-2.0

import Foundation
import MinimLayers
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct AtomicFileTests {
  @Test func writesAndReplaces() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("file")
    for bytes in [[1, 2, 3], [], [UInt8](repeating: 7, count: 3_000_000)] as [[UInt8]] {
      try writeAtomically(bytes, to: path)
      #expect(try readFile(at: path) == bytes)
      #expect(try folder.names == ["file"])
    }
  }

  @Test func longestNameIsWritten() throws {
    let folder = try TemporaryFolder()
    let name = String(repeating: "n", count: 255)
    try writeAtomically([1], to: folder.path(name))
    #expect(try folder.names == [name])
  }

  @Test func oldContentAndFolderAreUntouchedOnFailure() throws {
    let folder = try TemporaryFolder()
    let occupied = folder.path("occupied")
    try FileManager.default.createDirectory(atPath: occupied, withIntermediateDirectories: false)
    let error = #expect(throws: FileError.self) { try writeAtomically([1], to: occupied) }
    #expect(error?.path == occupied)
    #expect(error?.reason == "not a regular file")
    #expect(try folder.names == ["occupied"])
  }

  @Test func linksAreFollowedAndPipesLeftAlone() throws {
    let folder = try TemporaryFolder()
    let file = folder.path("file"), link = folder.path("link"), pipe = folder.path("pipe")
    try writeAtomically([1], to: file)
    #expect(symlink(file, link) == 0 && mkfifo(pipe, 0o600) == 0)
    try writeAtomically([2], to: link)
    #expect(try readFile(at: file) == [2])
    #expect(throws: FileError.self) { try writeAtomically([1], to: pipe) }
    var status = stat()
    #expect(lstat(link, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    #expect(lstat(pipe, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
  }

  @Test func missingFolderIsAnError() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("absent/file")
    let error = #expect(throws: FileError.self) { try writeAtomically([1], to: path) }
    #expect(
      error?.description == "\(path): cannot open the folder: No such file or directory")
    #expect(try folder.names.isEmpty)
  }

  @Test func pathThatIsNoneIsAnError() {
    for path in ["", "a\0b"] {
      #expect(throws: FileError.self) { try writeAtomically([1], to: path) }
      #expect(throws: FileError.self) { try readFile(at: path) }
    }
  }

  @Test func readsOnlyRegularFiles() throws {
    let folder = try TemporaryFolder()
    let pipe = folder.path("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    for path in [folder.url.path, pipe, "/dev/zero"] {
      let error = #expect(throws: FileError.self) { try readFile(at: path) }
      #expect(error?.reason == "not a regular file")
    }
    #expect(throws: FileError.self) { try readFile(at: folder.path("absent")) }
  }

  #if os(Linux)
    @Test func fullDeviceIsAnError() {
      let descriptor = open("/dev/full", O_WRONLY)
      defer { close(descriptor) }
      let error = #expect(throws: FileError.self) {
        try writeFully([1, 2, 3], to: descriptor, path: "report")
      }
      #expect(
        error == FileError(path: "report", operation: "write", reason: "No space left on device"))
    }

    /// Fails in the middle of the temporary file, in a process of its own because the limit on the
    /// size of files holds for all of a process.
    @Test func failedWriteLeavesNoTemporaryFile() async {
      await #expect(processExitsWith: .success) {
        let folder = try TemporaryFolder()
        let path = folder.path("file")
        try writeAtomically([1, 2, 3], to: path)
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: 1000, rlim_max: rlim_t.max)
        try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
        let error = #expect(throws: FileError.self) {
          try writeAtomically([UInt8](repeating: 9, count: 5000), to: path)
        }
        #expect(error?.operation == "write")
        #expect(try folder.names == ["file"])
        #expect(try readFile(at: path) == [1, 2, 3])
      }
    }
  #endif
}
