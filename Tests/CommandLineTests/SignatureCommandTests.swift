// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@Suite struct SignatureCommandTests {
  /// Problems of two channels, waves in step, of other heights; in the test rows 120 to 159 the second stands above them.
  func machines(
    _ scratch: Scratch, folder: String = "data", rows count: Int = 400,
    names: [String] = ["one", "two"], last: Double = 3
  ) throws -> String {
    func rows(_ count: Int, _ shift: Int, _ height: Double, broken: Range<Int>) -> String {
      let lines = (0..<count).map { row in
        let angle = 0.3 * Double(row + shift)
        let second = broken.contains(row) ? last : sin(angle + 0.4)
        return "\(height * sin(angle)),\(height * second),\(broken.contains(row) ? 1 : 0)"
      }
      return (["a,b,label"] + lines).joined(separator: "\n") + "\n"
    }
    for (index, name) in names.enumerated() {
      let shift = 40 * index, height = index % 2 == 0 ? 1.0 : 50
      try scratch.write("\(folder)/\(name)_train.csv", rows(count, shift, height, broken: 0..<0))
      try scratch.write(
        "\(folder)/\(name)_test.csv", rows(300, shift + 7, height, broken: 120..<160))
    }
    return scratch.path(folder)
  }

  private func table(_ found: [String: Any]) throws -> [String: Any] {
    let rows = try #require((found["table"] as? [String: Any])?["rows"] as? [[String: Any]])
    return try #require(rows[0]["report"] as? [String: Any])
  }

  @Test func oneDetectorForJoinedProblems() throws {
    let scratch = try Scratch()
    let data = try machines(scratch), run = scratch.path("run")
    let words = [
      "train", "--task=detect", "--data=\(data)", "--joined=all", "--model=mscred-device",
      "--window=20", "--epochs=4", "--score=residual", "--out=\(run)", "--json", "--quiet",
    ]
    let trained = try Tool.call(words).json()
    #expect(trained["train_rows"] as? Int == 640 && trained["held_rows"] as? Int == 160)
    #expect(trained["joined"] as? String == "all")
    #expect(try Tool.call(words + ["--resume"]).code == 0, "a finished run stays")
    // Each problem is scaled by its own training rows: the second is fifty times as high.
    let both = try table(Tool.call("eval", run, "--data", data, "--json").json())
    #expect(both["points"] as? Int == 600 && both["segments"] as? Int == 2)
    #expect(try #require(both["average_precision"] as? Double) > 0.5)
    for name in ["one", "two"] {
      let own = try table(
        Tool.call("eval", run, "--data", data, "--only", name, "--json").json())
      #expect(own["points"] as? Int == 300)
      #expect(try #require(own["average_precision"] as? Double) > 0.5, "\(name)")
    }
    let explained = try Tool.call("explain", run, "--data", data, "--json").json()
    #expect(explained["rows"] as? Int == 600)
    let alarms = try #require(explained["alarms"] as? [[String: Any]])
    let found = try #require(
      alarms.first {
        $0["problem"] as? String == "two" && ($0["first"] as? Int ?? 0) <= 160
          && ($0["last"] as? Int ?? 0) > 120
      })
    #expect((found["severity"] as? [Int])?.count == 3)
    #expect((found["severity"] as? [Int])?[0] ?? 0 > 0)
    #expect(!(found["channels"] as? [String] ?? []).isEmpty)
    // Without run.json it is still a detector of joined problems.
    try FileManager.default.removeItem(atPath: "\(run)/run.json")
    let again = try table(Tool.call("eval", run, "--data", data, "--json").json())
    #expect(again["average_precision"] as? Double == both["average_precision"] as? Double)
  }

  @Test(arguments: ["mscred-device", "pca"])
  func joinedDetectorsArePackedForOneProblem(_ model: String) throws {
    let scratch = try Scratch()
    let data = try machines(scratch, rows: 300), run = scratch.path("run")
    let file = scratch.path("two.minim"), scores = scratch.path("scores.csv")
    let train = [
      "train", "--task=detect", "--data=\(data)", "--joined=all", "--model=\(model)",
      "--window=20", "--out=\(run)", "--quiet",
    ]
    let own = model == "pca" ? [] : ["--epochs=2", "--score=residual"]
    #expect(try Tool.call(train + own).code == 0)
    #expect(try Tool.call("pack", run, "--data", data, "--out", file).errors.contains("of one two"))
    let packed = try Tool.call("pack", run, "--data", data, "--only=two", "--out", file, "--json")
    #expect(packed.code == 0, "\(packed.errors)")
    #expect(try #require(packed.json()["relative_difference"] as? Double) < 1e-4)
    _ = try Tool.call("eval", run, "--data", data, "--only=two", "--scores-out", scores)
    let trained = try String(contentsOfFile: scores, encoding: .utf8).split(separator: "\n")
      .dropFirst().compactMap { Double($0) }
    let rows = try String(contentsOfFile: "\(data)/two_test.csv", encoding: .utf8)
      .split(separator: "\n").dropFirst().map { $0.split(separator: ",").prefix(2) }
    let samples = rows.map { "[\($0.joined(separator: ","))]" }.joined(separator: "\n") + "\n"
    let lines = try Tool.call(["stream", file], input: samples).output.split(separator: "\n")
    #expect(lines.count >= 140)
    for line in lines {
      let found = try #require(
        JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      let row = try #require(found["sample"] as? Int) - 1
      let score = try #require(found["score"] as? Double)
      #expect(abs(score - trained[row]) <= 1e-3 * max(0.01, trained[row]), "row \(row)")
    }
  }

  @Test func testRowsReachNothingThatIsLearned() throws {
    let scratch = try Scratch()
    var files: [[Data]] = []
    for (name, last) in [("calm", 0.5), ("wild", 900.0)] {
      let data = try machines(scratch, folder: name, last: last), run = scratch.path("run-\(name)")
      let result = try Tool.call(
        "train", "--task=detect", "--data", data, "--joined=all", "--model=mscred-device",
        "--accumulator=gru", "--window=20", "--epochs=2", "--out", run, "--quiet")
      #expect(result.code == 0, "\(result.errors)")
      files.append(
        try ["best.safetensors", "calibration.csv"].map {
          try Data(contentsOf: URL(filePath: "\(run)/\($0)"))
        })
    }
    #expect(files[0] == files[1])
  }

  /// Of fewer than 1,000 rows kept apart all count: one score a gap, whole windows only.
  @Test func calibrationIsOfWholeWindows() throws {
    let scratch = try Scratch()
    let data = try machines(scratch), run = scratch.path("run")
    let result = try Tool.call(
      "train", "--task=detect", "--data", data, "--joined=all", "--model=mscred-device",
      "--window=300", "--epochs=1", "--out", run, "--quiet", "--json")
    #expect(result.code == 0, "\(result.errors)")
    // Gaps of 30 end at rows 300, 330, 360, 390 of each stream.
    #expect(try result.json()["calibrationScores"] as? Int == nil)
    #expect(try result.json()["calibration_scores"] as? Int == 8)
  }

  @Test func aKilledTrainingGoesOn() throws {
    let scratch = try Scratch()
    let data = try machines(scratch)
    func words(_ out: String, _ more: [String] = []) -> [String] {
      [
        "train", "--task=detect", "--data=\(data)", "--joined=all", "--model=mscred-device",
        "--accumulator=lstm", "--window=20", "--stride=4", "--epochs=30",
        "--out=\(scratch.path(out))", "--quiet",
      ] + more
    }
    #expect(try Tool.call(words("whole")).code == 0)
    let process = Tool.process(words("cut"))
    try process.run()
    let last = scratch.path("cut/last.safetensors")
    while process.isRunning, !FileManager.default.fileExists(atPath: last) { usleep(20_000) }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(!FileManager.default.fileExists(atPath: scratch.path("cut/best.safetensors")))
    #expect(try Tool.call(words("cut")).code == 73)
    let other = try Tool.call(words("cut", ["--stride=5", "--resume"]))
    #expect(other.code == 73 && other.errors.contains("stride"), "\(other.errors)")
    #expect(try Tool.call(words("cut", ["--resume"])).code == 0)
    for file in ["best.safetensors", "calibration.csv", "log.jsonl"] {
      #expect(
        try Data(contentsOf: URL(filePath: scratch.path("cut/\(file)")))
          == Data(contentsOf: URL(filePath: scratch.path("whole/\(file)"))), "\(file)")
    }
  }

  @Test func alarmsNameTheChannelThatIsOut() throws {
    let scratch = try Scratch()
    try scratch.write(
      "x_train.csv", (["a,b"] + (0..<200).map { "\($0 % 7),\($0 % 5)" }).joined(separator: "\n"))
    try scratch.write(
      "x_test.csv",
      (["a,b"] + (0..<100).map { "\($0 % 7),\((40..<44).contains($0) ? 9 : $0 % 5)" })
        .joined(separator: "\n"))
    let run = scratch.path("run"), data = scratch.url.path
    let trained = try Tool.call(
      "train", "--task=detect", "--data", data, "--model=usad", "--window=1", "--out", run,
      "--quiet")
    #expect(trained.code == 0, "\(trained.errors)")
    let found = try Tool.call("explain", run, "--data", data, "--top", "1", "--json").json()
    #expect(found["split"] as? String == "test")
    let alarms = try #require(found["alarms"] as? [[String: Any]])
    #expect(alarms.count == 1, "\(alarms)")
    #expect(alarms.first?["first"] as? Int == 41 && alarms.first?["last"] as? Int == 44)
    #expect(alarms.first?["channels"] as? [String] == ["b"])
    #expect(alarms.first?["severity"] == nil)
  }

  @Test func studentsLearnFromATeacher() throws {
    let scratch = try Scratch()
    let data = try machines(scratch), teacher = scratch.path("teacher")
    let train = ["train", "--task=detect", "--data=\(data)", "--only=one", "--epochs=1", "--quiet"]
    #expect(
      try Tool.call(train + ["--model=mscred-small", "--window=30", "--out=\(teacher)"]).code == 0)
    var weights: [Data] = []
    for (name, words) in [
      ("alone", ["train", "--task=detect", "--model=mscred-device", "--accumulator=gru"]),
      ("taught", ["distill", "--method=lta", "--model=mscred-device", "--teacher=\(teacher)"]),
      (
        "hot",
        [
          "distill", "--method=lta", "--model=mscred-device", "--teacher=\(teacher)",
          "--temperature=8",
        ]
      ),
    ] {
      let run = scratch.path(name)
      let result = try Tool.call(
        words + [
          "--data=\(data)", "--only=one", "--window=20", "--epochs=1", "--out=\(run)", "--quiet",
        ])
      #expect(result.code == 0, "\(result.errors)")
      weights.append(try Data(contentsOf: URL(filePath: "\(run)/best.safetensors")))
    }
    #expect(weights[0].count == weights[1].count, "the map to the teacher's width is dropped")
    #expect(weights[0] != weights[1] && weights[1] != weights[2])
  }

  @Test func whatDoesNotGoTogetherIsRefused() throws {
    let scratch = try Scratch()
    let data = try machines(scratch), teacher = scratch.path("teacher")
    func expect(_ words: [String], _ code: Int32, _ text: String) throws {
      let result = try Tool.call(words + ["--out=\(scratch.path(UUID().uuidString))", "--quiet"])
      #expect(result.code == code && result.errors.contains(text), "\(words): \(result.errors)")
    }
    let train = ["train", "--task=detect", "--data=\(data)"]
    let small = train + ["--only=one", "--model=mscred-small", "--window=20"]
    try expect(train + ["--joined=one,three"], 64, "--joined: found \"three\"")
    try expect(train + ["--joined=all", "--only=one"], 64, "--only: found it beside --joined")
    try expect(train + ["--joined=all", "--each"], 64, "--each: found it beside --joined")
    try expect(train + ["--only=one", "--accumulator=gru"], 64, "--accumulator: found gru")
    try expect(small + ["--memory-form=history"], 64, "expected --accumulator beside it")
    try expect(small + ["--weight=0.3"], 64, "expected --teacher beside it")
    try expect(small + ["--window=9"], 64, "--window")
    try expect(small + ["--hidden=4"], 64, "--hidden: found it")
    try expect(["distill", "--method=lta", "--data=\(data)", "--only=one"], 64, "--teacher")
    try expect(small + ["--window=4000"], 65, "rows")
    let pca = train + ["--only=one", "--model=pca", "--quiet", "--out=\(teacher)"]
    #expect(try Tool.call(pca).code == 0)
    try expect(small + ["--teacher=\(teacher)"], 65, "another kind, pca")
    try expect(train + ["--joined=one,one"], 65, "twice")
    try expect(small + ["--accumulator=mgu"], 64, "rnn, lstm or gru")
    let others = try machines(scratch, folder: "others", names: ["three", "four"])
    let joined = ["train", "--task=detect", "--joined=all", "--model=mscred-small", "--window=20"]
    let foreign = scratch.path("foreign")
    #expect(
      try Tool.call(
        joined + ["--data=\(others)", "--epochs=1", "--out=\(foreign)", "--quiet"]
      ).code == 0)
    try expect(joined + ["--data=\(data)", "--teacher=\(foreign)"], 65, "rows of another range")
    try scratch.write("order/one_train.csv", "a,b\n" + String(repeating: "1,2\n3,4\n", count: 40))
    try scratch.write("order/two_train.csv", "b,a\n" + String(repeating: "1,2\n3,4\n", count: 40))
    try expect(
      ["train", "--task=detect", "--data=\(scratch.path("order"))", "--joined=all"], 65,
      "columns b,a")
    try scratch.write("wide/one_train.csv", "a,b\n" + String(repeating: "1,2\n3,4\n", count: 40))
    try scratch.write("wide/two_train.csv", "a\n" + String(repeating: "1\n3\n", count: 40))
    try expect(
      ["train", "--task=detect", "--data=\(scratch.path("wide"))", "--joined=all"], 65,
      "found 1 channels")
  }

  @Test func theReproductionGoesOnWhereItStopped() throws {
    let scratch = try Scratch()
    let names = (0..<10).map { "m\($0)" }
    let data = try machines(scratch, folder: "data/smap", rows: 160, names: names)
    let words = [
      "reproduce", "lta", "--data=\(scratch.path("data"))", "--sets=SMAP", "--spans=25",
      "--seeds=1", "--epochs=1", "--out=\(scratch.path("out"))", "--quiet", "--json",
    ]
    let first = try Tool.call(words)
    #expect(first.code == 0, "\(first.errors)")
    let results = try #require(
      JSONSerialization.jsonObject(with: Data(first.output.utf8)) as? [[String: Any]])
    #expect(results[0]["joined"] as? [String] == ["m0", "m9"], "every ninth")
    #expect(results[0]["test_rows"] as? Int == 600)
    let rows = try #require(results[0]["rows"] as? [[String: Any]])
    #expect(rows.count == 10)
    #expect(rows[0]["numbers"] as? Double == 6_687_843)
    #expect(rows[1]["model"] as? String == "Base_small, 25")
    #expect(rows[1]["numbers"] as? Double == 408_611)
    let page = try String(contentsOfFile: scratch.path("out/report.md"), encoding: .utf8)
      .split(separator: "\n").map { $0.split(separator: "|").map(\.trimmed) }
    func cells(_ model: String) -> [String] { page.first { $0.first == model } ?? [] }
    #expect(cells("Base_small, 25").dropFirst(2).first == "76", "published")
    #expect(cells("memory gru, taught, 25").dropFirst(2).first == "81")
    #expect(cells("taught, 25").dropFirst(2).first == "")
    #expect(cells("random").count { Double($0) != nil } == 4, "\(cells("random"))")
    // What is in the ledger is not done again; other labels are judged anew.
    let ledger = scratch.path("out/trials.jsonl")
    let known = try Data(contentsOf: URL(filePath: ledger))
    #expect(try Tool.call(words).output == first.output)
    #expect(try Data(contentsOf: URL(filePath: ledger)) == known)
    let file = "\(data)/m9_test.csv"
    let text = try String(contentsOfFile: file, encoding: .utf8)
    try Data(text.replacing(",1\n", with: ",0\n").utf8).write(to: URL(filePath: file))
    #expect(try Tool.call(words).output != first.output)
  }
}

extension Substring {
  fileprivate var trimmed: String { trimmingCharacters(in: .whitespaces) }
}
