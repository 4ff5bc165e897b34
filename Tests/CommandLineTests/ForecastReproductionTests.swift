// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@Suite struct ForecastReproductionTests {
  /// Rows of channels with waves of 24 rows, and a little that no wave explains.
  private func rows(_ count: Int, channels: Int, from first: Int = 0) -> [[Double]] {
    (first..<first + count).map { row in
      (0..<channels).map { channel in
        let angle = 2 * Double.pi * Double(row + 3 * channel) / 24
        return 10 + sin(angle) + 0.1 * sin(Double((row + channel) * row % 1009))
      }
    }
  }

  private func text(_ rows: [[Double]], separator: String = ",") -> String {
    rows.map { $0.map { "\($0)" }.joined(separator: separator) }.joined(separator: "\n") + "\n"
  }

  @Test func testRowsReachNothingThatIsFitted() throws {
    let scratch = try Scratch()
    let known = rows(480, channels: 2)
    var found: [(weights: Data, packed: Data)] = []
    for (name, later) in [
      ("waves", rows(120, channels: 2, from: 480)),
      ("wild", rows(120, channels: 2).map { $0.map { 1000 * $0 } }),
    ] {
      let data = try scratch.write("\(name)/x.csv", "a,b\n" + text(known + later))
      let run = scratch.path("run-\(name)"), model = scratch.path("\(name).minim")
      for words in [
        [
          "train", "--task=forecast", "--data=\(data)", "--lookback=48", "--horizon=24",
          "--model=mlp-plain", "--epochs=2", "--out=\(run)", "--quiet",
        ],
        ["pack", run, "--data=\(data)", "--precision=int8", "--bare", "--out=\(model)"],
      ] {
        let result = try Tool.call(words)
        #expect(result.code == 0, "\(result.errors)")
      }
      found.append(
        (
          try Data(contentsOf: URL(filePath: "\(run)/best.safetensors")),
          try Data(contentsOf: URL(filePath: model))
        ))
    }
    // Scaler, weights, intervals and int8 scales: all in these files.
    #expect(found[0].weights == found[1].weights)
    #expect(found[0].packed == found[1].packed)
  }

  @Test func theTableGoesOnWhereItStopped() throws {
    let scratch = try Scratch()
    let file = try scratch.write(
      "data/forecast/exchange_rate.txt", text(rows(1800, channels: 2)))
    let gzip = Process()
    gzip.executableURL = URL(filePath: "/usr/bin/env")
    gzip.arguments = ["gzip", file]
    try gzip.run()
    gzip.waitUntilExit()
    let words = [
      "reproduce", "timedistill", "--data=\(scratch.path("data"))", "--sets=exchange",
      "--horizons=96", "--models=nlinear", "--seeds=2", "--out=\(scratch.path("out"))", "--json",
      "--quiet",
    ]
    let first = try Tool.call(words)
    #expect(first.code == 0, "\(first.errors)")
    let results = try #require(
      JSONSerialization.jsonObject(with: Data(first.output.utf8)) as? [[String: Any]])
    let table = try #require(results[0]["rows"] as? [[String: Any]])
    let names = table.compactMap { $0["model"] as? String }
    #expect(names == ["iTransformer (teacher)", "nlinear", "nlinear, distilled"])
    for row in table {
      let figures = try #require(row["figures"] as? [String: [Double]])
      #expect(figures["mse"]?.count == 2 && figures["coverage_80"]?.count == 2)
    }
    let yardsticks = try #require(results[0]["yardsticks"] as? [String: [String: Double]])
    #expect(yardsticks.keys.contains("seasonal") && yardsticks.keys.contains("last"))
    let page = try String(contentsOfFile: scratch.path("out/report.md"), encoding: .utf8)
    #expect(page.contains("nlinear, distilled"))
    let ledger = try Data(contentsOf: URL(filePath: scratch.path("out/trials.jsonl")))
    #expect(try Tool.call(words).output == first.output)
    #expect(try Data(contentsOf: URL(filePath: scratch.path("out/trials.jsonl"))) == ledger)
    let twice = try Tool.call(words + ["--horizons=24,96,24"])
    #expect(twice.code == 64 && twice.errors.contains("--horizons: found 24 a second time"))
    // Taught without the periods: only what learns is trained again.
    let more = words.map { $0 == "--horizons=96" ? "--horizons=96,24" : $0 }
    let lean = try Tool.call(more + ["--loss=lean"])
    let other = try #require(
      JSONSerialization.jsonObject(with: Data(lean.output.utf8)) as? [[String: Any]])
    let again = try #require(other[0]["rows"] as? [[String: Any]])
    for row in 0..<3 {
      let own = (again[row]["figures"] as? [String: [Double]])?["mse"]
      let before = (table[row]["figures"] as? [String: [Double]])?["mse"]
      #expect(own != nil && (own == before) == (row < 2), "\(names[row])")
    }
    let leanPage = try String(contentsOfFile: scratch.path("out/report.md"), encoding: .utf8)
    #expect(!page.contains("## Means over horizons"))
    let means = try #require(leanPage.split(separator: "\n").last)
    #expect(means.hasPrefix("| exchange | 96, 24 | 0.") && means.hasSuffix("| - | - | - |"))
    #expect(leanPage.contains("--loss lean") && leanPage.contains("with α = 1, β = 1."))
  }
}
