// SPDX-License-Identifier: Apache-2.0
#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// The series of the Numenta Anomaly Benchmark: CSV files of `timestamp,value`, and
/// `combined_windows.json`, which lists for each of them `[[first, last], …]` as times, both ends
/// anomalous.
///
/// A key of the JSON names a file by its folder and name, below this folder or its `data`; the file
/// may also lie flat with `__` for `/`. Keys without a file are passed over. The problem's name is
/// the key without `.csv`, `__` for `/`. Throws `DataError`, also for a file without a key and for
/// a window that holds no row.
func nabProblems(_ folder: DetectionFolder) throws(DataError) -> [DetectionSource] {
  let place = folder.windows ?? folder.path
  guard
    let windows = try? JSONDecoder().decode(
      [String: [[String]]].self, from: Data(readInput(place)))
  else {
    throw DataError(
      file: place, found: "other JSON or none",
      expected: "{\"folder/name.csv\": [[first time, last time], …], …}")
  }
  var sources: [DetectionSource] = []
  for path in folder.tables {
    let inside = path.hasPrefix("data/") ? String(path.dropFirst("data/".count)) : path
    let flat = plainName(inside).split(separator: "/").joined(separator: "__")
    guard
      let (key, spans) = windows.first(where: {
        $0.key.split(separator: "/").joined(separator: "__") == flat
      })
    else {
      throw DataError(
        file: "\(folder.path)/\(path)", found: "a CSV file without windows",
        expected: "its key in \(place)", advice: "an empty list says that it has no anomaly")
    }
    let name = String(flat.dropLast(".csv".count))
    sources.append(
      DetectionSource(name: name, file: path) { () throws(DataError) in
        let whole = try nabRecording(
          "\(folder.path)/\(path)", windows: spans, key: key, place: place)
        return try DetectionProblem(
          name: name, recording: whole, trainRows: probation(whole.count),
          droppedColumns: ["timestamp"])
      })
  }
  return sources
}

/// A series with the rows of its windows labelled.
private func nabRecording(
  _ path: String, windows: [[String]], key: String, place: String
) throws(DataError) -> Recording {
  let table = try RecordingTable(path)
  guard table.timeColumn == "timestamp", table.recording.channelNames == ["value"],
    table.recording.labels == nil
  else {
    throw DataError(file: path, line: 1, found: "other columns", expected: "timestamp,value")
  }
  var moments: [Int] = []
  for (row, text) in table.times.enumerated() {
    guard let moment = moment(trimmed(text)) else {
      throw DataError(
        file: path, line: row + 2, field: "column timestamp", found: shown(text),
        expected: "a time as 2014-04-01 00:05:00")
    }
    moments.append(moment)
  }
  var flags = [Bool](repeating: false, count: moments.count)
  for window in windows {
    let ends = window.compactMap { moment(Array($0.utf8)[...]) }
    guard window.count == 2, ends.count == 2, ends[0] <= ends[1] else {
      throw DataError(
        file: place, field: key, found: "the window \(window)",
        expected: "two times as 2014-04-01 00:05:00, the first not after the last")
    }
    var isEmpty = true
    for (row, moment) in moments.enumerated() where moment >= ends[0] && moment <= ends[1] {
      flags[row] = true
      isEmpty = false
    }
    guard !isEmpty else {
      throw DataError(
        file: place, field: key, found: "the window \(window)",
        expected: "one that holds rows of \(path)", advice: "do the two files belong together?")
    }
  }
  return Recording(
    name: path, channels: 1, channelNames: ["value"], values: table.recording.values, labels: flags)
}

/// A number that grows with the time `yyyy-mm-dd hh:mm:ss` (or `T` between), with up to six decimals
/// of a second; nil for another text.
private func moment(_ text: ArraySlice<UInt8>) -> Int? {
  let text = Array(text)
  guard text.count >= 19 else { return nil }
  let pattern = Array("dddd-dd-dd dd:dd:dd".utf8)
  for (byte, wanted) in zip(text, pattern) {
    switch wanted {
    case UInt8(ascii: "d"): guard (0x30...0x39).contains(byte) else { return nil }
    case UInt8(ascii: " "): guard byte == wanted || byte == UInt8(ascii: "T") else { return nil }
    default: guard byte == wanted else { return nil }
    }
  }
  let decimals = text.dropFirst(20)
  guard text.count == 19 || text[19] == UInt8(ascii: ".") && (1...6).contains(decimals.count),
    decimals.allSatisfy({ (0x30...0x39).contains($0) })
  else { return nil }
  func number(_ digits: ArraySlice<UInt8>) -> Int {
    digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }
  let month = number(text[5..<7]), day = number(text[8..<10]), hour = number(text[11..<13])
  let minute = number(text[14..<16]), second = number(text[17..<19])
  guard (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60
  else { return nil }
  let days = (number(text[0..<4]) * 12 + month) * 31 + day
  let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
  let micros = (0..<6).reduce(0) { sum, place in
    sum * 10 + (place < decimals.count ? Int(decimals[20 + place] - 0x30) : 0)
  }
  return seconds * 1_000_000 + micros
}
