// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// What does not go together among forecasters and their data is refused or named.
@Suite struct ForecastCheckTests {
  private func table(_ scratch: Scratch, _ name: String, header: String) throws -> String {
    let lines = (0..<300).map { row in
      "\(row),\(5 + sin(Double(row) / 4)),\(cos(Double(row) / 7))"
    }
    return try scratch.write(name, ([header] + lines).joined(separator: "\n"))
  }

  private func words(_ data: String, _ out: String, _ more: [String]) -> [String] {
    let sizes = more.contains("--lookback") ? [] : ["--lookback", "24"]
    return [
      "train", "--task", "forecast", "--data", data, "--epochs", "2", "--out", out, "--quiet",
    ]
      + sizes + (more.contains("--horizon") ? [] : ["--horizon", "6"]) + more
  }

  @Test func numbersOfRowsAreNamed() throws {
    let scratch = try Scratch()
    let data = try table(scratch, "data.csv", header: "row,a,b")
    let run = try Tool.call(words(data, scratch.path("run"), ["--model", "nlinear"]))
    #expect(run.code == 0 && run.output.contains("row: rises with every row"), "\(run.output)")
    let period = try Tool.call(
      words(data, scratch.path("timebase"), ["--model", "timebase", "--period", "7"]))
    #expect(period.code == 64 && period.errors.contains("divides --lookback 24"))
  }

  @Test func teachersHaveTheSameChannels() throws {
    let scratch = try Scratch()
    let data = try table(scratch, "data.csv", header: "row,a,b")
    let renamed = try table(scratch, "renamed.csv", header: "row,a,c")
    let teacher = scratch.path("teacher")
    #expect(try Tool.call(words(data, teacher, ["--model", "nlinear"])).code == 0)
    for (data, says) in [(data, ""), (renamed, "channel 3: found \"c\", expected \"b\"")] {
      let taught = try Tool.call(
        ["distill", "--method", "timedistill", "--teacher", teacher, "--data", data]
          + ["--model", "dlinear", "--lookback", "24", "--horizon", "6", "--epochs", "1"]
          + ["--out", scratch.path("taught\(says.count)"), "--quiet"])
      #expect(taught.code == (says.isEmpty ? 0 : 65), "\(taught.errors)")
      #expect(taught.errors.contains(says) || says.isEmpty, "\(taught.errors)")
    }
  }

