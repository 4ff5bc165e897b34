// SPDX-License-Identifier: Apache-2.0

/// The problem of one CSV file: split where it has labels, else all to learn from.
func tableProblem(_ path: String, trainFraction: Double) throws(DataError) -> DetectionProblem {
  let table = try RecordingTable(path)
  let name = String(plainName(lastComponent(path)).dropLast(".csv".count))
  let dropped = table.timeColumn.map { [$0] } ?? []
  guard table.recording.labels != nil else {
    return DetectionProblem(
      name: name, train: table.recording, test: nil, droppedColumns: dropped)
  }
  let count = table.recording.count
  let wanted = Int((Double(count) * trainFraction).rounded(.toNearestOrAwayFromZero))
  return try DetectionProblem(
    name: name, recording: table.recording, trainRows: max(1, min(wanted, count - 1)),
    droppedColumns: dropped)
}

/// The problems of a folder with `NAME_train.csv` and perhaps `NAME_test.csv`.
///
/// Throws `DataError`, also for a CSV file of another name and for a test part alone.
func tableProblems(_ folder: DetectionFolder) throws(DataError) -> [DetectionSource] {
  var sources: [DetectionSource] = []
  for file in folder.files where plainName(file).hasSuffix(".csv") {
    let stem = plainName(file).dropLast(".csv".count)
    if stem.hasSuffix("_test") {
      let name = stem.dropLast("_test".count)
      if try folder.file("\(name)_train.csv") == nil {
        throw DataError(
          file: "\(folder.path)/\(file)", found: "a test part alone",
          expected: "\(name)_train.csv beside it")
      }
      continue
    }
    guard stem.hasSuffix("_train") else {
      throw DataError(
        file: "\(folder.path)/\(file)", found: "a CSV file of this name",
        expected: "NAME_train.csv or NAME_test.csv",
        advice: "give the path of the file itself to split it")
    }
    let name = String(stem.dropLast("_train".count))
    guard let path = try folder.file("\(name)_train.csv") else { continue }
    let testPath = try folder.file("\(name)_test.csv")
    sources.append(
      DetectionSource(name: name, file: path) { () throws(DataError) in
        let train = try RecordingTable(path)
        var test: RecordingTable?
        if let testPath { test = try RecordingTable(testPath) }
        var dropped: [String] = []
        for column in [train.timeColumn, test?.timeColumn].compactMap(\.self)
        where !dropped.contains(column) {
          dropped.append(column)
        }
        return try DetectionProblem(
          name: name, readTrain: train.recording, test: test?.recording, droppedColumns: dropped)
      })
  }
  return sources
}
