// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Transformers over rows as forecasters, dense and binary, from training to files and tables.
@Suite struct TransformerForecastTests {
  /// Rows of two channels with waves of 12 and 30 rows, and a little that no wave explains.
  private func rows(_ count: Int) -> String {
    let lines = (0..<count).map { row in
      let (short, long) = (2 * Double.pi * Double(row) / 12, 2 * Double.pi * Double(row) / 30)
      let noise = 0.1 * sin(Double(row * row % 1009))
      return "\(20 + sin(short) + noise),\(5 * cos(long) + noise)"
    }
    return (["a,b"] + lines).joined(separator: "\n") + "\n"
  }

  private let small = [
    "--lookback", "24", "--horizon", "1", "--hidden", "8", "--feed-forward", "16", "--epochs", "3",
    "--learning-rate", "0.01", "--quiet",
  ]

  @Test func aTaughtOneIsPackedAndForecasts() throws {
    let scratch = try Scratch()
    let data = try scratch.write("waves.csv", rows(600))
    let teacher = scratch.path("teacher"), run = scratch.path("run"), alone = scratch.path("alone")
    let train = ["train", "--task", "forecast", "--data", data] + small
    #expect(try Tool.call(train + ["--model", "transformer", "--out", teacher]).code == 0)
    let binary = [
      "--model", "sbt", "--keep", "0.5", "--positions", "none", "--dense", "decoder",
    ]
    #expect(try Tool.call(train + binary + ["--out", alone]).code == 0)
    let taught = try Tool.call(
      ["distill", "--method", "timedistill", "--teacher", teacher, "--data", data, "--out", run]
        + small + binary)
    #expect(taught.code == 0, "\(taught.errors)")
    #expect(taught.output.contains("13 of 14 matrices binary"), "\(taught.output)")
    func weights(_ run: String) throws -> Data {
      try Data(contentsOf: URL(filePath: "\(run)/best.safetensors"))
    }
    #expect(try weights(run) != weights(alone), "the teacher changes nothing")
    // The recipe gives the same weights.
    let recipe = try String(contentsOfFile: "\(run)/recipe.yaml", encoding: .utf8)
    let again = scratch.path("again")
    let text = try scratch.write("recipe.yaml", recipe + "out: \(again)\n")
    #expect(try Tool.call("run", text, "--quiet").code == 0)
    #expect(try weights(run) == weights(again))

    let found = try Tool.call("backtest", run, "--data", data, "--json").json()
    let table = try #require(found["rows"] as? [[String: Any]])
    let errors = table.compactMap { $0["mse"] as? Double }
    #expect(table[0]["name"] as? String == "sbt" && errors[0] < errors[1], "\(errors)")

    let file = scratch.path("m.minim")
    let packed = try Tool.call("pack", run, "--masks", "coded", "--out", file)
    #expect(packed.output.contains("13 of 14 matrices one-bit"), "\(packed.output)\(packed.errors)")
    #expect(try Tool.call("verify", file).code == 0)
    func forecast(_ path: String) throws -> [Double] {
      let found = try Tool.call("forecast", path, "--history", data)
      let lines = found.output.split(separator: "\n").map { $0.split(separator: ",") }
      #expect(lines.count == 3 && lines[0].contains("forecast"), "\(found.output)")
      return lines.dropFirst().flatMap { $0.dropFirst(2).compactMap { Double($0) } }
    }
    let (own, other) = (try forecast(file), try forecast(run))
    #expect(own.count == 10 && other.count == 10)
    for (own, other) in zip(own, other) { #expect(abs(own - other) < 1e-3) }
    let input = rows(40).split(separator: "\n").dropFirst().joined(separator: "\n")
    let streamed = try Tool.call(["stream", file], input: input)
    #expect(streamed.code == 0 && streamed.output.split(separator: "\n").count == 40 - 23)
    #expect(
      try Tool.call(["stream", file], input: input, program: "minim-run").output
        == streamed.output)
    let refused = try Tool.call("pack", teacher, "--masks", "coded", "--out", scratch.path("x"))
    #expect(refused.code == 64 && refused.errors.contains("--masks: found coded, expected none"))
    let bytes = try Tool.call(
      "pack", teacher, "--precision", "int8", "--out", scratch.path("t.minim"), "--json"
    ).json()
    #expect(try #require(bytes["relative_difference"] as? Double) < 0.02)
    let storage = try #require(bytes["storage"] as? [String: Int])
    #expect(storage == ["matrices": 14, "one_bit_matrices": 0])
  }

