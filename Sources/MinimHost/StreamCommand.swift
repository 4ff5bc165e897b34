// SPDX-License-Identifier: Apache-2.0
import MinimRuntime

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

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
  /// A line is a sample: a number for each channel, as a JSON array or separated by commas. An
  /// empty line is passed over, and so is a first line that begins with a letter, `_` or a quote and
  /// is no sample. Results are written when the
  /// input has no further line waiting. Bad lines are reported on standard error with their number.
  /// Throws `HostError`.
  public func run(_ loaded: LoadedModel, input: Int32 = 0, output: Int32 = 1) throws(HostError) {
    defer { withExtendedLifetime(loaded) {} }
    guard every > 0 else { throw .badOption("--every: found \(every), expected 1 or more") }
    let channels = loaded.model.channelCount, session = loaded.session
    var lines = LineReader(input, source: "stdin")
    var text = TextOutput(output)
    var numbers = NumberLine()
    var sample = [Float](repeating: 0, count: channels)
    var taken = 0, isNames = false
    while true {
      let first = lines.lineNumber == 0
      let outcome = try lines.next { (line) throws(HostError) -> Outcome in
        if line.isEmpty { return .empty }
        // A table may begin with the names of its columns.
        isNames = first && Self.isName(line)
        do throws(NumberLine.Problem) {
          try numbers.read(line)
        } catch {
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
      case .bad(let found, let expected):
        if isNames { break }
        try report(lines.lineNumber, found: found, expected: expected, &text)
      case .sample:
        let status = session.step(sample)
        if status == .rejected {
          try report(
            lines.lineNumber, found: "a missing or infinite value", expected: "numbers", &text)
        } else {
          taken += 1
          if status == .ready, taken % every == 0 {
            let result = UnsafeBufferPointer(
              start: session.result(), count: loaded.model.outputCount)
            let members = loaded.resultMembers(result, decision: session.decision)
            text.write("{\"sample\":\(taken),\(members)}\n")
          }
        }
      }
      if !lines.hasBufferedLine { text.flush() }
    }
    text.flush()
  }

  /// Whether a line begins as a name does: with a letter, `_` or a quote. A number that is damaged
  /// does not, nor do NaN and null, which are missing values.
  private static func isName(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let byte = line.first else { return false }
    return byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte == 0x5F || byte == 0x22
  }

  private enum Outcome {
    case empty
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
    var errors = TextOutput(2)
    errors.write("minim: \(error); skipped\n")
    errors.flush()
  }
}
