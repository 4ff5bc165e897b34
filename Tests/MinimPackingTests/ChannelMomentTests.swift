// SPDX-License-Identifier: Apache-2.0
import MinimRuntime
import Testing

/// Means and squares of many channels have the bits of compensated sums of one channel alone.
struct ChannelMomentTests {
  private func expected(_ numbers: [Float]) -> (mean: Float, squares: Float) {
    func sum(_ terms: [Float]) -> Float {
      var sum: Float = 0, lost: Float = 0
      for term in terms {
        let corrected = term - lost, next = sum + corrected
        lost = (next - sum) - corrected
        sum = next
      }
      return sum
    }
    let distances = numbers.map { $0 - numbers[0] }
    let shift = sum(distances) / Float(numbers.count)
    return (
      numbers[0] + shift,
      sum(distances.map { ($0 - shift) * ($0 - shift) })
    )
  }

  @Test(arguments: [1, 2, 7, 8, 9, 21])
  func bitsOfOneChannelAlone(_ channels: Int) {
    for (steps, period) in [(1, 1), (2, 2), (30, 10), (96, 24), (91, 7), (50, 8)] {
      let x = (0..<steps * channels).map { Float(($0 * 7919) % 1013) / 37 - 5 }
      func rows(_ channel: Int, phase: Int = 0, period: Int = 1) -> [Float] {
        stride(from: phase, to: steps, by: period).map { x[$0 * channels + channel] }
      }
      x.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        var all = ChannelMoments(
          base, steps: steps, channels: channels, period: period, measures: true)
        func check(_ channel: Int, phase: Int? = nil) {
          guard let phase else {
            let own = expected(rows(channel)), found = all.of(channel)
            #expect(found.mean.bitPattern == own.mean.bitPattern, "\(channel)")
            #expect(found.squares.bitPattern == own.squares.bitPattern, "\(channel)")
            return
          }
          let own = rows(channel, phase: phase, period: period).prefix(steps / period)
          let mean = all.mean(of: channel, phase: phase)
          #expect(mean.bitPattern == expected(Array(own)).mean.bitPattern, "\(channel) \(phase)")
        }
        let up = Array(0..<channels)
        for channel in up + up.reversed() { check(channel) }
        for channel in up + up.reversed() {
          for phase in 0..<period { check(channel, phase: phase) }
          check(channel)
          check(channel, phase: period / 2)
        }
      }
    }
  }
}
