// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@Suite struct DetectionCommandTests {
  /// Two problems of two channels: waves in step; in the test rows 120 to 139 the second is out of it.
  func machines(_ scratch: Scratch, labels: Bool = true) throws -> String {
    func rows(_ count: Int, _ shift: Int, broken: Range<Int>) -> String {
      let header = "a,b" + (labels ? ",label" : "")
      let lines = (0..<count).map { row in
        let angle = 0.3 * Double(row + shift)
        let second = broken.contains(row) ? cos(2.1 * angle) : sin(angle + 0.4)
        return "\(sin(angle)),\(second)" + (labels ? ",\(broken.contains(row) ? 1 : 0)" : "")
      }
      return ([header] + lines).joined(separator: "\n") + "\n"
    }
    for (name, shift) in [("one", 0), ("two", 40)] {
      try scratch.write("data/\(name)_train.csv", rows(400, shift, broken: 0..<0))
      try scratch.write("data/\(name)_test.csv", rows(300, shift + 7, broken: 120..<140))
    }
    return scratch.path("data")
  }

  @Test func fromTrainingToFigures() throws {
    let scratch = try Scratch()
    let data = try machines(scratch), run = scratch.path("run")
    let words = [
      "train", "--task", "detect", "--data", data, "--only", "one", "--model", "pca", "--window",
      "8", "--out", run, "--json",
    ]
    let trained = try Tool.call(words).json()
    #expect(trained["train_rows"] as? Int == 320 && trained["held_rows"] as? Int == 80)
    #expect(try Tool.call(words).code == 73, "a run is not overwritten")
    #expect(try Tool.call(words + ["--resume"]).code == 0)
    let scores = scratch.path("scores.csv")
    let found = try Tool.call(
      "eval", run, "--data", data, "--only", "one", "--scores-out", scores, "--json"
    ).json()
    #expect(found["split"] as? String == "test")
    let table = try #require((found["table"] as? [String: Any])?["rows"] as? [[String: Any]])
    #expect(
      table.compactMap { $0["name"] as? String }
        == ["detector", "random", "distance from mean", "outside range"])
    let report = try #require(table[0]["report"] as? [String: Any])
    #expect(report["points"] as? Int == 300 && report["anomalous_points"] as? Int == 20)
    #expect(try #require(report["average_precision"] as? Double) > 0.8)
    let chance = try #require(table[1]["report"] as? [String: Any])
    #expect(try #require(chance["average_precision"] as? Double) < 0.3)
    // The same scores from files, against labels from a file.
    let labels = try scratch.write(
      "labels.csv", (0..<300).map { (120..<140).contains($0) ? "1" : "0" }.joined(separator: "\n"))
    let threshold = try Tool.call(
      "threshold", "--calibration", "\(run)/calibration.csv", "--json"
    ).json()
    let limit = try #require(threshold["threshold"] as? Double)
    let again = try Tool.call(
      "metrics", "anomaly", "--labels", labels, "--scores", scores, "--threshold", "\(limit)",
      "--json"
    ).json()
    let rows = try #require(again["rows"] as? [[String: Any]])
    let own = try #require(rows[0]["report"] as? [String: Any])
    #expect(own["average_precision"] as? Double == report["average_precision"] as? Double)
    let at = try #require(report["at_threshold"] as? [String: Any])
    #expect(at["threshold"] as? Double == limit)
  }

  @Test func aFleetGoesOnWhereItStopped() throws {
    let scratch = try Scratch()
    let data = try machines(scratch), out = scratch.path("fleet")
    let words = [
      "train", "--task=detect", "--data=\(data)", "--model=pca", "--each", "--out=\(out)",
      "--quiet",
    ]
    #expect(try Tool.call(words).code == 0)
    let first = try Data(contentsOf: URL(filePath: "\(out)/one/best.safetensors"))
    // What is finished is left alone, what is not is done again.
    try FileManager.default.removeItem(atPath: "\(out)/two/measures.json")
    try FileManager.default.removeItem(atPath: "\(out)/one/best.safetensors")
    #expect(try Tool.call(words).code == 0)
    #expect(FileManager.default.fileExists(atPath: "\(out)/two/measures.json"))
    #expect(!FileManager.default.fileExists(atPath: "\(out)/one/best.safetensors"))
    try first.write(to: URL(filePath: "\(out)/one/best.safetensors"))
    let found = try Tool.call("eval", out, "--data", data, "--json").json()
    #expect(found["problems"] as? Int == 2)
    let pooled = try #require(found["pooled"] as? [String: Any])
    #expect(pooled["points"] as? Int == 600 && pooled["segments"] as? Int == 2)
    #expect(try #require(pooled["average_precision"] as? Double) > 0.4)
    let chance = try #require(found["random"] as? [String: Any])
    #expect(try #require(chance["average_precision"] as? Double) < 0.2)
  }

  @Test func aDetectorIsNoClassifier() throws {
    let scratch = try Scratch()
    let run = scratch.path("run"), waves = try scratch.waves()
    let trained = try Tool.call(
      "train", "--task=detect", "--data", try machines(scratch), "--only=one", "--model=pca",
      "--out", run, "--quiet")
    #expect(trained.code == 0, "\(trained.errors)")
    for words in [["compare", run], ["distill", "--data", waves, "--teacher", run]] {
      let result = try Tool.call(words)
      #expect(result.code == 65, "\(result.errors)")
      #expect(result.errors.contains("found the run of a detector"), "\(result.errors)")
    }
  }

  @Test func whatIsUndefinedIsNullWithAReason() throws {
    let scratch = try Scratch()
    let labels = try scratch.write("labels.csv", "0\n0\n0\n0\n")
    let scores = try scratch.write("scores.csv", "score\n0.1\n0.4\n0.2\n0.3\n")
    let found = try Tool.call(
      "metrics", "anomaly", "--labels", labels, "--scores", scores, "--threshold", "0.35", "--json"
    ).json()
    let report = try #require((found["rows"] as? [[String: Any]])?[0]["report"] as? [String: Any])
    #expect(report["average_precision"] is NSNull)
    #expect(report["average_precision_reason"] as? String == "no anomaly in the labels")
    let at = try #require(report["at_threshold"] as? [String: Any])
    #expect(at["false_alarms_per_thousand"] as? Double == 250)
  }

  @Test func whatCannotBeIsRefused() throws {
    let scratch = try Scratch()
    let data = try machines(scratch)
    func expect(_ words: [String], _ code: Int32, _ text: String) throws {
      let result = try Tool.call(words)
      #expect(result.code == code && result.errors.contains(text), "\(words): \(result.errors)")
    }
    let train = ["train", "--task=detect", "--out=\(scratch.path("r"))", "--quiet"]
    try expect(train + ["--data=\(data)"], 64, "--only one of one two")
    try expect(train + ["--data=\(data)", "--only=three"], 64, "found \"three\"")
    try expect(train + ["--data=\(data)", "--only=one", "--model=lstm"], 64, "expected one of gon")
    try expect(train + ["--data=\(data)", "--only=one", "--held=1"], 64, "--held: found 1.0")
    try scratch.write("nan/x_train.csv", "a,b\n1,2\nnan,3\n")
    try expect(train + ["--data=\(scratch.path("nan"))"], 65, "x_train.csv:3")
    let scores = try scratch.write("s.csv", "0.1\n0.2\n")
    let labels = try scratch.write("l.csv", "0\n1\n1\n")
    let metrics = ["metrics", "anomaly", "--labels=\(labels)"]
    try expect(metrics + ["--scores=\(scores)"], 65, "2 scores, expected 3")
    let bad = try scratch.write("b.csv", "0.1\n0.2\nx\n")
    try expect(metrics + ["--scores=\(bad)"], 65, "b.csv:3: found \"x\"")
    try expect(["threshold", "--calibration=\(scores)", "--risk=2"], 64, "found 2.0")
    try expect(
      ["threshold", "--method=pot", "--calibration=\(scores)", "--depth=3"], 64, "--depth")
  }

  @Test func thresholdsAlongAStream() throws {
    let scratch = try Scratch()
    let normal = (0..<500).map { 0.5 + 0.1 * sin(Double($0 * $0)) }
    let calibration = try scratch.write(
      "c.csv", normal.map { "\($0)" }.joined(separator: "\n"))
    let stream = try scratch.write("s.csv", "0.5\n0.45\n9\n0.55\n-9\n")
    let words = ["threshold", "--calibration", calibration, "--scores", stream, "--json"]
    let one = try Tool.call(words + ["--method", "spot"]).json()
    #expect(one["alarms"] as? [Int] == [3])
    let text = try Tool.call(words.dropLast() + ["--method", "spot"]).output
    #expect(text.contains("1 alarm, rows from 1: 3"), "\(text)")
    let two = try Tool.call(words + ["--method", "dspot", "--two-sided"]).json()
    #expect((two["alarms"] as? [Int])?.contains(5) == true)
    #expect(two["lower_threshold"] is Double)
  }
}
