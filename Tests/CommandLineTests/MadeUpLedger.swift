// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// A trial as the ledger names it: options that differ from the defaults, and what files hold.
struct MadeUpTrial: Codable, Hashable {
  var command = "train"
  var options: [String: String]
  var contents: [String: String]

  /// FNV-1a, 64 bits, of the command and the sorted settings, a line each.
  var id: String {
    let settings = options.merging(contents) { $1 }.map { "\($0)=\($1)\n" }.sorted()
    return String(format: "%016llx", Self.hash("\(command)\n\(settings.joined())"))
  }

  static func hash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}

/// A line of the ledger.
struct MadeUpRecord: Codable {
  struct Scores: Codable, Equatable {
    var aucPRC, aucROC, accuracy, balancedAccuracy, logLoss: Double
  }
  var id: String
  var trial: MadeUpTrial
  var version = "elsewhere"
  var kernelLevel = "generic"
  var parameters: Int
  var epochs = 500
  var seconds: Double
  var loss: Double?
  var validation: Scores?
  var test: Scores?
  var failure: String?

  /// Results that nothing but the trial's name decides, all of them different.
  init(_ trial: MadeUpTrial) {
    id = trial.id
    self.trial = trial
    let name = trial.id
    func number(_ what: String) -> Double {
      Double(MadeUpTrial.hash("\(what) \(name)") % 1_000_003) / 1_000_003
    }
    func scores(_ split: String) -> Scores {
      Scores(
        aucPRC: number("\(split) a"), aucROC: number("\(split) b"),
        accuracy: number("\(split) c"), balancedAccuracy: number("\(split) d"),
        logLoss: number("\(split) e"))
    }
    parameters = Int(1000 * number("parameters"))
    seconds = number("seconds")
    loss = number("loss")
    validation = scores("validation")
    test = scores("test")
  }

  /// The record of a trial that stopped at a NaN.
  mutating func fail() {
    (loss, validation, test, failure) = (nil, nil, nil, "NaN")
  }
}

/// The ledger of a reproduction in `out` of a folder, on one small problem named Trace.
struct MadeUpLedger {
  let scratch: Scratch
  let data: String
  /// The fingerprint of the problem's training part.
  let identity: String
  var records: [String: MadeUpRecord] = [:]

