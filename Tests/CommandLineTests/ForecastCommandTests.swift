// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@Suite struct ForecastCommandTests {
  @Test func fromTrainingToForecast() throws {
    let scratch = try Scratch()
    let data = try LoadSeries.file(scratch), run = scratch.path("run")
    let trained = try Tool.call(LoadSeries.training(data, run, ["--json"])).json()
    // 420 rows to learn from, 60 to validate on, 120 to test on.
    #expect(
      trained["windows"] as? Int == 60 - 24 + 1 && trained["split"] as? String == "validation")
    #expect(trained["parameters"] as? Int == 2 * (48 * 24 + 24))
    #expect(try Tool.call(LoadSeries.training(data, run)).code == 73, "a run is not overwritten")
    #expect(try Tool.call(LoadSeries.training(data, run, ["--resume"])).code == 0)
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
      let level = try #require(interval["level"] as? Double)
      #expect(coverage > level - 0.2 && coverage < 0.99, "\(level)")
      // 3.2 and 4.9 mean absolute errors of normal ones.
      let width = try #require(interval["width"] as? Double)
      let mae = try #require(rows[0]["mae"] as? Double)
      #expect((level == 0.8 ? 2.2...4.5 : 3.3...6.5).contains(width / mae), "\(width / mae)")
      #expect(channels.count == 2 && channels[0] != channels[1])
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
      #expect(line[0] == LoadSeries.stamp(hour) && line[1] == ["load", "air"][channel])
      let numbers = line[2...].compactMap { Double($0) }
      #expect(abs(numbers[0] - LoadSeries.value(channel, hour)) < 3)
      #expect(numbers[3] < numbers[1] && numbers[1] < numbers[0] && numbers[0] < numbers[2])
    }
    let json = try Tool.call("forecast", run, "--history", data, "--json").json()
    #expect((json["times"] as? [String])?.first == LoadSeries.stamp(600))
  }

  @Test func recipesAndResumedRunsGiveTheSameBits() throws {
    let scratch = try Scratch()
    let data = try LoadSeries.file(scratch)
    func weights(_ run: String) throws -> Data {
      try Data(contentsOf: URL(filePath: scratch.path("\(run)/best.safetensors")))
    }
    #expect(try Tool.call(LoadSeries.training(data, scratch.path("whole"))).code == 0)
    #expect(
      try Tool.call("run", scratch.path("whole/recipe.yaml"), "--out", scratch.path("again")).code
        == 0)
    #expect(try weights("again") == weights("whole"))
    // Another plan is another run.
    let other = try Tool.call(
      LoadSeries.training(data, scratch.path("whole"), ["--resume", "--seed", "2"]))
    #expect(other.code == 73 && other.errors.contains("whole"))
    #expect(
      try Tool.call(
        "train", "--task", "detect", "--data", data, "--model", "pca", "--out",
        scratch.path("whole"), "--resume"
      ).code == 73, "no detector in the folder of a forecaster")
  }

  @Test func learnsFromARun() throws {
    let scratch = try Scratch()
    let data = try LoadSeries.file(scratch), teacher = scratch.path("teacher")
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
    let data = try LoadSeries.file(scratch)
    // 420 rows to learn from: windows whose forecasts begin with rows 48 to 396.
    let starts = Array(48...396)
    func forecasts(_ starts: [Int], _ change: (Double, Int) -> Double = { value, _ in value })
      -> [Float]
    {
      starts.flatMap { start in
        (0..<24).flatMap { step in
          (0..<2).map { Float(change(LoadSeries.value($0, start + step), $0)) }
        }
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
    // 349 is a prime.
    let mixed = starts.indices.map { starts[$0 * 101 % starts.count] }
    let shuffled = try taught("shuffled", shape, forecasts(mixed))
    #expect(shuffled.code == 65 && shuffled.errors.contains("as far from their windows"))
    let scaled = try taught(
      "scaled", shape, forecasts(starts) { $1 == 0 ? ($0 - 50) / 7.4 : ($0 - 15) / 4.2 })
    #expect(scaled.code == 65 && scaled.errors.contains("standardised"))
    let broken = try taught("broken", shape, [.nan] + forecasts(starts).dropFirst())
    #expect(broken.code == 65 && broken.errors.contains("element 0"))
  }

  @Test func namesWhatIsWrong() throws {
    let scratch = try Scratch()
    let data = try LoadSeries.file(scratch), run = scratch.path("run")
    #expect(try Tool.call(LoadSeries.training(data, run)).code == 0)
    func forecast(
      _ name: String, _ lines: [String], header: String = "date,load,air", _ more: [String] = []
    ) throws -> CallResult {
      let file = try scratch.write(name, ([header] + lines).joined(separator: "\n"))
      return try Tool.call(["forecast", run, "--history", file] + more)
    }
    let hours = LoadSeries.lines(100..<200)
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
      let found = try Tool.call(LoadSeries.training(data, scratch.path("bad"), more))
      #expect(found.code == 64 && found.errors.contains(word), "\(more)")
      #expect(!FileManager.default.fileExists(atPath: scratch.path("bad")), "\(more)")
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
    // One row is enough to look at, though it has no season.
    let shortest = scratch.path("one")
    #expect(try Tool.call(LoadSeries.training(data, shortest, ["--lookback", "1"])).code == 0)
    let one = try Tool.call("backtest", shortest, "--data", data, "--json").json()
    #expect((one["rows"] as? [Any])?.count == 5)
    // A period is taken as it was asked for, or not at all.
    let period = try Tool.call(
      LoadSeries.training(data, scratch.path("bad"), ["--model", "sparsetsf", "--period", "7"]))
    #expect(period.code == 64 && period.errors.contains("--period: found 7"))
    #expect(!FileManager.default.fileExists(atPath: scratch.path("bad")))
    let eval = try Tool.call("eval", run, "--data", data)
    #expect(eval.code == 65 && eval.errors.contains("minim backtest"))
    let compared = try Tool.call("compare", run, run)
    #expect(compared.code == 65 && compared.errors.contains("minim backtest"))
    let huge = try forecast("huge.csv", LoadSeries.lines(100..<200).map { $0 + "e36" })
    #expect(huge.code == 65 && huge.output.isEmpty && huge.errors.contains("not finite"))
    let shifted = try scratch.write(
      "shifted.csv", (["date,load,air"] + LoadSeries.lines(50..<650)).joined(separator: "\n"))
    let other = try Tool.call("backtest", run, "--data", shifted)
    #expect(other.code == 0 && other.errors.contains("other rows"))
    #expect(try Tool.call("backtest", run, "--data", data).errors.isEmpty)
    let long = try Tool.call(LoadSeries.training(data, scratch.path("bad"), ["--lookback", "480"]))
    #expect(long.code == 65 && long.errors.contains("--lookback"))
    #expect(!FileManager.default.fileExists(atPath: scratch.path("bad")))
  }
}
