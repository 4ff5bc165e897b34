// SPDX-License-Identifier: Apache-2.0
import Foundation

/// One case at one number of threads.
struct Result: Codable {
  let name: String
  let threads: Int
  let peer: String
  /// Floating-point operations of one step, by formula.
  let flops: Double
  let ours: Measurement
  let theirs: Measurement?

  /// How many times as long the peer takes.
  var ratio: Double? { theirs.map { $0.microseconds / ours.microseconds } }
}

/// Everything that a run of the benchmarks found.
struct Report: Codable {
  let versions: String
  /// GFLOP/s of a large product of the system's BLAS, by number of threads.
  var peak: [String: Double]
  var results: [Result]

  var heading: String {
    let peaks = peak.sorted { $0.key < $1.key }
      .map { "\($0.key): \(String(format: "%.0f", $0.value))" }
    return """
      \(versions)

      Peak in GFLOP/s by threads: \(peaks.joined(separator: ", "))

      | case | threads | Minim | peer | peer's time | ratio | GFLOP/s (of peak) | peer's | peak memory | peer's |
      |---|---|---|---|---|---|---|---|---|---|
      """
  }

  func row(_ result: Result) -> String {
    func time(_ value: Double) -> String {
      value < 10_000 ? String(format: "%.1f µs", value) : String(format: "%.1f ms", value / 1000)
    }
    func memory(_ value: Double) -> String { String(format: "%.0f MiB", value) }
    func speed(_ value: Measurement) -> String {
      let rate = result.flops / value.microseconds / 1000
      guard let peak = peak["\(result.threads)"] else { return String(format: "%.1f", rate) }
      return String(format: "%.1f (%.0f %%)", rate, 100 * rate / peak)
    }
    let ours = result.ours
    var cells = [result.name, "\(result.threads)", time(ours.microseconds), result.peer]
    if let theirs = result.theirs, let ratio = result.ratio {
      cells += [time(theirs.microseconds), String(format: "%.2f", ratio)]
      cells += [speed(ours), speed(theirs), memory(ours.mebibytes), memory(theirs.mebibytes)]
    } else {
      cells += ["-", "-", speed(ours), "-", memory(ours.mebibytes), "-"]
    }
    return "| \(cells.joined(separator: " | ")) |"
  }
}
