// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Detectors from a run folder to a stream, and the reproduction over many of them.
@Suite struct DetectorDeploymentTests {
  @Test func aPackedDetectorStreamsTheScoresOfEval() throws {
    let scratch = try Scratch()
    let data = try DetectionCommandTests().machines(scratch), run = scratch.path("run")
    let problem = ["--data", data, "--only", "one"]
    #expect(
      try Tool.call(
        ["train", "--task", "detect", "--model", "pca", "--window", "8", "--out", run] + problem
      ).code
        == 0)
    let scores = scratch.path("scores.csv"), model = scratch.path("detector.minim")
    #expect(try Tool.call(["eval", run, "--scores-out", scores] + problem).code == 0)
    let packed = try Tool.call(
      "pack", run, "--out", model, "--adapt", "--minimum-samples", "2", "--risk", "1e-3", "--json"
    ).json()
    #expect(packed["calibration_scores"] as? Int == 393 && packed["adapts"] as? Bool == true)
    #expect(try Tool.call("verify", model).code == 0)
    let inspected = try Tool.call("inspect", model).output
    #expect(
      inspected.contains("channel a: least -") && inspected.contains(", range 1.99"), "\(inspected)"
    )
    #expect(inspected.contains("data-hash"))
    let predicted = try Tool.call("predict", model, "--data", "\(data)/one_test.csv")
    #expect(predicted.code == 64 && predicted.errors.contains("give it to stream"))
    let rows = try String(contentsOfFile: "\(data)/one_test.csv", encoding: .utf8)
      .split(separator: "\n").dropFirst().map {
        $0.split(separator: ",").prefix(2).joined(separator: ",")
      }
    let input = rows.joined(separator: "\n") + "\n"
    let streamed = try Tool.call(["stream", model], input: input)
    #expect(streamed.code == 0)
    #expect(
      try Tool.call(["stream", model], input: input, program: "minim-run").output == streamed.output
    )
    // The names of the columns, in the order of the training.
    let named = try Tool.call(["stream", model], input: "\"a\", b\n" + input)
    #expect(named.code == 0 && named.output == streamed.output)
    for names in ["b,a", "a,c"] {
      for program in ["minim", "minim-run"] {
        let refused = try Tool.call(
          ["stream", model], input: names + "\n" + input, program: program)
        #expect(refused.code == 65 && refused.output.isEmpty, "\(names)")
        #expect(
          refused.errors.contains("found the columns \"\(names)\", expected \"a,b\""),
          "\(refused.errors)")
      }
    }
    let expected = try String(contentsOfFile: scores, encoding: .utf8)
      .split(separator: "\n").dropFirst().compactMap { Double($0) }
    let lines = streamed.output.split(separator: "\n")
    #expect(lines.count == 300 && expected.count == 300)
    var alarms: [Int] = []
    for (row, line) in lines.enumerated() {
      let result = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      let score = try #require(result["score"] as? Double)
      let difference: Double = abs(score - expected[row])
      let bound: Double = 1e-3 * expected[row] + 1e-6
      #expect(difference <= bound, "row \(row)")
      #expect(result["threshold"] is Double)
      let channels = try #require(result["channels"] as? [[String: Any]])
      #expect(Set(channels.compactMap { $0["name"] as? String }) == ["a", "b"])
      let shares = channels.compactMap { $0["share"] as? Double }
      #expect(shares.count == 2 && shares[0] >= shares[1] && abs(shares[0] + shares[1] - 1) < 1e-5)
      if result["alarm"] as? Bool == true { alarms.append(row) }
    }
    let first = try #require(alarms.first { (120..<140).contains($0) })
    #expect(first >= 121, "two scores in a row")
    #expect(alarms.count < 60 && alarms.allSatisfy { $0 >= 7 })
  }

  @Test func optionsThatDoNotFitAreRefused() throws {
    let scratch = try Scratch()
    let data = try DetectionCommandTests().machines(scratch), run = scratch.path("run")
    #expect(
      try Tool.call(
        "train", "--task", "detect", "--model", "lof", "--data", data, "--only", "one", "--out", run
      ).code == 0)
    let refused = try Tool.call("pack", run, "--out", scratch.path("x.minim"))
    #expect(refused.code == 65 && refused.errors.contains("found lof, for which"))
    #expect(refused.errors.contains("pca, onlad, usad"))
    for (words, message) in [
      (["--risk", "2"], "--risk"), (["--level", "1"], "--level"),
      (["--release", "0"], "--release"),
      (["--minimum-samples", "0"], "--minimum-samples"),
      (["--threshold", "1", "--adapt"], "--threshold"), (["--window", "9"], "--window"),
    ] {
      let result = try Tool.call(["pack", run, "--out", scratch.path("x.minim")] + words)
      #expect(result.code == 64 && result.errors.contains(message), "\(words) \(result.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: scratch.path("x.minim")))
  }

  /// The tables of a reproduction are means of what its ledger holds, however often it is asked for.
  @Test func aReproductionIsMadeOfItsTrials() throws {
    let scratch = try Scratch()
    let data = try DetectionCommandTests().machines(scratch)
    try FileManager.default.moveItem(atPath: data, toPath: scratch.path("nab"))
    let out = scratch.path("out")
    func reproduce(_ out: String) throws -> [UInt8] {
      let result = try Tool.call(
        "reproduce", "gon", "--data", scratch.path(""), "--sets", "NAB", "--models", "pca,iforest",
        "--seeds", "2", "--out", out, "--quiet")
      #expect(result.code == 0, "\(result.errors)")
      return [UInt8](try Data(contentsOf: URL(filePath: "\(out)/results.json")))
    }
    let first = try reproduce(out)
    #expect(try reproduce(out) == first)
    // A copy of the ledger is enough.
    let copy = scratch.path("copy")
    try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: "\(out)/trials.jsonl", toPath: "\(copy)/trials.jsonl")
    #expect(try reproduce(copy) == first)
    let ledger = try String(contentsOfFile: "\(out)/trials.jsonl", encoding: .utf8)
      .split(separator: "\n").map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
    // Two problems: trivial scores once each; two detectors, two seeds, training and evaluation.
    #expect(ledger.count == 18)
    let results = try #require(
      try JSONSerialization.jsonObject(with: Data(first)) as? [[String: Any]])
    let rows = try #require(results[0]["rows"] as? [[String: Any]])
    #expect(rows.map { $0["model"] as? String } == ["pca", "iforest"])
    for row in rows {
      let model = try #require(row["model"] as? String)
      let seeds = try #require(row["seeds"] as? [[String: Double]])
      #expect(seeds.count == 2)
      for (index, seed) in seeds.enumerated() {
        let trained = ledger.filter { record in
          let trial = record["trial"] as? [String: Any]
          let options = trial?["options"] as? [String: String]
          return (options?["model"] ?? "pca") == model
            && (options?["seed"] ?? "1") == "\(index + 1)"
            && trial?["command"] as? String != "evaluate-detector"
        }.compactMap { $0["id"] as? String }
        #expect(trained.count == 2)
        let values = ledger.compactMap { record -> Double? in
          let contents = (record["trial"] as? [String: Any])?["contents"] as? [String: String]
          guard let detector = contents?["detector"], trained.contains(detector) else { return nil }
          return (record["measures"] as? [String: Double])?["vus_pr"]
        }
        #expect(values.count == 2)
        let expected = values.reduce(0, +) / 2
        let found = try #require(seed["vus_pr"])
        #expect(abs(found - expected) < 1e-12)
      }
    }
    let page = try String(contentsOfFile: "\(out)/report.md", encoding: .utf8)
    #expect(page.contains("| random |") && page.contains("## NAB, 2 problems"))
    #expect(!page.contains("## GON"), "no table without a row")
  }

  /// A mean over sets is one of all of them, of trivial scores as well; a figure that some seeds lack is marked.
  @Test func meansOverSetsAreOfAllSets() throws {
    let scratch = try Scratch()
    let data = try DetectionCommandTests().machines(scratch)
    try FileManager.default.moveItem(atPath: data, toPath: scratch.path("nab"))
    // Rows far from the mean: here that distance raises alarms, on the other set it does not.
    let train = (0..<300).map { "\(sin(Double($0)))" }.joined(separator: "\n")
    let test = (0..<100).map { (40..<50).contains($0) ? "30,1" : "0,0" }.joined(separator: "\n")
    try scratch.write("msl/x_train.csv", "a\n" + train)
    try scratch.write("msl/x_test.csv", "a,label\n" + test)
    let out = scratch.path("out")
    let result = try Tool.call(
      "reproduce", "gon", "--data", scratch.path(""), "--sets", "NAB,MSL", "--models", "pca",
      "--seeds", "2", "--out", out, "--quiet")
    #expect(result.code == 0 && result.output.contains("\(out)/report.md"), "\(result.errors)")
    func affiliation(_ page: String, _ section: Int, _ name: String) throws -> String {
      let part = page.components(separatedBy: "\n## ")[section]
      let line = try #require(part.split(separator: "\n").first { $0.hasPrefix("| \(name) |") })
      return line.split(separator: "|")[3].trimmingCharacters(in: .whitespaces)
    }
    let page = try String(contentsOfFile: "\(out)/report.md", encoding: .utf8)
    #expect(try affiliation(page, 1, "distance from mean") == "-")
    #expect(try affiliation(page, 2, "distance from mean") == "-", "NAB")
    #expect(Double(try affiliation(page, 3, "distance from mean")) != nil, "MSL")
    #expect(try !affiliation(page, 1, "pca").contains("*"))

    // The same with a seed that lacks the figure.
    let ledger = "\(out)/trials.jsonl"
    var lines = try String(contentsOfFile: ledger, encoding: .utf8).split(separator: "\n").map(
      String.init)
    // Of MSL, whose one problem makes the figure: fewer channels, so fewer numbers.
    func numbers(_ line: String) -> Double? {
      line.contains("\"affiliation_f1\"")
        ? line.firstMatch(of: #/"numbers":([0-9.]+)/#).flatMap { Double($0.1) } : nil
    }
    let least = try #require(lines.compactMap(numbers).min())
    let place = try #require(lines.firstIndex { numbers($0) == least })
    lines[place] = lines[place].replacing(#/"affiliation_f1":[^,}]+,/#, with: "")
    try (lines.joined(separator: "\n") + "\n").write(
      toFile: ledger, atomically: true, encoding: .utf8)
    #expect(
      try Tool.call(
        "reproduce", "gon", "--data", scratch.path(""), "--sets", "NAB,MSL", "--models", "pca",
        "--seeds", "2", "--out", out, "--quiet"
      ).code == 0)
    let again = try String(contentsOfFile: "\(out)/report.md", encoding: .utf8)
    let marked = try [2, 3].map { try affiliation(again, $0, "pca") }.filter { $0.hasSuffix(" *") }
    #expect(marked.count == 1)
    #expect(try affiliation(again, 1, "pca").hasSuffix(" *"))
  }

  @Test func unknownSetsAndModelsAreRefused() throws {
    let scratch = try Scratch()
    for words in [["--sets", "SMDD"], ["--models", "gonn"], ["--seeds", "0"]] {
      let result = try Tool.call(["reproduce", "gon", "--data", scratch.path("")] + words)
      #expect(result.code == 64 && result.errors.contains(words[0]), "\(result.errors)")
    }
    #expect(try Tool.call("reproduce", "gon", "--data", scratch.path("")).code == 65)
  }
}
