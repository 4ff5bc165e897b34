// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The resident memory of this process at its highest, in bytes.
///
/// On Linux `VmHWM` of the process's status, which a fork's parent has no part in; elsewhere what
/// `getrusage` says. 0 where neither can be read.
func peakResidentBytes() -> Int {
  #if os(Linux)
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let kibibytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) })
    else { return 0 }
    return kibibytes * 1024
  #else
    var usage = rusage()
    return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss : 0
  #endif
}

/// What a piece of work took.
struct Expense: Codable, Equatable, Sendable {
  /// Seconds by the clock.
  var seconds: Double
  /// Seconds of processor time, all threads together.
  var processorSeconds: Double
  /// Peak resident memory above what the process had at its start, in bytes, data included.
  var peakBytes: Int

  enum CodingKeys: String, CodingKey {
    case seconds
    case processorSeconds = "processor_seconds"
    case peakBytes = "peak_bytes"
  }

  /// Does some work and measures it; `startBytes` is the peak at the process's start.
  static func measuring<Value>(
    above startBytes: Int, _ work: () throws -> Value
  ) rethrows -> (value: Value, expense: Expense) {
    let start = ContinuousClock.now, processor = clock()
    let value = try work()
    return (
      value,
      Expense(
        seconds: start.duration(to: .now) / .seconds(1),
        processorSeconds: Double(clock() - processor) / Double(CLOCKS_PER_SEC),
        peakBytes: max(0, peakResidentBytes() - startBytes))
    )
  }
}
