// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@Suite struct ForecastCommandTests {
  /// Value of a made-up load or temperature at an hour: waves of a day, and for the load of a week.
  private static func value(_ channel: Int, _ hour: Int) -> Double {
    let day = 2 * Double.pi * Double(hour) / 24
    let noise = 0.2 * sin(Double(hour * hour % 1009))
    return channel == 0
      ? 50 + 10 * sin(day) + 3 * cos(day / 7) + noise : 15 - 6 * cos(day + 0.5) + noise
  }

  private static func stamp(_ hour: Int) -> String {
    String(format: "2024-03-%02d %02d:00:00", 1 + hour / 24, hour % 24)
  }

  /// The lines of a CSV file of so many hours, from one on.
  private static func lines(_ hours: Range<Int>) -> [String] {
    hours.map { "\(stamp($0)),\(value(0, $0)),\(value(1, $0))" }
  }

  private func series(_ scratch: Scratch, _ name: String = "load.csv") throws -> String {
    try scratch.write(name, (["date,load,air"] + Self.lines(0..<600)).joined(separator: "\n"))
  }

  private func words(_ data: String, _ out: String, _ more: [String] = []) -> [String] {
    [
      "train", "--task", "forecast", "--data", data, "--lookback", "48", "--horizon", "24",
      "--model", "dlinear", "--epochs", "6", "--out", out, "--quiet",
    ] + more
  }

  @Test func fromTrainingToForecast() throws {
    let scratch = try Scratch()
    let data = try series(scratch), run = scratch.path("run")
    let trained = try Tool.call(words(data, run, ["--json"])).json()
    // 420 rows to learn from, 60 to validate on, 120 to test on.
    #expect(
      trained["windows"] as? Int == 60 - 24 + 1 && trained["split"] as? String == "validation")
    #expect(trained["parameters"] as? Int == 2 * (48 * 24 + 24))
    #expect(try Tool.call(words(data, run)).code == 73, "a run is not overwritten")
    #expect(try Tool.call(words(data, run, ["--resume"])).code == 0)
    let found = try Tool.call("backtest", run, "--data", data, "--json").json()
    let rows = try #require(found["rows"] as? [[String: Any]])
    #expect(
      rows.prefix(4).compactMap { $0["name"] as? String } == [
        "dlinear", "last", "seasonal", "drift",
      ])
    #expect(rows[0]["windows"] as? Int == 120 - 24 + 1 && found["season"] as? Int == 24)
    let errors = rows.compactMap { $0["mse"] as? Double }
    #expect(errors[0] < 0.2 * errors[1] && errors[0] < errors[3])
    let intervals = try #require(found["intervals"] as? [[String: Any]])
    #expect(intervals.map { $0["level"] as? Double } == [0.8, 0.95])
    for interval in intervals {
      let coverage = try #require(interval["coverage"] as? Double)
      let channels = try #require(interval["channels"] as? [Double])
      #expect(coverage > 0.6 && channels.count == 2 && channels[0] != channels[1])
      #expect(abs(coverage - (channels[0] + channels[1]) / 2) < 1e-9)
    }
    let own = try #require(rows[0]["channel_mae"] as? [Double])
    #expect(own[0] > own[1], "errors in the data's units")

    let forecast = try Tool.call("forecast", run, "--history", data)
    let lines = forecast.output.split(separator: "\n").map { $0.split(separator: ",") }
    #expect(
      lines[0].joined(separator: ",") == "time,channel,forecast,low_80,high_80,low_95,high_95")
    #expect(lines.count == 1 + 24 * 2)
    for (index, line) in lines.dropFirst().enumerated() {
      let hour = 600 + index / 2, channel = index % 2
      #expect(line[0] == Self.stamp(hour) && line[1] == ["load", "air"][channel])
      let numbers = line[2...].compactMap { Double($0) }
      #expect(abs(numbers[0] - Self.value(channel, hour)) < 3)
      #expect(numbers[3] < numbers[1] && numbers[1] < numbers[0] && numbers[0] < numbers[2])
    }
    let json = try Tool.call("forecast", run, "--history", data, "--json").json()
    #expect((json["times"] as? [String])?.first == Self.stamp(600))
  }

  /// A packed forecaster says what the run says, at once and after each sample of a stream.
  @Test func packedForecastersSayTheSame() throws {
    let scratch = try Scratch()
    let data = try series(scratch), run = scratch.path("run")
    #expect(try Tool.call(words(data, run)).code == 0)
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
    let samples = Self.lines(100..<160).map {
      $0.split(separator: ",")[1...].joined(separator: ",")
    }
    let streamed = try Tool.call(
      ["stream", file], input: (["load,air"] + samples).joined(separator: "\n") + "\n")
    let last = try #require(streamed.output.split(separator: "\n").last)
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: Any])
    let found = try #require(json["output"] as? [Double])
    let history = try scratch.write(
      "history.csv", (["date,load,air"] + Self.lines(100..<160)).joined(separator: "\n"))
    let asked = try numbers(file, history).map { $0[0] }
    #expect(found.count == 48 && zip(found, asked).allSatisfy { abs($0 - $1) < 1e-4 })
    let intervals = try #require(json["intervals"] as? [[String: Any]])
    #expect(intervals.map { $0["level"] as? Double } == [0.8, 0.95])
    for (place, interval) in intervals.enumerated() {
      let widths = try #require(interval["half_widths"] as? [Double])
      let known = try numbers(file, history).map { ($0[2 + 2 * place] - $0[1 + 2 * place]) / 2 }
      #expect(widths.count == 48 && zip(widths, known).allSatisfy { abs($0 - $1) < 1e-4 })
    }
    let renamed = try scratch.write(
      "renamed.csv", (["date,load,wind"] + Self.lines(100..<160)).joined(separator: "\n"))
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
      (["date,load,air"] + (0..<48).map { "\(Self.stamp($0)),50,15" }).joined(separator: "\n"))
    for numbers in try numbers(file, still) {
      #expect(numbers[2] - numbers[1] > 0.04, "\(numbers)")
    }
    let classifier = try Tool.call("forecast", scratch.path("load.csv"), "--history", data)
    #expect(classifier.code == 65)
    let cycle = scratch.path("cycle")
    #expect(try Tool.call(words(data, cycle, ["--model", "cyclenet"])).code == 0)
    let refused = try Tool.call("pack", cycle, "--out", scratch.path("cycle.minim"))
    #expect(
      refused.code == 65 && !FileManager.default.fileExists(atPath: scratch.path("cycle.minim")))
  }

  @Test func recipesAndResumedRunsGiveTheSameBits() throws {
    let scratch = try Scratch()
    let data = try series(scratch)
    func weights(_ run: String) throws -> Data {
      try Data(contentsOf: URL(filePath: scratch.path("\(run)/best.safetensors")))
    }
    #expect(try Tool.call(words(data, scratch.path("whole"))).code == 0)
    #expect(
      try Tool.call("run", scratch.path("whole/recipe.yaml"), "--out", scratch.path("again")).code
        == 0)
    #expect(try weights("again") == weights("whole"))
    // Another plan is another run.
    let other = try Tool.call(words(data, scratch.path("whole"), ["--resume", "--seed", "2"]))
    #expect(other.code == 73 && other.errors.contains("whole"))
    #expect(
      try Tool.call(
        "train", "--task", "detect", "--data", data, "--model", "pca", "--out",
        scratch.path("whole"), "--resume"
      ).code == 73, "no detector in the folder of a forecaster")
  }

  @Test func learnsFromARun() throws {
    let scratch = try Scratch()
    let data = try series(scratch), teacher = scratch.path("teacher")
    let size = ["--lookback", "48", "--horizon", "24"]
    #expect(
      try Tool.call(
        [
          "train", "--task", "forecast", "--data", data, "--model", "mlp", "--hidden", "16",
          "--epochs", "3", "--out", teacher,
        ]
          + size
      ).code == 0)
    func taught(_ more: [String], _ size: [String] = size) throws -> CallResult {
      try Tool.call(
        [
          "distill", "--method", "timedistill", "--data", data, "--model", "mlp", "--hidden", "8",
          "--epochs", "3", "--teacher", teacher,
        ]
          + size + more)
    }
    let first = scratch.path("first"), lean = scratch.path("lean"), alone = scratch.path("alone")
    #expect(try taught(["--out", first]).code == 0)
    #expect(try taught(["--out", lean, "--loss", "lean"]).code == 0)
    #expect(try taught(["--out", alone, "--alpha", "0", "--beta", "0"]).code == 0)
    let weights = try [first, lean, alone].map {
      try Data(contentsOf: URL(filePath: "\($0)/best.safetensors"))
    }
    #expect(Set(weights).count == 3)
    let recipe = try String(contentsOfFile: "\(first)/recipe.yaml", encoding: .utf8)
    #expect(recipe.hasPrefix("command: distill") && recipe.contains("alpha:"))
    let other = try taught(["--out", scratch.path("x")], ["--lookback", "48", "--horizon", "12"])
    #expect(other.code == 65 && other.errors.contains("horizon 24"))
    let none = try Tool.call(
      ["distill", "--method", "timedistill", "--data", data, "--out", scratch.path("y")] + size)
    #expect(none.code == 64 && none.errors.contains("--teacher"))
  }

  /// A `.npy` file of float32 numbers.
  private func array(_ scratch: Scratch, _ name: String, _ shape: [Int], _ values: [Float]) throws
    -> String
  {
    var header =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (\(shape.map(String.init).joined(separator: ", "))), }"
    while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
    header += "\n"
    var data = Data([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0])
    data += withUnsafeBytes(of: UInt16(header.utf8.count).littleEndian) { Data($0) }
    data += Data(header.utf8)
    data += values.withUnsafeBytes { Data($0) }
    let path = scratch.path(name)
    try data.write(to: URL(filePath: path))
    return path
  }

  @Test func learnsFromForecastsOfAnotherProgram() throws {
    let scratch = try Scratch()
    let data = try series(scratch)
    // 420 rows to learn from: windows whose forecasts begin with rows 48 to 396.
    let starts = Array(48...396)
    func forecasts(_ starts: [Int], _ change: (Double, Int) -> Double = { value, _ in value })
      -> [Float]
    {
      starts.flatMap { start in
        (0..<24).flatMap { step in (0..<2).map { Float(change(Self.value($0, start + step), $0)) } }
      }
    }
    func taught(
      _ name: String, _ shape: [Int], _ values: [Float], _ more: [String] = [],
      model: String = "dlinear"
    ) throws -> CallResult {
      let file = try array(scratch, "\(name).npy", shape, values)
      return try Tool.call(
        [
          "distill", "--method", "timedistill", "--data", data, "--model", model, "--lookback",
          "48",
          "--horizon", "24", "--epochs", "2", "--out", scratch.path(name), "--teacher-predictions",
          file,
        ] + more)
    }
    let shape = [starts.count, 24, 2]
    #expect(try taught("right", shape, forecasts(starts)).code == 0)
    let features = try array(
      scratch, "f.npy", [starts.count, 2, 3], Array(repeating: 1, count: starts.count * 6))
    let withFeatures = ["--teacher-features", features]
    #expect(
      try taught("features", shape, forecasts(starts), withFeatures, model: "mlp").code == 0)
    // A linear student has none to compare.
    let unread = try taught("unread", shape, forecasts(starts), withFeatures)
    #expect(unread.code == 64 && unread.errors.contains("--teacher-features"))
    let short = try taught("short", [starts.count - 1, 24, 2], forecasts(starts.dropLast()))
    #expect(short.code == 65 && short.errors.contains("[349, 24, 2]"))
    // Hour 0 of the windows turned round is another hour.
    let turned = try taught("turned", shape, forecasts(starts.reversed()))
    #expect(turned.code == 65 && turned.errors.contains("order"))
    let scaled = try taught(
      "scaled", shape, forecasts(starts) { $1 == 0 ? ($0 - 50) / 7.4 : ($0 - 15) / 4.2 })
    #expect(scaled.code == 65 && scaled.errors.contains("standardised"))
    let broken = try taught("broken", shape, [.nan] + forecasts(starts).dropFirst())
    #expect(broken.code == 65 && broken.errors.contains("element 0"))
  }

  @Test func namesWhatIsWrong() throws {
    let scratch = try Scratch()
    let data = try series(scratch), run = scratch.path("run")
    #expect(try Tool.call(words(data, run)).code == 0)
    func forecast(
      _ name: String, _ lines: [String], header: String = "date,load,air", _ more: [String] = []
    ) throws -> CallResult {
      let file = try scratch.write(name, ([header] + lines).joined(separator: "\n"))
      return try Tool.call(["forecast", run, "--history", file] + more)
    }
    let hours = Self.lines(100..<200)
    #expect(try forecast("good.csv", hours).code == 0)
    let short = try forecast("short.csv", Array(hours.prefix(47)))
    #expect(short.code == 65 && short.errors.contains("47 rows") && short.errors.contains("48"))
    let gap = try forecast("gap.csv", Array(hours[..<60] + hours[61...]))
    #expect(gap.code == 65 && gap.errors.contains("gap.csv:62") && gap.errors.contains("--fill"))
    #expect(
      try forecast("gap.csv", Array(hours[..<60] + hours[61...]), ["--fill", "linear"]).code == 0)
    let twice = try forecast("twice.csv", Array(hours[...60] + hours[60...]))
    #expect(twice.code == 65 && twice.errors.contains("twice.csv:63"))
    let back = try forecast("back.csv", hours.reversed())
    #expect(back.code == 65 && back.errors.contains("back.csv:3") && back.errors.contains("sort"))
    let renamed = try forecast("renamed.csv", hours, header: "date,load,wind")
    #expect(renamed.code == 65 && renamed.errors.contains("wind") && renamed.errors.contains("air"))
    let turned = try forecast("turned.csv", hours, header: "date,air,load")
    #expect(turned.code == 65 && turned.errors.contains("load"))
    let halves = try forecast(
      "halves.csv",
      (0..<100).map { "2024-05-01 \(String(format: "%02d:%02d", $0 / 2 % 24, $0 % 2 * 30)),1,2" }
        .prefix(48).map { $0 })
    #expect(
      halves.code == 65 && halves.errors.contains("1800")
        && halves.errors.contains("--resample 3600s"))
    for (more, word) in [
      (["--lookback", "0"], "--lookback"), (["--horizon", "70000"], "--horizon"),
      (["--model", "lstm"], "itransformer"), (["--split", "0.9,0.2,0.1"], "split"),
      (["--hidden", "4"], "--hidden"), (["--learning-rate", "-1"], "--learning-rate"),
      (["--alpha", "1"], "--alpha"), (["--resample", "abc"], "--resample"),
    ] {
      let found = try Tool.call(words(data, scratch.path("bad"), more))
      #expect(found.code == 64 && found.errors.contains(word), "\(more)")
    }
    // What a run folder says is checked.
    let weights = URL(filePath: "\(run)/best.safetensors"), whole = try Data(contentsOf: weights)
    for (found, other) in [
      ("season\\\":24", "season\\\":-1"), ("split\\\":[420,", "split\\\":[-20,"),
      ("levels\\\":[0.8,", "levels\\\":[9.8,"),
    ] {
      var damaged = whole
      let place = try #require(damaged.firstRange(of: Data(found.utf8)))
      damaged.replaceSubrange(place, with: Data(other.utf8))
      try damaged.write(to: weights)
      #expect(try Tool.call("backtest", run, "--data", data).code == 65, "\(other)")
    }
    try whole.write(to: weights)
    // One row is enough to look at.
    let shortest = scratch.path("one")
    #expect(try Tool.call(words(data, shortest, ["--lookback", "1"])).code == 0)
    let one = try Tool.call("backtest", shortest, "--data", data, "--json").json()
    #expect((one["rows"] as? [Any])?.count == 6)
    // A period is taken as it was asked for, or not at all.
    let period = try Tool.call(
      words(data, scratch.path("bad"), ["--model", "sparsetsf", "--period", "7"]))
    #expect(period.code == 64 && period.errors.contains("--period: found 7"))
    let eval = try Tool.call("eval", run, "--data", data)
    #expect(eval.code == 65 && eval.errors.contains("minim backtest"))
    let huge = try forecast("huge.csv", Self.lines(100..<200).map { $0 + "e36" })
    #expect(huge.code == 65 && huge.output.isEmpty && huge.errors.contains("not finite"))
    let shifted = try scratch.write(
      "shifted.csv", (["date,load,air"] + Self.lines(50..<650)).joined(separator: "\n"))
    let other = try Tool.call("backtest", run, "--data", shifted)
    #expect(other.code == 0 && other.errors.contains("other rows"))
    #expect(try Tool.call("backtest", run, "--data", data).errors.isEmpty)
    let long = try Tool.call(words(data, scratch.path("bad"), ["--lookback", "480"]))
    #expect(long.code == 65 && long.errors.contains("--lookback"))
  }
}
