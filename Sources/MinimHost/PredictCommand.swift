// SPDX-License-Identifier: Apache-2.0
import CMinimSystem
import MinimRuntime

/// `predict`: whole cases in, a line each; results out, a line of JSON each.
public struct PredictCommand {
  /// The file of cases.
  public var data: String

  /// A prediction for the cases of a file.
  public init(data: String) { self.data = data }

  /// Runs over a file.
  ///
  /// A line that begins with `[` is a case as a JSON array: of numbers, or for several channels of
  /// an array for each step. Every other line is a UCR case: the class, then the values of the one
  /// channel, separated by tabs, commas or blanks; NaN at its end is padding. Forecasters take JSON
  /// lines alone. Where classes are known, the last line says how many are right. Throws `HostError`.
  public func run(_ loaded: LoadedModel, output: Int32 = 1) throws(HostError) {
    try PredictionOutput.requireCases(loaded)
    let descriptor = system_open(data)
    guard descriptor >= 0 else {
      throw .cannotRead(path: data, reason: String(cString: system_error()))
    }
    defer { system_close(descriptor) }
    var lines = LineReader(descriptor, source: data)
    var predictions = PredictionOutput(loaded, output: output)
    var numbers = NumberLine()
    while true {
      let number = lines.lineNumber + 1
      let label = try lines.next { (whole) throws(HostError) -> Label in
        let line = UnsafeBufferPointer(rebasing: whole.drop { $0 == 0x20 })
        if line.isEmpty { return .noCase }
        let isJSON = line.first == UInt8(ascii: "[")
        guard isJSON || !loaded.model.isForecaster else {
          throw .badLine(
            source: data, line: number, found: "a line that is no JSON array",
            expected: "a window as a JSON array, for the model is a forecaster; "
              + "forecast and stream take the rows of a series")
        }
        do throws(NumberLine.Problem) {
          try numbers.read(line, skippingFields: isJSON ? 0 : 1)
        } catch {
          throw .badLine(
            source: data, line: number, found: error.found, expected: error.expected)
        }
        let channels = loaded.model.channelCount
        if let steps = numbers.rowLengths, steps != channels...channels {
          let wrong = steps.lowerBound == channels ? steps.upperBound : steps.lowerBound
          throw .badLine(
            source: data, line: number, found: "a step of \(wrong) numbers",
            expected: "\(channels), one for each channel")
        }
        let field = line.prefix { $0 != 0x09 && $0 != 0x20 && $0 != UInt8(ascii: ",") }
        return isJSON ? .unknown : .known(Self.className(line, field.indices))
      }
      guard let label else { break }
      var values = numbers.numbers
      switch label {
      case .noCase: continue
      case .unknown:
        try predictions.add(values, channels: nil, label: nil, source: data, line: number)
      case .known(let name):
        while values.last?.isNaN == true { values.removeLast() }
        try predictions.add(values, channels: 1, label: name, source: data, line: number)
      }
    }
    try predictions.finish(source: data)
  }

  /// A label as `minim` names classes: `1.0000e+00` is class 1.
  private static func className(
    _ line: UnsafeBufferPointer<UInt8>, _ field: Range<Int>
  ) -> String {
    if let number = NumberLine.number(line, field), number.magnitude < 1e15,
      Double(Int(number)) == number
    {
      return "\(Int(number))"
    }
    return String(decoding: line[field], as: UTF8.self)
  }

  private enum Label {
    case noCase
    case unknown
    case known(String)
  }
}

/// The lines that `predict` writes, from whatever reader the cases came.
public struct PredictionOutput: ~Copyable {
  private let loaded: LoadedModel
  private let names: [String]
  private var text: TextOutput
  private var cases = 0
  private var labelled = 0
  private var right = 0

  /// Predictions of a model, to a descriptor.
  public init(_ loaded: LoadedModel, output: Int32 = 1) {
    self.loaded = loaded
    text = TextOutput(output)
    names = (0..<loaded.model.classCount).map(loaded.className)
  }

  /// Refuses a detector, which judges a stream rather than cases.
  ///
  /// Throws `HostError.badOption`.
  public static func requireCases(_ loaded: LoadedModel) throws(HostError) {
    guard loaded.detector == nil else {
      throw .badOption("\(loaded.path): found a detector, expected a classifier; give it to stream")
    }
  }

  /// Writes the prediction for a case (time, channels), of as many channels as the model has or as
  /// are known.
  ///
  /// Throws `HostError.badLine` where the case does not fit the model.
  public mutating func add(
    _ values: [Double], channels known: Int?, label: String?, source: String, line: Int
  ) throws(HostError) {
    let model = loaded.model, channels = model.channelCount
    guard known ?? channels == channels else {
      throw .badLine(
        source: source, line: line, found: "a case of \(known ?? 0) channels",
        expected: "\(channels); in a file of JSON lines, an array for each step")
    }
    guard !values.isEmpty, values.count.isMultiple(of: channels) else {
      throw .badLine(
        source: source, line: line, found: "\(values.count) numbers",
        expected: "a multiple of \(channels), the channels")
    }
    let steps = values.count / channels
    guard !model.isForecaster || steps == model.shortestLength else {
      throw .badLine(
        source: source, line: line, found: "\(steps) rows",
        expected: "\(model.shortestLength), the forecaster's look-back")
    }
    let isFree = model.resamplesCases || model.mode == .stream
    guard isFree || (model.shortestLength...model.windowLength).contains(steps) else {
      throw .badLine(
        source: source, line: line, found: "\(steps) steps",
        expected: "\(model.shortestLength) to \(model.windowLength), as the model was packed for; "
          + "`pack --window` makes it longer where it was trained with --length pad")
    }
    guard let result = loaded.result(forCase: values) else {
      throw .badLine(
        source: source, line: line, found: "a missing or infinite value",
        expected: "numbers, as in training")
    }
    if let label, model.decisionKind == .classes, !names.contains(label) {
      throw .badLine(
        source: source, line: line, found: "the class \(quoted(label))",
        expected: "one of \(names.prefix(8).joined(separator: " "))")
    }
    cases += 1
    let members = result.outputs.withUnsafeBufferPointer {
      loaded.resultMembers($0, decision: result.decision)
    }
    text.write("{\"case\":\(cases),\(members)")
    if let label {
      let matches = result.decision >= 0 && names[result.decision] == label
      labelled += 1
      right += matches ? 1 : 0
      text.write(",\"label\":\(jsonString(label))")
    }
    text.write("}\n")
  }

  /// Writes how many classes were right, where any were known, and everything out.
  ///
  /// Throws `HostError.badLine` where there was no case.
  public consuming func finish(source: String) throws(HostError) {
    guard cases > 0 else {
      throw .badLine(source: source, line: 1, found: "no cases", expected: "at least one")
    }
    if labelled > 0, loaded.model.decisionKind == .classes {
      let share = Double(right) / Double(labelled)
      text.write("{\"cases\":\(cases),\"labelled\":\(labelled),\"accuracy\":\(share)}\n")
    }
    text.flush()
  }
}
