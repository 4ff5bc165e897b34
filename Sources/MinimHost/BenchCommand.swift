// SPDX-License-Identifier: Apache-2.0
import CMinimSystem
import MinimRuntime

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
    let peak = system_peak_memory()
    // A window's result runs the net once for each of its steps.
    let net = model.mode == .window ? result.median / Double(model.windowLength) : step.median
    func rounded(_ value: Double) -> String { "\(Double(Int(value * 1e4 + 0.5)) / 1e4)" }
    // What a stream of a forecaster takes is a step and a result for each sample.
    let netLine =
      model.isForecaster ? "" : "net     \(rounded(net)) µs for each step that it takes\n"
    var text = TextOutput(output)
    text.write(
      json
        ? "{\"step_us\":{\"median\":\(rounded(step.median)),\"p99\":\(rounded(step.high))},"
          + "\"result_us\":{\"median\":\(rounded(result.median)),\"p99\":\(rounded(result.high))},"
          + "\"net_step_us\":\(rounded(net)),\"peak_rss_bytes\":\(peak)}\n"
        : "step    median \(rounded(step.median)) µs, 99th percentile \(rounded(step.high)) µs\n"
          + "result  median \(rounded(result.median)) µs, 99th percentile \(rounded(result.high)) µs\n"
          + netLine
          + "peak memory of the process \(peak / 1024) KiB\n")
    text.flush()
  }

  private static func seconds(_ body: () -> Void) -> Double {
    let start = system_seconds()
    body()
    return system_seconds() - start
  }
}
