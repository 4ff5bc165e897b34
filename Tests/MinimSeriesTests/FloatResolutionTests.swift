// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimSeries
import Testing

/// Columns that 32-bit numbers cannot hold are refused, whatever reads them; others are not.
@Suite struct FloatResolutionTests {
  private func complaint(_ column: (Int) -> Double) throws -> [String] {
    let text = "x,y\n" + (0..<40).map { "1,\(column($0))\n" }.joined()
    let scratch = try Scratch.with(["s.csv": Data(text.utf8)])
    let path = scratch.url.appending(path: "s.csv").path
    return [
      { _ = try readForecastSeries(at: path) }, { _ = try detectionSources(at: path)[0].read() },
    ].map { (read: () throws -> Void) in
      do {
        try read()
        return ""
      } catch {
        return "\(error)"
      }
    }
  }

  @Test func wavesFarFromZero() throws {
    for offset in [1e7, -1e8, 1.7e12] {
      for message in try complaint({ offset + 1.5 * sin(Double($0)) }) {
        #expect(message.contains("s.csv: column y: found values from "), "\(message)")
        #expect(message.contains("of which 32-bit numbers keep steps of "))
        #expect(message.contains("subtract \((offset - 1.5).rounded(.down)) from"), "\(message)")
      }
    }
  }

  @Test func whatIsHeld() throws {
    let columns: [(Int) -> Double] = [
      { 1e5 + 1.5 * sin(Double($0)) }, { _ in 123_456_789 }, { 1e9 + 1e6 * sin(Double($0)) },
      { 16_777_216 + 2 * Double($0) }, { 0.1 + ($0 % 2 == 0 ? 0 : 1e-16) },
      { 1_600_000_000 + 1e-7 * Double($0) },
    ]
    for column in columns { #expect(try complaint(column) == ["", ""]) }
  }
}
