// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimSeries
import Testing

@Suite struct ForecastReadingTests {
  static let hours = """
    Date,load,"price, EUR"
    2016-07-01 00:00:00,1.5,-3e2
    2016-07-01 01:00:00,2,7
    2016-07-01 02:00:00,2,8

    """

  @Test func readsTimesAndChannels() throws {
    for (name, data) in [
      ("s.csv", Data(Self.hours.utf8)), ("s.csv.gz", gzipped(Data(Self.hours.utf8))),
    ] {
      let found = try Scratch.with([name: data]).forecast(name)
      #expect(found.times == TimeAxis(start: 1_467_331_200, step: 3600))
      #expect(found.times?.text(ofRow: 3) == "2016-07-01 03:00:00")
      #expect(found.recording.channelNames == ["load", "price, EUR"])
      #expect(found.recording.values == [1.5, -300, 2, 7, 2, 8])
      #expect(found.recording.name.hasSuffix(name) && found.recording.labels == nil)
    }
  }

  @Test func timesAreOptional() throws {
    let found = try forecast("x,y\n1,2\n3,4\n")
    #expect(found.times == nil && found.recording.values == [1, 2, 3, 4])
    // A channel like any other here.
    #expect(try forecast("x,label\n1,2\n3,4\n").recording.channelNames == ["x", "label"])
    let constant = try forecast("x\n5\n5\n5\n")
    #expect(constant.recording.values == [5, 5, 5])
  }

