// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Bad input gets one line that names file and line, or the option, the right exit code, and leaves
/// no run folder.
@Suite struct BadInputTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: Int32
    /// Parts that the line must hold.
    let says: [String]
    /// Writes what it needs and gives the arguments; the run folder is "run".
    let arguments: @Sendable (Scratch) throws -> [String]
  }

  static func train(_ data: String, _ more: String...) -> [String] {
    ["train", "--data", data] + more
  }

  static let cases: [Case] = [
    Case(testDescription: "a file cut in the middle", code: 65, says: ["P_TRAIN.tsv:2", "cut off"])
    {
      try $0.write("P/P_TRAIN.tsv", "1\t1\t2\t3\n2\t4\t5")
      return train($0.path("P"))
    },
    Case(
      testDescription: "a gzip file cut in the middle", code: 65,
      says: ["P_TRAIN.tsv.gz", "cut-off"]
    ) {
      let whole =
        Data(base64Encoded: "H4sIAAAAAAACAzPkNOA04jTmNOEy4jTkNOI05jThMuQ04jThNOUCAJ8Zg8wkAAAA")
        ?? Data()
      let file = URL(filePath: try $0.write("P/P_TRAIN.tsv.gz", ""))
      try whole.prefix(30).write(to: file)
      return train($0.path("P"))
    },
    Case(
      testDescription: "a cell that is no number", code: 65,
      says: ["P_TRAIN.tsv:2: field 3", "\"abc\""]
    ) {
      try $0.write("P/P_TRAIN.tsv", "1\t1\t2\t3\n2\t4\tabc\t6\n")
      return train($0.path("P"))
    },
    Case(
      testDescription: "a class in test that train lacks", code: 65,
      says: ["P_TEST.tsv:2", "class \"7\""]
    ) {
      try $0.write("P/P_TRAIN.tsv", "1\t1\t2\n2\t4\t5\n")
      try $0.write("P/P_TEST.tsv", "1\t1\t2\n7\t4\t5\n")
      return train($0.path("P"))
    },
    Case(testDescription: "layers of a lite", code: 64, says: ["--layers: found 3", "lite"]) {
      train(try $0.waves(), "--model=lite", "--layers=3")
    },
    Case(testDescription: "a tcn too deep", code: 64, says: ["--layers: found 25", "1 to 24"]) {
      train(try $0.waves(), "--model=tcn", "--layers=25")
    },
    Case(testDescription: "units of a linear model", code: 64, says: ["--hidden: found 9"]) {
      train(try $0.waves(), "--model=linear", "--hidden=9")
    },
    Case(testDescription: "padding for a linear model", code: 64, says: ["--length: found pad"]) {
      train(try $0.waves(), "--model=linear", "--length=pad")
    },
    Case(testDescription: "features of an LSTM", code: 64, says: ["--features: found 84"]) {
      train(try $0.waves(), "--features=84")
    },
    Case(testDescription: "features no kernels share", code: 64, says: ["--features: found 100"]) {
      train(try $0.waves(), "--model=minirocket", "--features=100")
    },
    Case(
      testDescription: "short for MiniRocket", code: 65, says: ["series of 8 steps", "9 or more"]
    ) {
      train(try $0.waves(), "--model=minirocket", "--length=resample:8")
    },
    Case(
      testDescription: "a MiniRocket for a student", code: 64, says: ["--model: found minirocket"]
    ) {
      ["distill", "--data", try $0.waves(), "--teacher", "x", "--model=minirocket"]
    },
    Case(testDescription: "an empty folder", code: 65, says: ["an empty folder"]) {
      try $0.write("P/.keep", "")
      return train($0.path("P"))
    },
    Case(testDescription: "no folder", code: 65, says: ["nowhere"]) { train($0.path("nowhere")) },
    Case(
      testDescription: "missing values", code: 65, says: ["P_TRAIN.tsv:1", "--missing interpolate"]
    ) {
      try $0.write("P/P_TRAIN.tsv", "1\t1\tNaN\t3\n2\t4\t5\t6\n")
      return train($0.path("P"))
    },
    Case(testDescription: "unequal lengths", code: 65, says: ["P_TRAIN.tsv", "--length"]) {
      try $0.write("P/P_TRAIN.tsv", "1\t1\t2\tNaN\n2\t4\t5\t6\n")
      return train($0.path("P"))
    },
    Case(testDescription: "no hidden units", code: 64, says: ["--hidden", "found 0"]) {
      train(try $0.waves(), "--hidden", "0")
    },
    Case(testDescription: "a rate below zero", code: 64, says: ["--learning-rate"]) {
      train(try $0.waves(), "--learning-rate=-1")
    },
    Case(testDescription: "an unknown option", code: 64, says: ["--colour"]) {
      train(try $0.waves(), "--colour", "red")
    },
    Case(testDescription: "a value that is no number", code: 64, says: ["--epochs", "many"]) {
      train(try $0.waves(), "--epochs", "many")
    },
    Case(testDescription: "an unknown key in a recipe", code: 64, says: ["r.yaml:3", "\"hiden\""]) {
      let data = try $0.waves()
      return [
        "run",
        try $0.write("r.yaml", "command: train\ndata: \(data)\nhiden: 3\nout: \($0.path("run"))\n"),
      ]
    },
    Case(
      testDescription: "a bad value in a recipe", code: 64,
      says: ["r.yaml:3: ", "--epochs", "many"]
    ) {
      let data = try $0.waves()
      return [
        "run",
        try $0.write(
          "r.yaml", "command: train\ndata: \(data)\nepochs: many\nout: \($0.path("run"))\n"),
      ]
    },
    Case(
      testDescription: "a value that the command refuses in a recipe", code: 64,
      says: ["r.yaml:2: --batch"]
    ) {
      ["run", try $0.write("r.yaml", "command: train\nbatch: 0\ndata: \(try $0.waves())\n")]
    },
    Case(
      testDescription: "no value in a recipe", code: 64, says: ["r.yaml:3: epochs: found no value"]
    ) {
      let data = try $0.waves()
      return [
        "run",
        try $0.write("r.yaml", "command: train\ndata: \(data)\nepochs:\nout: \($0.path("run"))\n"),
      ]
    },
    Case(testDescription: "a recipe that is no YAML", code: 64, says: ["r.yaml"]) {
      ["run", try $0.write("r.yaml", "command: [train\n")]
    },
    Case(
      testDescription: "a value beyond float32", code: 65, says: ["P_TRAIN.tsv:2: field 3", "1e50"]
    ) {
      try $0.write("P/P_TRAIN.tsv", "1\t1\t2\n2\t4\t1e50\n")
      return train($0.path("P"))
    },
    Case(
      testDescription: "a weight beyond float32", code: 64,
      says: ["--weight: found the weight 1e+40"]
    ) {
      ["distill", "--data", try $0.waves(), "--teacher", "x", "--weight=1e40"]
    },
    Case(testDescription: "a teacher of a pca", code: 64, says: ["--teacher: found x", "pca"]) {
      ["distill", "--data", try $0.waves(), "--teacher", "x", "--task=detect"]
    },
    Case(testDescription: "a rate for MiniRocket", code: 64, says: ["--learning-rate: found 0.1"]) {
      train(try $0.waves(), "--model=minirocket", "--learning-rate=0.1")
    },
    Case(
      testDescription: "a student without what MemKD reads", code: 64,
      says: ["method memkd: the student has no tap \"hidden\""]
    ) {
      ["distill", "--data", try $0.waves(), "--teacher", "x", "--model=linear"]
    },
    Case(testDescription: "NaN among calibration scores", code: 65, says: ["c.csv:3", "\"nan\""]) {
      ["threshold", "--calibration", try $0.write("c.csv", "score\n1\nnan\n2\n")]
    },
    Case(testDescription: "infinite scores", code: 65, says: ["s.csv:2", "\"inf\""]) {
      [
        "metrics", "anomaly", "--labels", try $0.write("l.csv", "0\n1\n"), "--scores",
        try $0.write("s.csv", "1\ninf\n"),
      ]
    },
    Case(testDescription: "a folder that is no run", code: 65, says: ["found no run folder"]) {
      let data = try $0.waves()
      return ["eval", data, "--data", data]
    },
    Case(testDescription: "a run folder for a model file", code: 74, says: ["minim pack"]) {
      let data = try $0.waves()
      return ["predict", data, "--data", data]
    },
    Case(
      testDescription: "missing values in a reproduction", code: 65,
      says: ["P_TRAIN.tsv:1", "found missing values"]
    ) {
      try $0.write("P/P_TRAIN.tsv", "1\t1\tNaN\t3\n2\t4\t5\t6\n")
      try $0.write("P/P_TEST.tsv", "1\t1\t2\t3\n2\t4\t5\t6\n")
      return ["reproduce", "memkd", "--data", $0.path("."), "--sets=P", "--out", $0.path("run")]
    },
    Case(testDescription: "a teacher that is not there", code: 74, says: ["nobody"]) {
      ["distill", "--teacher", $0.path("nobody"), "--data", try $0.waves()]
    },
    Case(testDescription: "nothing to resume", code: 73, says: ["no checkpoint"]) {
      train(try $0.waves(), "--resume")
    },
    Case(testDescription: "a run that is not there", code: 74, says: ["nobody"]) {
      ["eval", $0.path("nobody"), "--data", try $0.waves()]
    },
  ]

  @Test(arguments: cases) func isRefusedInOneLine(_ item: Case) throws {
    let scratch = try Scratch()
    var arguments = try item.arguments(scratch)
    if ["train", "distill"].contains(arguments[0]) { arguments += ["--out", scratch.path("run")] }
    let result = try Tool.call(arguments)
    #expect(result.code == item.code, "\(result.errors)")
    #expect(result.output.isEmpty)
    #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    for part in item.says { #expect(result.errors.contains(part), "\(result.errors)") }
    #expect(!FileManager.default.fileExists(atPath: scratch.path("run")))
  }

  @Test func theRunFolderOfARecipeCanBeChosen() throws {
    let scratch = try Scratch()
    let recipe = try scratch.write(
      "r.yaml",
      "command: train\ndata: \(scratch.waves())\nepochs: 1\nout: \(scratch.path("run"))\n")
    for out in ["one", "two"] {
      let result = try Tool.call("run", recipe, "--out", scratch.path(out), "--quiet")
      #expect(result.code == 0, "\(result.errors)")
      #expect(FileManager.default.fileExists(atPath: scratch.path("\(out)/best.safetensors")))
    }
    #expect(!FileManager.default.fileExists(atPath: scratch.path("run")))
  }

  @Test func aStreamOfBadLinesAloneFails() throws {
    let scratch = try Scratch()
    let run = scratch.path("run"), model = scratch.path("m.minim")
    let data = try scratch.waves()
    #expect(try Tool.call("train", "--data", data, "--epochs=1", "--out", run, "--quiet").code == 0)
    let kept = try scratch.write("README.md", "words")
    let refused = try Tool.call("pack", run, "--out", kept)
    #expect(refused.code == 73 && refused.errors.contains("no model file"), "\(refused.errors)")
    #expect(try String(contentsOfFile: kept, encoding: .utf8) == "words")
    for _ in 1...2 { #expect(try Tool.call("pack", run, "--out", model).code == 0) }
    let bad = try Tool.call(["stream", model], input: "1,2\nx y z\n")
    #expect(bad.code == 65 && bad.errors.contains("2 skipped lines"), "\(bad.errors)")
    #expect(try Tool.call(["stream", model], input: "1\nx y z\n").code == 0)
  }

  @Test func aSecondRunDoesNotOverwriteTheFirst() throws {
    let scratch = try Scratch()
    let words = [
      "train", "--data", try scratch.waves(), "--epochs", "1", "--out", scratch.path("run"),
    ]
    #expect(try Tool.call(words).code == 0)
    let before = try Data(contentsOf: URL(filePath: scratch.path("run/last.safetensors")))
    let second = try Tool.call(words + ["--seed", "2"])
    #expect(second.code == 73)
    #expect(second.errors.contains("holds a run already"))
    let other = try Tool.call(words + ["--seed", "2", "--resume"])
    #expect(other.code == 73)
    #expect(other.errors.contains("other options"))
    #expect(try Data(contentsOf: URL(filePath: scratch.path("run/last.safetensors"))) == before)
  }
}
