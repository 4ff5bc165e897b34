// SPDX-License-Identifier: Apache-2.0
import MinimSeries
import Testing

@Suite struct PreparationTests {
  private func set(_ lines: [[Double]], channels: Int = 1) -> SeriesSet {
    SeriesSet(
      name: "S", channelCount: channels, classNames: ["a"],
      cases: lines.enumerated().map {
        SeriesCase(length: $1.count / channels, values: $1, label: 0, line: $0 + 1)
      })
  }

  private func close(_ found: [Float], _ expected: [Double]) -> Bool {
    found.count == expected.count && zip(found, expected).allSatisfy { abs(Double($0) - $1) < 1e-6 }
  }

  @Test func resamplesAndNormalisesAsNumPy() throws {
    for line in try Expected.read().lines {
      let length = LengthPolicy.resample(line.resampled.count)
      let plain = try Preparation(length: length, normalise: .none).apply(to: set([line.series]))
      #expect(close(plain.values, line.resampled))
      let scaled = try Preparation(length: length).apply(to: set([line.series]))
      #expect(close(scaled.values, line.normalised))
    }
  }

  @Test func fillsGapsAsNumPy() throws {
    let gaps = [Double.nan, 1, .nan, .nan, 4, 2, .nan]
    let filled = try Preparation(missing: .interpolate, normalise: .none).apply(to: set([gaps]))
    #expect(close(filled.values, try Expected.read().gaps))
    #expect { try Preparation().apply(to: set([gaps])) } throws: {
      "\($0)"
        == "S:1: channel 1, step 1: found a missing value, expected a number; give --missing interpolate to fill it"
    }
    #expect(throws: DataError.self) {
      try Preparation(missing: .interpolate).apply(to: set([[.nan, .nan]]))
    }
  }

  @Test func ordersByTimeThenChannelAndPadsAtTheEnd() throws {
    let ragged = SeriesSet(
      name: "S", channelCount: 2, classNames: ["a", "b"],
      cases: [
        SeriesCase(length: 2, values: [1, 2, 10, 20], label: 1, line: 1),
        SeriesCase(length: 3, values: [3, 4, 5, 30, 40, 50], label: 0, line: 2),
      ])
    let padded = try Preparation(length: .pad, normalise: .none).apply(to: ragged)
    #expect(padded.values == [1, 10, 2, 20, 0, 0, 3, 30, 4, 40, 5, 50])
    #expect(padded.lengths == [2, 3])
    #expect(padded.isPadded)
    #expect(padded.subset([1]).values == [3, 30, 4, 40, 5, 50])
    #expect(padded.subset([1, 0, 1]).labels == [0, 1, 0])
    #expect(throws: DataError.self) { try Preparation().apply(to: ragged) }
  }

  @Test func scalesByTheTrainingCasesAsScikitLearn() throws {
    let expected = try Expected.read().scaler
    let ragged = set(expected.cases, channels: 3)
    let fitted = try Preparation(length: .pad, normalise: .training).fitted(to: ragged)
    let scaler = try #require(fitted.scaler)
    #expect(zip(scaler.means, expected.means).allSatisfy { abs(Double($0) / $1 - 1) < 1e-6 })
    #expect(
      zip(scaler.deviations, expected.deviations).allSatisfy { abs(Double($0) / $1 - 1) < 1e-6 })
    let scaled = try fitted.apply(to: ragged)
    for (index, line) in expected.scaled.enumerated() {
      let values = scaled.values[(index * scaled.length * 3)...].prefix(line.count)
      #expect(zip(values, line).allSatisfy { abs(Double($0) - $1) < 3e-5 })
      #expect(scaled.lengths[index] == line.count / 3)
    }
    // Once fitted it stays as it is, and another set is scaled by the same numbers.
    let other = set([[1, 2, -40, -40, 7, 9]], channels: 3)
    #expect(try fitted.fitted(to: other) == fitted)
    #expect(try fitted.apply(to: other).values[3] == (2 - scaler.means[0]) / scaler.deviations[0])
    #expect(throws: DataError.self) { try Preparation(normalise: .training).apply(to: other) }
    #expect(throws: DataError.self) { try fitted.apply(to: set([[1, 2]])) }
  }

  @Test func aConstantSeriesBecomesZeros() throws {
    #expect(try Preparation().apply(to: set([[5, 5, 5]])).values == [0, 0, 0])
  }

  @Test func policiesAreReadFromText() throws {
    #expect(try LengthPolicy("resample:100") == .resample(100))
    #expect(try LengthPolicy("pad").description == "pad")
    for text in [
      "resample:0", "resample:-1", "resample:", "resample:x", "crop", "",
      "resample:99999999999999999999",
    ] {
      #expect(throws: OptionError.self) { try LengthPolicy(text) }
    }
  }
}

@Suite struct SplitTests {
  @Test func eachClassGivesItsShareAndKeepsOne() {
    let labels = [Int](repeating: 0, count: 50) + [1] + [2, 2] + [3, 3, 3]
    var generator = TestGenerator(state: 3)
    let (train, validation) = stratifiedSplit(labels: labels, fraction: 0.2, using: &generator)
    #expect((train + validation).sorted() == Array(labels.indices))
    #expect(train == train.sorted() && validation == validation.sorted())
    let counts = (0..<4).map { kind in validation.count { labels[$0] == kind } }
    #expect(counts == [10, 0, 0, 1])
  }

  @Test func theSameStateGivesTheSameSplitAndAnotherAnother() {
    let labels = (0..<100).map { $0 % 3 }
    func split(_ seed: UInt64) -> [Int] {
      var generator = TestGenerator(state: seed)
      return stratifiedSplit(labels: labels, fraction: 0.2, using: &generator).validation
    }
    #expect(split(1) == split(1))
    #expect(split(1) != split(2))
  }

  @Test func validationIsNotEmptyWhenAClassHasTwo() {
    var generator = TestGenerator(state: 1)
    let parts = stratifiedSplit(labels: [0, 1, 1, 2], fraction: 0.2, using: &generator)
    #expect(parts.validation.count == 1 && [1, 2].contains(parts.validation[0]))
    let most = stratifiedSplit(labels: [0, 0, 1, 1, 1], fraction: 0.9, using: &generator)
    #expect(
      most.train.count == 2 && most.train.contains { $0 < 2 } && most.train.contains { $0 > 1 })
    let alone = stratifiedSplit(labels: [0, 1], fraction: 0.2, using: &generator)
    #expect(alone.validation.isEmpty && alone.train == [0, 1])
  }

  @Test func theSampleIsTheSameForTheSameState() {
    func sample(_ seed: UInt64) -> ClassificationProblem {
      var generator = TestGenerator(state: seed)
      return VibrationSample.problem(trainCases: 12, testCases: 6, noise: 0.5, using: &generator)
    }
    #expect(sample(1) == sample(1))
    #expect(sample(1) != sample(2))
    #expect(sample(1).train.cases.map(\.label) == [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5])
    #expect(sample(1).train.cases.allSatisfy { $0.length == 100 && $0.missingCount == 0 })
    #expect(dataHash(of: sample(1).train) == dataHash(of: sample(1).train))
    #expect(dataHash(of: sample(1).train) != dataHash(of: sample(2).train))
  }
}
