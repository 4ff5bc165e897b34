// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimSeries
import Testing

/// The archives' own sets, where the folder MINIM_DATA (or ../shared/data) has them.
@Suite(.enabled(if: realData != nil, "no real data: set MINIM_DATA to a folder with ucr and uea"))
struct RealDataTests {
  private func describe(_ path: String) throws -> ProblemDescription {
    try ClassificationProblem(contentsOf: try #require(realData).appending(path: path).path)
      .describe()
  }

  @Test(arguments: [
    ("ucr/Adiac", 390, 391, 176, 37), ("ucr/ItalyPowerDemand", 67, 1029, 24, 2),
    ("ucr/MoteStrain", 20, 1252, 84, 2), ("ucr/SwedishLeaf", 500, 625, 128, 15),
    ("ucr/Trace", 100, 100, 275, 4), ("ucr/FaceAll", 560, 1690, 131, 14),
    ("ucr/ShapesAll", 600, 600, 512, 60),
  ])
  func univariateSets(_ path: String, _ train: Int, _ test: Int, _ length: Int, _ classes: Int)
    throws
  {
    let found = try describe(path)
    #expect(found.train.cases == train && found.test?.cases == test)
    #expect(found.length.min == length && found.length.max == length)
    #expect(found.classes.count == classes && found.channels == 1 && found.missing == 0)
  }

  @Test func missingUnequalAndMultivariate() throws {
    let loop = try describe("ucr/DodgerLoopDay")
    #expect(
      loop.train.cases == 78 && loop.test?.cases == 80 && loop.missing == 337
        && loop.classes.count == 7)
    let gestures = try describe("ucr/PickupGestureWiimoteZ")
    #expect(gestures.length.min == 29 && gestures.length.max == 361 && gestures.missing == 0)
    let vowels = try describe("uea/JapaneseVowels")
    #expect(vowels.train.cases == 270 && vowels.test?.cases == 370 && vowels.channels == 12)
    #expect(vowels.length.min == 7 && vowels.length.max == 29 && vowels.classes.count == 9)
    #expect(try describe("uea/FingerMovements").channels == 28)
  }

  @Test func formatFixtures() throws {
    let scratch = try Scratch()
    func fixture(_ name: String) throws -> ClassificationProblem {
      let source = try #require(realData).appending(path: "uea/_ts_fixtures/\(name)_TRAIN.ts.gz")
      let folder = scratch.url.appending(path: name)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        at: source, to: folder.appending(path: "\(name)_TRAIN.ts.gz"))
      return try ClassificationProblem(contentsOf: folder.path)
    }
    #expect(try fixture("UnitTest").train.cases.count > 1)
    #expect(try fixture("UnitTestTimeStamps").train.cases.count > 1)
    #expect(try fixture("PickupGestureWiimoteZ").describe().length.min < 361)
    #expect { try fixture("Covid3Month") } throws: { "\($0)".contains("regression") }
  }
}
