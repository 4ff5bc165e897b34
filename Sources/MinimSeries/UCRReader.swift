// SPDX-License-Identifier: Apache-2.0

/// Reads the UCR archive's text files: a line is a case, its label first, fields set apart by tab,
/// comma or blanks.
///
/// Labels are numbers, kept as whole-number text. `NaN` is a missing value, but a block of them at
/// the end of a line is a shorter series. Values must fit float32. Every line has as many fields as
/// the first. Source: methods, memkd 6.
func readUCR(_ bytes: [UInt8], name: String) throws -> RawSet {
  var set = RawSet(name: name, channelCount: 1, cases: [], labels: [], declaredClasses: nil)
  var separator: UInt8?
  var width = 0
  let all = lines(of: bytes)
  for (index, line) in all.enumerated() where !line.allSatisfy(isBlank) {
    let number = index + 1
    func problem(_ field: Int?, _ found: String, _ expected: String, _ advice: String = "")
      -> DataError
    {
      DataError(
        file: name, line: number, field: field.map { "field \($0 + 1)" }, found: found,
        expected: expected, advice: advice)
    }
    if separator == nil {
      separator = line.contains(0x09) ? 0x09 : line.contains(0x2C) ? 0x2C : 0x20
    }
    let mark = separator ?? 0x20
    let fields =
      mark == 0x20
      ? line.split(whereSeparator: isBlank)
      : line.split(separator: mark, omittingEmptySubsequences: false)
    if width == 0 { width = fields.count }
    guard fields.count >= 2 else {
      throw problem(nil, "\(fields.count) field", "a label and values", "is this a UCR file?")
    }
    guard fields.count == width else {
      throw problem(
        nil, "\(fields.count) fields", "\(width) as on the first line",
        index == all.count - 1 ? "the file seems cut off; copy it again" : "")
    }
    var values: [Double] = []
    values.reserveCapacity(width - 1)
    for (place, field) in fields.enumerated().dropFirst() {
      switch fieldValue(field) {
      case .number(let value) where fitsFloat32(value): values.append(value)
      case .number: throw problem(place, shown(field), "a number that float32 can hold")
      case .missing: values.append(.nan)
      case .invalid: throw problem(place, shown(field), "a number or NaN")
      }
    }
    while values.last?.isNaN == true { values.removeLast() }
    guard !values.isEmpty else { throw problem(nil, "no values", "a series of at least one value") }
    guard case .number(let label) = fieldValue(fields[0]), let whole = Int(exactly: label) else {
      throw problem(0, shown(fields[0]), "a whole-number class label")
    }
    set.labels.append(String(whole))
    set.cases.append(SeriesCase(length: values.count, values: values, label: 0, line: number))
  }
  guard !set.cases.isEmpty else {
    throw DataError(file: name, found: "an empty file", expected: "one case a line")
  }
  return set
}
