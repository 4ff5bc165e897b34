// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Kills of `minim tune`, and who else may work in its folders.
@Suite(.serialized) struct KillTests {
  private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  /// Folders of trials that have a file.
  private func trials(_ scratch: Scratch, _ out: String, with file: String) -> Int {
    let folder = scratch.path("\(out)/trials")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.count { exists("\(folder)/\($0)/\(file)") }
  }

  private func ledgerCount(_ scratch: Scratch, _ out: String) -> Int {
    ((try? TuneTests.text(scratch, "\(out)/trials.jsonl")) ?? "").split(separator: "\n").count
  }

  /// Starts a search and kills it, itself alone, as soon as a condition holds.
  private func kill(_ arguments: [String], when condition: () -> Bool) throws {
    let process = Tool.process(arguments)
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    while process.isRunning, !condition() { usleep(2000) }
    let children = Self.children(of: process.processIdentifier)
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal, "it ended before the kill")
    #if os(Linux)
      #expect(!children.isEmpty)
      let end = Date(timeIntervalSinceNow: 3)
      while children.contains(where: Self.isAlive), Date() < end { usleep(10_000) }
      #expect(!children.contains(where: Self.isAlive))
    #endif
  }

  private static func stat(_ process: Int32) -> [Substring] {
    let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
    return text?.split(separator: ")").last?.split(separator: " ") ?? []
  }

  private static func children(of parent: Int32) -> [Int32] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap(Int32.init).filter { stat($0).dropFirst().first == "\(parent)" }
  }

  private static func isAlive(_ process: Int32) -> Bool {
    stat(process).first.map { $0 != "Z" && $0 != "X" } ?? false
  }

  @Test func aSearchKilledTwiceEndsWithTheSameBits() throws {
    let scratch = try Scratch()
    _ = try TuneTests.recipe(
      scratch, "patience: 9999\nseeds: 2\nsearch:\n  hidden: [4, 6, 8]", epochs: 2500)
    func tune(_ out: String) -> [String] { TuneTests.tune(scratch, "--workers", "2", out: out) }
    // In the middle of a training that has a checkpoint, and when trials are done and others begun.
    try kill(tune("killed")) { trials(scratch, "killed", with: "last.safetensors") > 0 }
    #expect(ledgerCount(scratch, "killed") == 0)
    try kill(tune("killed")) {
      ledgerCount(scratch, "killed") > 1 && trials(scratch, "killed", with: "log.jsonl") > 2
    }
    let done = ledgerCount(scratch, "killed")
    #expect((2...5).contains(done))
    let resumed = try Tool.call(tune("killed"))
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(try Tool.call(tune("whole")).code == 0)
    for name in ["results.json", "best.yaml"] {
      #expect(
        try TuneTests.text(scratch, "killed/\(name)") == TuneTests.text(scratch, "whole/\(name)"))
    }
    let killed = try Ledger(scratch.path("killed")), whole = try Ledger(scratch.path("whole"))
    #expect(killed.lines == whole.lines && whole.lines.count == 6)
    #expect(trials(scratch, "killed", with: "last.safetensors") == 0)
  }

  @Test func aFolderOfTrialsHasOneProcess() throws {
    let scratch = try Scratch()
    _ = try TuneTests.recipe(
      scratch, "patience: 99999\nseeds: 1\nsearch:\n  hidden: [4]", epochs: 100_000)
    try kill(TuneTests.tune(scratch)) {
      guard trials(scratch, "out", with: "run.json") > 0 else { return false }
      let second = try? Tool.call(TuneTests.tune(scratch))
      #expect(second?.code == 73)
      #expect(second?.errors.contains("another process works in this folder") == true)
      return true
    }
  }

  @Test func aRunFolderHasOneProcess() throws {
    let scratch = try Scratch()
    let words = [
      "train", "--data", try scratch.waves(), "--epochs", "100000", "--patience", "99999",
      "--quiet",
      "--out", scratch.path("run"),
    ]
    let process = Tool.process(words)
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    while process.isRunning, !exists(scratch.path("run/run.json")) { usleep(2000) }
    let second = try Tool.call(words + ["--resume"])
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(second.code == 73)
    #expect(second.errors.contains("another process trains in this folder"), "\(second.errors)")
  }
}
