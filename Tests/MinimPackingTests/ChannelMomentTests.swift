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
    for (steps, period) in [(1, 1), (2, 2), (30, 10), (96, 24), (91, 7)] {
      let x = (0..<steps * channels).map { Float(($0 * 7919) % 1013) / 37 - 5 }
      func rows(_ channel: Int, phase: Int = 0, period: Int = 1) -> [Float] {
        stride(from: phase, to: steps, by: period).map { x[$0 * channels + channel] }
      }
      x.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        var both = ChannelMoments(base, steps: steps, channels: channels), phases = both
        for channel in 0..<channels {
          let own = expected(rows(channel)), found = both.of(channel, measures: true)
          #expect(found.mean.bitPattern == own.mean.bitPattern, "\(channel)")
          #expect(found.squares.bitPattern == own.squares.bitPattern, "\(channel)")
          var alone = ChannelMoments(base, steps: steps, channels: channels)
          #expect(alone.of(channel, measures: false).mean == own.mean)
          for phase in 0..<period {
            let mean = phases.mean(of: channel, phase: phase, period: period)
            #expect(mean == expected(rows(channel, phase: phase, period: period)).mean)
          }
        }
      }
    }
  }
}
