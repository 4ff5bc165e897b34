// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@Suite struct ModelCommandTests {
  /// A trained run on waves, packed; returns the folder of the problem and the model file.
  private func packed(
    _ scratch: Scratch, precision: String = "float32", normalise: String = "case",
    model kind: [String] = []
  ) throws -> (data: String, model: String) {
    let data = try scratch.waves(), run = scratch.path("run")
    let model = scratch.path("\(precision).minim")
    let trained = try Tool.call(
      [
        "train", "--data", data, "--epochs", "60", "--batch", "8", "--learning-rate", "0.02",
        "--normalise", normalise, "--out", run, "--quiet",
      ] + kind)
    #expect(trained.code == 0)
    let result = try Tool.call("pack", run, "--out", model, "--precision", precision, "--json")
    #expect(result.code == 0, "\(result.errors)")
    let report = try result.json()
    #expect(report["bytes"] as? Int == (try Data(contentsOf: URL(filePath: model))).count)
    return (data, model)
  }

  private func run(_ model: String, _ arguments: [String], input: String) throws -> CallResult {
    try Tool.call(["stream", model] + arguments, input: input)
  }

  @Test(arguments: ["float32", "float16", "int8"])
  func packsInspectsVerifiesAndPredicts(_ precision: String) throws {
    let scratch = try Scratch()
    let (data, model) = try packed(scratch, precision: precision)
    let inspected = try Tool.call("inspect", model, "--json").json()
    #expect(inspected["parameters"] as? Int == 338)
    #expect(inspected["classes"] as? [String] == ["0", "1"])
    #expect(inspected["window"] as? Int == 30)
    #expect(inspected["multiply_adds_per_result"] as? Int == 30 * 288 + 16)
    let verified = try Tool.call("verify", model)
    #expect(verified.code == 0)
    #expect(verified.output.contains("self-test passed, 1 vectors"))
    // Problem folder and file of cases give the same lines; accuracy is that of `eval`.
    let folder = try Tool.call("predict", model, "--data", data)
    let file = try Tool.call("predict", model, "--data", "\(data)/Waves_TEST.tsv")
    #expect(folder.code == 0)
    #expect(folder.output == file.output)
    let lines = folder.output.split(separator: "\n")
    #expect(lines.count == 41)
    let scored = try Tool.call("eval", scratch.path("run"), "--data", data, "--json").json()
    let metrics = try #require(scored["metrics"] as? [String: Double])
    let accuracy = try #require(metrics["accuracy"])
    #expect(
      lines.last.map(String.init) == "{\"cases\":40,\"labelled\":40,\"accuracy\":\(accuracy)}")
  }

  @Test func streamsAndReportsBadLines() throws {
    let scratch = try Scratch()
    let (_, model) = try packed(scratch)
    let good = (0..<40).map { "\(sin(Double($0) / 3))" }
    let clean = try run(model, [], input: good.joined(separator: "\n") + "\n")
    #expect(clean.code == 0)
    #expect(clean.errors == "")
    #expect(clean.output.split(separator: "\n").count == 11)
    let first = try #require(clean.output.split(separator: "\n").first)
    #expect(first.hasPrefix("{\"sample\":30,\"class\":\""))
    // A header, Windows line ends, JSON, and bad lines in between change nothing.
    var dirty = ["value"] + good.map { "[\($0)]" }
    dirty.insert(contentsOf: ["abc", "1,2", "nan", "", "0x10", "[1"], at: 7)
    let result = try run(model, [], input: dirty.joined(separator: "\r\n"))
    #expect(result.output == clean.output)
    #expect(result.errors.split(separator: "\n").count == 6)
    #expect(
      result.errors.hasPrefix(
        "minim: stdin:1: taken for the names of the columns\n"
          + "minim: stdin:8: found \"abc\", expected a number; skipped\n"))
    let every = try run(model, ["--every", "4"], input: good.joined(separator: "\n"))
    #expect(every.output.split(separator: "\n").count == 3 && every.errors == "")
    let none = try run(model, ["--every", "50"], input: good.joined(separator: "\n"))
    #expect(none.code == 0 && none.output == "" && none.errors.contains("--every 50"))
    let stopped = try run(model, ["--on-error", "stop"], input: dirty.joined(separator: "\n"))
    #expect(stopped.code == 65)
    #expect(stopped.output == "")
    #expect(stopped.errors.hasSuffix("minim: stdin:8: found \"abc\", expected a number\n"))
    // A first line that is neither numbers nor names is a bad line, and a byte order mark is none.
    for bad in ["12V", "inf", "\u{1}", "a,b"] {
      let refused = try run(model, ["--on-error", "stop"], input: "\(bad)\n1\n")
      #expect(refused.code == 65)
    }
    let marked = try run(model, [], input: "\u{FEFF}" + good.joined(separator: "\n"))
    #expect(marked.output == clean.output && marked.errors == "")
  }

  @Test func predictRefusesWhatDoesNotFit() throws {
    let scratch = try Scratch()
    let (_, model) = try packed(scratch)
    let values = (0..<30).map { "\($0)" }.joined(separator: ",")
    for (name, text, code, says) in [
      ("other class", "7,\(values)\n", 65, ":1: found the class \"7\", expected one of 0 1"),
      ("nothing", "\n\n", 65, "found no cases"),
      ("too short", "0,1,2,3\n", 65, ":1: found 3 steps, expected 30 to 30"),
      ("gzip", "\u{1F}\u{8B}", 65, ":1: found"),
      ("class with a mark", "\u{FEFF}1,\(values)\n", 0, ""),
    ] as [(String, String, Int32, String)] {
      let file = try scratch.write("\(name).csv", text)
      let result = try Tool.call("predict", model, "--data", file)
      #expect(result.code == code, "\(name)")
      #expect(says.isEmpty || result.errors.contains(says), "\(name): \(result.errors)")
    }
    let channels = try Scratch()
    let two = (0..<4).map { "\($0 % 2)" }
    let folder = try channels.write(
      "P_TRAIN.ts",
      "@problemname P\n@univariate false\n@dimension 2\n@equallength true\n@serieslength 30\n"
        + "@classlabel true 0 1\n@data\n"
        + two.map { "\(values):\(values):\($0)" }.joined(separator: "\n") + "\n")
    let source = URL(filePath: folder)
    try FileManager.default.copyItem(
      at: source, to: source.deletingLastPathComponent().appending(path: "P_TEST.ts"))
    let refused = try Tool.call(
      "predict", model, "--data", source.deletingLastPathComponent().path)
    #expect(refused.code == 65)
    #expect(refused.errors.contains("found a case of 2 channels, expected 1"))
  }

  @Test func everyOperationHasAName() throws {
    let model = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Compat/v1/causal-window-int8.minim").path
    let inspected = try Tool.call("inspect", model, "--json").json()
    #expect(
      inspected["graph"] as? [String] == [
        "convolution of 3 by 1 steps 1->8", "relu 8->8",
        "depth-wise convolution of 3 by 2 steps 8->8", "convolution of 1 by 1 steps 8->8",
        "add of values 4 and 2 8->8", "relu 8->8", "mgu 8->5", "mean 8->8",
        "join of values 7 to 8 5->13", "linear 13->2", "softmax 2->2",
      ])
    #expect(inspected["format"] as? String == "1.1")
    #expect(try Tool.call("verify", model).code == 0)
  }

  /// Scaled by the training cases a model needs no window: every sample is one step.
  @Test func aScaledStreamGivesWhatThePredictionOfTheCaseGives() throws {
    let scratch = try Scratch()
    let (data, model) = try packed(scratch, normalise: "train")
    let inspected = try Tool.call("inspect", model, "--json").json()
    #expect(inspected["multiply_adds_per_sample"] as? Int == 288)
    #expect(inspected["multiply_adds_per_result"] as? Int == 16)
    let predicted = try Tool.call("predict", model, "--data", data).output.split(separator: "\n")
    let cases = try String(contentsOfFile: "\(data)/Waves_TEST.tsv", encoding: .utf8)
    for (index, line) in cases.split(separator: "\n").enumerated().prefix(5) {
      let samples = line.split(separator: "\t").dropFirst().joined(separator: "\n")
      let streamed = try run(model, [], input: samples).output.split(separator: "\n")
      #expect(streamed.count == 1)
      let members = try #require(
        streamed.first?.split(separator: ",", maxSplits: 1).last?.dropLast())
      #expect(predicted[index].contains(members))
    }
    let scored = try Tool.call("eval", scratch.path("run"), "--data", data, "--json").json()
    let accuracy = try #require((scored["metrics"] as? [String: Double])?["accuracy"])
    #expect(predicted.last.map(String.init)?.contains("\"accuracy\":\(accuracy)}") == true)
    #expect(accuracy > 0.8)
  }

  /// From training to the last sample; a mean over time needs a window however it is scaled.
  @Test(arguments: ["case", "train"]) func aTemporalConvolutionIsPackedAndStreamed(
    _ normalise: String
  ) throws {
    let scratch = try Scratch()
    let (data, model) = try packed(
      scratch, normalise: normalise, model: ["--model", "tcn", "--layers", "3", "--hidden", "6"])
    let inspected = try Tool.call("inspect", model, "--json").json()
    #expect(inspected["multiply_adds_per_sample"] as? Int == 0)
    #expect((inspected["graph"] as? [String])?.first == "convolution of 3 by 1 steps 1->6")
    #expect(try Tool.call("verify", model).code == 0)
    let predicted = try Tool.call("predict", model, "--data", data).output.split(separator: "\n")
    let cases = try String(contentsOfFile: "\(data)/Waves_TEST.tsv", encoding: .utf8)
    for (index, line) in cases.split(separator: "\n").enumerated().prefix(5) {
      let samples = line.split(separator: "\t").dropFirst().joined(separator: "\n")
      let streamed = try run(model, [], input: samples).output.split(separator: "\n")
      #expect(streamed.count == 1)
      let members = try #require(
        streamed.first?.split(separator: ",", maxSplits: 1).last?.dropLast())
      #expect(predicted[index].contains(members))
    }
    let folder = scratch.path("run")
    let scored = try Tool.call("eval", folder, "--data", data, "--json").json()
    let accuracy = try #require((scored["metrics"] as? [String: Double])?["accuracy"])
    #expect(predicted.last.map(String.init)?.contains("\"accuracy\":\(accuracy)}") == true)
    let compared = try Tool.call("compare", folder, "--json").json()
    let row = try #require((compared["runs"] as? [[String: Any]])?.first)
    #expect(row["not_deployable"] as? [String: String] == [:])
    #expect(row["bytes_int8"] is Int && row["microseconds_per_case"] is Double)
  }

  @Test func refusesWhatIsNoModel() throws {
    let scratch = try Scratch()
    let (data, model) = try packed(scratch)
    let missing = try Tool.call("inspect", scratch.path("none.minim"))
    #expect(missing.code == 74)
    let text = try scratch.write("text.minim", String(repeating: "x", count: 100))
    let foreign = try Tool.call("verify", text)
    #expect(foreign.code == 65)
    #expect(foreign.errors.contains("text.minim: not a model file (error 3"))
    var bytes = try Data(contentsOf: URL(filePath: model))
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: URL(filePath: scratch.path("bad.minim")))
    let damaged = try Tool.call("stream", scratch.path("bad.minim"))
    #expect(damaged.code == 65)
    #expect(damaged.errors.contains("damaged: the checksum of WEIGHTS"))
    // Other data than the run was trained on.
    let other = try Scratch()
    let pack = try Tool.call(
      "pack", scratch.path("run"), "--data", other.waves(cases: 20), "--out",
      scratch.path("x.minim"))
    #expect(pack.code == 65)
    #expect(!FileManager.default.fileExists(atPath: scratch.path("x.minim")))
    #expect(data != "")
  }

  /// The small runner and the large tool answer alike.
  @Test func theRunnerAnswersAsTheTool() throws {
    let scratch = try Scratch()
    let (data, model) = try packed(scratch, precision: "int8")
    let runner = Tool.url.deletingLastPathComponent().appending(path: "minim-run")
    for arguments in [
      ["inspect", model], ["inspect", model, "--json"], ["verify", model],
      ["predict", model, "--data", "\(data)/Waves_TEST.tsv"],
    ] {
      let process = Process(), output = Pipe()
      process.executableURL = runner
      process.arguments = arguments
      process.standardOutput = output
      try process.run()
      let text = output.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
      #expect(try Tool.call(arguments).output == String(decoding: text, as: UTF8.self))
    }
  }

  /// The first line of a stream is only taken for names if it looks like names.
  @Test func aBadFirstLineIsReported() throws {
    let scratch = try Scratch()
    let (_, model) = try packed(scratch)
    for line in ["0.5abc", "-inf", "[oops]", "0x10", "a,b"] {
      let result = try run(model, [], input: "\(line)\n0.5\n")
      #expect(result.errors.hasPrefix("minim: stdin:1: "), "\(line)")
      #expect(try run(model, ["--on-error", "stop"], input: line).code == 65)
    }
    #expect(
      try run(model, [], input: "\"my value\"\n0.5\n").errors.hasPrefix(
        "minim: stdin:1: taken for the names of the columns\n"))
    // Fields that are empty, and numbers that are none to a model.
    for line in ["1,", ",1", "1e400", "1e39", ",", "1e", "--1", "[1", "1]"] {
      let result = try run(model, [], input: "0.5\n\(line)\n")
      #expect(result.errors.hasPrefix("minim: stdin:2: "), "\(line)")
    }
    for line in ["-0", "1e-400", "4.9e-324", "+1", ".5", "1.", " 1 ", "[1]"] {
      #expect(try run(model, ["--on-error", "stop"], input: line).code == 0, "\(line)")
    }
  }

  /// A result comes out before the next sample goes in.
  @Test func resultsDoNotWaitForMoreInput() throws {
    let scratch = try Scratch()
    let (_, model) = try packed(scratch)
    let process = Tool.process(["stream", model])
    let feed = Pipe(), output = Pipe()
    process.standardInput = feed
    process.standardOutput = output
    try process.run()
    defer { process.terminate() }
    let samples = (0..<30).map { "0.\($0)\n" }.joined()
    try feed.fileHandleForWriting.write(contentsOf: Data(samples.utf8))
    let waiting = DispatchWorkItem { process.terminate() }
    DispatchQueue.global().asyncAfter(deadline: .now() + 20, execute: waiting)
    let first = output.fileHandleForReading.availableData
    waiting.cancel()
    #expect(String(decoding: first, as: UTF8.self).hasPrefix("{\"sample\":30,"))
  }

  @Test func predictReadsJSONAndLabelsOfAllForms() throws {
    let scratch = try Scratch()
    let (_, model) = try packed(scratch)
    let values = (0..<30).map { "\(sin(Double($0) * 0.4))" }
    let lines = [
      "[" + values.joined(separator: ",") + "]",
      "[" + values.map { "[\($0)]" }.joined(separator: ", ") + "]",
      "0\t" + values.joined(separator: "\t"), "0.0000e+00," + values.joined(separator: ","),
      "  0.0 " + values.joined(separator: "  "), " [" + values.joined(separator: " ") + "]",
    ]
    let file = try scratch.write("cases", lines.joined(separator: "\n"))
    let result = try Tool.call("predict", model, "--data", file)
    #expect(result.code == 0, "\(result.errors)")
    let outputs = result.output.split(separator: "\n").prefix(6).map {
      $0.drop { $0 != "," }.prefix { $0 != "]" }
    }
    #expect(outputs.count == 6 && Set(outputs).count == 1)
    #expect(result.output.contains("{\"cases\":6,\"labelled\":3,"))
    for (line, says) in [
      ("[[1],[2,3],[4]]", ":1: found a step of 2 numbers, expected 1"),
      ("[1,2,3]", ":1: found 3 steps, expected 30 to 30"),
      ("[[]]", ":1: found a step of 0 numbers"),
      ("0\t" + (values.dropLast() + ["1e400"]).joined(separator: "\t"), "infinite"),
    ] {
      let bad = try Tool.call("predict", model, "--data", scratch.write("bad", line))
      #expect(bad.code == 65)
      #expect(bad.errors.contains(says), "\(bad.errors)")
    }
  }

  @Test func exitCodesOfTheRunner() throws {
    let scratch = try Scratch()
    let (_, model) = try packed(scratch)
    let runner = Tool.url.deletingLastPathComponent().appending(path: "minim-run")
    func code(_ arguments: [String], to output: String = "/dev/null") throws -> (Int32, String) {
      let process = Process(), errors = Pipe()
      process.executableURL = runner
      process.arguments = arguments
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = FileHandle(forWritingAtPath: output)
      process.standardError = errors
      try process.run()
      let text = errors.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      return (process.terminationStatus, String(decoding: text, as: UTF8.self))
    }
    for bad in [
      [], ["fly"], ["inspect"], ["inspect", model, model], ["stream", model, "--every", "0"],
      ["stream", model, "--every", "x"], ["stream", model, "--on-error", "x"], ["predict", model],
      ["verify", model, "--every", "2"], ["stream", model, "--json"],
    ] {
      let (found, text) = try code(bad)
      #expect(found == 64, "\(bad)")
      #expect(text != "")
    }
    if FileManager.default.fileExists(atPath: "/dev/full") {
      let (found, text) = try code(["inspect", model], to: "/dev/full")
      #expect(found == 73)
      #expect(text.contains("cannot write"))
    }
  }

  /// `verify` exits with 1 where the self-test's numbers are not met, with checksums right.
  @Test func verifyFailsWithTheSelfTest() throws {
    let scratch = try Scratch()
    let (_, model) = try packed(scratch)
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: model)))
    func word(_ place: Int) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) } }
    func put(_ sum: UInt32, _ place: Int) {
      for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: sum >> (8 * index)) }
    }
    func checksum(_ range: Range<Int>) -> UInt32 {
      ~bytes[range].reduce(UInt32.max) { register, byte in
        (0..<8).reduce(register ^ UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1) * 0x82F6_3B78 }
      }
    }
    // SELFTEST is the last section, its last number an output.
    let entry = 64 + 16 * 6
    bytes[bytes.count - 1] ^= 1
    put(checksum(word(entry + 4)..<bytes.count), entry + 12)
    put(0, 40)
    put(checksum(0..<(entry + 16)), 40)
    let path = scratch.path("wrong.minim")
    try Data(bytes).write(to: URL(filePath: path))
    let result = try Tool.call("verify", path)
    #expect(result.code == 1)
    #expect(result.errors.contains("self-test: 1 outputs have other bits"))
  }
}
