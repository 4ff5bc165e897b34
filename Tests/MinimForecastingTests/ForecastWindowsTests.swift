// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimForecasting
import MinimSeries
import MinimTensor
import Testing

/// The folder of real series to forecast, or nil where there is none.
private let realData: URL? = {
  let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  let named = ProcessInfo.processInfo.environment["MINIM_DATA"].map { URL(filePath: $0) }
  let folder = (named ?? package.deletingLastPathComponent().appending(path: "shared/data"))
    .appending(path: "forecast")
  let file = folder.appending(path: "ETTh1.csv.gz").path
  return FileManager.default.fileExists(atPath: file) ? folder : nil
}()

@Suite struct ForecastWindowsTests {
  /// A row of the table of methods, timedistill 5: a step of 0 stands for shares of the rows.
  struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    let rows: Int
    let step: Int
    /// Windows of the three parts for 96 rows to come, then for 720.
    let counts: [Int]
    var testDescription: String { name }
  }
  static let table = [
    Row(
      name: "ETTh1", rows: 17_420, step: 3600, counts: [7825, 2785, 2785, 7201, 2161, 2161]),
    Row(
      name: "ETTm1", rows: 69_680, step: 900,
      counts: [33_745, 11_425, 11_425, 33_121, 10_801, 10_801]),
    Row(name: "ECL", rows: 26_304, step: 0, counts: [17_597, 2537, 5165, 16_973, 1913, 4541]),
    Row(
      name: "Weather", rows: 52_696, step: 0, counts: [36_072, 5175, 10_444, 35_448, 4551, 9820]),
    Row(name: "Traffic", rows: 17_544, step: 0, counts: [11_465, 1661, 3413, 10_841, 1037, 2789]),
    Row(name: "Solar", rows: 52_560, step: 0, counts: [35_977, 5161, 10_417, 35_353, 4537, 9793]),
  ]

  private func counts(
    _ recording: Recording, times: TimeAxis?, _ split: ForecastSplit
  ) -> [Int] {
    [96, 720].flatMap { horizon in
      ForecastSplit.Part.allCases.map {
        ForecastWindows(
          recording, times: times, part: split.rows($0), lookback: 720, horizon: horizon
        ).count
      }
    }
  }

  @Test(arguments: table) func countsAreThoseOfTheTable(_ row: Row) throws {
    let made = Recording(name: row.name, channels: 1, values: Array(repeating: 0, count: row.rows))
    let split = try #require(
      row.step > 0
        ? ForecastSplit(monthsOf: row.rows, step: row.step) : ForecastSplit(rows: row.rows))
    #expect(counts(made, times: nil, split) == row.counts)
    let file = realData?.appending(path: "\(row.name).csv.gz").path ?? ""
    guard row.name.hasPrefix("ETT"), FileManager.default.fileExists(atPath: file) else { return }
    let series = try readForecastSeries(at: file)
    #expect(series.recording.count == row.rows && series.recording.channels == 7)
    #expect(counts(series.recording, times: series.times, try ForecastSplit(series)) == row.counts)
  }

  /// 40 rows of 2 channels: 100 times the channel and the row.
  private let recording = Recording(
    name: "made", channels: 2, values: (0..<80).map { Float($0 % 2 * 100 + $0 / 2) })

  /// Clocks that begin before 1970, within a step of it and behind it.
  @Test(arguments: [-90_000, -5400, 0, 7_777_777], [1, 3, 50])
  func aWindowIsThoseRows(start: Int, every: Int) {
    let times = TimeAxis(start: start, step: 3600), length = 6, horizon = 4
    let windows = ForecastWindows(
      recording, times: times, part: 10..<30, every: every, lookback: length, horizon: horizon)
    let starts = Array(stride(from: 10, through: 26, by: every))
    #expect(windows.count == starts.count && windows.every == every && windows.channels == 2)
    let zero = Int((Double(start) / 3600).rounded(.down))
    for (index, start) in starts.enumerated() {
      let seen = windows.lookBack([index]), targets = windows.targets([index])
      #expect(seen.steps == [zero + start])
      #expect(seen.values.shape == [1, 2, 6] && targets.shape == [1, 2, 4])
      #expect(
        seen.values.scalars
          == [0, 100].flatMap { base in (start - 6..<start).map { base + Float($0) } })
      #expect(
        targets.scalars
          == [0, 100].flatMap { base in (start..<start + 4).map { base + Float($0) } })
      let marks = (start - 6..<start).map { calendarMarks(times, row: $0) }
      #expect(seen.marks?.scalars == (0..<4).flatMap { place in marks.map { $0[place] } })
    }
    let backwards = Array(starts.indices.reversed())
    #expect(windows.targets(backwards).shape == [starts.count, 2, 4])
    #expect(windows.lookBack(backwards).steps == starts.reversed().map { zero + $0 })
  }

  /// A part whose first window would look back before the first row begins later; one without a window has none.
  @Test func partsAtTheEnds() {
    func windows(_ part: Range<Int>, every: Int = 1) -> ForecastWindows {
      ForecastWindows(recording, times: nil, part: part, every: every, lookback: 6, horizon: 4)
    }
    #expect(windows(0..<40).count == 31 && windows(0..<40).lookBack([0]).values.scalars[0] == 0)
    #expect(windows(36..<40).count == 1 && windows(36..<40).targets([0]).scalars[3] == 39)
    #expect(windows(37..<40).count == 0 && windows(37..<40, every: 5).count == 0)
    #expect(windows(0..<9, every: 9).count == 0 && windows(0..<10, every: 9).count == 1)
    #expect(
      windows(0..<40).lookBack([0]).marks == nil && windows(0..<40).lookBack([3]).steps == [9])
    let other = windows(0..<20, every: 7).windows(of: 20..<40)
    #expect(other.every == 1 && other.count == 17 && other.targets([16]).scalars[3] == 39)
    #expect(other.lookBack([0]).values.scalars[5] == 19)
  }
}
