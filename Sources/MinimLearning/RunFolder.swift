// SPDX-License-Identifier: Apache-2.0
internal import MinimLayers

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// The folder of one training run: `recipe.yaml`, `run.json`, `log.jsonl`, `last.safetensors`,
/// `best.safetensors` and `scores.json`.
///
/// Every file but the log is written whole or not at all.
public struct RunFolder: Sendable {
  /// The folder's path.
  public let path: String

  /// Opens or makes the folder.
  ///
  /// Without `resume` it must not hold the checkpoint of a run; with it, it must hold a run. A run
  /// that ended before its first checkpoint is begun anew.
  ///
  /// Throws `TrainingError` or `FileError`.
  public init(path: String, resume: Bool) throws {
    self.path = path
    try Self.check(path: path, resume: resume)
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw FileError(path: path, operation: "create", reason: "the folder cannot be made here")
    }
  }

  /// Whether a run may begin or go on in a folder, which is not made.
  ///
  /// Throws `TrainingError` where it holds the checkpoint of a run without `resume`, or no run with it.
  public static func check(path: String, resume: Bool) throws(TrainingError) {
    let exists = FileManager.default.fileExists(atPath: "\(path)/run.json")
    let checkpoint = FileManager.default.fileExists(atPath: "\(path)/last.safetensors")
    if checkpoint && !resume { throw TrainingError.runExists(path: path) }
    if !exists && resume { throw TrainingError.nothingToResume(path: path) }
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

  /// Writes text to a file of the folder.
  ///
  /// Throws `FileError`.
  public func write(_ text: String, to name: String) throws {
    try writeAtomically(Array(text.utf8), to: file(name))
  }

  /// Writes a value as JSON with sorted keys.
  ///
  /// Throws `FileError`.
  public func writeJSON(_ value: some Encodable, to name: String) throws {
    try MinimLearning.writeJSON(value, to: file(name))
  }

  /// Brings the log back to the epochs that a checkpoint knows of.
  func trimLog(to epoch: Int) throws {
    guard exists("log.jsonl") else { return }
    let kept = try readFile(at: file("log.jsonl")).split(separator: 0x0A).filter { line in
      let record = try? JSONDecoder().decode(EpochRecord.self, from: Data(line))
      return record.map { $0.epoch <= epoch } ?? false
    }
    try writeAtomically(Array(kept.map { Array($0) + [0x0A] }.joined()), to: file("log.jsonl"))
  }

  /// Adds lines to the log.
  ///
  /// Throws `FileError`.
  func appendLog(_ records: [EpochRecord]) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let known = exists("log.jsonl") ? try readFile(at: file("log.jsonl")) : []
    let fresh = try records.map { [UInt8](try encoder.encode($0)) + [0x0A] }.joined()
    try writeAtomically(known + fresh, to: file("log.jsonl"))
  }
}

/// Writes a value as JSON of several lines with sorted keys, by a temporary file.
///
/// Throws `FileError`.
public func writeJSON(_ value: some Encodable, to path: String) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
  try writeAtomically([UInt8](encoder.encode(value)) + [0x0A], to: path)
}
