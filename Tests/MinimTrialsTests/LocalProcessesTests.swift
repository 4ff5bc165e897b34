// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation
import MinimLayers
import MinimTrials
import Synchronization
import Testing

@Suite(.serialized) struct LocalProcessesTests {
  private func run(_ script: String) throws -> TrialExit? {
    let shell = LocalProcesses(executable: URL(filePath: "/bin/sh"), capacity: 1)
    let ended = DispatchSemaphore(value: 0)
    let exit = Mutex<TrialExit?>(nil)
    try shell.start(["-c", script]) { end in
      exit.withLock { $0 = end }
      ended.signal()
    }
    #expect(ended.wait(timeout: .now() + 20) == .success)
    return exit.withLock { $0 }
  }

  @Test func theEndOfAProcessIsHeard() throws {
    #expect(try run("echo 'minim: no such thing' >&2; exit 65")?.code == 65)
    #expect(try run("echo 'minim: no such thing' >&2; exit 65")?.message == "no such thing")
    #expect(try run("kill -9 $$")?.code == nil)
    #expect(
      try run("echo $MINIM_PARENT >&2")?.message
        == "\(ProcessInfo.processInfo.processIdentifier)")
    // More than a pipe holds.
    #expect(
      try run("head -c 300000 /dev/zero | tr '\\0' x >&2; exit 3")?.message.count == 300_000)
  }

  @Test func whatIsNotThereIsNamed() {
    let missing = LocalProcesses(executable: URL(filePath: "/nowhere/minim"), capacity: 1)
    #expect(throws: FileError.self) { try missing.start([]) { _ in } }
  }

  #if os(Linux)
    @Test func noFileStaysOpen() throws {
      func open() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
      }
      for _ in 0..<3 { _ = try run("exit 0") }
      let before = try open()
      for _ in 0..<40 { _ = try run("exit 0") }
      // Other tests run beside this one.
      #expect(try open() < before + 20)
    }
  #endif
}
