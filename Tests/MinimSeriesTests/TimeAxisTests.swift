// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimSeries
import Testing

@Suite struct TimeAxisTests {
  @Test func agreesWithPandas() throws {
    for moment in try GoldenForecast.read().calendar {
      // The moment as row 0, and as a row far behind and far before another start.
      for (step, row) in [(60, 0), (3600, 900_000), (86_400, -40_000), (1, 3)] {
        let axis = TimeAxis(start: moment.seconds - step * row, step: step)
        #expect(axis.seconds(ofRow: row) == moment.seconds)
        #expect(axis.text(ofRow: row) == moment.text)
        #expect(areClose(calendarMarks(axis, row: row), moment.marks), "\(moment.text)")
      }
    }
  }

  @Test func everyDayOfCenturiesFollowsTheOther() {
    let axis = TimeAxis(start: -62_135_596_800, step: 86_400)
    #expect(axis.text(ofRow: 0) == "0001-01-01 00:00:00")
    #expect(axis.text(ofRow: -1) == "0000-12-31 00:00:00")
    var above = axis.text(ofRow: 0)
    for row in 1...292_194 {
      let text = axis.text(ofRow: row)
      guard above < text else {
        Issue.record("\(text) after \(above)")
        break
      }
      above = text
    }
    #expect(above == "0801-01-01 00:00:00")
  }

  @Test func durations() {
    let texts = ["90s": 90, "15min": 900, "1h": 3600, "1d": 86_400, "2w": 1_209_600]
    for (text, seconds) in texts { #expect(parsedDuration(text) == seconds) }
    for text in [
      "", "h", "0h", "-1h", "1", "1 h", "1H", "1.5h", "15m", "1hh", "٣h", "1234567890s",
      "99999999999999999999s",
    ] {
      #expect(parsedDuration(text) == nil, "\(text)")
    }
  }

  @Test func everyFormOfATime() throws {
    for stamps in try GoldenForecast.read().stamps {
      // Two rows at a time: all three of some forms are not an equal step apart.
      for first in 0..<2 {
        let text = "date,x\n\(stamps.texts[first]),1\n\(stamps.texts[first + 1]),1\n"
        let (start, next) = (stamps.seconds[first], stamps.seconds[first + 1])
        let axis = TimeAxis(
          start: start, step: next - start, isUnix: Int(stamps.texts[first]) != nil)
        #expect(try forecast(text).times == axis, "\(text)")
      }
    }
    #expect(try forecast("t,x\n1.2.2020 7:05,1\n1.2.2020 7:10,1\n").times?.start == 1_580_540_700)
    for ending in [".0", ".000000", "Z", ".000Z", "+02:00", "-0230", "+14", ".000+00:00"] {
      let times = try forecast(
        "t,x\n2020-02-01T07:05:00\(ending),1\n2020-02-01T07:06:00\(ending),1\n"
      ).times
      #expect(times == TimeAxis(start: 1_580_540_700, step: 60), "\(ending)")
    }
    let early = try #require(try forecast("date,x\n -5 ,1\n\"-4\",1\n").times)
    #expect(early == TimeAxis(start: -5, step: 1, isUnix: true))
    let unix = try #require(try forecast("date,x\n1700000000,1\n1700003600,1\n").times)
    #expect(unix.text(ofRow: 2) == "1700007200")
    // Numbers of rows are no times; eight digits are a date.
    #expect(try forecast("time,x\n0,1\n1,2\n2,3\n").times == nil)
    #expect(try forecast("time,x\n1,1\n2,2\n").times == nil)
    #expect(try forecast("time,x\n1,1\n3,2\n").times?.step == 2)
    #expect(
      try complaint("date,x\n20160701,1\n20160702,1\n")
        == "s.csv:2: column date: found \"20160701\", expected a time as 2016-07-01 00:15:00, "
        + "2016-07-01T00:15, 2016/07/01, 01.07.2016 00:15:00 or Unix seconds; "
        + "write it so, in whole seconds, or leave the column out")
    #expect(try forecast("date,x\n20161301,1\n20161302,1\n").times?.step == 1)
  }

  @Test func daysThatTheCalendarDoesNotHave() throws {
    let golden = try GoldenForecast.read()
    #expect(golden.possible.count > 100 && golden.impossible.count > 100)
    for day in golden.possible {
      let found = try forecast("t,x\n\(day) 00:00,1\n\(day) 00:01,1\n")
      #expect(found.times?.text(ofRow: 0) == "\(day) 00:00:00")
    }
    for day in golden.impossible {
      #expect(try complaint("t,x\n\(day) 00:00,1\n\(day) 00:01,1\n").hasPrefix("s.csv:2: "))
    }
  }

  @Test(arguments: [
    "2020-01-01 24:00", "2020-01-01 00:60", "2020-01-01 00:00:60", "2020-01-01 0:0", "2020-01/01",
    "20-01-01", "2020-001-01", "2020-01-01 00", "2020-01-01 00:00:00:00", "2020-01-01  00:00",
    "2020-01-01T", "2020-01-01_00:00", "2020-01-01 00:00ZZ", "2020-01-01 00:00+1",
    "2020-01-01 00:00+010", "2020-01-01 00:00+01:0", "2020-01-01 00:00+15",
    "2020-01-01 00:00+01:60", "2020-01-01 00:00+01:00:00",
    "2020-01-01 00:00+0x", "2020-01-01-02", "2020-01-01+02:00", "2020-01-01 +02:00",
    "2020-01-01 00:00+", "2020-01-01 00:00.5", "2020-01-01 00:00.0", "2020-01-01 00:00:00.",
    "2020-01-01 00:00:00.001", "2020-01-01 00:00:00.0.0",
    "0000-01-01", "2020.01.01", "01-01-2020", "1.1.20", "2020-01-01 -1:00", "noon", "1e3", "2020-",
    "12345678901234", "-99999999999999999999", "",
  ])
  func refusesOtherTexts(_ text: String) throws {
    let found = try complaint("date,x\n\(text),1\n2020-01-02 00:00,1\n")
    #expect(
      found.hasPrefix("s.csv:2: column date: found \"\(text)\", expected a time as 2016-07-01"),
      "\(found)")
  }
}
