// SPDX-License-Identifier: Apache-2.0
import CMinimSystem
import MinimRuntime

/// Bytes on their way to a descriptor, written out when asked or when many.
struct TextOutput: ~Copyable {
  private let descriptor: Int32
  private var buffer: [UInt8] = []

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
    buffer.reserveCapacity(1 << 16)
  }

  mutating func write(_ text: String) {
    buffer += text.utf8
    if buffer.count > 60_000 { flush() }
  }

  /// Writes everything out; a reader that has gone ends the process quietly, any other
  /// failure with a message and code 73.
  mutating func flush() {
    let failure = buffer.withUnsafeBytes {
      system_write(descriptor, $0.baseAddress, UInt($0.count))
    }
    if failure != 0 {
      if system_reader_has_gone() != 0 { system_exit(0) }
      var line = "minim: cannot write: \(String(cString: system_error()))\n"
      _ = line.withUTF8 { system_write(2, $0.baseAddress, UInt($0.count)) }
      system_exit(73)
    }
    buffer.removeAll(keepingCapacity: true)
  }
}

/// A text as a JSON string.
func jsonString(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\t": result += "\\t"
    default:
      if scalar.value < 0x20 {
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
  }
  return result + "\""
}

/// A number as JSON, the shortest text that reads back as the same; null where it is not finite.
func jsonNumber(_ number: Float) -> String { number.isFinite ? "\(number)" : "null" }

extension LoadedModel {
  /// The result as the members of a JSON object: class and probabilities, or score and anomaly, or
  /// the outputs alone.
  func resultMembers(_ outputs: UnsafeBufferPointer<Float>, decision: Int) -> String {
    let list = outputs.map(jsonNumber).joined(separator: ",")
    switch model.decisionKind {
    case .classes: return "\"class\":\(quotedClasses[decision]),\"probabilities\":[\(list)]"
    case .threshold, .alarm: return "\"score\":\(list),\"anomaly\":\(decision == 1)"
    case .none: return "\"output\":[\(list)]" + intervalsMember
    }
  }

  /// Of a forecaster that has intervals: half their width at each level around each number of the last result.
  private var intervalsMember: String {
    guard let intervals = model.intervals else { return "" }
    let channels = model.channelCount
    let deviations = (0..<channels).map { session.deviation(ofChannel: $0) }
    let levels = (0..<intervals.levelCount).map { level in
      let widths = (0..<model.outputCount).map { place in
        let (step, channel) = (place / channels, place % channels)
        return jsonNumber(
          deviations[channel] * intervals.halfWidth(level: level, step: step, channel: channel))
      }
      return
        "{\"level\":\(jsonNumber(intervals.level(level))),\"half_widths\":[\(widths.joined(separator: ","))]}"
    }
    return ",\"intervals\":[\(levels.joined(separator: ","))]"
  }
}

extension DetectorSession {
  /// What the last sample came to, as the members of a JSON object: score, threshold, alarm, and the
  /// three channels of the largest parts with their share of the score.
  func members(channelNames: [String]) -> String {
    let start =
      "\"score\":\(jsonNumber(score)),\"threshold\":\(jsonNumber(Float(threshold))),\"alarm\":\(isAlarm)"
    guard let parts else { return start }
    let total = score * Float(session.model.channelCount)
    var channels = [0, 0, 0]
    let found = channels.withUnsafeMutableBufferPointer { responsibleChannels($0) }
    let list = channels[..<found].map { channel in
      "{\"name\":\(channelNames[channel]),\"share\":\(jsonNumber(total > 0 ? parts[channel] / total : 0))}"
    }
    return start + ",\"channels\":[\(list.joined(separator: ","))]"
  }
}
