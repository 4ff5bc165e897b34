// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Transformers and models of signs under masks, from training to files.
@Suite struct SparseTransformerTests {
  private let small = [
    "--window", "8", "--hidden", "4", "--feed-forward", "8", "--epochs", "2", "--data",
  ]

  @Test func aTaughtDetectorIsPackedAndStreams() throws {
    let scratch = try Scratch()
    let data = try DetectionCommandTests().machines(scratch)
    let own = small + [data, "--only", "one", "--quiet"]
    let teacher = scratch.path("teacher"), run = scratch.path("run")
    let words = ["train", "--task", "detect", "--model"]
    #expect(try Tool.call(words + ["transformer", "--out", teacher] + own).code == 0)
    let plain = ["sbt", "--keep", "0.5", "--positions", "none"]
    let alone = scratch.path("alone")
    #expect(try Tool.call(words + plain + ["--out", alone] + own).code == 0)
    let taught = ["--teacher", teacher, "--out", run]
    #expect(try Tool.call(words + plain + taught + own).code == 0)
    func weights(_ run: String) throws -> Data {
      try Data(contentsOf: URL(filePath: "\(run)/best.safetensors"))
    }
    #expect(try weights(run) != weights(alone), "the teacher changes nothing")
    #expect(
      try String(contentsOfFile: "\(run)/recipe.yaml", encoding: .utf8).contains("keep: 0.5"))
    // A teacher of other windows, and one that is none.
    var other = own
    other[1] = "9"
    for (words, says) in [
      (words + plain + ["--teacher", teacher, "--out", scratch.path("x")] + other, "of 8 rows"),
      (words + plain + ["--teacher", data, "--out", scratch.path("y")] + own, "run folder"),
    ] {
      let refused = try Tool.call(words)
      #expect(refused.code == 65 && refused.errors.contains(says), "\(refused.errors)")
    }
    var sizes: [Int] = []
    for masks in ["plain", "coded"] {
      let file = scratch.path("\(masks).minim")
      let packed = try Tool.call("pack", run, "--masks", masks, "--out", file, "--json").json()
      sizes.append(try #require(packed["bytes"] as? Int))
      #expect(try Tool.call("verify", file).code == 0)
      let input = try String(contentsOfFile: "\(data)/one_test.csv", encoding: .utf8)
        .split(separator: "\n").dropFirst().prefix(40).map {
          $0.split(separator: ",").prefix(2).joined(separator: ",")
        }.joined(separator: "\n")
      let streamed = try Tool.call(["stream", file], input: input)
      #expect(streamed.code == 0 && streamed.output.split(separator: "\n").count == 40)
      #expect(
        try Tool.call(["stream", file], input: input, program: "minim-run").output
          == streamed.output)
    }
    #expect(sizes[0] != sizes[1])
  }

  @Test func aClassifierOfSignsLearnsFromATransformer() throws {
    let scratch = try Scratch()
    let data = try scratch.waves(), teacher = scratch.path("teacher"), run = scratch.path("run")
    let plan = ["--data", data, "--quiet", "--epochs", "120", "--batch", "8"]
    let model = ["--model", "transformer", "--hidden", "16", "--feed-forward", "32"]
    let rate = ["--learning-rate", "0.02"]
    #expect(try Tool.call(["train", "--out", teacher] + model + plan + rate).code == 0)
    let kept = ["--keep", "0.5", "--train-biases", "--dense", "head"]
    #expect(
      try Tool.call(
        ["distill", "--method", "kd", "--teacher", teacher, "--out", run] + model + kept + plan
          + rate
      ).code == 0)
    let scored = try Tool.call("eval", run, "--data", data, "--json").json()
    let metrics = try #require(scored["metrics"] as? [String: Double])
    #expect(try #require(metrics["accuracy"]) > 0.8)
    let file = scratch.path("m.minim")
    #expect(try Tool.call("pack", run, "--out", file, "--data", data).code == 0)
    #expect(try Tool.call("inspect", file).output.contains("one-bit"))
    #expect(try Tool.call("predict", file, "--data", data).code == 0)
    // The recipe gives the same weights.
    let recipe = try String(contentsOfFile: "\(run)/recipe.yaml", encoding: .utf8)
    let again = scratch.path("again")
    let text = try scratch.write("recipe.yaml", recipe + "out: \(again)\n")
    #expect(try Tool.call("run", text, "--quiet").code == 0)
    #expect(
      try Data(contentsOf: URL(filePath: "\(again)/best.safetensors"))
        == Data(contentsOf: URL(filePath: "\(run)/best.safetensors")))
  }

  @Test(arguments: [
    (["--model", "lstm", "--keep", "0"], "--keep: found 0.0"),
    (["--model", "lstm", "--keep", "1.5"], "--keep: found 1.5"),
    (["--model", "lstm", "--weights", "uniform"], "without --keep"),
    (["--model", "lstm", "--heads", "2"], "--heads: found 2"),
    (["--model", "minirocket", "--keep", "0.5"], "--keep: found 0.5"),
    (["--model", "transformer", "--hidden", "9"], "an even --hidden"),
    (["--model", "transformer", "--hidden", "8", "--heads", "3"], "--heads divide"),
    (["--model", "transformer", "--hidden", "8", "--activation-mask", "steps"], "without --keep"),
  ])
  func aWrongChoiceIsRefused(_ options: [String], _ says: String) throws {
    let scratch = try Scratch()
    let refused = try Tool.call(
      ["train", "--data", scratch.waves(), "--out", scratch.path("run")] + options)
    #expect(refused.code == 64, "\(refused.code)")
    #expect(refused.errors.contains(says), "\(refused.errors)")
    #expect(refused.errors.split(separator: "\n").count == 1)
  }

  @Test func reproductionsOfNothingAreRefused() throws {
    for sets in ["", "Nothing", "SMAP,Nothing"] {
      let refused = try Tool.call("reproduce", "sbt", "--data", "x", "--sets", sets)
      #expect(refused.code == 64 && refused.errors.contains("--sets"), "\(refused.errors)")
    }
  }
}
