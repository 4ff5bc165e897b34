// SPDX-License-Identifier: Apache-2.0

/// Reads the `.ts` format of the UEA archive: a header of `@key value` lines, `@data`, then one
/// case a line.
///
/// A case is its channels set apart by colons, and last its class label; a channel is values set
/// apart by commas, or, with time stamps, pairs `(stamp,value)`, whose stamps may hold colons and
/// are passed over. `?` and `NaN` are missing. Labels are exact text, found in the header's list
/// without regard to case. Source: methods, memkd 6.
func readTS(_ bytes: [UInt8], name: String) throws -> RawSet {
  var reader = TSReader(name: name)
  for (index, line) in lines(of: bytes).enumerated() {
    try reader.take(line, number: index + 1)
  }
  return try reader.finish()
}

private struct TSReader {
  let name: String
  var inData = false
  var hasStamps = false
  var hasMissing: Bool?
  var isUnivariate: Bool?
  var equalLength: Bool?
  var dimensions: Int?
  var seriesLength: Int?
  var classes: [String]?
  var seen: Set<String> = []
  var set: RawSet

  init(name: String) {
    self.name = name
    set = RawSet(name: name, channelCount: 0, cases: [], labels: [], declaredClasses: nil)
  }

  func problem(
    _ line: Int?, _ found: String, _ expected: String, _ advice: String = "", field: String? = nil
  ) -> DataError {
    DataError(
      file: name, line: line, field: field, found: found, expected: expected, advice: advice)
  }

  mutating func take(_ line: ArraySlice<UInt8>, number: Int) throws {
    var line = line
    while let first = line.first, isBlank(first) { line.removeFirst() }
    while let last = line.last, isBlank(last) { line.removeLast() }
    guard let first = line.first, first != UInt8(ascii: "#"), first != UInt8(ascii: "%") else {
      return
    }
    if inData { return try takeCase(line, number: number) }
    guard first == UInt8(ascii: "@") else {
      throw problem(number, shown(line), "a header line that begins with @", "is @data missing?")
    }
    let words = line.dropFirst().split(whereSeparator: isBlank).map {
      String(decoding: $0, as: UTF8.self)
    }
    guard let key = words.first?.lowercased() else {
      throw problem(number, "a bare @", "@key value")
    }
    try takeHeader(key, Array(words.dropFirst()), number: number)
  }

  private mutating func takeHeader(_ key: String, _ values: [String], number: Int) throws {
    func flag() throws -> Bool {
      switch values.first?.lowercased() {
      case "true": return true
      case "false": return false
      default: throw problem(number, values.first ?? "nothing", "true or false", field: "@\(key)")
      }
    }
    func whole() throws -> Int {
      guard let text = values.first, let value = Int(text), value > 0 else {
        throw problem(
          number, values.first ?? "nothing", "a positive whole number", field: "@\(key)")
      }
      return value
    }
    guard seen.insert(key).inserted else {
      throw problem(number, "@\(key) a second time", "each key once")
    }
    switch key {
    case "timestamps": hasStamps = try flag()
    case "missing": hasMissing = try flag()
    case "univariate": isUnivariate = try flag()
    case "equallength": equalLength = try flag()
    case "dimensions", "dimension": dimensions = try whole()
    case "serieslength": seriesLength = try whole()
    case "classlabel":
      guard try flag() else {
        throw problem(
          number, "@classLabel false", "class labels", "classification needs a label for each case")
      }
      classes = Array(values.dropFirst())
      guard classes?.isEmpty == false else {
        throw problem(number, "no class names", "@classLabel true followed by the names")
      }
    case "targetlabel":
      if try flag() {
        throw problem(
          number, "@targetLabel true (a regression problem)", "class labels",
          "classification needs a label for each case")
      }
    case "data":
      inData = true
      guard values.isEmpty else { throw problem(number, values[0], "nothing after @data") }
      guard classes != nil else {
        throw problem(number, "@data without @classLabel", "@classLabel true followed by the names")
      }
    default: break
    }
  }

