// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimSeries
import Testing

@Suite struct DetectionArrayTests {
  @Test func readsAFolderOfThreeArrays() throws {
    let expected = try ExpectedDetection.read()
    let problems = try readDetectionProblems(at: detectionFolder.path + "/arrays/")
    let problem = try #require(problems.first)
    #expect(problems.count == 1 && problem.name == "arrays" && problem.droppedColumns == [])
    #expect(problem.train.values == expected.train && problem.train.labels == nil)
    let test = try #require(problem.test)
    #expect(test.values == expected.test && test.channels == 3 && test.count == 14)
    #expect(test.channelLabels == expected.labels && test.labels == expected.rowLabels)
  }

  @Test func readsFamilies() throws {
    let expected = try ExpectedDetection.read()
    let problems = try readDetectionProblems(
      at: detectionFolder.appending(path: "families").path)
    #expect(problems.map(\.name) == ["A", "B"])
    #expect(problems[0].train.values == expected.train)
    #expect(problems[0].test?.values == expected.test)
    #expect(problems[0].test?.labels == expected.rowLabels)
    #expect(problems[0].test?.channelLabels == nil)
    let first = stride(from: 0, to: expected.train.count, by: 3).map { expected.train[$0] }
    #expect(problems[1].train.values == first && problems[1].train.channels == 1)
    #expect(problems[1].test?.labels == expected.rowLabels)
  }

  static let train = floatArray([1, 2, 3, 4], [2, 2])
  static let test = floatArray([5, 6, 7, 8, 9, 10], [3, 2])

  @Test func partsMayBeMissing() throws {
    let alone = try Scratch.with(["train.npy": Self.train]).problems()
    #expect(alone[0].train.values == [1, 2, 3, 4] && alone[0].test == nil)
    let unlabelled = try Scratch.with([
      "train.npy.gz": gzipped(Self.train), "test.npy": Self.test, "README.md": Data("x".utf8),
    ]).problems()
    #expect(unlabelled[0].test?.values == [5, 6, 7, 8, 9, 10] && unlabelled[0].test?.labels == nil)
    let family = try Scratch.with([
      "b.train.npy": Self.train, "a.b.train.npy.gz": gzipped(Self.train), "b.test.npy": Self.test,
    ]).problems()
    #expect(family.map(\.name) == ["a.b", "b"] && family[0].test == nil)
  }

  @Test func intervalsIncludeTheirEndsAndJoin() throws {
    let table = "chan_id,spacecraft,anomaly_sequences,num_values\n"
    func labels(_ lines: String) throws -> [Bool]? {
      try Scratch.with([
        "P-2.train.npy": Self.train, "P-2.test.npy": Self.test,
        "labeled_anomalies.csv": Data((table + lines).utf8),
      ]).problems()[0].test?.labels
    }
    #expect(try labels("P-2,S,\"[[1, 1]]\",3\nX,S,[],9\n") == [false, true, false])
    #expect(try labels("P-2,S,\"[[0, 1]]\",3\nP-2,S,\"[[1, 2]]\",3") == [true, true, true])
    #expect(try labels("P-2,S,[],3\n") == [false, false, false])
    #expect(try labels("P-1,S,\"[[0, 1]]\",3\n") == nil)
    let both = try Scratch.with([
      "P-2.train.npy": Self.train, "P-2.test.npy": Self.test,
      "P-2.label.npy": byteArray([0, 0, 1], [3]),
      "labeled_anomalies.csv": Data((table + "P-2,S,\"[[0, 1]]\",3\n").utf8),
    ])
    #expect(try both.problems()[0].test?.labels == [false, false, true])
  }

