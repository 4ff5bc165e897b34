// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Packed forecasters beside the runs that they were packed from.
@Suite struct PackedForecastTests {
  /// A packed forecaster says what the run says, at once and after each sample of a stream.
  @Test func packedForecastersSayTheSame() throws {
    let scratch = try Scratch()
    let data = try LoadSeries.file(scratch), run = scratch.path("run")
    #expect(try Tool.call(LoadSeries.training(data, run)).code == 0)
    func numbers(_ path: String, _ history: String) throws -> [[Double]] {
      try Tool.call("forecast", path, "--history", history).output.split(separator: "\n")
        .dropFirst()
        .map { $0.split(separator: ",")[2...].compactMap { Double($0) } }
    }
    let trained = try numbers(run, data)
    for (precision, limit) in [("float32", 1e-3), ("float16", 0.02), ("int8", 1.0)] {
      let file = scratch.path("\(precision).minim")
      let packed = try Tool.call(
        "pack", run, "--out", file, "--precision", precision, "--json"
      ).json()
      #expect(packed["bytes"] as? Int == (try Data(contentsOf: URL(filePath: file)).count))
      #expect(try Tool.call("verify", file).code == 0)
      for (own, other) in zip(try numbers(file, data), trained) {
        #expect(
          own.count == 5 && zip(own, other).allSatisfy { abs($0 - $1) < limit }, "\(precision)")
      }
      // Over all windows of the test rows.
      let found = try Tool.call("backtest", run, "--data", data, "--packed", file, "--json").json()
      let rows = try #require(found["rows"] as? [[String: Any]])
      #expect(rows[1]["name"] as? String == "packed")
      #expect(rows[1]["windows"] as? Int == rows[0]["windows"] as? Int)
      for figure in ["mse", "mae", "mase"] {
        let own = try #require(rows[1][figure] as? Double)
        let other = try #require(rows[0][figure] as? Double)
        #expect(abs(own / other - 1) < limit / 10, "\(precision), \(figure): \(own), \(other)")
      }
    }
    let stored = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Compat/v1/sparsetsf-float32.minim").path
    let foreign = try Tool.call("backtest", run, "--data", data, "--packed", stored)
    #expect(foreign.code == 65 && foreign.errors.contains("1, as the forecaster has"))
    let file = scratch.path("float32.minim")
    // Samples without their times, 60 of them: windows are full from the 48th on.
    let samples = LoadSeries.lines(100..<160).map {
      $0.split(separator: ",")[1...].joined(separator: ",")
    }
    let streamed = try Tool.call(
      ["stream", file], input: (["load,air"] + samples).joined(separator: "\n") + "\n")
    let last = try #require(streamed.output.split(separator: "\n").last)
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: Any])
    let found = try #require(json["output"] as? [Double])
    let history = try scratch.write(
      "history.csv", (["date,load,air"] + LoadSeries.lines(100..<160)).joined(separator: "\n"))
    let asked = try numbers(file, history).map { $0[0] }
    #expect(found.count == 48 && zip(found, asked).allSatisfy { abs($0 - $1) < 1e-4 })
    // The same window at once; one row less is none.
    func windows(_ count: Int) throws -> String {
      let rows = samples.suffix(count).map { "[\($0)]" }.joined(separator: ",")
      return try scratch.write("windows.jsonl", "[\(rows)]\n")
    }
    let whole = try Tool.call("predict", file, "--data", windows(48)).json()
    #expect(whole["output"] as? [Double] == found)
    #expect(whole["intervals"] as? NSArray == json["intervals"] as? NSArray)
    for count in [47, 49] {
      let refused = try Tool.call("predict", file, "--data", windows(count))
      #expect(refused.code == 65 && refused.errors.contains("found \(count) rows, expected 48"))
    }
    let said = try Tool.call("inspect", file, "--json").json()
    #expect(said["horizon"] as? Int == 24 && said["channel_names"] as? [String] == ["load", "air"])
    let intervals = try #require(json["intervals"] as? [[String: Any]])
    #expect(intervals.map { $0["level"] as? Double } == [0.8, 0.95])
    for (place, interval) in intervals.enumerated() {
      let widths = try #require(interval["half_widths"] as? [Double])
      let known = try numbers(file, history).map { ($0[2 + 2 * place] - $0[1 + 2 * place]) / 2 }
      #expect(widths.count == 48 && zip(widths, known).allSatisfy { abs($0 - $1) < 1e-4 })
    }
    let renamed = try scratch.write(
      "renamed.csv", (["date,load,wind"] + LoadSeries.lines(100..<160)).joined(separator: "\n"))
    let other = try Tool.call("forecast", file, "--history", renamed)
    #expect(other.code == 65 && other.errors.contains("wind"))
    let halves = try scratch.write(
      "halves.csv",
      (["date,load,air"]
        + (0..<48).map {
          "2024-05-01 \(String(format: "%02d:%02d", $0 / 2, $0 % 2 * 30)),1,2"
        }).joined(separator: "\n"))
    let step = try Tool.call("forecast", file, "--history", halves)
    #expect(step.code == 65 && step.errors.contains("--resample 3600s"))
    // A sensor that stands still has no interval of nothing.
    let still = try scratch.write(
      "still.csv",
      (["date,load,air"] + (0..<48).map { "\(LoadSeries.stamp($0)),50,15" }).joined(separator: "\n")
    )
    for numbers in try numbers(file, still) {
      #expect(numbers[2] - numbers[1] > 0.04, "\(numbers)")
    }
    let classifier = try Tool.call("forecast", scratch.path("load.csv"), "--history", data)
    #expect(classifier.code == 65)
    let cycle = scratch.path("cycle")
    #expect(try Tool.call(LoadSeries.training(data, cycle, ["--model", "cyclenet"])).code == 0)
    let refused = try Tool.call("pack", cycle, "--out", scratch.path("cycle.minim"))
    #expect(
      refused.code == 65 && !FileManager.default.fileExists(atPath: scratch.path("cycle.minim")))
  }
}
