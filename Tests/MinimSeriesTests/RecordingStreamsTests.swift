// SPDX-License-Identifier: Apache-2.0
import MinimSeries
import Testing

/// Recordings of several streams.
@Suite struct RecordingStreamsTests {
  private func recording(_ name: String, _ values: [Float], labels: [Bool]? = nil) -> Recording {
    Recording(name: name, channels: 2, channelNames: ["a", "b"], values: values, labels: labels)
  }

  @Test func oneStreamByDefault() {
    let rows = recording("r", [1, 2, 3, 4])
    #expect(rows.starts == [0] && rows.streams == [0..<2])
    let none = recording("none", [])
    #expect(none.starts == [0] && none.streams == [0..<0])
  }

  @Test func joinedInOrder() {
    let one = recording("one", [1, 2, 3, 4, 5, 6], labels: [true, false, false])
    let two = recording("two", [7, 8], labels: [true])
    let all = Recording.joined([one, two, one], name: "all")
    #expect(all.name == "all" && all.channels == 2 && all.channelNames == ["a", "b"])
    #expect(all.values == [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6])
    #expect(all.labels == [true, false, false, true, true, false, false])
    #expect(all.channelLabels == nil)
    #expect(all.starts == [0, 3, 4] && all.streams == [0..<3, 3..<4, 4..<7])
    // What was joined keeps its streams.
    let more = Recording.joined([two, all], name: "more")
    #expect(more.starts == [0, 1, 4, 5] && more.count == 8)
    #expect(
      more.streamNames == ["two", "one", "two", "one"] && more.rows(2..<5).streamNames == nil)
    let alone = Recording.joined([one], name: "one")
    #expect(alone.values == one.values && alone.streamNames == ["one"])
  }

  /// Labels of values become those of rows; where one recording has none there are none.
  @Test func labelsOfAllOrNone() {
    let marked = Recording(
      name: "marked", channels: 2, values: [1, 2, 3, 4],
      channelLabels: [false, true, false, false])
    let plain = recording("plain", [1, 2])
    #expect(Recording.joined([marked, marked], name: "m").labels == [true, false, true, false])
    #expect(Recording.joined([marked, marked], name: "m").channelLabels == nil)
    #expect(Recording.joined([marked, plain], name: "m").labels == nil)
    #expect(Recording.joined([plain, marked], name: "m").labels == nil)
  }

  @Test func rangesKeepStreams() {
    let all = Recording(
      name: "all", channels: 1, values: (0..<10).map(Float.init), starts: [0, 3, 4, 8])
    #expect(all.rows(0..<10) == all)
    #expect(all.rows(0..<3).starts == [0])
    #expect(all.rows(2..<9).streams == [0..<1, 1..<2, 2..<6, 6..<7])
    #expect(all.rows(3..<8).starts == [0, 1])
    #expect(all.rows(5..<8).streams == [0..<3] && all.rows(5..<8).values == [5, 6, 7])
    #expect(all.rows(4..<4).streams == [0..<0])
  }

  /// Windows at any rows, in any order, are those of the row's own stream.
  @Test func windowsStayInTheirStream() {
    var generator = TestGenerator(state: 7)
    for _ in 0..<300 {
      let channels = Int.random(in: 1...3, using: &generator)
      let counts = (0..<Int.random(in: 1...5, using: &generator)).map { _ in
        Int.random(in: 1...7, using: &generator)
      }
      let total = counts.reduce(0, +)
      let starts = counts.indices.map { counts[..<$0].reduce(0, +) }
      let recording = Recording(
        name: "r", channels: channels, values: (0..<channels * total).map(Float.init),
        starts: starts)
      let length = Int.random(in: 1...6, using: &generator)
      let lag = Int.random(in: 0...2, using: &generator)
      let rows = (0..<8).map { _ in Int.random(in: 0..<total, using: &generator) }
      var expected: [Float] = []
      for row in rows {
        let start = starts.last { $0 <= row } ?? 0
        for step in (row - length + 1)...row {
          let place = max(step - lag, start)
          expected += (0..<channels).map { Float(place * channels + $0) }
        }
      }
      var buffer = [Float](repeating: -1, count: expected.count + 1)
      recording.copyWindows(endingAt: rows, length: length, lag: lag, into: &buffer)
      #expect(buffer == expected + [-1])
    }
  }

  @Test func scalersKeepStreams() throws {
    let all = Recording(name: "all", channels: 1, values: [0, 2, 1, 4], starts: [0, 1, 3])
    #expect(try RangeScaler(all).apply(to: all).recording.starts == [0, 1, 3])
  }

  /// Where streams begin is part of what was learned from; one stream has the fingerprint it had.
  @Test func fingerprintsTellStreamsApart() {
    let values: [Float] = [1, 2, 3, 4]
    func hash(_ starts: [Int]) -> String {
      dataHash(of: Recording(name: "r", channels: 1, values: values, starts: starts))
    }
    #expect(Set([[0], [0, 1], [0, 2], [0, 1, 2]].map(hash)).count == 4)
    #expect(hash([0]) == dataHash(of: Recording(name: "s", channels: 1, values: values)))
  }

  @Test(arguments: [[], [1], [0, 0], [0, 2, 1], [0, 4]]) func impossibleStarts(_ starts: [Int])
    async
  {
    await #expect(processExitsWith: .failure) { [starts] in
      _ = Recording(name: "r", channels: 1, values: [1, 2, 3, 4], starts: starts)
    }
  }

  @Test func otherChannelsAreNotJoined() async {
    await #expect(processExitsWith: .failure) {
      let one = Recording(name: "r", channels: 1, values: [1, 2])
      _ = Recording.joined([one, Recording(name: "s", channels: 2, values: [1, 2])], name: "both")
    }
    await #expect(processExitsWith: .failure) {
      let one = Recording(name: "r", channels: 1, values: [1, 2])
      _ = Recording.joined([one, Recording(name: "s", channels: 1, values: [])], name: "both")
    }
  }
}