  @Test(arguments: [
    (
      "P,\"[[0, 3]]\",3",
      ":2: anomaly_sequences: found row 3, expected rows 0 to 2 of the test recording P"
    ),
    (
      "P,\"[[2, 1]]\",3",
      ":2: anomaly_sequences: found \"[[2, 1]]\", expected [[first, last], …] with first not after last"
    ),
    (
      "P,x,3",
      ":2: anomaly_sequences: found \"x\", expected [[first, last], …] with first not after last"
    ),
    ("P,[],4", ":2: num_values: found \"4\", expected 3, the rows of the test recording P"),
    ("P,[],x", ":2: num_values: found \"x\", expected a number of rows"),
    (
      "P,[]",
      ":2: found 2 fields, expected 3 as in the header; the file seems cut off; copy it again"
    ),
    (
      "P,\"[],4",
      ":2: found a quotation mark inside a field, expected fields with quotation marks around them or none"
    ),
  ])
  func refusesIntervals(_ line: String, _ complaint: String) throws {
    let scratch = try Scratch.with([
      "P.train.npy": Self.train, "P.test.npy": Self.test,
      "labeled_anomalies.csv": Data("chan_id,anomaly_sequences,num_values\n\(line)\n".utf8),
    ])
    let found = try scratch.detectionComplaint().replacingOccurrences(
      of: "found 4, expected 3,", with: "found \"4\", expected 3,")
    #expect(found == "labeled_anomalies.csv\(complaint)")
  }

  @Test func valuesAreSplitAfterTheProbation() throws {
    let values = (0..<33).map(Float.init)
    let labels = (0..<33).map { UInt8($0 % 7 == 1 ? 1 : 0) }
    let problem = try Scratch.with([
      "n__x.value.npy.gz": gzipped(floatArray(values, [33])),
      "n__x.label.npy.gz": gzipped(byteArray(labels, [33])),
      "combined_windows.json": Data("{}".utf8),
    ]).problems()[0]
    #expect(problem.name == "n__x" && problem.train.values == Array(values[..<4]))
    #expect(problem.test?.values == Array(values[4...]))
    #expect(problem.train.labels == [false, true, false, false])
    #expect(problem.test?.labels == labels[4...].map { $0 == 1 })
    let long = try Scratch.with([
      "n.value.npy": floatArray(Array(repeating: 1, count: 9000), [9000])
    ]).problems()[0]
    #expect(long.train.count == 750 && long.test?.count == 8250 && long.test?.labels == nil)
  }

