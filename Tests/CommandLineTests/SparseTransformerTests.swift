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
    for (index, (options, says)) in [
      (["--norm", "batch"], "--norm: found batch, expected none, token or time"),
      (["--window", "1"], "--window: found 1, expected 2 to 4096"),
      (["--heads", "3"], "expected an even --hidden up to 4096 that --heads divide"),
      (["--dense", "decoder,encoder.embed"], "--dense: found encoder.embed, expected"),
    ].enumerated() {
      let refused = try Tool.call(
        words + ["sbt", "--out", scratch.path("z\(index)")] + own + options)
      #expect(refused.code == 64 && refused.errors.contains(says), "\(refused.errors)")
    }
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
    // A teacher of other windows, of another task, of other rows, and one that is none.
    var other = own
    other[1] = "9"
    for part in ["train", "test"] {
      let lines = try String(contentsOfFile: "\(data)/one_\(part).csv", encoding: .utf8)
        .split(separator: "\n").prefix(31).joined(separator: "\n")
      try scratch.write("short/one_\(part).csv", lines + "\n")
    }
    for (words, says) in [
      (words + plain + ["--teacher", teacher, "--out", scratch.path("x")] + other, "of 8 rows"),
      (
        words + plain + ["--predict", "--teacher", teacher, "--out", scratch.path("p")] + own,
        "found a transformer detector that reconstructs, expected one that predicts"
      ),
      (
        words + plain + ["--teacher", teacher, "--out", scratch.path("s")] + small
          + [scratch.path("short"), "--quiet"], "trained on rows of another range"
      ),
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
      // Codes of such small masks would be longer than the masks.
      #expect(try Tool.call("inspect", file).output.contains("masks          14 plain\n"))
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
    #expect(sizes[0] == sizes[1])
    let bytes = try Tool.call("pack", run, "--precision", "int8", "--out", scratch.path("8.minim"))
    #expect(bytes.output.contains("14 of 14 matrices one-bit"), "\(bytes.output)")
    #expect(bytes.output.contains("no matrix takes int8, as with --precision float16"))
    let refused = try Tool.call("pack", teacher, "--masks", "coded", "--out", scratch.path("m"))
    #expect(refused.code == 64 && refused.errors.contains("--masks: found coded, expected none"))
  }

  @Test func aClassifierOfSignsLearnsFromATransformer() throws {
    let scratch = try Scratch()
    let data = try scratch.waves(), teacher = scratch.path("teacher"), run = scratch.path("run")
    let plan = ["--data", data, "--quiet", "--epochs", "120", "--batch", "8"]
    let model = ["--model", "transformer", "--hidden", "16", "--feed-forward", "32"]
    let rate = ["--learning-rate", "0.02"]
    #expect(try Tool.call(["train", "--out", teacher] + model + plan + rate).code == 0)
    let kept = ["--keep", "0.5", "--train-biases", "--dense", "head"]
    let distilled = try Tool.call(
      ["distill", "--method", "kd", "--teacher", teacher, "--out", run] + model + kept + plan
        + rate)
    #expect(distilled.code == 0)
    #expect(distilled.output.contains("7 of 8 matrices binary"), "\(distilled.output)")
    let scored = try Tool.call("eval", run, "--data", data, "--json").json()
    let metrics = try #require(scored["metrics"] as? [String: Double])
    #expect(try #require(metrics["accuracy"]) > 0.8)
    let file = scratch.path("m.minim")
    let packed = try Tool.call("pack", run, "--out", file, "--data", data)
    #expect(packed.output.contains("7 of 8 matrices one-bit"), "\(packed.output)")
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
    (
      ["--model", "lstm", "--keep", "0.5", "--dense", "head,recurrent.1"],
      "--dense: found recurrent.1, expected beginnings of recurrent.weight_ih_l0"
    ),
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
    let scratch = try Scratch()
    for (paper, missing) in [
      ("sbt", "uea/JapaneseVowels: found nothing, expected the data of JapaneseVowels"),
      ("timedistill", "forecast/ETTh1.csv.gz: found nothing, expected the data of ETTh1"),
    ] {
      let out = scratch.path(paper)
      let refused = try Tool.call("reproduce", paper, "--data", scratch.path("x"), "--out", out)
      #expect(refused.code == 65 && refused.errors.contains(missing), "\(refused.errors)")
      #expect(!FileManager.default.fileExists(atPath: out), "a folder is left behind")
    }
  }

  /// One detector of all machines, judged by the paper's quantile; the second time the table is the ledger's.
  @Test func detectorsOfJoinedMachinesAreReproduced() throws {
    let scratch = try Scratch()
    let names = ["m0", "m1"]
    _ = try SignatureCommandTests().machines(
      scratch, folder: "data/smap", rows: 80, names: names)
    let words = [
      "reproduce", "sbt", "--data=\(scratch.path("data"))", "--sets=SMAP", "--seeds=1",
      "--out=\(scratch.path("out"))", "--quiet", "--json",
    ]
    let first = try Tool.call(words)
    #expect(first.code == 0, "\(first.errors)")
    let results = try #require(
      JSONSerialization.jsonObject(with: Data(first.output.utf8)) as? [[String: Any]])
    #expect(results[0]["problems"] as? Int == 2)
    let rows = try #require(results[0]["rows"] as? [[String: Any]])
    #expect(rows.count == 7 && rows.allSatisfy { $0["failures"] as? Int == 0 })
    let ledger = try String(contentsOfFile: scratch.path("out/trials.jsonl"), encoding: .utf8)
    let trials = ledger.split(separator: "\n")
    #expect(trials.count == 15, "seven trained, as many judged, and scores without training")
    #expect(trials.allSatisfy { $0.contains(#""joined":"m0,m1""#) })
    #expect(trials.count { $0.contains(#""alarm-share":"0.01""#) } == 8)
    #expect(trials.count { $0.contains(#""teacher":"#) } == 3)
    #expect(try Tool.call(words).output == first.output)
    #expect(
      try String(contentsOfFile: scratch.path("out/trials.jsonl"), encoding: .utf8) == ledger)
  }

  /// Steps that throw every unit below zero leave a network that sees nothing, and training says so.
  @Test func deadNetworksAreNamed() throws {
    let scratch = try Scratch()
    let data = try DetectionCommandTests().machines(scratch)
    for (rate, isDead) in [("0.001", false), ("1", true)] {
      let run = scratch.path("run\(rate)")
      let words =
        ["train", "--task", "detect", "--model", "transformer", "--learning-rate", rate]
        + ["--out", run] + small + [data, "--only", "one", "--quiet"]
      let result = try Tool.call(words)
      #expect(result.code == 0, "\(result.errors)")
      #expect(result.output.contains("makes the same of every window") == isDead)
      let shown = try Tool.call(words + ["--resume", "--json"]).json()
      #expect(shown["constant_output"] as? Bool == isDead)
    }
  }

  /// What `sbt` keeps where nobody says is there for its other options, too.
  @Test func sbtHasAKeepOfItsOwn() throws {
    let scratch = try Scratch()
    let data = try DetectionCommandTests().machines(scratch)
    func trained(_ name: String, _ options: [String]) throws -> Data {
      let run = scratch.path(name)
      let result = try Tool.call(
        ["train", "--task", "detect", "--model", "sbt", "--out", run] + options + small
          + [data, "--only", "one", "--quiet"])
      #expect(result.code == 0, "\(result.errors)")
      #expect(result.output.contains("13 of 14 matrices binary") == options.contains("--dense"))
      return try Data(contentsOf: URL(filePath: "\(run)/best.safetensors"))
    }
    let options = ["--weights", "uniform", "--train-biases", "--dense", "decoder"]
    #expect(try trained("own", options) == trained("given", options + ["--keep", "0.25"]))
    #expect(try trained("plain", []) == trained("quarter", ["--keep", "0.25"]))
    let refused = try Tool.call(
      ["train", "--task", "detect", "--model", "transformer", "--weights", "uniform"] + small
        + [data, "--only", "one", "--out", scratch.path("x")])
    #expect(refused.code == 64 && refused.errors.contains("without --keep"), "\(refused.errors)")
  }
}
