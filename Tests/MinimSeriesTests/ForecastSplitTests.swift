// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimSeries
import Testing

@Suite struct ForecastSplitTests {
  /// Methods, timedistill 5: rows, step in seconds where months count, rows of each part, windows of
  /// look-back 720 and horizons 96 and 720.
  static let table: [(rows: Int, step: Int?, parts: [Int], short: [Int], long: [Int])] = [
    (17_420, 3600, [8640, 2880, 2880], [7825, 2785, 2785], [7201, 2161, 2161]),
    (69_680, 900, [34_560, 11_520, 11_520], [33_745, 11_425, 11_425], [33_121, 10_801, 10_801]),
    (26_304, nil, [18_412, 2632, 5260], [17_597, 2537, 5165], [16_973, 1913, 4541]),
    (52_696, nil, [36_887, 5270, 10_539], [36_072, 5175, 10_444], [35_448, 4551, 9820]),
    (17_544, nil, [12_280, 1756, 3508], [11_465, 1661, 3413], [10_841, 1037, 2789]),
    (52_560, nil, [36_792, 5256, 10_512], [35_977, 5161, 10_417], [35_353, 4537, 9793]),
  ]

  private func counts(_ split: ForecastSplit, _ horizon: Int) -> [Int] {
    ForecastSplit.Part.allCases.map { split.windowCount($0, lookback: 720, horizon: horizon) }
  }

  @Test func theTableOfTheProtocol() throws {
    for line in Self.table {
      let split = try #require(
        line.step.map { ForecastSplit(monthsOf: line.rows, step: $0) }
          ?? ForecastSplit(rows: line.rows))
      #expect([split.trainRows, split.validationRows, split.testRows] == line.parts)
      #expect(counts(split, 96) == line.short && counts(split, 720) == line.long)
    }
  }

  @Test func partsLookBackIntoThoseBefore() {
    let split = ForecastSplit(trainRows: 10, validationRows: 4, testRows: 5)
    #expect(split.rows(.train) == 0..<10 && split.rows(.validation) == 10..<14)
    #expect(split.rows(.test) == 14..<19)
    #expect(split.rows(.train, lookback: 3) == 0..<10)
    #expect(split.rows(.validation, lookback: 3) == 7..<14)
    #expect(split.rows(.test, lookback: 3) == 11..<19)
    #expect(split.rows(.test, lookback: 15) == 0..<19)
    func counts(_ lookback: Int, _ horizon: Int) -> [Int] {
      ForecastSplit.Part.allCases.map {
        split.windowCount($0, lookback: lookback, horizon: horizon)
      }
    }
    #expect(counts(3, 2) == [6, 3, 4] && counts(9, 1) == [1, 4, 5])
    // Too few rows to look back on, or to forecast.
    #expect(
      counts(10, 1) == [0, 4, 5] && counts(12, 2) == [0, 1, 4] && counts(3, 6) == [2, 0, 0])
  }

  @Test func whatIsUsual() throws {
    func split(_ name: String, _ rows: Int, step: Int? = 3600) throws -> ForecastSplit {
      try ForecastSplit(
        ForecastSeries(
          recording: Recording(
            name: "some/\(name)", channels: 1, values: [Float](repeating: 0, count: rows)),
          times: step.map { TimeAxis(start: 0, step: $0) }))
    }
    let months = ForecastSplit(trainRows: 8640, validationRows: 2880, testRows: 2880)
    #expect(try split("ETTh9.csv.gz", 14_400) == months)
    #expect(try split("ETTm1.csv", 57_600, step: 900).trainRows == 34_560)
    #expect(try split("ETTh1.csv", 14_400, step: nil).trainRows == 10_080)
    #expect(try split("etth1.csv", 14_400).trainRows == 10_080)
    #expect(try split("my-ETTh1.csv", 14_400).trainRows == 10_080)
    #expect(try split("daily.csv", 10, step: 86_400).validationRows == 1)
    for (name, rows, step) in [("ETTh1.csv", 14_399, 3600), ("ETTm1.csv", 99_999, 7 * 60)] {
      let error = try #require(throws: DataError.self) { try split(name, rows, step: step) }
      #expect(error.description.contains("expected 20 months of 30 days"))
    }
    #expect(
      throws: DataError(
        file: "some/a.csv", found: "4 rows", expected: "rows for shares of 0.7, 0.1 and 0.2")
    ) { try split("a.csv", 4) }
  }

  @Test func readsTexts() throws {
    let rows = try ForecastSplit(parsing: "8640,2880,2880", rows: 14_400)
    #expect(rows == ForecastSplit(trainRows: 8640, validationRows: 2880, testRows: 2880))
    let shares = try ForecastSplit(parsing: "0.6,0.2,0.2", rows: 1001)
    #expect(shares == ForecastSplit(trainRows: 600, validationRows: 201, testRows: 200))
    #expect(try ForecastSplit(parsing: ".7,.1,.2", rows: 26_304).testRows == 5260)
    for text in [
      "", "1,2", "1,2,3,4", "1,2,x", "1,,2", "0,1,2", "-1,2,3", "50,30,21", "0.7,0.1,0.1",
      "0.7,0.2,0.2", "1.0,0.5,-0.5", "0.5,0.5", "nan,nan,nan", "0.5,1e-10,0.5", "0.7,0.1,0.199",
      "9223372036854775807,9223372036854775807,9223372036854775807", "0.995,0.001,0.004",
    ] {
      let error = try #require(throws: OptionError.self) {
        try ForecastSplit(parsing: text, rows: 100)
      }
      #expect(error.description.hasPrefix("split: found \"\(text)\", expected rows"))
    }
    #expect(throws: OptionError.self) { try ForecastSplit(parsing: "1,1,1", rows: 0) }
    #expect(ForecastSplit(rows: 0) == nil)
    // Rounding takes the last row from validation.
    #expect(ForecastSplit(rows: 10, train: 0.1, test: 0.8999999999999999) == nil)
    #expect(ForecastSplit(monthsOf: 1_000_000, step: 86_401) == nil)
  }
}

