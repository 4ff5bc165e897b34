// SPDX-License-Identifier: Apache-2.0
import MinimSeries
import Testing

@Suite struct TSTests {
  private func read(_ header: String, _ data: String) throws -> SeriesSet {
    try Scratch.problem("\(header)\n@data\n\(data)\n", ending: ".ts").train
  }

  @Test func readsChannelsLabelsAndMissingValues() throws {
    let set = try read(
      "# a comment\n% an old one\n@problemName x\n@TimeStamps false\n@missing true\n@univariate false\n@strange key\n@classLabel true Run walk",
      "1,2,?:4,5,6:RUN\nNaN,1e1,3:-1,-2,-3:walk")
    #expect(set.channelCount == 2)
    #expect(set.classNames == ["Run", "walk"])
    #expect(set.cases.map(\.label) == [0, 1])
    #expect(set.missingCount == 2)
    #expect(Array(set.cases[1].values[1...]) == [10, 3, -1, -2, -3])
  }

  @Test func stampsMayHoldColonsSignsAndDates() throws {
    let set = try read(
      "@timeStamps true\n@classLabel true a b",
      "(2020-01-02 03:04:05,1.5),(2020-01-02 03:04:06,-2):(0,7),(1,8e1):b\n(1,1),(2,2):(-1,3),(0,?):a"
    )
    #expect(set.cases[0].values == [1.5, -2, 7, 80])
    #expect(set.cases[1].values.prefix(3) == [1, 2, 3])
    #expect(set.cases.map(\.label) == [1, 0])
  }

  @Test func unequalLengths() throws {
    let set = try read("@equalLength false\n@classLabel true 0 1", "1,2,3:0\n1:1")
    #expect(set.cases.map(\.length) == [3, 1])
  }

  @Test(arguments: [
    ("@targetLabel true\n@classLabel true a", "1:a", "regression"),
    ("@classLabel true a b", "1,2:a\n1,2:c", ".ts:4: label: found class \"c\""),
    ("@classLabel true a b", "1,2:a\n1,2:1:b", ".ts:4: channel 2: found 1 values, expected 2"),
    ("@classLabel true a b", "1,2:a\n1,2:1,3:b", ".ts:4: found 2 channels, expected 1"),
    ("@classLabel true a b", "1,-1e39:a", ".ts:3: channel 1, step 2: found \"-1e39\""),
    ("@classLabel true a b", "1,x:a", ".ts:3: channel 1, step 2: found \"x\""),
    ("@classLabel true a b", "1,2", "no colon before a class label"),
    ("@classLabel false", "1,2:a", "@classLabel false"),
    ("@univariate true", "1,2:a", "without @classLabel"),
    ("@dimensions 3\n@classLabel true a", "1:1:a", "expected 3"),
    ("@seriesLength 3\n@classLabel true a", "1,2:a", "found 2 time steps, expected 3"),
    ("@equalLength true\n@classLabel true a", "1,2:a\n1:a", "expected 2"),
    ("@missing false\n@classLabel true a", "1,?:a", "a missing value"),
    ("@missing perhaps\n@classLabel true a", "1:a", "true or false"),
    ("@timeStamps true\n@classLabel true a", "(1 2):a", "a pair (stamp,value)"),
    ("@classLabel true a\n@classLabel true b", "1:a", "a second time"),
    ("@classLabel true a", "", "no cases"),
  ])
  func badFilesAreNamed(_ header: String, _ data: String, _ says: String) throws {
    let complaint = try Scratch.complaint("\(header)\n@data\n\(data)\n", ending: ".ts")
    #expect(complaint.contains(says), "\(complaint)")
  }
}
