// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// What a folder of detectors belongs to: nothing else is written there, and nothing else is read from it.
@Suite struct DetectorFolderTests {
  private func expect(_ words: [String], _ code: Int32, _ text: String) throws {
    let result = try Tool.call(words)
    #expect(result.code == code && result.errors.contains(text), "\(words): \(result.errors)")
  }

  private func bytes(_ path: String) throws -> Data {
    try Data(contentsOf: URL(filePath: path))
  }

  @Test func aRunKeepsItsFolder() throws {
    let scratch = try Scratch()
    let data = try DetectionCommandTests().machines(scratch), run = scratch.path("run")
    let train = [
      "train", "--task=detect", "--data=\(data)", "--only=one", "--out=\(run)", "--quiet",
    ]
    #expect(try Tool.call(train + ["--model=usad", "--epochs=1"]).code == 0)
    let weights = try bytes("\(run)/best.safetensors")
    let classify = ["train", "--data", try scratch.waves(), "--epochs=1", "--quiet"]
    let held = "it holds the run of a detector"
    try expect(classify + ["--out", run], 73, held)
    try expect(classify + ["--out", run, "--resume"], 73, held)
    try expect(train + ["--model=usad", "--epochs=1"], 73, "give --resume")
    for (words, difference) in [
      (["--model=pca"], "--batch, 64"), (["--model=usad", "--epochs=1", "--seed=2"], "--seed, 1"),
      (["--model=usad", "--epochs=2"], "--epochs, 1"),
      (["--model=usad", "--epochs=1", "--hidden=8"], "--hidden, its default"),
      (["--model=usad", "--epochs=1", "--only=two"], "training rows"),
    ] {
      try expect(train + words + ["--resume"], 73, "other \(difference)")
    }
    #expect(try Tool.call(train + ["--model=usad", "--epochs=1", "--resume"]).code == 0)
    #expect(try bytes("\(run)/best.safetensors") == weights)
    // One that is not finished belongs to its run as well.
    try FileManager.default.removeItem(atPath: "\(run)/measures.json")
    try expect(train + ["--model=usad", "--epochs=2"], 73, "holds a run already")
    try expect(train + ["--model=usad", "--epochs=2", "--resume"], 73, "other --epochs, 1")
    #expect(try Tool.call(train + ["--model=usad", "--epochs=1", "--resume"]).code == 0)
    #expect(try bytes("\(run)/best.safetensors") == weights)

    try expect(
      ["reproduce", "gon", "--data", scratch.path(""), "--sets=NAB", "--out", run], 73, held)
    let classifier = scratch.path("classifier")
    #expect(try Tool.call(classify + ["--out", classifier]).code == 0)
    let detect = ["train", "--task=detect", "--data=\(data)", "--only=one", "--out=\(classifier)"]
    for resume in [[], ["--resume"]] {
      try expect(detect + resume, 73, "it holds the run of a classifier")
    }
  }

  @Test func aFleetKeepsItsFolder() throws {
    let scratch = try Scratch()
    let data = try DetectionCommandTests().machines(scratch), out = scratch.path("fleet")
    let train = ["train", "--task=detect", "--data=\(data)", "--quiet"]
    let fleet = train + ["--each", "--out=\(out)"]
    #expect(try Tool.call(fleet).code == 0)
    let list = try bytes("\(out)/fleet.json")
    try expect(fleet + ["--model=onlad"], 73, "other --model, pca")
    try expect(fleet + ["--seed=2"], 73, "other --seed, 1")
    try expect(train + ["--only=one", "--out=\(out)"], 73, "it holds a fleet of detectors")
    try expect(
      ["train", "--data", try scratch.waves(), "--out", out], 73, "it holds a fleet of detectors")
    #expect(try bytes("\(out)/fleet.json") == list)
    let recipe = try scratch.write(
      "r.yaml",
      "command: train\ndata: \(scratch.path("Waves"))\nepochs: 1\nsearch:\n  hidden: [2]\n")
    try expect(["tune", recipe, "--out", out], 73, "it holds a fleet of detectors")
    let run = scratch.path("run")
    #expect(try Tool.call(train + ["--only=one", "--out=\(run)"]).code == 0)
    try expect(train + ["--each", "--out=\(run)"], 73, "it holds the run of a detector")
    // Rows that came later.
    let file = "\(data)/two_train.csv"
    let text = try String(contentsOfFile: file, encoding: .utf8)
    try (text + "0.5,0.5,0\n").write(toFile: file, atomically: true, encoding: .utf8)
    try expect(fleet, 73, "two: cannot use: it belongs to a run with other training rows")
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    // A fleet that was cut short, and one of other problems.
    try FileManager.default.removeItem(atPath: "\(out)/two/measures.json")
    try expect(["eval", out, "--data", data], 65, "found 1 of 2 detectors trained")
    try FileManager.default.moveItem(atPath: file, toPath: "\(data)/three_train.csv")
    try FileManager.default.removeItem(atPath: "\(data)/two_test.csv")
    try expect(fleet, 73, "detectors of other problems, two")
  }

  @Test func aRunFolderThatIsNotFinishedSaysSo() throws {
    let scratch = try Scratch()
    let data = try DetectionCommandTests().machines(scratch), run = scratch.path("run")
    let train = [
      "train", "--task=detect", "--data=\(data)", "--only=one", "--out=\(run)", "--quiet",
    ]
    #expect(try Tool.call(train).code == 0)
    try FileManager.default.removeItem(atPath: "\(run)/best.safetensors")
    try expect(["eval", run, "--data", data], 65, "found a run that is not finished")
    try expect(["pack", run], 65, "found a run that is not finished")
  }

  @Test func packNeedsTheRowsOfTheTraining() throws {
    let scratch = try Scratch()
    let data = try DetectionCommandTests().machines(scratch, labels: false)
    let run = scratch.path("run")
    let train = ["train", "--task=detect", "--model=pca", "--quiet", "--out=\(run)"]
    let file = "\(data)/one_train.csv"
    #expect(try Tool.call(train + ["--data=\(file)"]).code == 0)
    let pack = ["pack", run, "--out", scratch.path("x.minim")]
    #expect(try Tool.call(pack).code == 0)
    let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
    let others: [[Substring]] = [
      Array(lines.prefix(100)), lines + ["0.5,0.5"], lines.dropLast() + ["0.5,0.5"],
    ]
    for other in others {
      let path = try scratch.write("other.csv", other.joined(separator: "\n"))
      try expect(pack + ["--data", path], 65, "other rows than those of the training")
    }
    try expect(pack + ["--data", data], 65, "found 2 problems, expected one_train")
    // Without the fingerprint of the rows, as folders once were, their number must do.
    let record = try String(contentsOfFile: "\(run)/run.json", encoding: .utf8)
    try record.replacing(#/"data_hash"/#, with: "\"hash\"")
      .write(toFile: "\(run)/run.json", atomically: true, encoding: .utf8)
    let short = try scratch.write("short.csv", lines.prefix(50).joined(separator: "\n"))
    try expect(pack + ["--data", short], 65, "calibration scores")
  }
}
