// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimTrials
import Synchronization
import Testing

/// An executor that writes what `minim` would, or fails as told by the seed.
private final class MadeUp: TrialExecutor {
  let capacity: Int
  private let exits: [String: TrialExit]
  private let refusesToResume: Bool
  private let begun = Mutex<[String]>([])
  private let running = Mutex<(now: Int, most: Int)>((0, 0))

  init(capacity: Int, exits: [String: TrialExit] = [:], refusesToResume: Bool = false) {
    self.refusesToResume = refusesToResume
    self.capacity = capacity
    self.exits = exits
  }

  var started: [String] { begun.withLock { $0 } }
  var most: Int { running.withLock { $0.most } }

  func start(_ arguments: [String], finished: @escaping @Sendable (TrialExit) -> Void) throws {
    let words = arguments.compactMap { word -> (Substring, Substring)? in
      let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1)
      return parts.count == 2 ? (parts[0], parts[1]) : nil
    }
    let options = Dictionary(uniqueKeysWithValues: words.map { (String($0), String($1)) })
    let seed = options["seed"] ?? "", folder = options["out"] ?? ""
    begun.withLock { $0.append(seed + (arguments.contains("--resume") ? " resumed" : "")) }
    running.withLock { state in
      state.now += 1
      state.most = max(state.most, state.now)
    }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    func write(_ name: String, _ text: String) {
      _ = FileManager.default.createFile(atPath: "\(folder)/\(name)", contents: Data(text.utf8))
    }
    // Older records have no processor time.
    write(
      "run.json",
      """
      {"version":"1","seed":1,"data":"d","dataHash":"0","trainCases":1,"validationCases":1,
       "threads":1,"kernelLevel":"generic","seconds":2\(seed == "5" ? "" : ",\"processorSeconds\":1.5")}
      """)
    let isRefused = arguments.contains("--resume") && refusesToResume
    let exit =
      isRefused
      ? TrialExit(code: 73, message: "another version")
      : exits[seed] ?? TrialExit(code: 0, message: "")
    if exit.code == 0 {
      write(
        "scores.json",
        """
        {"split":"validation","loss":\(seed),"parameters":7,"bestEpoch":1,"epochs":3,"metrics":\(metrics)}
        """)
      write("best.safetensors", "weights")
      write("last.safetensors", "state")
    }
    DispatchQueue.global().asyncAfter(deadline: .now() + 0.02) {
      self.running.withLock { $0.now -= 1 }
      finished(exit)
    }
  }
}

private let metrics = """
  {"caseCount":1,"aucPRC":0.1,"aucROC":0.2,"accuracy":0.3,"balancedAccuracy":0.4,"logLoss":0.5,
   "classes":[],"classesLeftOutOfPRC":0,"classesLeftOutOfROC":0,"confusionMatrix":[]}
  """

@Suite struct TrialPoolTests {
  private let trials = (1...6).map { TrialTests.trial(seed: $0) }

  @Test func everyTrialIsDoneOnceAndKept() throws {
    let path = try TrialTests.folder()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let executor = MadeUp(capacity: 2)
    do {
      let store = try TrialStore(path: path)
      var heard: [Int] = []
      try TrialPool(store: store, executor: executor).run(trials + trials) { heard.append($0) }
      #expect(heard == Array(0...6))
      #expect(executor.started.sorted() == ["1", "2", "3", "4", "5", "6"])
      #expect(executor.most == 2)
      let record = try #require(store.record(of: trials[3]))
      #expect(record.loss == 4 && record.parameters == 7 && record.epochs == 3)
      #expect(record.seconds == 1.5 && store.record(of: trials[4])?.seconds == 2)
      #expect(record.version == "1" && record.kernelLevel == "generic")
      let validation = try #require(record.validation)
      #expect(validation.aucPRC == 0.1 && validation.aucROC == 0.2 && validation.accuracy == 0.3)
      #expect(validation.balancedAccuracy == 0.4 && validation.logLoss == 0.5)
      #expect(record.test == nil)
      let folder = store.folder(of: trials[3])
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/last.safetensors"))
    }
    let again = MadeUp(capacity: 2)
    let store = try TrialStore(path: path)
    // As a process leaves it that is killed behind the record.
    let left = "\(store.folder(of: trials[2]))/last.safetensors"
    #expect(FileManager.default.createFile(atPath: left, contents: Data()))
    try TrialPool(store: store, executor: again).run(trials)
    #expect(again.started.isEmpty && !FileManager.default.fileExists(atPath: left))
    // Without the run folder, the ledger is enough unless weights are asked for.
    try FileManager.default.removeItem(atPath: store.folder(of: trials[1]))
    try TrialPool(store: store, executor: again).run(trials)
    #expect(again.started.isEmpty)
    try TrialPool(store: store, executor: again).run(trials, needsWeights: true)
    #expect(again.started == ["2"])
  }

