// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@Suite struct DistillTests {
  /// A problem, a teacher's run folder beside it, and the words of a short distillation into `out`.
  private func teacher(
    _ scratch: Scratch, _ options: String...
  ) throws -> (teacher: String, words: (String) -> [String]) {
    let data = try scratch.waves(cases: 20), teacher = scratch.path("teacher")
    let trained = try Tool.call(
      ["train", "--data", data, "--hidden", "6", "--layers", "2", "--epochs", "3", "--quiet"]
        + options + ["--out", teacher])
    #expect(trained.code == 0, "\(trained.errors)")
    return (
      teacher,
      { out in
        [
          "distill", "--data", data, "--teacher", teacher, "--hidden", "4", "--batch", "8",
          "--epochs", "3", "--out", scratch.path(out), "--quiet",
        ]
      }
    )
  }

  private func file(_ scratch: Scratch, _ name: String) throws -> Data {
    try Data(contentsOf: URL(filePath: scratch.path(name)))
  }

  @Test(arguments: [
    "memkd", "kd", "fitnet", "at", "nst", "vid", "rkd-distance", "rkd-angle", "rkd", "dkd",
    "dt2w:0.01", "memkd:10,kd:0.5", "fitnet,dt2w:0.01,vid:0.1",
  ])
  func everyMethodTrainsAndChangesTheStudent(_ method: String) throws {
    let scratch = try Scratch()
    let words = try teacher(scratch).words
    #expect(try Tool.call(words("none") + ["--method", "kd:0"]).code == 0)
    let result = try Tool.call(words("run") + ["--method", method])
    #expect(result.code == 0, "\(result.errors)")
    #expect(
      try file(scratch, "run/best.safetensors") != file(scratch, "none/best.safetensors"))
    let stored = try file(scratch, "run/recipe.yaml")
    let again = try scratch.write(
      "again.yaml", String(decoding: stored, as: UTF8.self) + "out: \(scratch.path("again"))\n")
    #expect(try Tool.call("run", again, "--quiet").code == 0)
    #expect(
      try file(scratch, "again/best.safetensors") == file(scratch, "run/best.safetensors"))
  }

  @Test(arguments: [
    "--discrepancy n9", "--discrepancy n10", "--discrepancy n8-both", "--terms long",
    "--spans 2", "--starts all", "--span-draw log-uniform --spans 3", "--redraw never",
    "--penalty mse", "--penalty-beta 0.1", "--teacher-layer 1", "--teacher-layer mean",
    "--method kd --temperature 2", "--method dkd --warm-up 0", "--method dkd --dkd-alpha 3",
    "--method dkd --temperature 2", "--method at --attention paper",
    "--method dt2w --gamma 0.1", "--method dt2w --warping divergence",
  ])
  func everyOptionChangesTheStudent(_ options: String) throws {
    let scratch = try Scratch()
    let words = try teacher(scratch).words
    let more = options.split(separator: " ").map(String.init)
    let method = more.first == "--method" ? Array(more.prefix(2)) : []
    #expect(try Tool.call(words("plain") + method).code == 0)
    let result = try Tool.call(words("run") + more)
    #expect(result.code == 0, "\(result.errors)")
    #expect(
      try file(scratch, "run/best.safetensors") != file(scratch, "plain/best.safetensors"))
  }

  /// A student learns by those losses alone whose values it shows.
  @Test func aStudentWithoutHiddenStatesLearnsByLogits() throws {
    let scratch = try Scratch()
    let base = try teacher(scratch).words("run").filter { $0 != "--hidden" && $0 != "4" }
    let refused = try Tool.call(base + ["--model", "linear"])
    #expect(refused.code == 64 && refused.errors.contains("\"hidden\""), "\(refused.errors)")
    let taken = try Tool.call(base + ["--model", "linear", "--method", "kd"])
    #expect(taken.code == 0, "\(taken.errors)")
  }

  @Test func anUntrainedTeacherIsATeacherToo() throws {
    let scratch = try Scratch()
    let words = try teacher(scratch, "--epochs", "0").words
    let result = try Tool.call(words("run"))
    #expect(result.code == 0, "\(result.errors)")
  }

  @Test func resumesToTheSameBitsWithAdaptersAndShipsNone() throws {
    let scratch = try Scratch()
    let words = try teacher(scratch).words
    let method = ["--method", "vid:0.1,fitnet", "--patience", "9999", "--epochs", "4000"]
    let process = Tool.process(words("killed") + method)
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let state = scratch.path("killed/last.safetensors")
    while process.isRunning, !FileManager.default.fileExists(atPath: state) { usleep(2000) }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal)
    #expect(
      String(decoding: try file(scratch, "killed/last.safetensors"), as: UTF8.self)
        .contains("adapters.vid.variance"))
    #expect(try Tool.call(words("killed") + method + ["--resume"]).code == 0)
    #expect(try Tool.call(words("whole") + method).code == 0)
    for name in ["last.safetensors", "best.safetensors", "log.jsonl"] {
      #expect(try file(scratch, "killed/\(name)") == file(scratch, "whole/\(name)"), "\(name)")
    }
    let best = String(decoding: try file(scratch, "whole/best.safetensors"), as: UTF8.self)
    #expect(!best.contains("adapters"))
    let model = scratch.path("model.minim")
    #expect(try Tool.call("pack", scratch.path("whole"), "--out", model).code == 0)
    let inspected = try Tool.call("inspect", model, "--json").json()
    #expect(inspected["parameters"] as? Int == 4 * 4 * (1 + 4 + 1) + 2 * (4 + 1))
  }

  @Test(arguments: [
    ("--method memkt", ["--method", "\"memkt\"", "memkd kd fitnet"]),
    ("--method memkd,", ["--method", "found \"\""]),
    ("--method kd:x", ["--method", "weight \"x\""]),
    ("--method kd:-1", ["method kd", "-1", "0 or more"]),
    ("--method kd,kd", ["kd a second time"]),
    ("--weight -1", ["--weight", "-1", "0 or more"]),
    ("--method kd:1 --weight 2", ["--weight", "found 2", "weight of its own"]),
    ("--method kd --spans 3", ["--spans", "found 3", "does not read it"]),
    ("--spans 0", ["--spans", "found 0"]), ("--spans 29", ["--spans: found 29", "1 to 28"]),
    ("--weight 1e40", ["--weight", "1e+40", "float32"]),
    ("--task detect", ["--teacher: found", "--model pca"]),
    ("--starts some", ["--starts", "some", "all"]),
    ("--starts 4000000000", ["--starts", "4000000000", "10000"]),
    ("--starts 9223372036854775807", ["--starts", "10000"]),
    ("--method dt2w --gamma 1e-300", ["--gamma", "1e-300", "above 0"]),
    ("--penalty-beta 1e-300", ["--penalty-beta", "1e-300", "above 0"]),
    ("--method kd --temperature 1e300", ["--temperature", "1e+300", "1e38"]),
    ("--discrepancy n8-cell --teacher-layer 1", ["--teacher-layer", "--discrepancy n8-cell"]),
    ("--discrepancy n8-both --teacher-layer mean", ["--teacher-layer", "--discrepancy n8-both"]),
    ("--discrepancy n10 --terms short", ["--terms", "--discrepancy n10"]),
    ("--discrepancy n10 --spans 3", ["--spans", "--discrepancy n10"]),
    ("--discrepancy n10 --starts 2", ["--starts", "--discrepancy n10"]),
    ("--discrepancy n10 --redraw never", ["--redraw", "--discrepancy n10"]),
    ("--discrepancy n10 --span-draw log-uniform", ["--span-draw", "--discrepancy n10"]),
    ("--terms short --spans 3", ["--spans", "--terms short"]),
    ("--terms short --starts 2", ["--starts", "--terms short"]),
    ("--terms short --redraw never", ["--redraw", "--terms short"]),
    ("--penalty mse --penalty-beta 2", ["--penalty-beta", "--penalty mse"]),
    ("--method memkd,kd --penalty l1 --penalty-beta 2", ["--penalty-beta", "--penalty l1"]),
    ("--method kd --temperature 0", ["--temperature", "above 0"]),
    ("--teacher-layer best", ["--teacher-layer", "best", "mean"]),
    ("--teacher-layer 3", ["teacher", "\"hidden.3\"", "layers"]),
    ("--discrepancy n8-cell --model gru", ["student", "\"cell\"", "LSTM"]),
  ])
  func aBadChoiceIsRefusedInOneLine(_ options: String, _ says: [String]) throws {
    let scratch = try Scratch()
    let words = try teacher(scratch).words
    let result = try Tool.call(words("run") + options.split(separator: " ").map(String.init))
    #expect(result.code == 64, "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    for part in says { #expect(result.errors.contains(part), "\(result.errors)") }
    #expect(!FileManager.default.fileExists(atPath: scratch.path("run")))
  }

  /// What one method does not read another may.
  @Test func anOptionThatOneMethodReadsIsTaken() throws {
    let scratch = try Scratch()
    let words = try teacher(scratch).words
    let more = ["--method", "memkd,fitnet", "--discrepancy", "n8-cell", "--teacher-layer", "1"]
    let result = try Tool.call(words("run") + more)
    #expect(result.code == 0, "\(result.errors)")
  }

  @Test func aRunGoesOnWithTheTeacherThatItBeganWithAlone() throws {
    let scratch = try Scratch()
    let (teacher, words) = try teacher(scratch)
    #expect(try Tool.call(words("run")).code == 0)
    let moved = scratch.path("moved")
    try FileManager.default.moveItem(atPath: teacher, toPath: moved)
    let same = try Tool.call(words("run").map { $0 == teacher ? moved : $0 } + ["--resume"])
    #expect(same.code == 0, "\(same.errors)")
    let data = scratch.path("Waves")
    #expect(
      try Tool.call(
        "train", "--data", data, "--hidden", "6", "--epochs", "1", "--quiet", "--out", teacher
      ).code == 0)
    let other = try Tool.call(words("run") + ["--resume"])
    #expect(other.code == 73 && other.errors.contains("teacher"), "\(other.errors)")
  }

  @Test func aTeacherOfOtherCasesIsRefused() throws {
    let scratch = try Scratch()
    let (teacher, words) = try teacher(scratch)
    _ = try scratch.waves(cases: 22)
    let result = try Tool.call(words("run"))
    #expect(result.code == 65, "\(result.errors)")
    #expect(
      result.errors.hasPrefix("minim: \(teacher): found a teacher trained on other cases"),
      "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: scratch.path("run")))
  }

  /// The run folder is named by the methods where `--out` does not name it.
  @Test func runsOfTwoMethodsHaveFoldersOfTheirOwn() throws {
    let scratch = try Scratch()
    let words = try teacher(scratch).words("run").filter {
      $0 != "--out" && $0 != scratch.path("run")
    }
    for (method, name) in [("memkd", "memkd"), ("kd:2", "kd"), ("kd,at:3", "kd-at")] {
      let process = Tool.process(words + ["--method", method])
      process.currentDirectoryURL = scratch.url
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
      let folder = scratch.path("runs/Waves-lstm-1x4-\(name)-seed1")
      #expect(FileManager.default.fileExists(atPath: "\(folder)/best.safetensors"))
    }
  }

  @Test func aTeacherWithoutCellsIsNamed() throws {
    let scratch = try Scratch()
    let words = try teacher(scratch, "--model", "gru").words
    let result = try Tool.call(words("run") + ["--discrepancy", "n8-both"])
    #expect(result.code == 64)
    #expect(result.errors.contains("teacher has no tap \"cell\""), "\(result.errors)")
  }

  /// Padded cases go through every loss.
  @Test func learnsFromSeriesOfUnequalLengths() throws {
    let scratch = try Scratch()
    let lines = (0..<20).map { index in
      let values = (0..<(12 + index % 5)).map {
        "\(sin(Double($0 * (1 + index % 2)) + Double(index)))"
      }
      return (["\(index % 2)"] + values + [String](repeating: "NaN", count: 4 - index % 5))
        .joined(separator: "\t")
    }
    try scratch.write("P/P_TRAIN.tsv", lines.joined(separator: "\n"))
    let common = ["--data", scratch.path("P"), "--length", "pad", "--epochs", "2", "--quiet"]
    let teacher = scratch.path("teacher")
    #expect(try Tool.call(["train", "--out", teacher] + common).code == 0)
    let result = try Tool.call(
      [
        "distill", "--teacher", teacher, "--out", scratch.path("run"), "--method",
        "memkd,kd,fitnet,at,nst,vid,rkd,dkd,dt2w:0.01",
      ] + common)
    #expect(result.code == 0, "\(result.errors)")
  }
}