  /// Writes the problem: two classes of waves, 12 training and 12 test cases of each, 20 steps.
  init() throws {
    scratch = try Scratch()
    for (part, shift) in [("TRAIN", 0), ("TEST", 1)] {
      let lines = (0..<24).map { index in
        let values = (0..<20).map { step in
          sin(Double(step) * (index % 2 == 0 ? 0.4 : 0.9) + Double(index + shift))
        }
        return (["\(index % 2)"] + values.map { "\($0)" }).joined(separator: "\t")
      }
      try scratch.write("sets/Trace/Trace_\(part).tsv", lines.joined(separator: "\n"))
    }
    data = scratch.path("sets/Trace")
    let result = try Tool.call(
      "train", "--data", data, "--model", "linear", "--epochs", "0", "--quiet", "--out",
      scratch.path("probe"))
    #expect(result.code == 0, "\(result.errors)")
    let run = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(filePath: scratch.path("probe/run.json"))))
    identity = try #require((run as? [String: Any])?["dataHash"] as? String)
  }

  /// A training of a seed; rates and seeds at their defaults, 0.003 and 1, have no option.
  func trained(_ options: [String: String], seed: Int) -> MadeUpTrial {
    MadeUpTrial(options: full(options, seed), contents: ["data": identity])
  }

  /// A distillation by a method with a weight, of a teacher.
  func distilled(
    _ options: [String: String], method: String, weight: Double, teacher: MadeUpTrial, seed: Int
  ) -> MadeUpTrial {
    let own = method == "memkd" && weight == 1 ? [:] : ["method": "\(method):\(weight)"]
    return MadeUpTrial(
      command: "distill", options: full(options.merging(own) { $1 }, seed),
      contents: ["data": identity, "teacher": teacher.id])
  }

  private func full(_ options: [String: String], _ seed: Int) -> [String: String] {
    var all = options.merging(["length": "resample:100"]) { $1 }
    if seed != 1 { all["seed"] = "\(seed)" }
    if all["learning-rate"] == "0.003" { all["learning-rate"] = nil }
    return all
  }

  /// Adds records of trials that have none.
  mutating func add(_ trials: [MadeUpTrial]) {
    for trial in trials where records[trial.id] == nil { records[trial.id] = MadeUpRecord(trial) }
  }

  subscript(_ trial: MadeUpTrial) -> MadeUpRecord {
    get { records[trial.id] ?? MadeUpRecord(trial) }
    set { records[trial.id] = newValue }
  }

  /// The least mean loss over seeds, of those with the fewest failures; `groups` are of the same model.
  func best(_ groups: [[MadeUpTrial]]) -> Int {
    func rank(_ group: [MadeUpTrial]) -> (Int, Double) {
      let losses = group.compactMap { self[$0].loss }
      return (group.count - losses.count, losses.reduce(0, +) / Double(max(1, losses.count)))
    }
    let ranks = groups.map(rank)
    return ranks.indices.min { ranks[$0] < ranks[$1] } ?? 0
  }

  /// The place of the largest validation AUC-PRC.
  func bestByAUC(_ trials: [MadeUpTrial]) -> Int {
    let scores = trials.map { self[$0].validation?.aucPRC ?? 0 }
    return scores.indices.max { scores[$0] < scores[$1] } ?? 0
  }

  /// A run folder with weights at their start.
  func weights(_ options: [String], named name: String) throws -> String {
    let folder = scratch.path("weights/\(name)")
    let plan = options.contains("--model=minirocket") ? [] : ["--epochs", "0"]
    let result = try Tool.call(
      ["train", "--data", data, "--length", "resample:100", "--quiet"] + plan + options
        + ["--out", folder])
    #expect(result.code == 0, "\(result.errors)")
    return folder
  }

  /// Puts a run folder where a trial's belongs.
  func place(_ folder: String, for trial: MadeUpTrial) throws {
    let trials = scratch.path("out/trials")
    try FileManager.default.createDirectory(atPath: trials, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: folder, toPath: "\(trials)/\(trial.id)")
  }

  /// Writes the ledger and reproduces with it; `records` are those of the ledger afterwards.
  mutating func reproduce(_ what: String, seeds: Int) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let lines = try records.values.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
    try scratch.write("out/trials.jsonl", lines.map { $0 + "\n" }.joined())
    let result = try Tool.call(
      "reproduce", what, "--data", scratch.path("sets"), "--sets", "Trace", "--seeds", "\(seeds)",
      "--out", scratch.path("out"), "--workers", "2", "--quiet")
    #expect(result.code == 0, "\(result.errors)")
    let after = try String(contentsOfFile: scratch.path("out/trials.jsonl"), encoding: .utf8)
    for line in after.split(separator: "\n") {
      let record = try JSONDecoder().decode(MadeUpRecord.self, from: Data(line.utf8))
      records[record.id] = record
    }
  }

  func decoded<Value: Decodable>(_ name: String) throws -> Value {
    try JSONDecoder().decode(
      Value.self, from: Data(contentsOf: URL(filePath: scratch.path("out/\(name)"))))
  }

  /// The rows of the table under a heading of a page, by their first cells.
  func table(_ heading: String, of page: String) throws -> [String: [String]] {
    let text = try String(contentsOfFile: scratch.path("out/\(page)"), encoding: .utf8)
    let part = try #require(text.components(separatedBy: "## \(heading)").dropFirst().first)
    let lines = part.split(separator: "\n").drop { !$0.hasPrefix("|") }.prefix { $0.hasPrefix("|") }
    let rows = lines.dropFirst(2).map { line in
      line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
    return Dictionary(rows.map { ($0[0], Array($0.dropFirst())) }) { $1 }
  }

  /// The test scores of a record are those that `minim eval` finds.
  func expectScoresOfEval(_ trial: MadeUpTrial) throws {
    let result = try Tool.call(
      "eval", scratch.path("out/trials/\(trial.id)"), "--data", data, "--json")
    #expect(result.code == 0, "\(result.errors)")
    let metrics = try #require(try result.json()["metrics"] as? [String: Double])
    let test = try #require(self[trial].test)
    for (key, score) in [
      ("auc_prc", test.aucPRC), ("auc_roc", test.aucROC), ("accuracy", test.accuracy),
      ("balanced_accuracy", test.balancedAccuracy), ("log_loss", test.logLoss),
    ] { #expect(abs(try #require(metrics[key]) - score) < 1e-12, "\(key)") }
  }
}
