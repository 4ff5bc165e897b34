// SPDX-License-Identifier: Apache-2.0
import MinimRuntime

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// `bench`: how fast a model runs on this machine, and in how much memory.
public struct BenchCommand {
  /// Whether to print one JSON object.
  public var json: Bool

  /// A measurement, reported as text or JSON.
  public init(json: Bool) { self.json = json }

  /// Times 1,000 blocks of samples, each block long enough for the clock, and 10 to 1,000 results,
  /// about a second of them.
  ///
  /// Samples are a fixed pattern. A step's time is its block's time over the block's length; the
  /// 99th percentile is over blocks.
  public func run(_ loaded: LoadedModel, output: Int32 = 1) {
    defer { withExtendedLifetime(loaded) {} }
    let model = loaded.model, session = loaded.session
    let pattern = (0..<(97 * model.channelCount)).map { Float($0 * 37 % 101) / 50 - 1 }
    func steps(_ count: Int) {
      pattern.withUnsafeBufferPointer { samples in
        guard let first = samples.baseAddress else { return }
        for step in 0..<count { _ = session.step(first + step % 97 * model.channelCount) }
      }
    }
    steps(max(model.windowLength, 1000))
    // About 50 microseconds a block.
    let pilot = max(1e-9, Self.seconds { steps(1000) } / 1000)
    let block = min(100_000, max(1, Int(50e-6 / pilot)))
    var times = (0..<1000).map { _ in Self.seconds { steps(block) } / Double(block) * 1e6 }
    let resultPilot = max(1e-9, Self.seconds { _ = session.result() })
    let resultCount = min(1000, max(10, Int(1 / resultPilot)))
    var results = (0..<resultCount).map { _ in Self.seconds { _ = session.result() } * 1e6 }
    times.sort()
    results.sort()
    let step = (median: times[times.count / 2], high: times[times.count * 99 / 100])
    let result = (median: results[results.count / 2], high: results[results.count * 99 / 100])
    let peak = Self.peakMemory()
    // A window's result runs the net once for each of its steps.
    let net = model.mode == .window ? result.median / Double(model.windowLength) : step.median
    var text = TextOutput(output)
    func rounded(_ value: Double) -> String { "\((value * 1e4).rounded() / 1e4)" }
    text.write(
      json
        ? "{\"step_us\":{\"median\":\(rounded(step.median)),\"p99\":\(rounded(step.high))},"
          + "\"result_us\":{\"median\":\(rounded(result.median)),\"p99\":\(rounded(result.high))},"
          + "\"net_step_us\":\(rounded(net)),\"peak_rss_bytes\":\(peak)}\n"
        : "step    median \(rounded(step.median)) µs, 99th percentile \(rounded(step.high)) µs\n"
          + "result  median \(rounded(result.median)) µs, 99th percentile \(rounded(result.high)) µs\n"
          + "net     \(rounded(net)) µs for each step that it takes\n"
          + "peak memory of the process \(peak / 1024) KiB\n")
    text.flush()
  }

  /// The most memory that this process had in RAM, in bytes.
  ///
  /// Linux: VmHWM of /proc/self/status, for `getrusage` also counts the process that started this.
  private static func peakMemory() -> Int {
    #if canImport(Glibc)
      let descriptor = open("/proc/self/status", O_RDONLY | O_CLOEXEC)
      defer { close(descriptor) }
      var bytes = [UInt8](repeating: 0, count: 4096)
      let count = max(0, read(descriptor, &bytes, bytes.count))
      for line in bytes[..<count].split(separator: 0x0A) where line.starts(with: "VmHWM:".utf8) {
        return 1024 * line.reduce(0) { $1 >= 0x30 && $1 <= 0x39 ? 10 * $0 + Int($1) - 0x30 : $0 }
      }
      return 0
    #else
      var usage = rusage()
      getrusage(RUSAGE_SELF, &usage)
      return usage.ru_maxrss
    #endif
  }

  private static func seconds(_ body: () -> Void) -> Double {
    let start = ContinuousClock.now
    body()
    return start.duration(to: .now) / .seconds(1)
  }
}