  @Test func timesMayBeIgnored() throws {
    let scratch = try Scratch.with(["s.csv": "date,x\nlater,1\nsooner,2\nsooner,3\n"])
    let path = scratch.url.appending(path: "s.csv").path
    let found = try readForecastSeries(at: path, ignoringTimes: true)
    #expect(found.times == nil && found.recording.values == [1, 2, 3])
    #expect(throws: DataError.self) {
      try readForecastSeries(at: path, resample: 60, ignoringTimes: true)
    }
    #expect(throws: DataError.self) { try readForecastSeries(at: path) }
  }

  @Test func textWithoutHeader() throws {
    let text = "0.5,1,2\n3,4,5\n"
    for (name, data) in [("e.txt", Data(text.utf8)), ("e.txt.gz", gzipped(Data(text.utf8)))] {
      let found = try Scratch.with([name: data]).forecast(name)
      #expect(found.recording.channelNames == ["0", "1", "2"] && found.times == nil)
      #expect(found.recording.values == [0.5, 1, 2, 3, 4, 5])
    }
    let timed = try forecast("01.01.2020 00:10:00,1,2\n01.01.2020 00:20:00,3,4\n", "e.txt")
    #expect(timed.times == TimeAxis(start: 1_577_837_400, step: 600))
    #expect(timed.recording.channelNames == ["0", "1"] && timed.recording.values == [1, 2, 3, 4])
    #expect(
      try complaint("1,2\n1,x\n", "e.txt")
        == "e.txt:2: column 1: found \"x\", expected a finite number that float32 can hold")
    #expect(
      try complaint("1,2\n1\n2,3\n", "e.txt")
        == "e.txt:2: found 1 fields, expected 2 as in the first line")
    #expect(try complaint("\n", "e.txt") == "e.txt: found an empty file, expected rows")
  }

  @Test func semicolons() throws {
    let text = Self.hours.replacingOccurrences(of: ",", with: ";")
      .replacingOccurrences(of: "; ", with: ",; ")
    #expect(text.hasPrefix("Date;load;\"price,; EUR\"\n"))
    // A comma in the first line separates, so that this header is one of two odd names.
    #expect(try complaint(text).contains("s.csv:1: found a quotation mark inside a field"))
    let plain = try forecast(
      "time;load;price; EUR\n2016-07-01;1.5;-3e2;7\n2016-07-02;2;\"7\";8\n")
    #expect(plain.recording.channelNames == ["load", "price", "EUR"])
    #expect(plain.times?.step == 86_400)
    #expect(plain.recording.values == [1.5, -300, 7, 2, 7, 8])
    #expect(
      try complaint("a;b\n1;2,5\n3;4\n")
        == "s.csv:2: column b: found \"2,5\", expected a finite number that float32 can hold; "
        + "write decimals with a point")
    #expect(try complaint("a;b\n1;2,5,1\n3;4\n").hasSuffix("float32 can hold"))
    let tabs = try forecast("time\ta b\tc\n2016-07-01\t1\t2\n2016-07-02\t3\t4\n")
    #expect(tabs.recording.channelNames == ["a b", "c"] && tabs.recording.values == [1, 2, 3, 4])
    #expect(try complaint("a,t\n1,2016-07-01\n2,2016-07-02\n").hasSuffix("column of times first"))
  }

  @Test func arrays() throws {
    let scratch = try Scratch.with([
      "a.npy": floatArray([1, 2, 3, .nan, 5, 6], [3, 2]), "b.npy": floatArray([1, 2, 3], [3]),
      "c.npy": floatArray([1, .infinity], [2]), "d.npy": floatArray([1, 2, 3, 4], [1, 2, 2]),
    ])
    #expect(try scratch.forecast("b.npy").recording.values == [1, 2, 3])
    let found = try scratch.forecast("a.npy", fill: .linear)
    #expect(found.recording.values == [1, 2, 3, 4, 5, 6] && found.times == nil)
    #expect(found.recording.channelNames == ["0", "1"])
    func complaint(_ name: String, _ fill: FillPolicy? = nil, _ resample: Int? = nil) -> String {
      do {
        _ = try scratch.forecast(name, resample: resample, fill: fill)
        return "none"
      } catch {
        return "\(error)".replacingOccurrences(of: scratch.url.path + "/", with: "")
      }
    }
    #expect(
      complaint("a.npy")
        == "a.npy: row 2, column 2: found nan, expected a finite number that float32 can hold; "
        + "fill with --fill last or --fill linear")
    #expect(complaint("c.npy", .last).hasPrefix("c.npy: row 2, column 1: found inf, expected"))
    #expect(complaint("d.npy").contains("shape [1, 2, 2]"))
    #expect(complaint("b.npy", nil, 60).contains("found no column of times"))
  }

  @Test(arguments: [
    ("x\n1\n", "s.csv: found 1 row, expected at least 2 rows"),
    ("date,x\n2020-01-01,1\n", "s.csv: found 1 row, expected at least 2 rows"),
    (
      "date\n2020-01-01\n2020-01-02\n",
      "s.csv:1: found columns date, expected a column of numbers"
    ),
    (
      "x,y\n1,2\n1,\n",
      "s.csv:3: column y: found a missing value, expected a number; "
        + "fill with --fill last or --fill linear"
    ),
    (
      "x,y\n1,2\nNaN,1\n",
      "s.csv:3: column x: found a missing value, expected a number; "
        + "fill with --fill last or --fill linear"
    ),
    (
      "x,y\n1,2\n1,-inf\n",
      "s.csv:3: column y: found \"-inf\", expected a finite number that float32 can hold"
    ),
    (
      "date,x\n2020-01-01,1\n2020-01-02,1\n01/03/2020,1\n",
      "s.csv:4: column date: found \"01/03/2020\", expected a time as 2016-07-01 00:15:00, "
        + "2016-07-01T00:15, 2016/07/01, 01.07.2016 00:15:00 or Unix seconds; "
        + "write it so, in whole seconds, or leave the column out"
    ),
    (
      "date,x\n1577836800000,1\n1577836860000,1\n",
      "s.csv:2: column date: found \"1577836800000\", expected a time as 2016-07-01 00:15:00, "
        + "2016-07-01T00:15, 2016/07/01, 01.07.2016 00:15:00 or Unix seconds; "
        + "divide milliseconds by 1000"
    ),
    (
      "date,x\n2020-01-01,1\n2020-01-02 00:00,1\n",
      "s.csv:3: column date: found \"2020-01-02 00:00\", expected a time in the form of "
        + "\"2020-01-01\" in line 2; write all times alike"
    ),
    (
      "date,x\n2020-03-29 01:00+01:00,1\n2020-03-29 03:00+02:00,1\n",
      "s.csv:3: column date: found \"2020-03-29 03:00+02:00\", expected a time in the form of "
        + "\"2020-03-29 01:00+01:00\" in line 2; write all in one zone"
    ),
    (
      "date,x\n2020-01-01,1\n2020-01-03,1\n2020-01-02,1\n",
      "s.csv:4: column date: found \"2020-01-02\", before the time of line 3, expected times that "
        + "rise; sort the rows"
    ),
    (
      "date,x\n2020-01-01,1\n2020-01-01,1\n2020-01-02,1\n",
      "s.csv:3: column date: found \"2020-01-01\" again, expected times that rise; keep one of the "
        + "rows, or take means with --resample STEP"
    ),
  ])
  func refuses(_ text: String, _ message: String) throws {
    #expect(try complaint(text) == message)
  }

  @Test(arguments: [
    ("2020-01-01 00:00Z", "2020-01-01 01:00"), ("2020-01-01 00:00", "2020-01-01 01:00:00"),
    ("2020-01-01 00:00", "2020-01-01T01:00"), ("2020-01-01", "2020/01/02"),
    ("2020-01-01", "1577923200"),
  ])
  func oneFormInAFile(_ first: String, _ second: String) throws {
    for (first, second) in [(first, second), (second, first)] {
      #expect(
        try complaint("time,x\n\(first),1\n\(second),1\n").hasPrefix(
          "s.csv:3: column time: found \"\(second)\", expected a time in the form of \"\(first)\""))
    }
  }

  @Test func fillingDoesNotAllowTheRest() throws {
    #expect(try complaint("x\n1\ninf\n", fill: .last).hasPrefix("s.csv:3: column x: found \"inf\""))
    #expect(try complaint("x\n1\nwarm\n", fill: .last).hasPrefix("s.csv:3: column x: found"))
    let twice = "t,x\n2020-01-01,1\n2020-01-01,1\n2020-01-02,1\n"
    #expect(
      try complaint(twice, fill: .last).hasPrefix("s.csv:3: column t: found \"2020-01-01\" a"))
    let back = "t,x\n2020-01-02,1\n2020-01-01,1\n"
    #expect(try complaint(back, resample: 60, fill: .last).hasSuffix("rise; sort the rows"))
  }
}
