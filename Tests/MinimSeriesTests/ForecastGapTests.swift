// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimSeries
import Testing

@Suite struct ForecastGapTests {
  @Test(arguments: FillPolicy.allCases) func fillsAsPandas(_ policy: FillPolicy) throws {
    let golden = try GoldenForecast.read()
    for series in [golden.gaps] + golden.resampled {
      let found = try forecast(series.text, resample: series.step, fill: policy)
      #expect(found.times == TimeAxis(start: series.start, step: series.step ?? 900))
      #expect(found.recording.count == series.rows)
      let expected = policy == .last ? series.last : series.linear
      #expect(areClose(found.recording.values, expected), "step \(series.step ?? 0)")
      #expect(try complaint(series.text, resample: series.step) != "none")
    }
  }

  /// 3, 4, 6 and 7 o'clock.
  static let gap =
    "t,x\n2020-01-01 03:00,3\n2020-01-01 04:00,5\n2020-01-01 06:00,2\n2020-01-01 07:00,7\n"

  @Test func aGapIsAnErrorUntilItIsFilled() throws {
    #expect(
      try complaint(Self.gap)
        == "s.csv:4: column t: found 2020-01-01 06:00:00 after 2020-01-01 04:00:00, expected "
        + "2020-01-01 05:00:00, a step of 1h on; fill with --fill last or --fill linear, or take "
        + "means with --resample STEP")
    #expect(try forecast(Self.gap, fill: .last).recording.values == [3, 5, 5, 2, 7])
    #expect(try forecast(Self.gap, fill: .linear).recording.values == [3, 5, 3.5, 2, 7])
    let odd = Self.gap + "2020-01-01 07:30,8\n"
    for fill in [FillPolicy.linear, nil] {
      let text = odd.replacing("2020-01-01 06", with: "2020-01-01 05")
        .replacing("2020-01-01 07:00", with: "2020-01-01 06:00")
      #expect(
        try complaint(text, fill: fill)
          == "s.csv:6: column t: found 2020-01-01 07:30:00 after 2020-01-01 06:00:00, expected "
          + "2020-01-01 07:00:00, a step of 1h on; take means with --resample STEP")
    }
    #expect(
      try complaint("t,x\n2020-01-01,1\n2020-01-02,1\n2020-01-03,1\n2020-01-03,1\n", fill: .last)
        .hasPrefix("s.csv:5: column t: found \"2020-01-03\" again"))
  }

  @Test func resamplesOnRequestOnly() throws {
    let text =
      "t,x,y\n2020-01-01 03:59,3,1\n2020-01-01 04:00,5,2\n2020-01-01 04:00,6,\n2020-01-01 06:10,2,4\n"
    let found = try forecast(text, resample: 3600, fill: .last)
    #expect(found.times?.text(ofRow: 0) == "2020-01-01 03:00:00" && found.times?.step == 3600)
    #expect(found.recording.values == [3, 1, 5.5, 2, 5.5, 2, 2, 4])
    let line = try forecast(text, resample: 3600, fill: .linear)
    #expect(line.recording.values == [3, 1, 5.5, 2, 3.75, 3, 2, 4])
    let whole = text.replacing("04:00,6,", with: "04:00,6,2")
    #expect(
      try complaint(whole, resample: 3600)
        == "s.csv:5: column t: found 2020-01-01 06:10:00 after 2020-01-01 04:00:00, expected a row in "
        + "the 1h from 2020-01-01 05:00:00; fill with --fill last or --fill linear, or resample to a "
        + "longer step")
    #expect(try forecast(whole, resample: 7200).recording.values == [3, 1, 5.5, 2, 2, 4])
    #expect(
      try complaint(whole, resample: 86_400)
        == "s.csv: found 1 row, expected at least 2 rows; take a shorter step to resample to")
    #expect(
      try complaint("x\n1\n2\n", resample: 60)
        == "s.csv: found no column of times, expected times to resample by; leave --resample out")
    #expect(
      try complaint("t,x\n2020-01-01,1\n2020-02-01,2\n2020-03-01,3\n2020-04-01,3\n")
        == "s.csv:4: column t: found 2020-03-01 00:00:00 after 2020-02-01 00:00:00, expected rows an "
        + "equal step apart, which months are not; take them as rows with --times ignore, and a "
        + "year as --period 12")
    // Times before 1970 round down as well.
    let old = try forecast("time,x\n-90,1\n-50,3\n-10,4\n", resample: 60)
    #expect(old.times == TimeAxis(start: -120, step: 60, isUnix: true))
    #expect(old.recording.values == [1, 3.5])
  }

  @Test func cellsWithoutNeighbours() throws {
    let start = "x,y\n1,\n2,\n3,4\n5,6\n"
    for fill in FillPolicy.allCases {
      #expect(
        try complaint(start, fill: fill)
          == "s.csv:2: channel y: found none before row 3, expected a first value to fill from; cut "
          + "the rows before")
    }
    #expect(
      try complaint("t,x,y\n2020-01-01,1,na\n2020-01-02,1,4\n", fill: .last)
        .contains("channel y: found none before 2020-01-02 00:00:00, expected"))
    #expect(
      try complaint("x,y\n1,?\n2,null\n", fill: .last)
        == "s.csv:2: channel y: found no value, expected a first value to fill from; leave the "
        + "channel out")
    let end = "x,y\n1,2\n3,4\n5,\n6,\n"
    #expect(try forecast(end, fill: .last).recording.values == [1, 2, 3, 4, 5, 4, 6, 4])
    #expect(
      try complaint(end, fill: .linear)
        == "s.csv:5: channel y: found none after row 2, expected a last value to draw a line to; "
        + "take --fill last, or cut the rows after")
  }

  /// A wrong year would make a gap of millions of rows.
  @Test func gapsTooLongToBeMeant() throws {
    let text = "t,x\n2020-01-01 00:00,1\n2020-01-01 00:01,1\n9020-01-01 00:02,1\n"
    for step in [nil, 60, 1] {
      let found = try complaint(text, resample: step, fill: .last)
      #expect(found.hasPrefix("s.csv:4: found ") && found.contains("expected at most 10000 for"))
    }
    let most = try forecast("time,x\n0,1\n1,1\n39998,1\n", fill: .last)
    #expect(most.recording.count == 39_999)
    #expect(try complaint("time,x\n0,1\n1,1\n39999,1\n", fill: .last).contains("found 40000 rows"))
    #expect(try complaint(text, resample: 1 << 50, fill: .last).contains("found 1 row"))
  }
}
