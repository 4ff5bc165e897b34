// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimSeries
import Testing

private let hasDetectionData =
  realData.map { FileManager.default.fileExists(atPath: $0.appending(path: "ftsad").path) } ?? false

/// Recordings of others, where the folder MINIM_DATA (or ../shared/data) has them.
@Suite(.enabled(if: hasDetectionData, "no real data: set MINIM_DATA to a folder with ftsad"))
struct DetectionRealTests {
  private func problems(_ path: String) throws -> [DetectionProblem] {
    try readDetectionProblems(at: try #require(realData).appending(path: path).path)
  }

  /// Rows to learn from, rows to test on, anomalous ones among these.
  private func totals(_ problems: [DetectionProblem]) -> [Int] {
    [
      problems.reduce(0) { $0 + $1.train.count },
      problems.reduce(0) { $0 + ($1.test?.count ?? 0) },
      problems.reduce(0) { $0 + ($1.test?.labels?.count(where: \.self) ?? 0) },
    ]
  }

  @Test(arguments: [
    ("ftsad/FTSAD-1", [600, 5000, 644], 1, 0, 644),
    ("ftsad/FTSAD-25", [574, 1700, 548], 25, 11, 13700),
    ("ftsad/FTSAD-55", [2158, 2264, 310], 55, 40, 17050),
    ("gon_smd", [5696, 5696, 645], 38, 8, 7539), ("gon_msds", [4740, 4740, 281], 38, 8, 922),
  ])
  func arrays(_ path: String, _ rows: [Int], _ channels: Int, _ constant: Int, _ labels: Int) throws
  {
    let found = try problems(path)
    #expect(found.map(\.name) == [String(path.split(separator: "/").last ?? "")])
    #expect(totals(found) == rows && found[0].train.channels == channels)
    #expect(try RangeScaler(found[0].train).constantChannels.count == constant)
    #expect(found[0].test?.channelLabels?.count(where: \.self) == labels)
  }

  @Test(arguments: [
    ("smap", "P-2", 54, [135_183, 427_617, 54_696], 25),
    ("msl", "", 27, [58_317, 73_729, 7_766], 55),
  ])
  func telemetry(_ path: String, _ omitted: String, _ count: Int, _ rows: [Int], _ channels: Int)
    throws
  {
    let found = try problems(path)
    #expect(found.count == count && found.allSatisfy { $0.train.channels == channels })
    #expect(totals(found.filter { $0.name != omitted }) == rows)

    // Without label files the intervals give the same labels.
    let scratch = try Scratch()
    let source = try #require(realData).appending(path: path)
    for file in try FileManager.default.contentsOfDirectory(atPath: source.path)
    where file.hasSuffix(".csv") || (file.hasSuffix(".npy.gz") && !file.contains(".label.")) {
      try FileManager.default.createSymbolicLink(
        at: scratch.url.appending(path: file), withDestinationURL: source.appending(path: file))
    }
    #expect(try scratch.problems().map { $0.test?.labels } == found.map { $0.test?.labels })
  }

  @Test func servers() throws {
    let found = try problems("smd")
    #expect(found.map(\.name).first == "machine-1-2" && found.count == 8)
    #expect(totals(found) == [189_575, 189_582, 10_159])
    #expect(found.allSatisfy { $0.train.channels == 38 })
  }

  @Test func numenta() throws {
    let found = try problems("nab")
    #expect(found.count == 29)
    struct Entry: Decodable {
      let series: String
      let probation: Int
    }
    let index = try JSONDecoder().decode(
      [Entry].self, from: Data(contentsOf: #require(realData).appending(path: "nab/index.json")))
    for problem in found {
      let entry = try #require(
        index.first { $0.series.replacingOccurrences(of: "/", with: "__") == problem.name + ".csv" }
      )
      #expect(problem.train.count == entry.probation)
    }
    #expect(found.last?.test?.count == 15_866 - 750)
    #expect(
      totals(found)[2] + found.reduce(0) { $0 + ($1.train.labels?.count(where: \.self) ?? 0) }
        == 17_285)
  }

  /// A series five minutes apart, written as the benchmark's CSV, gets the benchmark's labels.
  @Test(arguments: ["art_daily_flatmiddle", "art_daily_jumpsup"])
  func numentaWindows(_ name: String) throws {
    let found = try #require(
      try problems("nab").first { $0.name == "artificialWithAnomaly__\(name)" })
    let values = found.train.values + (found.test?.values ?? [])
    var text = "timestamp,value\n"
    for (row, value) in values.enumerated() {
      let minutes = row * 5 % 1440
      let clock = [minutes / 60, minutes % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
      let day = 1 + row * 5 / 1440
      text += "2014-04-\(day < 10 ? "0" : "")\(day) \(clock[0]):\(clock[1]):00,\(value)\n"
    }
    let windows = try #require(realData).appending(path: "nab/combined_windows.json")
    let scratch = try Scratch.with([
      "artificialWithAnomaly/\(name).csv": Data(text.utf8),
      "combined_windows.json": try Data(contentsOf: windows),
    ])
    let again = try scratch.problems()
    #expect(again.count == 1 && again[0].name == found.name)
    #expect(
      again[0].train.values == found.train.values && again[0].train.labels == found.train.labels)
    #expect(again[0].test?.values == found.test?.values)
    #expect(again[0].test?.labels == found.test?.labels)
  }
}
