// SPDX-License-Identifier: Apache-2.0

import MinimScores
import Testing

@Suite struct TrivialScoresTests {
  /// The published outputs of SplitMix64 for the seed 1234567.
  @Test func randomScoresAreSplitMix64() {
    let outputs: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
    ]
    #expect(randomScores(count: 5, seed: 1_234_567) == outputs.map { Double($0 >> 11) * 0x1p-53 })
    #expect(randomScores(count: 3, seed: .max).allSatisfy { (0..<1).contains($0) })
    #expect(randomScores(count: 0, seed: 1) == [])
    #expect(randomScores(count: 2, seed: 1) != randomScores(count: 2, seed: 2))
  }

  /// The expectations of point adjustment for a score that knows nothing.
  @Test func noiseUnderPointAdjustment() throws {
    let labels = flags(2000, [0..<5, 300..<340, 700..<900, 1980..<2000])
    let share = 0.01
    var truePositives = 0.0
    var falsePositives = 0.0
    let rounds = 2000
    for round in 0..<rounds {
      let series = try LabelledScores(
        scores: randomScores(count: 2000, seed: UInt64(round)), labels: labels)
      let counts = try series.pointAdjustedCounts(above: 1 - share, percent: 0)
      truePositives += Double(counts.truePositives) / Double(rounds)
      falsePositives += Double(counts.falsePositives) / Double(rounds)
    }
    var expected = 0.0
    var variance = 0.0
    for length in [5.0, 40, 200, 20] {
      let silent = (0..<Int(length)).reduce(1.0) { silence, _ in silence * (1 - share) }
      expected += length * (1 - silent)
      variance += length * length * silent * (1 - silent)
    }
    let normal = 2000.0 - 265
    #expect(abs(truePositives - expected) < 4 * (variance / Double(rounds)).squareRoot())
    #expect(
      abs(falsePositives - share * normal)
        < 4 * (normal * share * (1 - share) / Double(rounds)).squareRoot())
  }

  /// Long segments: noise is near perfect when adjusted and useless when not.
  @Test func noiseLooksGoodWhenAdjusted() throws {
    let labels = flags(5000, [1000..<1400, 3000..<3500])
    let series = try LabelledScores(scores: randomScores(count: 5000, seed: 3), labels: labels)
    let adjusted = try #require(try series.pointAdjustedOracleF1(percent: 0))
    let plain = try #require(series.oracleF1)
    #expect(adjusted.f1 > 0.95)
    #expect(plain.f1 < 0.35)
    #expect(isClose(series.areaUnderROC, 0.5, within: 0.03))
    #expect(isClose(series.averagePrecision, 0.18, within: 0.03))
    let alarms = try series.alarms(above: 0.99)
    let affiliation = try AffiliationScores(labels: labels, alarms: alarms)
    #expect(isClose(affiliation.precision, 0.5, within: 0.15))
  }

  @Test func distances() throws {
    let train: [Double] = [0, 10, 2, 20, 4, 30]
    let test: [Double] = [2, 20, 5, 40, -1, 25, 0, 0]
    #expect(
      try distancesFromTrainingMean(train: train, test: test, channelCount: 2)
        == [0, 204.5, 17, 202])
    #expect(
      try distancesOutsideTrainingRange(train: train, test: test, channelCount: 2)
        == [0, 5.5, 0.5, 5])
    #expect(try distancesFromTrainingMean(train: [1], test: [], channelCount: 1) == [])
  }

  @Test func refusesWhatAreNoRows() {
    typealias Distance = ([Double], [Double], Int) throws -> [Double]
    let distances: [Distance] = [
      { try distancesFromTrainingMean(train: $0, test: $1, channelCount: $2) },
      { try distancesOutsideTrainingRange(train: $0, test: $1, channelCount: $2) },
    ]
    for distance in distances {
      func expect(_ error: ScoreError, _ train: [Double], _ test: [Double], _ channels: Int) {
        #expect(throws: error) { try distance(train, test, channels) }
        #expect(!error.description.contains("\n") && !error.description.isEmpty)
      }
      expect(.empty, [], [1], 1)
      expect(.outOfRange(what: "channel count", found: 0, expected: "at least 1"), [1], [1], 0)
      expect(
        .lengthMismatch(list: "train (whole rows of 2 channels)", found: 3, expected: 2),
        [1, 2, 3], [1, 2], 2)
      expect(
        .lengthMismatch(list: "test (whole rows of 2 channels)", found: 1, expected: 0),
        [1, 2], [1], 2)
      expect(
        .notFiniteInSeries(list: "test", row: 1, channel: 0), [1, 2], [1, 2, .infinity, 1], 2)
      expect(.notFiniteInSeries(list: "train", row: 0, channel: 1), [1, .nan], [], 2)
    }
  }
}
