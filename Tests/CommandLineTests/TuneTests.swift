// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// `minim tune`: what it chooses, refuses, and does not do twice.
@Suite struct TuneTests {
  /// Writes a recipe with these lines after those of a short training on waves.
  static func recipe(_ scratch: Scratch, _ lines: String, epochs: Int = 3) throws -> String {
    let data = try scratch.waves(cases: 20)
    return try scratch.write(
      "tune.yaml", "command: train\ndata: \(data)\nbatch: 4\nepochs: \(epochs)\n\(lines)\n")
  }

  static func tune(_ scratch: Scratch, _ more: String..., out: String = "out") -> [String] {
    ["tune", scratch.path("tune.yaml"), "--out", scratch.path(out), "--quiet"] + more
  }

  static func text(_ scratch: Scratch, _ name: String) throws -> String {
    try String(contentsOfFile: scratch.path(name), encoding: .utf8)
  }

  private func points(_ scratch: Scratch) throws -> [[String: Any]] {
    let json = try JSONSerialization.jsonObject(
      with: Data(Self.text(scratch, "out/results.json").utf8))
    return (json as? [String: Any])?["points"] as? [[String: Any]] ?? []
  }

  @Test func aGridIsTriedAndItsBestIsARecipe() throws {
    let scratch = try Scratch()
    _ = try Self.recipe(
      scratch, "seeds: 2\nsearch:\n  learning-rate: [0.00001, 0.05]\n  hidden: [2, 4]")
    let result = try Tool.call(Self.tune(scratch))
    #expect(result.code == 0, "\(result.errors)")
    let points = try points(scratch)
    #expect(points.count == 4)
    let losses = points.compactMap { ($0["summary"] as? [String: Any])?["loss"] as? Double }
    let least = try #require(losses.indices.min { losses[$0] < losses[$1] })
    let options = try #require(points[least]["options"] as? [String: String])
    #expect(options["learning-rate"] == "0.05")
    let best = try Self.text(scratch, "out/best.yaml")
    for (key, value) in options { #expect(best.contains("\(key): \(value)\n"), "\(best)") }
    // The recipe gives the loss of the first seed's trial.
    let run = try Tool.call(
      "run", scratch.write("again.yaml", best + "out: \(scratch.path("again"))\n"), "--quiet")
    #expect(run.code == 0, "\(run.errors)")
    let scores = try JSONSerialization.jsonObject(
      with: Data(Self.text(scratch, "again/scores.json").utf8))
    let loss = try #require((scores as? [String: Any])?["loss"] as? Double)
    let ledger = try Ledger(scratch.path("out"))
    #expect(ledger.losses.contains(loss) && ledger.losses.count == 8)
  }

  @Test func pointsAreDrawnFromRanges() throws {
    let scratch = try Scratch()
    _ = try Self.recipe(
      scratch,
      "seeds: 1\npoints: 3\nchoose-by: auc-prc\nsearch:\n  learning-rate: {log: [0.001, 0.1]}")
    let result = try Tool.call(Self.tune(scratch, "--json"))
    #expect(result.code == 0, "\(result.errors)")
    #expect(try result.json()["chosenBy"] as? String == "auc-prc")
    let rates = try points(scratch).compactMap {
      ($0["options"] as? [String: String])?["learning-rate"]
    }
    #expect(Set(rates).count == 3)
    #expect(rates.compactMap(Double.init).allSatisfy { (0.001...0.1).contains($0) })
  }

  @Test func aSecondCallDoesNothingAgain() throws {
    let scratch = try Scratch()
    _ = try Self.recipe(scratch, "seeds: 2\nsearch:\n  hidden: [2, 3]")
    #expect(try Tool.call(Self.tune(scratch)).code == 0)
    let names = ["out/trials.jsonl", "out/results.json", "out/best.yaml"]
    let before = try names.map { try Self.text(scratch, $0) }
    // The ledger alone is enough.
    let trials = scratch.path("out/trials")
    try FileManager.default.removeItem(atPath: trials)
    #expect(try Tool.call(Self.tune(scratch)).code == 0)
    #expect(try names.map { try Self.text(scratch, $0) } == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: trials).isEmpty)
  }

  @Test func anotherTeacherAtTheSamePlaceIsAnotherTrial() throws {
    let scratch = try Scratch()
    let data = try scratch.waves(cases: 20), teacher = scratch.path("teacher")
    func train(_ seed: String) throws {
      try? FileManager.default.removeItem(atPath: teacher)
      let result = try Tool.call(
        "train", "--data", data, "--epochs", "1", "--seed", seed, "--out", teacher, "--quiet")
      #expect(result.code == 0, "\(result.errors)")
    }
    try scratch.write(
      "tune.yaml",
      "command: distill\ndata: \(data)\nepochs: 1\nseeds: 1\nsearch:\n  teacher: [\(teacher)]\n")
    for (seed, count) in [("1", 1), ("1", 1), ("2", 2)] {
      try train(seed)
      let result = try Tool.call(Self.tune(scratch))
      #expect(result.code == 0, "\(result.errors)")
      #expect(try Ledger(scratch.path("out")).losses.count == count)
    }
  }

  @Test func aTrialThatStopsAtANaNIsNeverChosen() throws {
    let scratch = try Scratch()
    _ = try Self.recipe(scratch, "seeds: 2\nsearch:\n  learning-rate: [1e300, 0.01]")
    let result = try Tool.call(Self.tune(scratch))
    #expect(result.code == 0, "\(result.errors)")
    let summaries = try points(scratch).compactMap { $0["summary"] as? [String: Any] }
    #expect(summaries.map { $0["failures"] as? Int } == [2, 0])
    #expect(summaries[0]["loss"] == nil)
    #expect(try Self.text(scratch, "out/best.yaml").contains("learning-rate: 0.01\n"))
    #expect(
      try Self.text(scratch, "out/trials.jsonl").contains(
        "\"failure\":\"training stopped at epoch 1"))
    for rule in ["loss", "auc-prc", "accuracy"] {
      _ = try Self.recipe(
        scratch, "seeds: 2\nchoose-by: \(rule)\nsearch:\n  learning-rate: [1e300]")
      let failed = try Tool.call(Self.tune(scratch))
      #expect(failed.code == 70)
      #expect(failed.errors.contains("every trial stopped"), "\(failed.errors)")
      #expect(!FileManager.default.fileExists(atPath: scratch.path("out/best.yaml")))
    }
  }