  @Test func aTrainingThatStopsAtANaNIsAResultAndAnythingElseIsAnError() throws {
    let path = try TrialTests.folder()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let store = try TrialStore(path: path)
    let broken = MadeUp(
      capacity: 1,
      exits: [
        "2": TrialExit(code: 70, message: "NaN at epoch 3"),
        "4": TrialExit(code: 65, message: "no such folder"), "6": TrialExit(code: nil, message: ""),
      ])
    let pool = TrialPool(store: store, executor: broken)
    #expect(
      throws: TrialError.failed(id: trials[3].id, message: "exit code 65: no such folder")
    ) { try pool.run(trials) }
    #expect(broken.started == ["1", "2", "3", "4"])
    let failed = try #require(store.record(of: trials[1]))
    #expect(failed.failure == "NaN at epoch 3" && failed.loss == nil)
    #expect(store.record(of: trials[3]) == nil)
    #expect(throws: TrialError.failed(id: trials[5].id, message: "ended by a signal")) {
      try pool.run([trials[0], trials[5]])
    }
    // What began and did not end is taken up again.
    let mended = MadeUp(capacity: 1)
    try TrialPool(store: store, executor: mended).run(trials)
    #expect(mended.started == ["4 resumed", "5", "6 resumed"])
  }

  @Test func whatCannotBeResumedBeginsAnew() throws {
    let path = try TrialTests.folder()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let store = try TrialStore(path: path)
    let killed = MadeUp(capacity: 1, exits: ["1": TrialExit(code: nil, message: "")])
    #expect(throws: TrialError.self) {
      try TrialPool(store: store, executor: killed).run([trials[0]])
    }
    let other = MadeUp(capacity: 1, refusesToResume: true)
    try TrialPool(store: store, executor: other).run(trials)
    #expect(other.started == ["1 resumed", "1", "2", "3", "4", "5", "6"])
    // A second failure is told.
    try FileManager.default.removeItem(atPath: store.folder(of: trials[0]) + "/best.safetensors")
    let broken = MadeUp(
      capacity: 1, exits: ["1": TrialExit(code: 65, message: "x")], refusesToResume: true)
    #expect(throws: TrialError.failed(id: trials[0].id, message: "exit code 65: x")) {
      try TrialPool(store: store, executor: broken).run([trials[0]], needsWeights: true)
    }
    #expect(broken.started == ["1 resumed", "1"])
  }

  @Test func aTrialDoneAgainForItsWeightsKeepsItsRecord() throws {
    let path = try TrialTests.folder()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let store = try TrialStore(path: path)
    try store.add(
      TrialRecord(trial: trials[0], version: "elsewhere", kernelLevel: "x", loss: 0.25))
    try TrialPool(store: store, executor: MadeUp(capacity: 1)).run([trials[0]], needsWeights: true)
    #expect(store.hasWeights(of: trials[0]))
    #expect(store.record(of: trials[0])?.loss == 0.25)
    #expect(store.record(of: trials[0])?.version == "elsewhere")
    // A NaN where there was a result is no result.
    try FileManager.default.removeItem(atPath: store.folder(of: trials[0]))
    let broken = MadeUp(capacity: 1, exits: ["1": TrialExit(code: 70, message: "NaN")])
    #expect(throws: TrialError.failed(id: trials[0].id, message: "NaN")) {
      try TrialPool(store: store, executor: broken).run([trials[0]], needsWeights: true)
    }
    #expect(store.record(of: trials[0])?.loss == 0.25)
  }
}
