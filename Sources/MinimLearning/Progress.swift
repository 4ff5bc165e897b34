// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A line on standard error that shows how far a long piece of work is, its rate and the time left.
///
/// It draws only on a terminal, at most ten times a second, and wipes itself at the end.
public final class Progress: @unchecked Sendable {
  private let title: String
  private let total: Int
  private let unit: String
  private let draws: Bool
  private let start: ContinuousClock.Instant
  private var first: Int?
  private var last: ContinuousClock.Instant

  /// A line for `total` units of work; `quiet` keeps it from drawing even on a terminal.
  public init(_ title: String, total: Int, unit: String, quiet: Bool) {
    self.title = title
    self.total = total
    self.unit = unit
    draws = !quiet && isatty(2) == 1
    start = .now
    last = start
  }

  /// Shows that `done` units are done, with a word on the state of things.
  public func show(_ done: Int, _ note: String = "") {
    guard draws else { return }
    let now = ContinuousClock.now
    if first == nil { first = done - 1 }
    guard done >= total || last.duration(to: now) > .milliseconds(100) else { return }
    last = now
    let elapsed = start.duration(to: now) / .seconds(1)
    let rate = Double(done - (first ?? 0)) / max(elapsed, 1e-6)
    let width = 24, filled = total > 0 ? min(width, done * width / total) : width
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    let left = Int((Double(total - done) / max(rate, 1e-9)).rounded(.up))
    let speed = rate >= 10 ? "\(Int(rate))" : "\((rate * 10).rounded() / 10)"
    draw(
      "\r\u{1B}[K\(title) \(bar) \(done)/\(total) \(unit)s, \(speed) a second, at most \(left) s left \(note)"
    )
  }

  /// Wipes the line.
  public func finish() {
    if draws { draw("\r\u{1B}[K") }
  }

  private func draw(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
  }
}