  /// An option of whole numbers takes a range of whole numbers.
  @Test func aRangeOfWholeNumbersIsTriedInWholeNumbers() throws {
    let scratch = try Scratch()
    _ = try Self.recipe(
      scratch, "points: 3\nseeds: 1\nsearch:\n  hidden: {linear: [4, 32]}", epochs: 1)
    let result = try Tool.call(Self.tune(scratch))
    #expect(result.code == 0, "\(result.errors)")
    let tried = try points(scratch).compactMap { ($0["options"] as? [String: String])?["hidden"] }
    #expect(tried.count == 3 && tried.compactMap { Int($0) }.allSatisfy((4...32).contains))
  }

  @Test(arguments: [
    ("serch:\n  hidden: [2]", ":5: ", "\"serch\""), ("seeds: 1", ": ", "search: found no options"),
    ("search: 3", ":5: ", "search: found no options"),
    ("search:\n  weight: [1]", ":6: ", "search: found weight"),
    ("search:\n  hiden: [1]", ":6: ", "model layers hidden features"),
    ("search:\n  seed: [1]", ":6: ", "search: found seed"),
    ("search:\n  threads: [1, 2]", ":6: ", "search: found threads"),
    ("search:\n  epochs: [4]", ":6: ", "epochs has a value above"),
    ("search:\n  hidden: []", ":6: ", "hidden: found [], expected a list"),
    ("search:\n  hidden: [4, 4]", ":6: ", "hidden: found [4, 4], expected a list of different"),
    (
      "search:\n  learning-rate: [1, 1.0]", ":6: ",
      "learning-rate: found [1, 1.0], expected a list of different"
    ),
    ("search:\n  learning-rate: {log: [0.1, 1]}", ":6: ", "points: N"),
    ("points: 2\nsearch:\n  learning-rate: {log: [0, 1]}", ":7: ", "rate: found {log: [0, 1]}"),
    ("points: 2\nsearch:\n  learning-rate: {log: [a, 1]}", ":7: ", "rate: found {log: [a, 1]}"),
    (
      "points: 2\nsearch:\n  learning-rate: {linear: [1, 2, x]}", ":7: ",
      "found {linear: [1, 2, x]}"
    ),
    ("points: 2\nsearch:\n  learning-rate: {cube: [1, 2]}", ":7: ", "found {cube: [1, 2]}"),
    ("search:\n  hidden: [4]\n  hidden: [5]", ":6: ", "\"hidden\" a second time"),
    ("epochs: 4\nsearch:\n  hidden: [5]", ":4: ", "\"epochs\" a second time"),
    ("choose-by: test\nsearch:\n  hidden: [4]", ":5: ", "choose-by: found test"),
    ("choose-by: [loss]\nsearch:\n  hidden: [4]", ":5: ", "choose-by: found a list"),
    ("seeds: 0\nsearch:\n  hidden: [4]", ":5: ", "seeds: found 0"),
    ("points: many\nsearch:\n  hidden: [4]", ":5: ", "points: found many"),
    ("search:\n  hidden: [4, x]", ": ", "'--hidden"),
    ("search:\n  hidden: [0]", ": ", "--hidden: found 0"),
    ("length: ''\nsearch:\n  hidden: [4]", ":5: ", "length: found no value"),
  ])
  func aBadRecipeIsRefusedInOneLine(_ lines: String, _ place: String, _ says: String) throws {
    let scratch = try Scratch()
    let path = try Self.recipe(scratch, lines)
    let result = try Tool.call(Self.tune(scratch))
    #expect(result.code == 64, "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    #expect(result.errors.hasPrefix("minim: \(path)\(place)"), "\(result.errors)")
    #expect(result.errors.contains(says), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: scratch.path("out")))
  }

