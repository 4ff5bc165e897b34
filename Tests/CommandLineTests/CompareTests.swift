// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@Suite struct CompareTests {
  /// Two runs on waves, of 4 and of 16 units; returns the folder of the problem and the runs.
  private func trained(_ scratch: Scratch) throws -> (data: String, runs: [String]) {
    let data = try scratch.waves()
    let runs = try ["4", "16"].map { hidden in
      let run = scratch.path("units-\(hidden)")
      let result = try Tool.call(
        "train", "--data", data, "--hidden", hidden, "--epochs", "20", "--learning-rate", "0.02",
        "--out", run, "--quiet")
      #expect(result.code == 0, "\(result.errors)")
      return run
    }
    return (data, runs)
  }

  private func rows(_ result: CallResult) throws -> [[String: Any]] {
    #expect(result.code == 0, "\(result.errors)")
    return try #require(try result.json()["runs"] as? [[String: Any]])
  }

  @Test func agreesWithPackAndEval() throws {
    let scratch = try Scratch()
    let (data, runs) = try trained(scratch)
    let rows = try rows(
      Tool.call(["compare"] + runs + ["--split", "test", "--metric", "accuracy", "--json"]))
    #expect(rows.map { $0["run"] as? String } == runs)
    #expect(rows.map { $0["model"] as? String } == ["lstm 1x4", "lstm 1x16"])
    for (row, run) in zip(rows, runs) {
      let scored = try Tool.call("eval", run, "--data", data, "--json").json()
      #expect(row["parameters"] as? Int == scored["parameters"] as? Int)
      let metrics = try #require(scored["metrics"] as? [String: Double])
      #expect(row["value"] as? Double == metrics["accuracy"])
      for (key, precision) in [("bytes_float32", "float32"), ("bytes_int8", "int8")] {
        let model = scratch.path("model")
        #expect(
          try Tool.call("pack", run, "--bare", "--precision", precision, "--out", model).code == 0)
        #expect(row[key] as? Int == (try Data(contentsOf: URL(filePath: model))).count)
      }
      #expect(try #require(row["microseconds_per_case"] as? Double) > 0)
      #expect(row["not_deployable"] as? [String: String] == [:])
    }
  }

  @Test func marksTheFrontAndDrawsIt() throws {
    let scratch = try Scratch()
    let (_, runs) = try trained(scratch)
    let stored = try runs.map { run in
      let text = try Data(contentsOf: URL(filePath: "\(run)/scores.json"))
      let report = try JSONSerialization.jsonObject(with: text) as? [String: Any]
      return try #require((report?["metrics"] as? [String: Any])?["aucPRC"] as? Double)
    }
    let svg = scratch.path("compare.svg")
    let found = try rows(Tool.call(["compare"] + runs + ["--json", "--svg", svg]))
    #expect(found.map { $0["value"] as? Double } == stored)
    // The smaller is on the front whatever its score; the larger only with a better score.
    #expect(found.map { $0["on_bytes_front"] as? Bool } == [true, stored[1] > stored[0]])
    let times = try found.map { try #require($0["microseconds_per_case"] as? Double) }
    #expect(
      found.map { $0["on_time_front"] as? Bool } == [
        times[0] < times[1] || stored[0] > stored[1], times[1] < times[0] || stored[1] > stored[0],
      ])
    let picture = try String(contentsOfFile: svg, encoding: .utf8)
    #expect(picture.hasPrefix("<svg ") && picture.hasSuffix("</svg>\n"))
    // Once in each of two panels, but for the title of one axis.
    for (text, count) in [
      ("units-4", 2), ("units-16", 2), ("AUC-PRC %, validation split", 2), ("µs a case", 1),
    ] {
      #expect(picture.components(separatedBy: ">\(text)</text>").count - 1 == count, "\(text)")
    }
    #expect(picture.components(separatedBy: "<circle ").count - 1 == 4)

    let table = try Tool.call(["compare"] + runs)
    let lines = table.output.split(separator: "\n")
    #expect(lines[0].contains("AUC-PRC %"))
    #expect(lines[2].hasPrefix(runs[0]) && lines[2].contains("bytes"))
    #expect(table.output.contains("validation split"))
  }

  /// Weights that are no numbers cannot be packed, but the rest of the comparison stands.
  @Test func saysWhatIsNotDeployable() throws {
    let scratch = try Scratch()
    let (_, runs) = try trained(scratch)
    let weights = URL(filePath: "\(runs[1])/best.safetensors")
    var bytes = try Data(contentsOf: weights)
    bytes.replaceSubrange((bytes.count - 4)..., with: [0, 0, 0xC0, 0x7F])
    try bytes.write(to: weights)
    let found = try rows(Tool.call(["compare"] + runs + ["--json"]))
    #expect(found[0]["bytes_float32"] is Int)
    #expect(found[1]["bytes_float32"] == nil && found[1]["microseconds_per_case"] == nil)
    let reasons = try #require(found[1]["not_deployable"] as? [String: String])
    #expect(reasons.keys.sorted() == ["float32", "int8"])
    #expect(found.map { $0["on_bytes_front"] as? Bool } == [true, false])
    let table = try Tool.call(["compare"] + runs + ["--svg", scratch.path("p.svg")])
    #expect(table.output.contains("not deployable  not deployable          -"))
    #expect(table.output.contains("\(runs[1]): not deployable in int8: "))
  }

  @Test func refusesWhatCannotBeCompared() throws {
    let scratch = try Scratch()
    let (data, runs) = try trained(scratch)
    func expect(_ code: Int32, _ says: String, _ arguments: [String]) throws {
      let result = try Tool.call(["compare"] + arguments)
      #expect(result.code == code, "\(result.errors)")
      #expect(result.output.isEmpty)
      #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
      #expect(result.errors.contains(says), "\(result.errors)")
    }
    try expect(64, "runs", [])
    try expect(64, "--metric", runs + ["--metric", "beauty"])
    try expect(74, "nobody", [runs[0], scratch.path("nobody")])
    let other = try Scratch()
    let fewer = try other.waves(cases: 30)
    try expect(65, "other training cases", runs + ["--data", fewer])
    let stranger = other.path("run")
    #expect(
      try Tool.call("train", "--data", fewer, "--epochs", "1", "--out", stranger, "--quiet").code
        == 0)
    try expect(65, "runs on the same data", runs + [stranger])
    try FileManager.default.removeItem(atPath: "\(data)/Waves_TEST.tsv")
    try expect(65, "no test part", runs + ["--split", "test"])
    try FileManager.default.removeItem(atPath: "\(runs[1])/scores.json")
    try expect(74, "scores.json", runs)
    try Data("{}".utf8).write(to: URL(filePath: "\(runs[1])/scores.json"))
    try expect(65, "go on with --resume", runs)
  }
}
