// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimSeries
import Testing

@Suite struct DetectionTableTests {
  private func problem(_ text: String, trainFraction: Double = 0.5) throws -> DetectionProblem {
    try Scratch.with(["pump.csv": text]).problems("pump.csv", trainFraction: trainFraction)[0]
  }

  @Test func splitsALabelledFile() throws {
    let text =
      "\u{FEFF}Timestamp, flow ,\"pressure, bar\",Is_Anomaly\r\n1,0.5,-1e2,0\r\n2,1,7,TRUE\r\n3,2,8,1.0\r\n4,3,9,false\r\n5,4,\"1.5\",0\r\n\r\n\n"
    let found = try problem(text)
    #expect(found.name == "pump" && found.droppedColumns == ["Timestamp"])
    #expect(found.train.channelNames == ["flow", "pressure, bar"])
    #expect(found.train.values == [0.5, -100, 1, 7, 2, 8])
    #expect(found.train.labels == [false, true, true])
    #expect(found.test?.values == [3, 9, 4, 1.5] && found.test?.labels == [false, false])
    #expect(try problem(text, trainFraction: 0.2).train.count == 1)
    #expect(try problem(text, trainFraction: 0.01).train.count == 1)
    #expect(try problem(text, trainFraction: 0.99).test?.count == 1)
    let zipped = try Scratch.with(["pump.csv.gz": gzipped(Data(text.utf8))])
    let again = try zipped.problems("pump.csv.gz")[0]
    #expect(again.name == "pump" && again.train.values == found.train.values)
  }

  @Test func keepsAnUnlabelledFileWhole() throws {
    let found = try problem("0,1\n1,2\n3,4")
    #expect(found.train.channelNames == ["0", "1"] && found.train.values == [1, 2, 3, 4])
    #expect(found.test == nil && found.train.labels == nil && found.droppedColumns == [])
  }

  @Test func dropsALeadingColumnOfTimes() throws {
    #expect(try problem("when,x\n2020-01-01,1\n2020-01-02,2\n").droppedColumns == ["when"])
    #expect(try problem("DATE,x\n1,1\n").droppedColumns == ["DATE"])
    let kept = try problem("x,time\n1,5\n")
    #expect(kept.droppedColumns == [] && kept.train.values == [1, 5])
    let labelled = try problem("label,x\ntrue,1\nfalse,2\n")
    #expect(labelled.droppedColumns == [] && labelled.train.labels == [true])
  }

  @Test func readsPairsOfFiles() throws {
    let scratch = try Scratch.with([
      "b_train.csv": "time,x,y\n0,1,2\n", "b_test.csv": "x,y,label\n3,4,1\n5,6,0\n",
      "a_train.csv": "x\n1\n2\n", "notes.txt": "",
    ])
    let found = try scratch.problems()
    #expect(found.map(\.name) == ["a", "b"] && found[0].test == nil)
    #expect(found[1].train.values == [1, 2] && found[1].droppedColumns == ["time"])
    #expect(found[1].test?.values == [3, 4, 5, 6] && found[1].test?.labels == [true, false])
  }

  @Test(arguments: [
    ("", "found an empty file, expected a header and rows"),
    ("x,y\n\n", "found a header alone, expected a header and rows"),
    ("x,y\n1,2\n3,\n", "3: column y: found a missing value, expected a number; fill it before"),
    ("x,y\n1,nan\n", "2: column y: found a missing value, expected a number; fill it before"),
    (
      ",x\n1,2\n",
      "1: column 1: found no name, expected a name for each column; "
        + "if it counts rows, leave it out (index=False in pandas) or name it \"time\""
    ),
    ("x,y\n,2\n", "2: column x: found a missing value, expected a number; fill it before"),
    ("x,y\n1,inf\n", "2: column y: found \"inf\", expected a finite number that float32 can hold"),
    (
      "x,y\n1e400,1\n",
      "2: column x: found \"1e400\", expected a finite number that float32 can hold"
    ),
    (
      "x,y\n-Inf,1\n", "2: column x: found \"-Inf\", expected a finite number that float32 can hold"
    ),
    (
      "x,y\n1,1e39\n", "2: column y: found \"1e39\", expected a finite number that float32 can hold"
    ),
    (
      "x,y\n1,2\n1,warm\n",
      "3: column y: found \"warm\", expected a finite number that float32 can hold"
    ),
    ("x,y\n1,2\n1,2,3\n1,2\n", "3: found 3 fields, expected 2 as in the header"),
    ("x,y\n1,2\n\n1,2\n", "3: found an empty line, expected 2 as in the header"),
    (
      "x,y\n1,2\n1",
      "3: found 1 fields, expected 2 as in the header; the file seems cut off; copy it again"
    ),
    ("x,label\n1,2\n", "2: column label: found \"2\", expected 0, 1, true or false"),
    ("x,label\n1,yes\n", "2: column label: found \"yes\", expected 0, 1, true or false"),
    ("x,label\n1,\n", "2: column label: found \"\", expected 0, 1, true or false"),
    (
      "x,label,anomaly\n1,0,0\n",
      "1: found columns label and anomaly, expected one column of labels"
    ),
    ("time,label\n1,0\n", "1: found columns time, label, expected a column of numbers"),
    ("x,x\n1,0\n", "1: column 2: found \"x\" again, expected different names"),
    (
      "0.5,1,0,0\n0.5,1,0,0\n",
      "1: column 4: found \"0\" again, expected different names; put a line of column names on top"
    ),
    (
      "1.5,2\n1,0\n",
      "1: column 1: found the name \"1.5\", expected a header of names; put a line of column names on top"
    ),
    (
      "x,la\"bel\n1,0\n",
      "1: found a quotation mark inside a field, expected fields with quotation marks around them or none"
    ),
    (
      "x,label\n1,0\n",
      "found 1 rows, of which 1 to learn from, expected rows to learn from and rows to test on"
    ),
  ])
  func refusesFiles(_ text: String, _ complaint: String) throws {
    let found = try Scratch.with(["pump.csv": text]).detectionComplaint("pump.csv")
    #expect(found == "pump.csv:\(complaint.first?.isNumber == true ? "" : " ")\(complaint)")
  }

  @Test func refusesPairs() throws {
    let cases: [([String: String], String)] = [
      (
        ["a_test.csv": "x\n1\n"],
        "a_test.csv: found a test part alone, expected a_train.csv beside it"
      ),
      (
        ["a_train.csv": "x\n1\n", "other.csv": "x\n1\n"],
        "other.csv: found a CSV file of this name, expected NAME_train.csv or NAME_test.csv; give the path of the file itself to split it"
      ),
      (
        ["a_train.csv": "x\n1\n", "a_test.csv": "x,y\n1,2\n"],
        "a_test.csv: found 2 channels, expected 1 as in a_train.csv"
      ),
      (
        ["a_train.csv": "x,y\n1,2\n", "a_test.csv": "y,x\n1,2\n"],
        "a_test.csv: channel 1: found \"y\", expected \"x\" as in a_train.csv; bring the columns of both into one order"
      ),
    ]
    for (files, complaint) in cases {
      #expect(try Scratch.with(files).detectionComplaint() == complaint)
    }
  }
}