  /// A point that cannot be trained is found before the first trial.
  @Test func aPointThatCannotBeTaughtIsRefusedFirst() throws {
    let scratch = try Scratch()
    let data = try scratch.waves(cases: 20), teacher = scratch.path("teacher")
    #expect(
      try Tool.call("train", "--data", data, "--epochs", "1", "--out", teacher, "--quiet").code == 0
    )
    try scratch.write(
      "tune.yaml",
      "command: distill\ndata: \(data)\nteacher: \(teacher)\nsearch:\n  model: [gru, linear]\n")
    let result = try Tool.call(Self.tune(scratch))
    #expect(result.code == 64, "\(result.errors)")
    #expect(result.errors.contains("point model=linear: method memkd: the student has no tap"))
    #expect(!FileManager.default.fileExists(atPath: scratch.path("out")))
  }

  /// A folder belongs to one search, whose values, points and seeds may change.
  @Test func aFolderTakesOneSearch() throws {
    let scratch = try Scratch()
    _ = try Self.recipe(scratch, "seeds: 1\nsearch:\n  hidden: [2]", epochs: 1)
    #expect(try Tool.call(Self.tune(scratch)).code == 0)
    let names = ["out/results.json", "out/best.yaml"]
    let before = try names.map { try Self.text(scratch, $0) }
    func refuses(_ lines: String, epochs: Int = 1, _ says: String) throws {
      _ = try Self.recipe(scratch, lines, epochs: epochs)
      let result = try Tool.call(Self.tune(scratch))
      #expect(result.code == 73 && result.errors.contains(says), "\(result.errors)")
      #expect(try names.map { try Self.text(scratch, $0) } == before)
    }
    try refuses("seeds: 1\nsearch:\n  hidden: [2]", epochs: 2, "with other epochs, 1")
    try refuses("seeds: 1\nsearch:\n  layers: [2]", "other searched options, hidden")
    _ = try Self.recipe(scratch, "seeds: 1\nsearch:\n  hidden: [2]", epochs: 1)
    let train = scratch.path("Waves/Waves_TRAIN.tsv")
    let whole = try String(contentsOfFile: train, encoding: .utf8)
    try scratch.write(
      "Waves/Waves_TRAIN.tsv", whole.replacing("0\t", with: "1\t", maxReplacements: 1))
    let other = try Tool.call(Self.tune(scratch))
    #expect(other.code == 73 && other.errors.contains("other training cases"), "\(other.errors)")
    try scratch.write("Waves/Waves_TRAIN.tsv", whole)
    _ = try Self.recipe(scratch, "seeds: 2\nsearch:\n  hidden: [2, 3]", epochs: 1)
    let more = try Tool.call(Self.tune(scratch))
    #expect(more.code == 0, "\(more.errors)")
  }

  @Test func theFolderOfATrainingRunIsRefused() throws {
    let scratch = try Scratch()
    _ = try Self.recipe(scratch, "seeds: 1\nsearch:\n  hidden: [2]", epochs: 1)
    try scratch.write("out/run.json", "{}")
    let result = try Tool.call(Self.tune(scratch))
    #expect(result.code == 73 && result.errors.contains("a training run"), "\(result.errors)")
    try scratch.write("other/results.json", "{}")
    let foreign = try Tool.call(Self.tune(scratch, out: "other"))
    #expect(foreign.code == 73 && foreign.errors.contains("something else"), "\(foreign.errors)")
  }

  @Test func badWorkersLeaveNoFolder() throws {
    let scratch = try Scratch()
    _ = try Self.recipe(scratch, "search:\n  hidden: [4]")
    let result = try Tool.call(Self.tune(scratch, "--workers", "0"))
    #expect(result.code == 64 && result.errors.contains("--workers: found 0"))
    #expect(!FileManager.default.fileExists(atPath: scratch.path("out")))
  }

  /// Trials are done by the `minim` that runs, however it was started.
  @Test(arguments: ["minim", "./minim", "../$(basename $PWD)/minim"])
  func theExecutableIsFound(_ word: String) throws {
    let scratch = try Scratch()
    _ = try Self.recipe(scratch, "seeds: 1\nsearch:\n  hidden: [2]", epochs: 1)
    let process = Tool.process([])
    let folder = Tool.url.deletingLastPathComponent().path
    process.executableURL = URL(filePath: "/bin/sh")
    let path = word == "minim" ? "PATH='\(folder)':$PATH" : "cd '\(folder)'"
    process.arguments = [
      "-c", "\(path); \(word) tune '\(scratch.path("tune.yaml"))' --out '\(scratch.path("out"))'",
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(try Ledger(scratch.path("out")).losses.count == 1)
  }
}

/// The ledger of a folder of trials.
struct Ledger {
  /// Its lines without what differs between two runs, sorted.
  let lines: [String]
  let losses: [Double]

  init(_ folder: String) throws {
    let text = try String(contentsOfFile: "\(folder)/trials.jsonl", encoding: .utf8)
    var lines: [String] = [], losses: [Double] = []
    for line in text.split(separator: "\n") {
      var record = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
      record["seconds"] = nil
      if let loss = record["loss"] as? Double { losses.append(loss) }
      let data = try JSONSerialization.data(withJSONObject: record, options: .sortedKeys)
      lines.append(String(decoding: data, as: UTF8.self))
    }
    self.lines = lines.sorted()
    self.losses = losses
  }
}
