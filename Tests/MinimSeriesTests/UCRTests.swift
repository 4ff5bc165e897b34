// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimSeries
import Testing

@Suite struct UCRTests {
  @Test(arguments: [
    "2\t1.5\t-3\n-1\t4e0\t.5\n", "2,1.5,-3\r\n-1,4e0,.5\r\n\r\n",
    "  2.0000000e+00  1.5   -3.0\n  -1.0  4  0.5 \n",
  ])
  func readsEverySeparator(_ text: String) throws {
    for ending in [".tsv", ".txt", ".csv", ""] {
      let set = try Scratch.problem(text, ending: ending).train
      #expect(set.classNames == ["-1", "2"])
      #expect(set.cases.map(\.label) == [1, 0])
      #expect(set.cases.map(\.values) == [[1.5, -3], [4, 0.5]])
    }
  }

  @Test func classesAreInNumericOrderOfTheTrainingPart() throws {
    #expect(
      try Scratch.problem("10\t1\n9\t1\n-2\t1\n10\t2\n").train.classNames == ["-2", "9", "10"])
  }

  @Test func missingValuesInsideAndShorterSeriesAtTheEnd() throws {
    let set = try Scratch.problem("1\t1\tNaN\t3\tnan\tNAN\n2\t1\t2\t3\t4\t5\n").train
    #expect(set.cases.map(\.length) == [3, 5])
    #expect(set.missingCount == 1)
    #expect(set.lengthRange == 3...5)
  }

  @Test(arguments: [
    ("1\t1\t2\n2\t3\n", "P_TRAIN.tsv:2: found 2 fields, expected 3 as on the first line"),
    ("1\t1\t2\n2\t3\tx1\n", "P_TRAIN.tsv:2: field 3: found \"x1\", expected a number or NaN"),
    ("1\t1\t2\n2\t3\t\n", "P_TRAIN.tsv:2: field 3: found \"\""),
    ("1\t1\tinf\n", "P_TRAIN.tsv:1: field 3: found \"inf\""),
    ("1\t1\t1e999\n", "P_TRAIN.tsv:1: field 3"),
    ("1\t1\t1e50\n", "field 3: found \"1e50\", expected a number that float32 can hold"),
    ("1\t1\t0x10\n", "P_TRAIN.tsv:1: field 3"),
    ("1.5\t1\t2\n", "P_TRAIN.tsv:1: field 1: found \"1.5\", expected a whole-number class label"),
    ("a\t1\t2\n", "P_TRAIN.tsv:1: field 1"), ("1\tNaN\tNaN\n", "P_TRAIN.tsv:1: found no values"),
    ("", "an empty file"), ("\n \n", "an empty file"), ("5\n", "P_TRAIN.tsv:1: found 1 field"),
  ])
  func badFilesAreNamed(_ text: String, _ says: String) throws {
    let complaint = try Scratch.complaint(text)
    #expect(complaint.contains(says), "\(complaint)")
    #expect(!complaint.contains("\n"))
  }

  @Test func numbersAreReadAsTheStandardLibraryReadsThem() throws {
    var generator = TestGenerator(state: 1)
    var texts = [
      "0", "-0.0", "+1", "1e-5", "123456789012345678", "0.1", "3.4028234663852886e38", "5e-324",
      ".5", "5.",
    ]
    for _ in 0..<2000 {
      let digits = Int.random(in: 1...18, using: &generator)
      let whole = (0..<digits).map { _ in String(Int.random(in: 0...9, using: &generator)) }
        .joined()
      let point = Int.random(in: 0...digits, using: &generator)
      let exponent =
        Bool.random(using: &generator) ? "" : "e\(Int.random(in: -30...18, using: &generator))"
      texts.append("\(whole.prefix(point)).\(whole.dropFirst(point))\(exponent)")
    }
    let set = try Scratch.problem(texts.map { "1\t\($0)" }.joined(separator: "\n")).train
    for (text, item) in zip(texts, set.cases) {
      let padded = (text.hasPrefix(".") ? "0" : "") + text
      let expected = try #require(
        Double(padded.replacing("..", with: ".").replacing(".e", with: ".0e"))
          ?? Double(padded + "0"), "\(text)")
      #expect(item.values[0].bitPattern == expected.bitPattern, "\(text)")
    }
  }

  @Test func testPartBelongsToTheTrainingPart() throws {
    let scratch = try Scratch()
    try scratch.write("P_TRAIN.tsv", "1\t1\t2\n2\t3\t4\n")
    try scratch.write("P_TEST.tsv", "2\t1\t2\n")
    #expect(try scratch.problem().test?.cases.map(\.label) == [1])
    try scratch.write("P_TEST.tsv", "2\t1\t2\n3\t1\t2\n")
    #expect(throws: DataError.self) { try scratch.problem() }
    try scratch.write("Q_TRAIN.tsv", "1\t1\t2\n")
    #expect {
      try scratch.problem()
    } throws: { "\($0)".contains("2 training files") }
  }

  @Test func gzipIsReadAndACutOneRefused() throws {
    let whole = try #require(
      Data(base64Encoded: "H4sIAAAAAAACAzPkNOA04jTmNOEy4jTkNOI05jThMuQ04jThNOUCAJ8Zg8wkAAAA"))
    let scratch = try Scratch()
    for count in 20..<whole.count {
      try scratch.write("P_TRAIN.tsv.gz", whole.prefix(count))
      #expect(throws: DataError.self, "\(count) bytes") { try scratch.problem() }
    }
  }
}
