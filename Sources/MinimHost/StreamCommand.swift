// SPDX-License-Identifier: Apache-2.0
import MinimRuntime

/// `stream`: samples in, a line each; results out, a line of JSON each; state carried.
public struct StreamCommand {
  /// What to do about a line that is no sample.
  public enum ErrorPolicy: String, CaseIterable, Sendable {
    /// Report it and go on without it.
    case skip
    /// Report it and end.
    case stop
  }

  /// A result after every so many samples, from the first that means something.
  public var every = 1
  /// What to do about a bad line.
  public var onError = ErrorPolicy.skip

  /// A stream with a result for every sample, that skips bad lines.
  public init(every: Int = 1, onError: ErrorPolicy = .skip) {
    self.every = every
    self.onError = onError
  }

  /// Runs until the input ends.
  ///
  /// A line is a sample: a number for each channel, as a JSON array or separated by commas,
  /// semicolons, tabs or blanks. An empty line is passed over, and so is a first line of as many
  /// names, which must be those of the channels where the model has any. `every` counts the samples taken. Results are written when the input has no further line
  /// waiting. Bad lines are reported on standard error with their number. Throws `HostError`, also where
  /// there were bad lines and no sample.
  public func run(_ loaded: LoadedModel, input: Int32 = 0, output: Int32 = 1) throws(HostError) {
    defer { withExtendedLifetime(loaded) {} }
    guard every > 0 else { throw .badOption("--every: found \(every), expected 1 or more") }
    let channels = loaded.model.channelCount
    var lines = LineReader(input, source: "stdin")
    var text = TextOutput(output)
    var numbers = NumberLine()
    var sample = [Float](repeating: 0, count: channels)
    var taken = 0, skipped = 0, results = 0
    if loaded.model.resamplesCases {
      warn(
        "the model was trained on cases resampled to \(loaded.model.windowLength) steps; a stream is "
          + "not resampled: its samples must come at that rate")
    }
    while true {
      let first = lines.lineNumber == 0
      let outcome = try lines.next { (line) throws(HostError) -> Outcome in
        if line.isEmpty { return .empty }
        do throws(NumberLine.Problem) {
          try numbers.read(line)
        } catch {
          // A table may begin with the names of its columns.
          if first, NumberLine.isColumnNames(line, count: channels) {
            return .columnNames(NumberLine.columnNames(line))
          }
          return .bad(found: error.found, expected: error.expected)
        }
        guard numbers.numbers.count == channels else {
          return .bad(
            found: "\(numbers.numbers.count) numbers", expected: "\(channels), one for each channel"
          )
        }
        for channel in 0..<channels { sample[channel] = Float(numbers.numbers[channel]) }
        return .sample
      }
      guard let outcome else { break }
      switch outcome {
      case .empty: break
      case .columnNames(let names):
        try check(names, against: loaded)
        warn("stdin:1: taken for the names of the columns")
      case .bad(let found, let expected):
        try report(lines.lineNumber, found: found, expected: expected, &text)
        skipped += 1
      case .sample:
        let status = loaded.step(sample)
        if status == .rejected {
          try report(
            lines.lineNumber, found: "a missing or infinite value", expected: "numbers", &text)
          skipped += 1
        } else {
          taken += 1
          if status == .ready, taken % every == 0 {
            text.write("{\"sample\":\(taken),\(members(loaded))}\n")
            results += 1
          }
        }
      }
      if !lines.hasBufferedLine { text.flush() }
    }
    text.flush()
    if taken == 0, skipped > 0 {
      throw .badLine(
        source: "stdin", line: lines.lineNumber, found: "the end after \(skipped) skipped lines",
        expected: "a sample of \(channels) numbers a line")
    }
    let shortest = loaded.model.shortestLength
    if taken >= shortest, results == 0, every > 1 {
      warn("\(taken) samples came, none of those that --every \(every) asks for had a result")
    }
    if taken < shortest { warn("\(taken) samples came, a result needs \(shortest)") }
  }

  /// Refuses other names than the model's channels have, or another order: values go by their place.
  private func check(_ names: [String], against loaded: LoadedModel) throws(HostError) {
    let known = loaded.channelNames
    guard known.contains(where: { !$0.isEmpty }), names != known else { return }
    throw .badLine(
      source: "stdin", line: 1, found: "the columns \(quoted(names.joined(separator: ",")))",
      expected:
        "\(quoted(known.joined(separator: ","))), as the model was trained on; bring them into that order"
    )
  }

  /// What the samples so far came to.
  private func members(_ loaded: LoadedModel) -> String {
    if let detector = loaded.detector {
      return detector.members(channelNames: loaded.quotedChannels)
    }
    let session = loaded.session
    let result = UnsafeBufferPointer(start: session.result(), count: loaded.model.outputCount)
    return loaded.resultMembers(result, decision: session.decision)
  }

  private enum Outcome {
    case empty
    case columnNames([String])
    case sample
    case bad(found: String, expected: String)
  }

  private func report(
    _ line: Int, found: String, expected: String, _ text: inout TextOutput
  ) throws(HostError) {
    let error = HostError.badLine(source: "stdin", line: line, found: found, expected: expected)
    if onError == .stop {
      text.flush()
      throw error
    }
    warn("\(error); skipped")
  }

  private func warn(_ message: String) {
    var errors = TextOutput(2)
    errors.write("minim: \(message)\n")
    errors.flush()
  }
}
