// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimSeries
import Testing

@Suite struct RecordingTests {
  @Test func partsKeepRowsAndLabels() {
    let values: [Float] = [1, 2, 3, 4, 5, 6]
    let whole = Recording(
      name: "r", channels: 2, values: values,
      channelLabels: [false, true, false, false, true, true])
    #expect(whole.count == 3 && whole.channelNames == ["0", "1"])
    #expect(whole.labels == [true, false, true])
    #expect(Array(whole.row(1)) == [3, 4])
    let part = whole.rows(1..<3)
    #expect(part.values == [3, 4, 5, 6] && part.labels == [false, true])
    #expect(part.channelLabels == [false, false, true, true])
    let rows = Recording(name: "r", channels: 3, values: values, labels: [true, false])
    #expect(rows.rows(1..<2).labels == [false] && rows.rows(1..<2).channelLabels == nil)
  }

  @Test func windowsAreNumpys() throws {
    let expected = try ExpectedDetection.read()
    let recording = Recording(name: "test", channels: 3, values: expected.test)
    for form in expected.windows {
      var buffer = [Float](repeating: .nan, count: form.values.count)
      recording.copyWindows(
        endingAt: 0..<14, length: form.length, lag: form.lag, into: &buffer)
      #expect(buffer == form.values, "length \(form.length), lag \(form.lag)")
    }
  }

  @Test func windowsOfSomeRowsAreThoseOfALoop() {
    var generator = TestGenerator(state: 3)
    for _ in 0..<300 {
      let channels = Int.random(in: 1...4, using: &generator)
      let count = Int.random(in: 1...12, using: &generator)
      let length = Int.random(in: 1...9, using: &generator)
      let lag = Int.random(in: 0...2, using: &generator)
      let recording = Recording(
        name: "r", channels: channels, values: (0..<(channels * count)).map(Float.init))
      let rows = (0..<6).map { _ in Int.random(in: 0..<count, using: &generator) }
      var expected: [Float] = []
      for row in rows {
        for step in (row - length + 1)...row {
          for channel in 0..<channels {
            expected.append(Float(max(step - lag, 0) * channels + channel))
          }
        }
      }
      var buffer = [Float](repeating: -1, count: expected.count + 2)
      recording.copyWindows(endingAt: rows, length: length, lag: lag, into: &buffer)
      #expect(buffer == expected + [-1, -1])
    }
  }

  @Test func rangesAreNumpys() throws {
    let expected = try ExpectedDetection.read()
    let train = Recording(name: "train", channels: 3, values: expected.train)
    let test = Recording(
      name: "test", channels: 3, values: expected.test, channelLabels: expected.labels)
    for form in expected.scaled {
      let scaler = try RangeScaler(train, limit: form.limit)
      let (result, clipped) = try scaler.apply(to: test)
      #expect(result.values == form.values, "limit \(form.limit ?? -1)")
      #expect(clipped == form.clipped, "limit \(form.limit ?? -1)")
      #expect(result.channelLabels == expected.labels && result.name == "test")
      #expect(scaler.constantChannels == [2])
      let learnt = try scaler.apply(to: train)
      #expect(learnt.recording.values.min() == 0 && learnt.recording.values.max() == 1)
      #expect(learnt.clipped == [0, 0, 0])
    }
    #expect(try RangeScaler(train).limit == 4)
  }

  @Test func scalerEdges() throws {
    func line(_ values: [Float], _ labels: [Bool]? = nil) -> Recording {
      Recording(name: "line", channels: 1, values: values, labels: labels)
    }
    let constant = try RangeScaler(line([7]))
    let far = try constant.apply(
      to: line([7, 7.5, 12, 12.5, 3, 2.5], Array(repeating: true, count: 6)))
    #expect(far.recording.values == [0, 0.5, 5, 5, -4, -4] && far.clipped == [2])
    #expect(far.recording.labels?.count == 6)
    let tight = try RangeScaler(line([0, 2]), limit: 0)
    #expect(try tight.apply(to: line([-1, 0, 1, 2, 3])).recording.values == [0, 0, 0.5, 1, 1])
    #expect(try tight.apply(to: line([-1, 0, 1, 2, 3])).clipped == [2])
    let stored = try JSONDecoder().decode(RangeScaler.self, from: JSONEncoder().encode(tight))
    #expect(stored == tight)
    #expect { try RangeScaler(line([-3e38, 3e38])) } throws: {
      "\($0)"
        == "line: channel 0: found values from -3e+38 to 3e+38, expected a range that float32 can hold; divide the channel by a constant"
    }
    #expect { try RangeScaler(line([])) } throws: {
      "\($0)" == "line: found no rows, expected rows to measure"
    }
    #expect { try tight.apply(to: Recording(name: "two", channels: 2, values: [1, 2])) } throws: {
      "\($0)" == "two: found 2 channels, expected the 1 that the scaler is fitted to"
    }
  }

  @Test(arguments: [
    "{}", #"{"minimums":[0],"maximums":[]}"#, #"{"minimums":[2],"maximums":[1]}"#,
    #"{"minimums":[0],"maximums":[1],"limit":-1}"#,
    #"{"minimums":[-3e38],"maximums":[3e38]}"#,
  ]) func scalersOfNoRangeAreRefused(_ text: String) throws {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(RangeScaler.self, from: Data(text.utf8))
    }
    let fine = #"{"minimums":[0,1],"maximums":[0,2]}"#
    let scaler = try JSONDecoder().decode(RangeScaler.self, from: Data(fine.utf8))
    #expect(scaler.limit == nil && scaler.constantChannels == [0])
  }

  /// Sizes, values and labels make the fingerprint, names do not.
  @Test func fingerprintsTellRecordingsApart() {
    let values: [Float] = [1, 2, 3, 4]
    let one = dataHash(of: Recording(name: "a", channels: 2, values: values))
    #expect(one == dataHash(of: Recording(name: "b", channels: 2, values: values)))
    for other in [
      Recording(name: "a", channels: 1, values: values),
      Recording(name: "a", channels: 2, values: [1, 2]),
      Recording(name: "a", channels: 2, values: [1, 2, 3, 5]),
      Recording(name: "a", channels: 2, values: values, labels: [false, true]),
    ] { #expect(dataHash(of: other) != one) }
    let train = Recording(name: "a", channels: 2, values: values)
    #expect(dataHash(of: DetectionProblem(name: "p", train: train, test: nil)) == one)
  }
}