/// The public sets, where the folder MINIM_DATA (or ../shared/data) has them.
@Suite(
  .enabled(
    if: realData.map { FileManager.default.fileExists(atPath: $0.path + "/forecast") } ?? false,
    "no real data: set MINIM_DATA to a folder with forecast"))
struct ForecastRealTests {
  @Test(arguments: [
    ("ETTh1.csv.gz", 17_420, 7, 3600, "2016-07-01 00:00:00", "2018-06-26 19:00:00", 2785),
    ("ETTm1.csv.gz", 69_680, 7, 900, "2016-07-01 00:00:00", "2018-06-26 19:45:00", 11_425),
    ("ETTm2.csv.gz", 69_680, 7, 900, "2016-07-01 00:00:00", "2018-06-26 19:45:00", 11_425),
    ("WTH.csv.gz", 35_064, 12, 3600, "2010-01-01 00:00:00", "2013-12-31 23:00:00", 6917),
    ("exchange_rate.txt.gz", 7588, 8, 0, "", "", 1422),
  ])
  func wholeSets(
    _ name: String, _ rows: Int, _ channels: Int, _ step: Int, _ first: String, _ last: String,
    _ windows: Int
  ) throws {
    let path = try #require(realData).appending(path: "forecast/\(name)").path
    let found = try readForecastSeries(at: path)
    #expect(found.recording.count == rows && found.recording.channels == channels)
    #expect(found.times?.step == (step == 0 ? nil : step))
    if let times = found.times {
      #expect(times.text(ofRow: 0) == first && times.text(ofRow: rows - 1) == last)
    }
    #expect(try ForecastSplit(found).windowCount(.test, lookback: 720, horizon: 96) == windows)
  }

  /// The published rows have one time twice and 90 minutes missing: figures on them take no note of it.
  @Test func rowsThatPublishedFiguresTakeAsTheyStand() throws {
    let path = try #require(realData).appending(path: "forecast/weather.csv.gz").path
    let error = try #require(throws: DataError.self) { try readForecastSeries(at: path) }
    #expect(error.line == 19_046 && error.found == "\"2020-05-12 06:00:00\" again")
    let plain = try readForecastSeries(at: path, ignoringTimes: true)
    #expect(plain.times == nil && plain.recording.channels == 21)
    #expect(plain.recording.count == 52_696)
    #expect(try ForecastSplit(plain).windowCount(.test, lookback: 720, horizon: 96) == 10_444)
    let means = try readForecastSeries(at: path, resample: 600, fill: .linear)
    #expect(means.recording.count == 52_696 - 1 + 9 && means.times?.step == 600)
    #expect(means.times?.text(ofRow: means.recording.count - 1) == "2021-01-01 00:00:00")
  }
}
