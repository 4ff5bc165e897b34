// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimSeries
import Testing

@Suite struct NABTests {
  /// 20 rows, five minutes apart, from 23:00 of the last day of a year.
  private let series =
    "timestamp,value\n"
    + (0..<20).map { row in
      let minutes = 23 * 60 + 5 * row
      let day = minutes < 24 * 60 ? "2013-12-31" : "2014-01-01"
      let clock = minutes % (24 * 60)
      return "\(day) \(clock / 600)\(clock / 60 % 10):\(clock % 60 / 10)\(clock % 10):00,\(row)"
    }.joined(separator: "\n")

  private func files(_ windows: String) -> [String: String] {
    ["combined_windows.json": windows, "real/one.csv": series]
  }

  private func labelled(_ windows: String) throws -> [Int] {
    let problem = try Scratch.with(files("{\"real/one.csv\": \(windows), \"real/two.csv\": []}"))
      .problems()[0]
    let labels = try #require(problem.train.labels) + #require(problem.test?.labels)
    return labels.indices.filter { labels[$0] }
  }

  @Test func windowsIncludeTheirEnds() throws {
    #expect(try labelled("[]") == [])
    let one = "[[\"2013-12-31 23:50:00.000000\", \"2014-01-01 00:05:00.000000\"]]"
    #expect(try labelled(one) == [10, 11, 12, 13])
    #expect(
      try labelled(
        "[[\"2013-12-31 22:00:00\", \"2013-12-31T23:00:00.5\"], [\"2014-01-01 00:34:59.9\", \"2014-01-02 00:00:00\"]]"
      ) == [0, 19])
  }

  @Test func findsFilesFlatAndInData() throws {
    let windows = "{\"real/one.csv\": [], \"b.csv\": []}"
    for (place, list) in [
      ("real/one.csv", "combined_windows.json"), ("real__one.csv", "combined_windows.json"),
      ("data/real/one.csv", "labels/combined_windows.json"),
    ] {
      let found = try Scratch.with([list: windows, place: series]).problems()
      #expect(found.map(\.name) == ["real__one"])
      #expect(found[0].train.values == [0, 1, 2] && found[0].test?.count == 17)
      #expect(found[0].droppedColumns == ["timestamp"])
    }
  }

  @Test func refusesWhatDoesNotBelongTogether() throws {
    let window = "combined_windows.json: real/one.csv: found the window "
    let cases: [(String, String)] = [
      (
        "[[\"2013-12-31 22:00:00\", \"2013-12-31 22:59:59.999999\"]]",
        window
          + "[\"2013-12-31 22:00:00\", \"2013-12-31 22:59:59.999999\"], expected one that holds rows of real/one.csv; do the two files belong together?"
      ),
      (
        "[[\"2014-01-01 00:00:00\", \"2013-12-31 23:00:00\"]]",
        window
          + "[\"2014-01-01 00:00:00\", \"2013-12-31 23:00:00\"], expected two times as 2014-04-01 00:05:00, the first not after the last"
      ),
      (
        "[[\"yesterday\", \"2013-12-31 23:00:00\"]]",
        window
          + "[\"yesterday\", \"2013-12-31 23:00:00\"], expected two times as 2014-04-01 00:05:00, the first not after the last"
      ),
      (
        "[\"2013-12-31 23:00:00\"]",
        "combined_windows.json: found other JSON or none, expected {\"folder/name.csv\": [[first time, last time], …], …}"
      ),
    ]
    for (windows, complaint) in cases {
      #expect(
        try Scratch.with(files("{\"real/one.csv\": \(windows)}")).detectionComplaint() == complaint)
    }
    #expect(
      try Scratch.with(files("{}")).detectionComplaint()
        == "real/one.csv: found a CSV file without windows, expected its key in combined_windows.json; an empty list says that it has no anomaly"
    )
    var twice = files("{\"real/one.csv\": []}")
    twice["real__one.csv"] = series
    twice[".hidden/real/one.csv"] = series
    #expect(
      try Scratch.with(twice).detectionComplaint()
        == ".: found real/one.csv and real__one.csv, expected one file of the problem real__one")
    var other = files("{\"real/one.csv\": []}")
    other["real/one.csv"] = "timestamp,value,more\n2014-01-01 00:00:00,1,2\n"
    #expect(
      try Scratch.with(other).detectionComplaint()
        == "real/one.csv:1: found other columns, expected timestamp,value")
    for wrong in [
      "2014-01-01 00:00", "2014-13-01 00:00:00", "2014-01-01 24:00:00", "2014-01-01 00:00:00.",
    ] {
      other["real/one.csv"] = "timestamp,value\n2014-01-01 00:00:00,1\n\(wrong),2\n"
      #expect(
        try Scratch.with(other).detectionComplaint()
          == "real/one.csv:3: column timestamp: found \"\(wrong)\", expected a time as 2014-04-01 00:05:00"
      )
    }
  }
}