  @Test func refusesArrays() throws {
    let train = Self.train, test = Self.test
    let cases: [([String: Data], String)] = [
      (
        ["train.npy": floatArray([1, 2, .nan, 4], [2, 2])],
        "train.npy: row 2, column 1: found nan, expected a finite number that float32 can hold; fill or cut it before"
      ),
      (
        ["train.npy": floatArray([1, 2, 3, -.infinity], [2, 2])],
        "train.npy: row 2, column 2: found -inf, expected a finite number that float32 can hold; fill or cut it before"
      ),
      (
        ["train.npy": npy("<f8", [1], withUnsafeBytes(of: 1e39) { Data($0) })],
        "train.npy: row 1, column 1: found 1e+39, expected a finite number that float32 can hold; fill or cut it before"
      ),
      (
        ["train.npy": floatArray([], [0, 2])],
        "train.npy: found an array of shape [0, 2], expected (time) or (time, channels), not empty"
      ),
      (
        ["train.npy": floatArray([1, 2, 3, 4], [1, 2, 2])],
        "train.npy: found an array of shape [1, 2, 2], expected (time) or (time, channels), not empty"
      ),
      (
        ["train.npy": train, "test.npy": floatArray([1, 2], [2, 1])],
        "test.npy: found 1 channels, expected 2 as in train.npy"
      ),
      (
        ["train.npy": train, "test.npy": test, "labels.npy": byteArray([0, 1], [2])],
        "labels.npy: found labels of shape [2], expected [3] or [3, 2], as the values"
      ),
      (
        ["train.npy": train, "test.npy": test, "labels.npy": byteArray([0, 1, 2], [3])],
        "labels.npy: label 3: found 2.0, expected 0 (normal) or 1 (anomalous)"
      ),
      (
        ["train.npy": train, "labels.npy": byteArray([0, 1], [2])],
        "labels.npy: found labels without a test array, expected the values they belong to"
      ),
      (
        ["test.npy": test],
        ".: found no training array, expected values to learn the normal from"
      ),
      (
        ["A.test.npy": test],
        "A: found no training array, expected values to learn the normal from"
      ),
      (
        ["A.train.npy": train, "A.lable.npy": test],
        "A.lable.npy: found an array of this name, expected NAME.train.npy, NAME.test.npy, NAME.label.npy, NAME.labels.npy"
      ),
      (
        ["train.npy": train, "lables.npy": test],
        "lables.npy: found an array of this name, expected train.npy, test.npy, labels.npy"
      ),
      (
        ["train.npy": train, "north.csv": Data("x\n1".utf8)],
        "north.csv: found a file of this name, expected train.npy, test.npy, labels.npy; move what is no part of the data"
      ),
      (
        ["A.value.npy": train, "labels.csv.gz": Data("x\n1".utf8)],
        "labels.csv.gz: found a file of this name, expected NAME.value.npy, NAME.label.npy; move what is no part of the data"
      ),
      (
        ["A.train.npy": train, "anomalies.csv": Data("x\n1".utf8)],
        "anomalies.csv: found a file of this name, expected NAME.train.npy, NAME.test.npy, NAME.label.npy; move what is no part of the data"
      ),
      (
        ["A_train.csv": Data("x\n1".utf8), "label.npy": train],
        "label.npy: found a file of this name, expected NAME_train.csv, NAME_test.csv; move what is no part of the data"
      ),
      (
        ["train.npy": train, "train.npy.gz": gzipped(train)],
        ".: found train.npy and train.npy.gz, expected one of them; remove what is out of date"
      ),
      (
        ["A.value.npy": floatArray([1, 2, 3, 4], [4])],
        "A.value.npy: found 4 rows, of which 0 to learn from, expected rows to learn from and rows to test on"
      ),
      (
        ["A.value.npy": test, "B.label.npy": byteArray([0], [1])],
        "A.value.npy: found 3 rows, of which 0 to learn from, expected rows to learn from and rows to test on"
      ),
      (
        ["B.value.npy": test, "A.label.npy": byteArray([0], [1])],
        "A.label.npy: found labels alone, expected A.value.npy as well"
      ),
      (
        ["train.npy": train.prefix(100)],
        "train.npy: found a header of 118 bytes, expected at most 65536, inside the file; the file seems cut off"
      ),
      (
        ["train.npy.gz": gzipped(train).prefix(100)],
        "train.npy.gz: found damaged or cut-off data (train.npy.gz: unexpected end of file), expected a whole file; copy the file again"
      ),
      (
        ["train.npy": train, "A.train.npy": train],
        ".: found train.npy, test.npy, labels.npy as well as NAME.train.npy, NAME.test.npy, NAME.label.npy, expected one of them; give each kind a folder of its own"
      ),
    ]
    for (files, complaint) in cases {
      let scratch = try Scratch.with(files)
      let found = try scratch.detectionComplaint()
      #expect(
        found.replacingOccurrences(of: scratch.url.lastPathComponent, with: ".") == complaint)
    }
  }

  @Test func saysWhatItUnderstands() throws {
    let understood =
      "train.npy, test.npy, labels.npy; NAME.train.npy, NAME.test.npy, NAME.label.npy; NAME.value.npy, NAME.label.npy; combined_windows.json with timestamp,value CSV files; NAME_train.csv, NAME_test.csv (each may be .gz); or one CSV file"
    #expect(
      try Scratch().detectionComplaint() == ".: found an empty folder, expected \(understood)")
    let texts = try Scratch.with(["c.txt": "", "b.txt": "", "a.txt": "", "d.csv": "x\n1"])
    #expect(
      try texts.detectionComplaint()
        == ".: found 4 files (a.txt, b.txt, c.txt), expected \(understood); give the path of the file itself, d.csv"
    )
    #expect(
      try texts.detectionComplaint("a.txt")
        == "a.txt: found no readable folder and no CSV file, expected \(understood); check the path"
    )
    #expect(
      try texts.detectionComplaint("e.csv")
        == "e.csv: found no readable file, expected a file; check path and permissions")
  }
}
