// SPDX-License-Identifier: Apache-2.0
import CMinimSystem

/// The lines of a descriptor, as they come: a line is handed out as soon as its end was read.
struct LineReader: ~Copyable {
  /// Longer lines end with an error.
  static let longestLine = 1 << 24
  /// The number of the line that `next` returned last, from 1.
  private(set) var lineNumber = 0
  private let descriptor: Int32
  private let source: String
  private var buffer: [UInt8]
  private var start = 0
  private var end = 0
  private var atEnd = false

  init(_ descriptor: Int32, source: String) {
    self.descriptor = descriptor
    self.source = source
    buffer = [UInt8](repeating: 0, count: 1 << 16)
  }

  /// Whether more lines can be had without waiting for the writer.
  var hasBufferedLine: Bool { buffer[start..<end].contains(0x0A) }

  /// Calls `body` with the next line without its end, followed by a zero byte; returns nil after
  /// the last.
  ///
  /// Throws `HostError.badLine` for a line longer than `longestLine`, `cannotRead` for a failure.
  mutating func next<Result>(
    _ body: (UnsafeBufferPointer<UInt8>) throws(HostError) -> Result
  ) throws(HostError) -> Result? {
    var searched = start
    while true {
      if let found = buffer[searched..<end].firstIndex(of: 0x0A) {
        return try hand(out: found, nextStart: found + 1, body)
      }
      searched = end
      if atEnd {
        return start < end ? try hand(out: end, nextStart: end, body) : nil
      }
      if start > 0 {
        buffer.replaceSubrange(0..<(end - start), with: Array(buffer[start..<end]))
        searched -= start
        end -= start
        start = 0
      }
      if end + 1 >= buffer.count {
        guard buffer.count < Self.longestLine else {
          throw .badLine(
            source: source, line: lineNumber + 1, found: "more than \(end) bytes",
            expected: "a line end")
        }
        buffer += [UInt8](repeating: 0, count: buffer.count)
      }
      try fill()
      try refuseGzip()
    }
  }

  private mutating func refuseGzip() throws(HostError) {
    guard lineNumber == 0, start == 0, buffer[..<end].starts(with: [0x1F, 0x8B]) else { return }
    throw .badLine(
      source: source, line: 1, found: "a gzip file", expected: "lines of text; unpack it first")
  }

  private mutating func hand<Result>(
    out end: Int, nextStart: Int, _ body: (UnsafeBufferPointer<UInt8>) throws(HostError) -> Result
  ) throws(HostError) -> Result {
    lineNumber += 1
    // A byte order mark is no part of the first line.
    if lineNumber == 1, buffer[start..<end].starts(with: [0xEF, 0xBB, 0xBF]) { start += 3 }
    var last = end
    if last > start, buffer[last - 1] == 0x0D { last -= 1 }
    // Line end or free room: a number's text must stop here.
    buffer[last] = 0
    let line = start..<last
    start = nextStart
    let result: Swift.Result<Result, HostError> = buffer.withUnsafeBufferPointer { bytes in
      do throws(HostError) {
        return .success(try body(UnsafeBufferPointer(rebasing: bytes[line])))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private mutating func fill() throws(HostError) {
    let room = UInt(buffer.count - 1 - end), place = end
    let count = buffer.withUnsafeMutableBytes {
      system_read(descriptor, $0.baseAddress.map { $0 + place }, room)
    }
    guard count >= 0 else {
      throw .cannotRead(path: source, reason: String(cString: system_error()))
    }
    end += count
    atEnd = count == 0
  }
}
