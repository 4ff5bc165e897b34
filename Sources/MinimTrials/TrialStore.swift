// SPDX-License-Identifier: Apache-2.0
internal import MinimLayers

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A folder of trials: `trials.jsonl`, the ledger with a line for each finished one, and
/// `trials/ID`, the run folder of each.
///
/// The ledger alone says what is finished: a copy of it is enough to go on elsewhere. One process at a
/// time may hold a store.
public final class TrialStore {
  /// The folder's path.
  public let path: String
  private var records: [String: TrialRecord] = [:]
  private let hold: FileHold

  /// Opens or makes a store, and takes hold of it.
  ///
  /// A last line that was cut short by a kill is dropped: its trial runs again. Throws `TrialError`
  /// where another process holds the store or a line cannot be read, and `FileError`.
  public init(path: String) throws {
    self.path = path
    do {
      try FileManager.default.createDirectory(
        atPath: "\(path)/trials", withIntermediateDirectories: true)
    } catch {
      throw FileError(path: path, operation: "create", reason: "the folder cannot be made here")
    }
    let lock = "\(path)/lock"
    if !FileManager.default.fileExists(atPath: lock),
      !FileManager.default.createFile(atPath: lock, contents: nil)
    {
      throw FileError(path: lock, operation: "create", reason: "no file can be made here")
    }
    guard let hold = try FileHold(path: lock) else { throw TrialError.held(path: path) }
    self.hold = hold
    guard FileManager.default.fileExists(atPath: ledger) else { return }
    let bytes = try readFile(at: ledger)
    let whole = bytes.lastIndex(of: 0x0A).map { bytes[...$0] } ?? []
    for (line, text) in whole.split(separator: 0x0A).enumerated() {
      guard let record = try? JSONDecoder().decode(TrialRecord.self, from: Data(text)) else {
        throw TrialError.damaged(path: ledger, line: line + 1)
      }
      records[record.id] = record
    }
    if whole.count < bytes.count { try writeAtomically(Array(whole), to: ledger) }
  }

  private var ledger: String { "\(path)/trials.jsonl" }

  /// What a trial came to; nil where it is not finished.
  public func record(of trial: Trial) -> TrialRecord? { records[trial.id] }

  /// The run folder of a trial.
  public func folder(of trial: Trial) -> String { "\(path)/trials/\(trial.id)" }

  /// Whether the run folder of a trial holds its weights.
  public func hasWeights(of trial: Trial) -> Bool {
    func has(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: "\(folder(of: trial))/\(name)")
    }
    return has("best.safetensors") && (has("scores.json") || has("measures.json"))
  }

  /// Adds a record, or replaces the one of the same trial, and has it on disk before it returns.
  ///
  /// Throws `FileError`.
  public func add(_ record: TrialRecord) throws {
    if records[record.id] != nil {
      var changed = records
      changed[record.id] = record
      let lines = try changed.values.sorted { $0.id < $1.id }.map(Self.line)
      try writeAtomically(Array(lines.joined()), to: ledger)
      return records = changed
    }
    let file = open(ledger, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0o644)
    guard file >= 0 else {
      throw FileError(path: ledger, operation: "open", reason: String(cString: strerror(errno)))
    }
    defer { close(file) }
    let bytes = try Self.line(record), end = lseek(file, 0, SEEK_END)
    errno = ENOSPC  // What a write of a part means.
    guard write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0 else {
      let reason = String(cString: strerror(errno))
      // A part of a line must not become the beginning of the next one.
      ftruncate(file, end)
      throw FileError(path: ledger, operation: "write", reason: reason)
    }
    records[record.id] = record
  }

  private static func line(_ record: TrialRecord) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return [UInt8](try encoder.encode(record)) + [0x0A]
  }
}

/// What keeps trials from being done.
public enum TrialError: Error, Equatable, CustomStringConvertible {
  /// Another process works on the store.
  case held(path: String)
  /// A line of the ledger that is no record.
  case damaged(path: String, line: Int)
  /// A trial that ended otherwise than by a result or a NaN.
  case failed(id: String, message: String)

  /// One line: what happened, where, and what to do.
  public var description: String {
    switch self {
    case .held(let path):
      "\(path): another process works in this folder; wait for it, or give another --out"
    case .damaged(let path, let line):
      "\(path):\(line): found no record of a trial, expected a JSON object; remove the line, and its trial runs again"
    case .failed(let id, let message):
      "trial \(id): \(message); what is finished is kept, give the same command to go on"
    }
  }
}
