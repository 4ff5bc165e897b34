// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@Suite struct CommandTests {
  @Test func describesAProblem() throws {
    let scratch = try Scratch()
    let result = try Tool.call("data", "describe", scratch.waves(), "--json")
    #expect(result.code == 0)
    #expect(
      result.output
        == #"{"channels":1,"classes":["0","1"],"format":"ucr","length":{"max":30,"min":30},"missing":0,"name":"Waves","test":{"cases":40},"train":{"cases":40}}"#
        + "\n")
  }

  @Test func trainsDistilsAndEvaluates() throws {
    let scratch = try Scratch()
    let data = try scratch.waves(), teacher = scratch.path("teacher"),
      student = scratch.path("student")
    let common = [
      "--data", data, "--epochs", "200", "--batch", "8", "--json", "--quiet", "--learning-rate",
      "0.02",
    ]
    #expect(try Tool.call(["train", "--hidden", "12", "--out", teacher] + common).code == 0)
    let distilled = try Tool.call(
      ["distill", "--teacher", teacher, "--hidden", "8", "--out", student, "--weight", "1"] + common
    )
    #expect(distilled.code == 0)
    #expect(try distilled.json()["split"] as? String == "validation")
    let scored = try Tool.call("eval", student, "--data", data, "--json").json()
    #expect(scored["split"] as? String == "test")
    #expect(scored["cases"] as? Int == 40)
    #expect(scored["parameters"] as? Int == 4 * 8 * (1 + 8 + 2) + 9 * 2)
    let metrics = try #require(scored["metrics"] as? [String: Double])
    for key in ["auc_prc", "auc_roc", "accuracy"] {
      #expect((0.7...1).contains(try #require(metrics[key])), "\(key)")
    }
    for name in [
      "recipe.yaml", "run.json", "log.jsonl", "best.safetensors", "last.safetensors", "scores.json",
    ] {
      #expect(FileManager.default.fileExists(atPath: "\(student)/\(name)"), "\(name)")
    }
  }

  /// Trained numbers for one channel, 30 steps and two classes.
  @Test(arguments: [
    ("mgu", "--hidden=4", 2 * 4 * (1 + 4 + 2) + 10),
    ("tcn", "--layers=2", 3 * 8 + 3 * 64 + 32 + 18),
    ("lite", "--hidden=2", 70 * 2 + 22 * 23 + 46 + 4 + 28 + 6), ("linear", "--seed=2", 62),
    ("minirocket", "--features=168", 168 + 169),
    ("transformer", "--hidden=8", 2 * 8 + 4 * 8 * 9 + 9 * 256 + 257 * 8 + 4 * 8 + 18),
  ])
  func everyArchitectureTrainsAndEvaluates(_ model: String, _ size: String, _ numbers: Int) throws {
    let scratch = try Scratch()
    let data = try scratch.waves(), run = scratch.path("run")
    // A minirocket is fitted, and refuses what only training reads.
    let plan = ["--epochs", "60", "--batch", "8", "--learning-rate", "0.02"]
    let words =
      ["train", "--data", data, "--model", model, size, "--quiet", "--json", "--out", run]
      + (model == "minirocket" ? [] : plan)
    #expect(try Tool.call(words).code == 0)
    let scored = try Tool.call("eval", run, "--data", data, "--json").json()
    #expect(scored["parameters"] as? Int == numbers)
    let metrics = try #require(scored["metrics"] as? [String: Double])
    if model != "linear" { #expect(try #require(metrics["accuracy"]) > 0.9) }
    let best = try Data(contentsOf: URL(filePath: "\(run)/best.safetensors"))
    #expect(try Tool.call(words).code == 73, "a run is not overwritten")
    #expect(try Tool.call(words + ["--resume"]).code == 0)
    #expect(try Data(contentsOf: URL(filePath: "\(run)/best.safetensors")) == best)
    let recipe = try String(contentsOfFile: "\(run)/recipe.yaml", encoding: .utf8)
    let other = scratch.path("other")
    let file = try scratch.write("recipe.yaml", recipe + "out: \(other)\n")
    #expect(try Tool.call("run", file, "--json", "--quiet").code == 0)
    #expect(try Data(contentsOf: URL(filePath: "\(other)/best.safetensors")) == best)
    let packed = try Tool.call("pack", run, "--out", scratch.path("m"), "--data", data)
    if model == "minirocket" {
      #expect(packed.code == 65 && packed.errors.contains("a minirocket: found no operations"))
    } else {
      #expect(packed.code == 0, "\(packed.errors)")
    }
  }

  @Test func aTemporalConvolutionTeaches() throws {
    let scratch = try Scratch()
    let data = try scratch.waves(), teacher = scratch.path("teacher")
    let common = ["--data", data, "--epochs", "20", "--quiet"]
    #expect(try Tool.call(["train", "--model", "tcn", "--out", teacher] + common).code == 0)
    let words = ["distill", "--teacher", teacher, "--model", "mgu", "--out", scratch.path("s")]
    #expect(try Tool.call(words + common).code == 0)
  }

  @Test func aRecipeGivesTheSameBitsAsTheCommandItSpells() throws {
    let scratch = try Scratch()
    let data = try scratch.waves()
    let recipe = try scratch.write(
      "r.yaml",
      "command: train\ndata: \(data)\nhidden: 3\nepochs: 5\nseed: 9\nout: \(scratch.path("a"))\n")
    #expect(try Tool.call("run", recipe, "--quiet").code == 0)
    let direct = try Tool.call(
      "train", "--data", data, "--hidden", "3", "--epochs", "5", "--seed", "9", "--out",
      scratch.path("b"))
    #expect(direct.code == 0)
    let weights = try ["a", "b"].map {
      try Data(contentsOf: URL(filePath: scratch.path("\($0)/best.safetensors")))
    }
    #expect(weights[0] == weights[1])
    // The recipe that a run stores is itself a recipe.
    let stored = try String(contentsOfFile: scratch.path("a/recipe.yaml"), encoding: .utf8)
    let again = try scratch.write("again.yaml", stored + "out: \(scratch.path("c"))\n")
    #expect(try Tool.call("run", again).code == 0)
    #expect(try Data(contentsOf: URL(filePath: scratch.path("c/best.safetensors"))) == weights[0])
  }

  @Test func aKilledRunResumesToTheSameBits() throws {
    let scratch = try Scratch()
    let data = try scratch.waves()
    func words(_ out: String) -> [String] {
      [
        "train", "--data", data, "--hidden", "48", "--layers", "2", "--epochs", "500",
        "--patience", "500", "--schedule", "plateau", "--learning-rate", "0.03", "--out",
        scratch.path(out), "--quiet",
      ]
    }
    func has(_ out: String, _ name: String) -> Bool {
      FileManager.default.fileExists(atPath: scratch.path("\(out)/\(name)"))
    }
    #expect(try Tool.call(words("whole")).code == 0)
    let files = ["last.safetensors", "best.safetensors", "log.jsonl"]
    func content(_ out: String) throws -> [Data] {
      try files.map { try Data(contentsOf: URL(filePath: scratch.path("\(out)/\($0)"))) }
    }
    let whole = try content("whole")
    var kills = 0
    for attempt in 1...9 where kills < 3 {
      let out = "killed\(attempt)"
      let process = Tool.process(words(out))
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      // The first kill may come before any checkpoint, the others come after one.
      while kills > 0, process.isRunning, !has(out, "last.safetensors") { usleep(2000) }
      usleep(UInt32.random(in: 1000...400_000))
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      if process.terminationReason == .exit { continue }  // it was done before the kill
      kills += 1
      let resumed = try Tool.call(words(out) + (has(out, "run.json") ? ["--resume"] : []))
      #expect(resumed.code == 0, "\(resumed.errors)")
      #expect(try content(out) == whole, "attempt \(attempt)")
    }
    #expect(kills == 3)
  }
}