  @Test(arguments: [
    (["--model", "mlp", "--keep", "0.5"], "--keep: found 0.5, expected none with --model mlp"),
    (["--model", "dlinear", "--looks", "last-step"], "--looks: found last-step, expected none"),
    (["--model", "sbt", "--keep", "0"], "--keep: found 0.0"),
    (["--model", "sbt", "--norm", "batch"], "--norm: found batch, expected none, token or time"),
    (["--model", "sbt", "--activation-mask", "steps"], "--activation-mask: found steps"),
    (["--model", "sbt", "--dense", "head"], "--dense: found head, expected beginnings of"),
    (["--model", "transformer", "--weights", "uniform"], "without --keep"),
    (["--model", "sbt", "--feed-forward", "0"], "found 64, 2 and 0, sizes that no sbt has"),
    (["--model", "sbt", "--lookback", "65536"], "--lookback: found 65536, expected 1 to 65535"),
    (
      ["--model", "transformer", "--hidden", "8", "--heads", "3"], "found 8, 3 and 256, sizes that"
    ),
  ])
  func aWrongChoiceIsRefused(_ options: [String], _ says: String) throws {
    let scratch = try Scratch()
    let data = try scratch.write("waves.csv", rows(200))
    let refused = try Tool.call(
      [
        "train", "--task", "forecast", "--data", data, "--lookback", "24", "--horizon", "1",
        "--out", scratch.path("run"),
      ] + options)
    #expect(refused.code == 64 && refused.errors.contains(says), "\(refused.errors)")
    #expect(refused.errors.split(separator: "\n").count == 1)
  }

  /// Norms over time look at the whole window, which a packed model that streams does not do.
  @Test func normsOverTimeAreNotPacked() throws {
    let scratch = try Scratch()
    let data = try scratch.write("waves.csv", rows(300)), run = scratch.path("run")
    #expect(
      try Tool.call(
        ["train", "--task", "forecast", "--data", data, "--model", "sbt", "--norm", "time"]
          + small + ["--out", run]
      ).code == 0)
    #expect(try Tool.call("backtest", run, "--data", data).code == 0)
    let refused = try Tool.call("pack", run, "--out", scratch.path("x.minim"))
    #expect(refused.code == 65 && refused.errors.contains("train with --norm token or none"))
  }

  /// All models of the table, each with its figures, and the same again from the ledger.
  @Test func theTableOfForecastsGoesOn() throws {
    let scratch = try Scratch()
    let file = try scratch.write("data/forecast/WTH.csv", rows(420))
    let gzip = Process()
    gzip.executableURL = URL(filePath: "/usr/bin/env")
    gzip.arguments = ["gzip", file]
    try gzip.run()
    gzip.waitUntilExit()
    let words = [
      "reproduce", "sbt", "--data=\(scratch.path("data"))", "--sets=WTH", "--seeds=1",
      "--out=\(scratch.path("out"))", "--quiet", "--json",
    ]
    let first = try Tool.call(words)
    #expect(first.code == 0, "\(first.errors)")
    let results = try #require(
      JSONSerialization.jsonObject(with: Data(first.output.utf8)) as? [[String: Any]])
    let table = try #require(results[0]["rows"] as? [[String: Any]])
    let errors = table.compactMap { ($0["figures"] as? [String: [Double]])?["mse"]?.first }
    #expect(errors.count == 7 && Set(errors).count == 7, "\(errors)")
    let simple = try #require(results[0]["trivial"] as? [String: [String: Double]])
    #expect(simple["last"]?["mse"] != nil && simple["seasonal"]?["mse"] != nil)
    let ledger = try String(contentsOfFile: scratch.path("out/trials.jsonl"), encoding: .utf8)
    #expect(ledger.split(separator: "\n").count == 14, "seven trained, as many judged")
    #expect(try Tool.call(words).output == first.output)
    #expect(
      try String(contentsOfFile: scratch.path("out/trials.jsonl"), encoding: .utf8) == ledger)
    let page = try String(contentsOfFile: scratch.path("out/report.md"), encoding: .utf8)
    #expect(page.contains("SBT, keep 0.25, distilled") && page.contains("last value"))
  }
}
