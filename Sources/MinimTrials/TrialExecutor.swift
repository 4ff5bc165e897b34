// SPDX-License-Identifier: Apache-2.0
public import Foundation
internal import MinimLayers
internal import Synchronization

/// How a trial's process ended.
public struct TrialExit: Sendable {
  /// Its exit code; nil where a signal ended it.
  public let code: Int32?
  /// What it wrote on standard error.
  public let message: String

  /// An exit from its parts.
  public init(code: Int32?, message: String) {
    self.code = code
    self.message = message
  }
}

/// A place that does trials: this machine, or the queue of a cluster.
public protocol TrialExecutor: Sendable {
  /// How many it takes at once.
  var capacity: Int { get }

  /// Starts `minim` with the words of a command line; calls `finished` once, from any thread.
  func start(_ arguments: [String], finished: @escaping @Sendable (TrialExit) -> Void) throws
}

/// Trials as processes of this machine, each on one thread.
public struct LocalProcesses: TrialExecutor {
  private let executable: URL
  /// Processes at once.
  public let capacity: Int

  /// The environment's key by which a process knows whose work it does: it ends when that one does.
  public static let parentKey = "MINIM_PARENT"

  /// Processes of an executable, `minim`, as many at once as `capacity` says.
  public init(executable: URL, capacity: Int) {
    self.executable = executable
    self.capacity = capacity
  }

  /// Starts a process.
  ///
  /// Throws `FileError` where it cannot be started.
  public func start(
    _ arguments: [String], finished: @escaping @Sendable (TrialExit) -> Void
  ) throws {
    let process = Process()
    let errors = Pipe()
    process.executableURL = executable
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging([
      Self.parentKey: "\(ProcessInfo.processInfo.processIdentifier)"
    ]) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    let ended = DispatchSemaphore(value: 0), code = Mutex<Int32?>(nil)
    process.terminationHandler = { process in
      if process.terminationReason == .exit { code.withLock { $0 = process.terminationStatus } }
      ended.signal()
    }
    do {
      try process.run()
    } catch {
      throw FileError(
        path: executable.path, operation: "start", reason: error.localizedDescription)
    }
    let reader = errors.fileHandleForReading
    // A process that writes more than the pipe holds ends only where somebody reads; the ends of the
    // pipe are closed by hand because `Process` keeps what its handler has for ever.
    Thread.detachNewThread {
      let text = (try? reader.readToEnd()) ?? Data()
      try? reader.close()
      ended.wait()
      let message = String(decoding: text, as: UTF8.self)
        .trimmingCharacters(in: .whitespacesAndNewlines)
      let name = "minim: "
      finished(
        TrialExit(
          code: code.withLock { $0 },
          message: message.hasPrefix(name) ? String(message.dropFirst(name.count)) : message))
    }
  }
}