  private mutating func takeCase(_ line: ArraySlice<UInt8>, number: Int) throws {
    var parts =
      hasStamps ? splitStamped(line) : line.split(separator: 0x3A, omittingEmptySubsequences: false)
    guard parts.count >= 2, let label = parts.popLast() else {
      throw problem(
        number, "no colon before a class label", "channel:…:label",
        "the line seems cut off; copy the file again")
    }
    let text = String(decoding: label, as: UTF8.self).filter { !$0.isWhitespace }
    guard let known = classes?.first(where: { $0.lowercased() == text.lowercased() }) else {
      throw problem(
        number, "class \"\(text.prefix(40))\"", "one of \((classes ?? []).joined(separator: " "))",
        "the line may be cut off", field: "label")
    }
    var values: [Double] = []
    var length = 0
    for (channel, part) in parts.enumerated() {
      let read = try readChannel(part, channel: channel, line: number)
      if channel > 0 && read.count != length {
        throw problem(
          number, "\(read.count) values", "\(length) as in channel 1",
          field: "channel \(channel + 1)")
      }
      length = read.count
      values += read
    }
    if set.cases.isEmpty { set.channelCount = parts.count }
    guard parts.count == set.channelCount else {
      throw problem(number, "\(parts.count) channels", "\(set.channelCount) as in the first case")
    }
    if isUnivariate == true, parts.count != 1 {
      throw problem(number, "\(parts.count) channels", "1, for the header says @univariate true")
    }
    if let dimensions, parts.count != dimensions {
      throw problem(number, "\(parts.count) channels", "\(dimensions), as the header says")
    }
    if let seriesLength, equalLength != false, length != seriesLength {
      throw problem(number, "\(length) time steps", "\(seriesLength), as the header says")
    }
    if equalLength == true, let first = set.cases.first, first.length != length {
      throw problem(
        number, "\(length) time steps", "\(first.length), for the header says @equalLength true")
    }
    set.cases.append(SeriesCase(length: length, values: values, label: 0, line: number))
    set.labels.append(known)
  }

  /// Splits at `):`, for stamps hold colons of their own.
  private func splitStamped(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    var parts: [ArraySlice<UInt8>] = []
    var start = line.startIndex, depth = 0
    for place in line.indices {
      switch line[place] {
      case UInt8(ascii: "("): depth += 1
      case UInt8(ascii: ")"): depth -= 1
      case UInt8(ascii: ":") where depth == 0:
        parts.append(line[start..<place])
        start = place + 1
      default: break
      }
    }
    parts.append(line[start...])
    return parts
  }

  private func readChannel(_ part: ArraySlice<UInt8>, channel: Int, line: Int) throws -> [Double] {
    var fields: [ArraySlice<UInt8>]
    if hasStamps {
      fields = []
      for pair in part.split(separator: UInt8(ascii: "("))
      where !pair.allSatisfy({ isBlank($0) || $0 == 0x2C }) {
        guard let close = pair.lastIndex(of: UInt8(ascii: ")")),
          let comma = pair[..<close].lastIndex(of: UInt8(ascii: ",")), comma > pair.startIndex
        else {
          throw problem(
            line, shown(pair), "a pair (stamp,value)",
            field: "channel \(channel + 1), step \(fields.count + 1)")
        }
        fields.append(pair[(comma + 1)..<close])
      }
    } else {
      fields = part.split(separator: 0x2C, omittingEmptySubsequences: false)
    }
    guard !fields.isEmpty else {
      throw problem(line, "no values", "at least one", field: "channel \(channel + 1)")
    }
    return try fields.enumerated().map { place, field in
      switch fieldValue(field) {
      case .number(let value) where fitsFloat32(value): return value
      case .number:
        throw problem(
          line, shown(field), "a number that float32 can hold",
          field: "channel \(channel + 1), step \(place + 1)")
      case .missing:
        if hasMissing == false, field.contains(UInt8(ascii: "?")) {
          throw problem(
            line, "a missing value", "none, for the header says @missing false",
            field: "channel \(channel + 1), step \(place + 1)")
        }
        return .nan
      case .invalid:
        throw problem(
          line, shown(field), "a number, ? or NaN",
          field: "channel \(channel + 1), step \(place + 1)")
      }
    }
  }

  mutating func finish() throws -> RawSet {
    guard inData else {
      throw problem(nil, "no @data line", "a header, @data and cases", "the file seems cut off")
    }
    guard !set.cases.isEmpty else { throw problem(nil, "no cases after @data", "at least one") }
    set.declaredClasses = classes
    return set
  }
}
