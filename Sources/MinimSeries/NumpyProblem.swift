// SPDX-License-Identifier: Apache-2.0

/// A set of cases from an array of series, (cases, time) or (cases, channels, time), and an array
/// of labels.
func rawSet(series: NumpyArray, labels: NumpyArray, name: String) throws -> RawSet {
  guard series.shape.count == 2 || series.shape.count == 3, let count = series.shape.first,
    count > 0
  else {
    throw DataError(
      file: name, found: "series of shape \(series.shape)",
      expected: "(cases, time) or (cases, channels, time)")
  }
  guard labels.values.count == count else {
    throw DataError(
      file: name, found: "\(labels.values.count) labels", expected: "\(count), one for each case")
  }
  let channels = series.shape.count == 3 ? series.shape[1] : 1
  let length = series.shape[series.shape.count - 1]
  guard channels > 0, length > 0 else {
    throw DataError(
      file: name, found: "series of shape \(series.shape)", expected: "channels and time steps")
  }
  var set = RawSet(name: name, channelCount: channels, cases: [], labels: [], declaredClasses: nil)
  let size = channels * length
  for index in 0..<count {
    guard let label = Int(exactly: labels.values[index]) else {
      throw DataError(
        file: name, line: nil, field: "label \(index + 1)", found: "\(labels.values[index])",
        expected: "a whole number")
    }
    let values = Array(series.values[(index * size)..<((index + 1) * size)])
    if let value = values.first(where: { !$0.isNaN && !fitsFloat32($0) }) {
      throw DataError(
        file: name, field: "case \(index + 1)",
        found: value.isInfinite ? "an infinite value" : "\(value)",
        expected: "finite values that float32 can hold")
    }
    set.labels.append(String(label))
    set.cases.append(SeriesCase(length: length, values: values, label: 0, line: index + 1))
  }
  return set
}
