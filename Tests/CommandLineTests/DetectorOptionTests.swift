// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Options of detectors, their thresholds and what is said of them.
@Suite struct DetectorOptionTests {
  private func expect(_ words: [String], _ code: Int32, _ text: String) throws {
    let result = try Tool.call(words)
    #expect(result.code == code && result.errors.contains(text), "\(words): \(result.errors)")
  }

  @Test func whatChangesNothingIsRefused() throws {
    let scratch = try Scratch()
    let data = try DetectionCommandTests().machines(scratch)
    let train = [
      "train", "--task=detect", "--data=\(data)", "--only=one", "--out", scratch.path("run"),
      "--quiet",
    ]
    for (model, option) in [
      ("pca", "--epochs=3"), ("pca", "--batch=3"), ("pca", "--learning-rate=0.1"),
      ("pca", "--layers=3"),
      ("iforest", "--epochs=3"), ("ocsvm", "--learning-rate=0.1"), ("lof", "--batch=7"),
      ("gon-compat", "--window=9"), ("gon-compat", "--hidden=9"), ("gon-compat", "--layers=3"),
      ("gon-compat", "--held=0.3"), ("usad", "--layers=3"), ("cae-m", "--hidden=9"),
    ] {
      let name = try #require(option.split(separator: "=").first)
      try expect(
        train + ["--model=\(model)", option], 64, "\(name): found it, expected none with \(model)")
    }
    try expect(train + ["--workers=2"], 64, "--workers: found it, expected none without --each")
    // A recipe names the whole plan.
    #expect(try Tool.call(train + ["--model=pca", "--epochs=1", "--batch=256"]).code == 0)
    let run = scratch.path("run")
    let recipe = try Tool.call("run", "\(run)/recipe.yaml", "--out", scratch.path("again"))
    #expect(recipe.code == 0, "\(recipe.errors)")
    try expect(
      ["eval", run, "--data=\(data)", "--only=one", "--threshold=1", "--risk=1e-3"], 64,
      "--threshold")
    try expect(
      ["threshold", "--method=quantile", "--calibration=\(run)/calibration.csv", "--risk=1e-3"], 64,
      "--risk: found it")
    for command in [["threshold", "--calibration=\(run)/calibration.csv"], ["pack", run]] {
      try expect(command + ["--level=1"], 64, "--level: found 1.0, expected 0 or more, less than 1")
      try expect(command + ["--risk=0"], 64, "--risk: found 0.0, expected a number above 0")
      try expect(command + ["--risk=0.5"], 64, "--risk: found 0.5, expected at most 0.02")
      try expect(command + ["--risk=0.5", "--level=0.6"], 64, "expected at most 0.4")
    }
    let evaluate = [
      "evaluate-detector", "--data=\(data)", "--only=one", "--out", scratch.path("e"),
    ]
    try expect(evaluate + ["--threads=0"], 64, "--threads: found 0")
    try expect(evaluate + ["--level=5"], 64, "--level: found 5.0")
  }

