// SPDX-License-Identifier: Apache-2.0
import MinimRuntime

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

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

  /// Writes everything out; a reader that has gone ends the process quietly, any
  /// other failure with a message and code 73.
  mutating func flush() {
    var written = 0
    while written < buffer.count {
      let step = buffer.withUnsafeBytes {
        #if canImport(Glibc)
          Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
        #else
          Darwin.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
        #endif
      }
      if step < 0 && errno == EINTR { continue }
      if step <= 0 {
        if errno == EPIPE { exit(0) }
        fail(String(cString: strerror(errno)))
      }
      written += step
    }
    buffer.removeAll(keepingCapacity: true)
  }
}

/// Ends the process for output that cannot be written.
private func fail(_ reason: String) -> Never {
  let line = Array("minim: cannot write: \(reason)\n".utf8)
  #if canImport(Glibc)
    _ = Glibc.write(2, line, line.count)
  #else
    _ = Darwin.write(2, line, line.count)
  #endif
  exit(73)
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
    case .threshold: return "\"score\":\(list),\"anomaly\":\(decision == 1)"
    case .none: return "\"output\":[\(list)]"
    }
  }
}