  /// A teacher has not been chosen by rows that its student is tested on.
  @Test func teachersHaveNotSeenTheTestRows() throws {
    let scratch = try Scratch()
    let data = try table(scratch, "data.csv", header: "row,a,b")
    for (split, code) in [("180,90,30", Int32(65)), ("180,60,60", 0), ("180,45,75", 0)] {
      let teacher = scratch.path("teacher\(split)")
      #expect(
        try Tool.call(words(data, teacher, ["--model", "nlinear", "--split", split])).code == 0)
      let taught = try Tool.call(
        ["distill", "--method", "timedistill", "--teacher", teacher, "--data", data]
          + ["--model", "dlinear", "--lookback", "24", "--horizon", "6", "--epochs", "1"]
          + ["--split", "180,60,60", "--out", scratch.path("taught\(split)"), "--quiet"])
      #expect(taught.code == code, "\(split): \(taught.errors)")
      #expect(taught.errors.contains("give both the same --split") == (code != 0))
    }
  }

  /// The forecast of a season ago is none where the look-back does not reach it, and says so; as do scaled errors.
  @Test func longSeasonsHaveNoYardstick() throws {
    let scratch = try Scratch()
    let data = try table(scratch, "data.csv", header: "row,a,b")
    for (season, isScaled) in [(24, true), (25, true), (5000, false)] {
      let run = scratch.path("run\(season)")
      let words = words(data, run, ["--model", "nlinear", "--season", "\(season)"])
      #expect(try Tool.call(words).code == 0)
      let found = try Tool.call("backtest", run, "--data", data, "--json").json()
      let rows = try #require(found["rows"] as? [[String: Any]])
      #expect(rows.contains { $0["name"] as? String == "seasonal" } == (season == 24))
      #expect((rows[0]["mase"] as? Double != nil) == isScaled)
      let text = try Tool.call("backtest", run, "--data", data).output
      #expect(text.contains("seasonal: none, for a season of \(season) rows") == (season > 24))
      #expect(text.contains("MASE: none") == !isScaled)
    }
  }

  /// By default the period's; the errors themselves do not depend on it.
  @Test func seasonsScaleErrors() throws {
    let scratch = try Scratch()
    let data = try table(scratch, "data.csv", header: "row,a,b")
    var errors: [Double] = [], scaled: [Double] = []
    for (season, options) in [(6, []), (5, ["--season", "5"])] {
      let run = scratch.path("run\(season)")
      let words = words(data, run, ["--model", "timebase", "--period", "6"] + options)
      #expect(try Tool.call(words).code == 0)
      let found = try Tool.call("backtest", run, "--data", data, "--json").json()
      #expect(found["season"] as? Int == season)
      let row = try #require((found["rows"] as? [[String: Any]])?.first)
      errors.append(try #require(row["mae"] as? Double))
      scaled.append(try #require(row["mase"] as? Double))
    }
    #expect(errors[0] == errors[1] && scaled[0] != scaled[1])
    let none = try Tool.call(words(data, scratch.path("none"), ["--season", "0"]))
    #expect(none.code == 64 && none.errors.contains("--season: found 0"))
  }

  /// Rows that came after those of the run are a file of their own.
  @Test func laterRowsAreJudged() throws {
    let scratch = try Scratch()
    let data = try LoadSeries.file(scratch), run = scratch.path("run")
    #expect(try Tool.call(LoadSeries.training(data, run)).code == 0)
    func file(_ name: String, _ rows: Range<Int>) throws -> String {
      try scratch.write(
        name, (["date,load,air"] + LoadSeries.lines(rows)).joined(separator: "\n"))
    }
    let later = try file("later.csv", 600..<740)
    let short = try Tool.call("backtest", run, "--data", later)
    #expect(short.code == 65 && short.errors.contains("--split all"), "\(short.errors)")
    let found = try Tool.call("backtest", run, "--data", later, "--split", "all", "--json").json()
    let row = try #require((found["rows"] as? [[String: Any]])?.first)
    #expect(row["windows"] as? Int == 140 - 48 - 24 + 1 && found["split"] as? String == "all")
    // The windows that forecast rows 600 and later, in a file that has the rows before, too.
    let whole = try file("whole.csv", 552..<740)
    let more = try Tool.call("backtest", run, "--data", whole, "--split", "all", "--json").json()
    let other = try #require((more["rows"] as? [[String: Any]])?.first)
    #expect(other["windows"] as? Int == 117 && row["mase"] == nil)
    #expect(try #require(row["mse"] as? Double) < 0.2 * (try lastValue(found)))
    let longer = try Tool.call("backtest", run, "--data", file("longer.csv", 0..<740))
    #expect(longer.code == 0 && longer.errors.contains("the last 140 are not used"))
  }

  private func lastValue(_ found: [String: Any]) throws -> Double {
    let rows = try #require(found["rows"] as? [[String: Any]])
    return try #require(rows.first { $0["name"] as? String == "last" }?["mse"] as? Double)
  }

  /// A file of the same sizes from another run.
  @Test func packedFilesAreOfTheRun() throws {
    let scratch = try Scratch()
    let data = try table(scratch, "data.csv", header: "row,a,b")
    var files: [String] = []
    for (name, options) in [
      ("one", ["--model", "nlinear"]),
      ("two", ["--model", "timebase", "--period", "6"]),
      ("three", ["--model", "nlinear", "--lookback", "20"]),
      ("four", ["--model", "nlinear", "--horizon", "5"]),
    ] {
      let run = scratch.path(name), file = scratch.path("\(name).minim")
      #expect(try Tool.call(words(data, run, options)).code == 0)
      #expect(try Tool.call("pack", run, "--precision", "float32", "--out", file).code == 0)
      files.append(file)
    }
    func backtest(_ file: String, _ more: [String] = []) throws -> CallResult {
      try Tool.call(["backtest", scratch.path("one"), "--data", data, "--packed", file] + more)
    }
    let own = try backtest(files[0], ["--json"]).json()
    #expect(try #require(own["packed_difference"] as? Double) < 1e-5)
    #expect(try !backtest(files[0]).output.contains("was the file packed from this run?"))
    #expect(try backtest(files[1]).output.contains("was the file packed from this run?"))
    let predicted = try Tool.call("predict", files[0], "--data", data)
    #expect(predicted.code == 65, "\(predicted.errors)")
    #expect(predicted.errors.contains("data.csv:1: found a line that is no JSON array"))
    #expect(predicted.errors.contains("the model is a forecaster"))
    for file in files[2...] {
      let other = try backtest(file)
      #expect(other.code == 65 && other.errors.contains("expected 24 and 6"), "\(other.errors)")
    }
  }
}