  /// max(1e-4, 1 / n), except of reproductions.
  @Test func theRiskGoesByTheNumberOfScores() throws {
    let scratch = try Scratch()
    func risk(_ count: Int) throws -> Double? {
      let scores = (0..<count).map { "\(sin(Double($0 * $0)))" }.joined(separator: "\n")
      let file = try scratch.write("\(count).csv", scores)
      return try Tool.call("threshold", "--calibration", file, "--json").json()["risk"] as? Double
    }
    #expect(try risk(400) == 0.0025)
    #expect(try risk(20_000) == 1e-4)
    #expect(try #require(try risk(10)) < 0.0201)

    let data = try DetectionCommandTests().machines(scratch), run = scratch.path("run")
    let problem = ["--data", data, "--only", "one"]
    #expect(try Tool.call(["train", "--task", "detect", "--out", run] + problem).code == 0)
    func pot(_ words: [String]) throws -> Double {
      let found = try Tool.call(
        ["threshold", "--calibration", "\(run)/calibration.csv", "--json"] + words
      ).json()
      return try #require(found["threshold"] as? Double)
    }
    func used(_ result: [String: Any]) throws -> Double {
      let rows = try #require((result["table"] as? [String: Any])?["rows"] as? [[String: Any]])
      let at = (rows[0]["report"] as? [String: Any])?["at_threshold"] as? [String: Any]
      return try #require(at?["threshold"] as? Double)
    }
    let plain = try pot([]), fixed = try pot(["--risk=1e-4"])
    #expect(plain < fixed)
    #expect(try used(try Tool.call(["eval", run, "--json"] + problem).json()) == plain)
    let packed = try Tool.call("pack", run, "--out", scratch.path("x.minim"), "--json").json()
    let threshold = try #require(packed["threshold"] as? Double)
    #expect(abs(threshold - plain) < 1e-3 * plain)
    let out = scratch.path("evaluation")
    #expect(
      try Tool.call(["evaluate-detector", "--detector", run, "--out", out] + problem).code == 0)
    let evaluation = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(filePath: "\(out)/evaluation.json")))
    #expect(try used(try #require(evaluation as? [String: Any])) == fixed)
  }

  @Test func thresholdsFromFewScoresSaySo() throws {
    let scratch = try Scratch()
    let few = "from 1 score alone"
    let data = try scratch.write("x.csv", "a\n1\n2\n3\n4\n5\n")
    try scratch.write("pair/x_train.csv", "a\n1\n2\n1\n2\n1\n")
    try scratch.write("pair/x_test.csv", "a,label\n1,0\n9,1\n1,0\n")
    let pair = scratch.path("pair"), run = scratch.path("run")
    let trained = try Tool.call(
      "train", "--task=detect", "--data", pair, "--window", "15", "--out", run)
    #expect(trained.output.contains(few), "\(trained.output)")
    #expect(trained.output.contains("window of 15 rows of 1 channel, from 4 rows"))
    for words in [["eval", run, "--data", pair], ["pack", run, "--out", scratch.path("x.minim")]] {
      let result = try Tool.call(words)
      #expect(result.code == 0 && result.output.contains(few), "\(words) \(result.output)")
    }
    // A clock is no channel to learn from.
    let clock = try Tool.call("train", "--task=detect", "--data", data, "--out", scratch.path("c"))
    #expect(clock.output.contains("a: rises with every row"), "\(clock.output)")
    #expect(!trained.output.contains("rises"))
  }

  @Test func theDataAreNamed() throws {
    let scratch = try Scratch()
    let rows = (0..<200).map { "\($0),\(sin(Double($0))),5" }
    let data = try scratch.write(
      "north.csv", (["time,flow,pressure"] + rows).joined(separator: "\n"))
    let run = scratch.path("run")
    let trained = try Tool.call("train", "--task=detect", "--data", data, "--out", run)
    #expect(trained.output.contains("channels: flow pressure; left out: time"), "\(trained.output)")
    #expect(trained.output.contains("never change in training: pressure"))
    #expect(!trained.output.contains("rises"))
    // New rows without labels are scored all the same.
    let scores = scratch.path("scores.csv")
    let scored = try Tool.call("eval", run, "--data", data, "--scores-out", scores, "--json").json()
    #expect(scored["rows"] as? Int == 200 && scored["split"] as? String == "unlabelled")
    let lines = try String(contentsOfFile: scores, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 201)
    let values = lines.dropFirst().compactMap { Double($0) }
    let threshold = try #require(scored["threshold"] as? Double)
    #expect(scored["alarms"] as? Int == values.count { $0 > threshold })
    let turned = try scratch.write(
      "turned.csv", (["time,pressure,flow"] + rows).joined(separator: "\n"))
    try expect(
      ["eval", run, "--data", turned, "--scores-out", scores], 65,
      "found columns pressure,flow, expected flow,pressure")
  }

  /// The buffer is said where figures that depend on it stand, and so is the threshold.
  @Test func figuresSayWhatTheyDependOn() throws {
    let scratch = try Scratch()
    let data = try DetectionCommandTests().machines(scratch), run = scratch.path("run")
    let problem = ["--data", data, "--only", "one"]
    #expect(try Tool.call(["train", "--task", "detect", "--out", run] + problem).code == 0)
    let text = try Tool.call(["eval", run] + problem).output
    let result = try Tool.call(["eval", run, "--json"] + problem).json()
    let rows = try #require((result["table"] as? [String: Any])?["rows"] as? [[String: Any]])
    let report = try #require(rows[0]["report"] as? [String: Any])
    let buffer = try #require(report["maximum_buffer"] as? Int)
    #expect(buffer != 100 && text.contains("VUS goes to a buffer of \(buffer) rows"), "\(text)")
    let at = try #require(report["at_threshold"] as? [String: Any])
    let said = try #require(try #/threshold (\S+), POT of/#.firstMatch(in: text))
    let used = try #require(at["threshold"] as? Double)
    #expect(abs(try #require(Double(said.1)) - used) <= 1e-12 * used)
    let labels = try scratch.write("l.csv", "0\n1\n0\n")
    let scores = try scratch.write("s.csv", "0.1\n0.9\n0.2\n")
    let plain = try Tool.call("metrics", "anomaly", "--labels", labels, "--scores", scores).output
    #expect(plain.contains("VUS goes to a buffer of 100 rows"), "\(plain)")
  }

  @Test func detectorsAreNoClassifiers() throws {
    let scratch = try Scratch()
    let data = try DetectionCommandTests().machines(scratch)
    try expect(["data", "describe", data], 65, "these are data for detectors")
    let recipe = try scratch.write(
      "r.yaml", "command: train\ntask: detect\ndata: \(data)\nsearch:\n  seed: [1]\n")
    try expect(["tune", recipe, "--out", scratch.path("t")], 64, "task: found detect")
    try expect(
      ["reproduce", "gon", "--data", scratch.path(""), "--sets=,"], 64, "--sets: found \"\"")
    try expect(
      ["reproduce", "gon", "--data", scratch.path(""), "--models=pca,pca"], 64, "a second time")
    let help = try Tool.call("train", "--help").output
    #expect(
      help.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        .contains("minim train --task detect --help"))
  }
}
