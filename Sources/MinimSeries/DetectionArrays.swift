// SPDX-License-Identifier: Apache-2.0

/// The problem of a folder with `train.npy`, `test.npy` and `labels.npy`.
func arrayProblem(_ folder: DetectionFolder) throws(DataError) -> [DetectionSource] {
  let known = ["train.npy", "test.npy", "label.npy", "labels.npy"]
  if let other = folder.files.first(where: {
    plainName($0).hasSuffix(".npy") && !known.contains(plainName($0))
  }) {
    throw DataError(
      file: "\(folder.path)/\(other)", found: "an array of this name",
      expected: "train.npy, test.npy, labels.npy")
  }
  let name = lastComponent(folder.path)
  let source = DetectionSource(name: name, file: folder.path) { () throws(DataError) in
    try joined(
      name: name, train: folder.file("train.npy"), test: folder.file("test.npy"),
      labels: folder.file("labels.npy", "label.npy"), intervals: nil, place: folder.path)
  }
  return [source]
}

/// The problems of a folder with `NAME.train.npy`, `NAME.test.npy` and `NAME.label.npy`, or
/// `labeled_anomalies.csv` in place of labels.
func familyProblems(_ folder: DetectionFolder) throws(DataError) -> [DetectionSource] {
  var intervals: AnomalyIntervals?
  if let file = try folder.file("labeled_anomalies.csv") { intervals = try AnomalyIntervals(file) }
  return try folder.families(parts: ["train", "test", "label", "labels"]).map { name in
    DetectionSource(name: name, file: name) { [intervals] () throws(DataError) in
      try joined(
        name: name, train: folder.file("\(name).train.npy"), test: folder.file("\(name).test.npy"),
        labels: folder.file("\(name).label.npy", "\(name).labels.npy"), intervals: intervals,
        place: "\(folder.path)/\(name)")
    }
  }
}

/// The problems of a folder with `NAME.value.npy` and perhaps `NAME.label.npy`, split as NAB's.
func splitProblems(_ folder: DetectionFolder) throws(DataError) -> [DetectionSource] {
  try folder.families(parts: ["value", "label", "labels"]).map { name in
    DetectionSource(name: name, file: name) { () throws(DataError) in
      let labels = try folder.file("\(name).label.npy", "\(name).labels.npy")
      guard let values = try folder.file("\(name).value.npy") else {
        throw DataError(
          file: labels ?? folder.path, found: "labels alone", expected: "\(name).value.npy as well")
      }
      let whole = try recording(values, labels: labels)
      return try DetectionProblem(name: name, recording: whole, trainRows: probation(whole.count))
    }
  }
}

/// A problem from the paths of its arrays; labels belong to the test part.
private func joined(
  name: String, train: String?, test: String?, labels: String?, intervals: AnomalyIntervals?,
  place: String
) throws(DataError) -> DetectionProblem {
  guard let train else {
    throw DataError(
      file: place, found: "no training array", expected: "values to learn the normal from")
  }
  guard let test else {
    if let labels {
      throw DataError(
        file: labels, found: "labels without a test array", expected: "the values they belong to")
    }
    return DetectionProblem(
      name: name, train: try recording(train, labels: nil), test: nil)
  }
  var tested = try recording(test, labels: labels)
  if labels == nil, let flags = try intervals?.labels(name, rows: tested.count) {
    tested = Recording(
      name: tested.name, channels: tested.channels, values: tested.values, labels: flags)
  }
  return try DetectionProblem(name: name, readTrain: recording(train, labels: nil), test: tested)
}

/// The values of an array of (time) or (time, channels), row after row, and its channels.
///
/// NaN is kept as a missing value on demand, else refused with `advice`. Throws `DataError`.
func arrayRows(
  _ path: String, keepsMissing: Bool = false, advice: String = "fill or cut it before"
) throws(DataError) -> (values: [Float], channels: Int) {
  let array = try readNumpy(readInput(path)[...], name: path)
  guard (1...2).contains(array.shape.count), !array.values.isEmpty else {
    throw DataError(
      file: path, found: "an array of shape \(array.shape)",
      expected: "(time) or (time, channels), not empty")
  }
  let channels = array.shape.count == 2 ? array.shape[1] : 1
  var values: [Float] = []
  values.reserveCapacity(array.values.count)
  var resolution = FloatResolution(columns: channels)
  for (place, value) in array.values.enumerated() {
    guard Float(value).isFinite || keepsMissing && value.isNaN else {
      throw DataError(
        file: path, field: "row \(place / channels + 1), column \(place % channels + 1)",
        found: "\(value)", expected: "a finite number that float32 can hold", advice: advice)
    }
    resolution.note(value, column: place % channels)
    values.append(Float(value))
  }
  try resolution.check(file: path) { "column \($0 + 1)" }
  return (values, channels)
}

/// A recording from an array of (time) or (time, channels), and an array of labels: (time),
/// (time, 1), or one for each value.
private func recording(_ path: String, labels: String?) throws(DataError) -> Recording {
  let (values, channels) = try arrayRows(path)
  guard let labels else { return Recording(name: path, channels: channels, values: values) }
  let (flags, isOneForEachValue) = try labelArray(
    labels, shape: [values.count / channels, channels])
  return Recording(
    name: path, channels: channels, values: values, labels: isOneForEachValue ? nil : flags,
    channelLabels: isOneForEachValue ? flags : nil)
}

/// Reads labels of a recording of a shape (rows, channels): of rows, or of values.
private func labelArray(
  _ path: String, shape: [Int]
) throws(DataError) -> (flags: [Bool], isOneForEachValue: Bool) {
  let array = try readNumpy(readInput(path)[...], name: path)
  guard array.shape == [shape[0]] || array.shape == [shape[0], 1] || array.shape == shape else {
    throw DataError(
      file: path, found: "labels of shape \(array.shape)",
      expected: "[\(shape[0])] or \(shape), as the values")
  }
  var flags: [Bool] = []
  flags.reserveCapacity(array.values.count)
  for (place, value) in array.values.enumerated() {
    guard value == 0 || value == 1 else {
      throw DataError(
        file: path, field: "label \(place + 1)", found: "\(value)",
        expected: "0 (normal) or 1 (anomalous)")
    }
    flags.append(value == 1)
  }
  return (flags, array.shape == shape)
}
