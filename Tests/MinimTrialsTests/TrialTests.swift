// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimLayers
import MinimTrials
import Testing

@Suite struct TrialTests {
  static func trial(seed: Int, data: String = "data/a", hash: String = "0123") -> Trial {
    Trial(
      command: "train", options: ["data": data, "seed": "\(seed)"], contents: ["data": hash])
  }

  static func folder() throws -> String {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(
      "minim-trials-\(UInt64.random(in: 0 ... .max))"
    ).path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  @Test func theNameFollowsFromCommandOptionsAndContentsAlone() {
    let one = Self.trial(seed: 1)
    // FNV-1a of "train\ndata=0123\nseed=1\n", by a separate implementation.
    #expect(one.id == "786e098bbdd47d01")
    #expect(Self.trial(seed: 1, data: "elsewhere/a").id == one.id)
    #expect(Self.trial(seed: 2).id != one.id)
    #expect(Self.trial(seed: 1, hash: "0124").id != one.id)
    #expect(
      Trial(command: "distill", options: one.options, contents: one.contents).id != one.id)
    #expect(
      one.arguments(out: "x", resume: true) == [
        "train", "--data=data/a", "--seed=1", "--out=x", "--threads=1", "--quiet", "--json",
        "--resume",
      ])
  }

  @Test func aLedgerIsReadBackAndALastLineCutShortIsDropped() throws {
    let path = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let trials = (1...3).map { Self.trial(seed: $0) }
    do {
      let store = try TrialStore(path: path)
      for (index, trial) in trials.enumerated() {
        try store.add(
          TrialRecord(
            trial: trial, version: "1", kernelLevel: "generic", seconds: Double(index), loss: 0.1))
      }
      #expect(throws: TrialError.held(path: path)) { try TrialStore(path: path) }
    }
    let ledger = try readFile(at: "\(path)/trials.jsonl")
    let lines = ledger.split(separator: 0x0A).map { $0.count + 1 }
    #expect(lines.count == 3)
    for cut in [1, 2, lines[2] / 2, lines[2] - 1] {
      try Data(ledger.dropLast(cut)).write(to: URL(fileURLWithPath: "\(path)/trials.jsonl"))
      let store = try TrialStore(path: path)
      #expect(trials.map { store.record(of: $0)?.seconds } == [0, 1, nil])
      #expect(try readFile(at: "\(path)/trials.jsonl") == Array(ledger.prefix(lines[0] + lines[1])))
    }
    try Data(ledger.dropFirst(3)).write(to: URL(fileURLWithPath: "\(path)/trials.jsonl"))
    #expect(throws: TrialError.damaged(path: "\(path)/trials.jsonl", line: 1)) {
      try TrialStore(path: path)
    }
  }

  /// The name of a trial covers the training part alone.
  @Test func testScoresAreThoseOfOneTestPart() throws {
    let path = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let scores = try JSONDecoder().decode(
      TrialScores.self,
      from: Data(#"{"aucPRC":0.5,"accuracy":0.5,"balancedAccuracy":0.5,"logLoss":1}"#.utf8))
    do {
      let store = try TrialStore(path: path)
      var record = TrialRecord(trial: Self.trial(seed: 1), version: "1", kernelLevel: "x")
      #expect(!record.isTested(on: "a"))
      record.add(test: scores, on: "a")
      try store.add(record)
    }
    let record = try #require(TrialStore(path: path).record(of: Self.trial(seed: 1)))
    #expect(record.test == scores && record.testHash == "a")
    #expect(record.isTested(on: "a") && !record.isTested(on: "b"))
  }

  /// A ledger of before test parts had fingerprints: its scores count.
  @Test func theCommittedLedgerIsRead() throws {
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let file = package.appending(path: "Documentation/results/memkd/trials.jsonl")
    let lines = try Data(contentsOf: file).split(separator: 0x0A)
    let records = try lines.map { try JSONDecoder().decode(TrialRecord.self, from: $0) }
    #expect(records.count { $0.test != nil } > 1000)
    #expect(records.allSatisfy { $0.isTested(on: "any") == ($0.test != nil) })
  }

  @Test func aSecondRecordOfATrialReplacesTheFirst() throws {
    let path = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: path) }
    do {
      let store = try TrialStore(path: path)
      for (seed, loss) in [(1, 0.5), (2, 0.4), (1, 0.3)] {
        try store.add(
          TrialRecord(trial: Self.trial(seed: seed), version: "1", kernelLevel: "x", loss: loss))
      }
    }
    let store = try TrialStore(path: path)
    #expect(store.record(of: Self.trial(seed: 1))?.loss == 0.3)
    #expect(store.record(of: Self.trial(seed: 2))?.loss == 0.4)
    #expect(try readFile(at: "\(path)/trials.jsonl").count { $0 == 0x0A } == 2)
  }

  /// A file that may grow by a part of a line stands for a full disk.
  @Test func aLineThatDoesNotFitLeavesNothingBehind() async throws {
    let path = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: path) }
    await #expect(processExitsWith: .success) { [path = path as String] in
      func record(_ seed: Int) -> TrialRecord {
        TrialRecord(trial: TrialTests.trial(seed: seed), version: "1", kernelLevel: "x")
      }
      let store = try TrialStore(path: path), ledger = "\(path)/trials.jsonl"
      try store.add(record(1))
      let before = try readFile(at: ledger)
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit()
      getrlimit(Self.fileSize, &limit)
      var narrow = limit
      narrow.rlim_cur = rlim_t(before.count + 20)
      setrlimit(Self.fileSize, &narrow)
      #expect(throws: FileError.self) { try store.add(record(2)) }
      setrlimit(Self.fileSize, &limit)
      #expect(try readFile(at: ledger) == before)
      #expect(store.record(of: TrialTests.trial(seed: 2)) == nil)
      try store.add(record(3))
    }
    let store = try TrialStore(path: path)
    #expect((1...3).map { store.record(of: Self.trial(seed: $0)) != nil } == [true, false, true])
  }

  #if canImport(Glibc)
    private static let fileSize = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
  #else
    private static let fileSize = RLIMIT_FSIZE
  #endif
}
