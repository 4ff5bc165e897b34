// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_3
  /// Means of the channels of a window, and sums of the squares of the distances from them: compensated sums of differences from
  /// the first number, so that equal numbers are their own mean.
  ///
  /// On 64-bit processors those of eight channels, or of eight phases, are found side by side: the same bits.
  package struct ChannelMoments {
    let steps: Int
    private let x: UnsafePointer<Float>
    private let channels: Int
    #if _pointerBitWidth(_64)
      /// Those of the channels from `channel` on or, of means of phases, of `channel`'s phases from `phase` on; none before 0.
      private var channel = -8, phase = -8
      private var found = (mean: SIMD8<Float>(), squares: SIMD8<Float>())
    #endif

    package init(_ x: UnsafePointer<Float>, steps: Int, channels: Int) {
      self.x = x
      self.steps = steps
      self.channels = channels
    }

    /// The last number of a channel.
    func last(of channel: Int) -> Float { x[(steps &- 1) &* channels &+ channel] }

    /// The mean of each `period`th number of a channel from `phase` on.
    package mutating func mean(of channel: Int, phase: Int, period: Int) -> Float {
      let stride = period &* channels
      #if _pointerBitWidth(_64)
        if channel != self.channel || phase < self.phase || phase >= self.phase &+ 8 {
          (self.channel, self.phase) = (channel, phase)
          found = eight(
            x + (phase &* channels &+ channel), apart: channels, steps / period, stride, false)
        }
        return found.mean[phase &- self.phase]
      #else
        return one(x + (phase &* channels &+ channel), steps / period, stride, false).mean
      #endif
    }

    /// The mean of a channel and, if `measures`, its sum of squares; one value is asked for `measures`, and none for means of
    /// phases, throughout. (As a constant of the call it keeps loops on small devices short.)
    package mutating func of(_ channel: Int, measures: Bool) -> (mean: Float, squares: Float) {
      #if _pointerBitWidth(_64)
        if channel < self.channel || channel >= self.channel &+ 8 {
          self.channel = channel
          found = eight(x + channel, apart: 1, steps, channels, measures)
        }
        let lane = channel &- self.channel
        return (found.mean[lane], found.squares[lane])
      #else
        return one(x + channel, steps, channels, measures)
      #endif
    }

    #if _pointerBitWidth(_64)
      /// As `one`, of eight lines so many numbers apart, the first of `x`; those beyond the window are of no use.
      private func eight(
        _ x: UnsafePointer<Float>, apart: Int, _ count: Int, _ stride: Int, _ measures: Bool
      ) -> (mean: SIMD8<Float>, squares: SIMD8<Float>) {
        let end = self.x + steps &* channels
        func row(_ index: Int) -> SIMD8<Float> {
          let from = x + index &* stride
          if apart == 1, from + 8 <= end {
            return UnsafeRawPointer(from).loadUnaligned(as: SIMD8<Float>.self)
          }
          var numbers = SIMD8<Float>(repeating: 0), lane = 0
          while lane < 8, from + lane &* apart < end {
            numbers[lane] = from[lane &* apart]
            lane &+= 1
          }
          return numbers
        }
        let start = row(0)
        var shift = SIMD8<Float>(repeating: 0), squares = shift, pass = 0
        while pass < (measures ? 2 : 1) {
          var sum = SIMD8<Float>(repeating: 0), lost = sum, index = 0
          while index < count {
            let distance = row(index) - start - shift
            let corrected = (pass == 0 ? distance : distance * distance) - lost
            let next = sum + corrected
            lost = (next - sum) - corrected
            sum = next
            index &+= 1
          }
          if pass == 0 { shift = sum / Float(count) } else { squares = sum }
          pass &+= 1
        }
        return (start + shift, squares)
      }
    #else
      private func one(
        _ x: UnsafePointer<Float>, _ count: Int, _ stride: Int, _ measures: Bool
      ) -> (mean: Float, squares: Float) {
        let start = x[0]
        var shift: Float = 0, squares: Float = 0, pass = 0
        while pass < (measures ? 2 : 1) {
          var sum: Float = 0, lost: Float = 0, index = 0
          while index < count {
            let distance = x[index &* stride] - start - shift
            let corrected = (pass == 0 ? distance : distance * distance) - lost
            let next = sum + corrected
            lost = (next - sum) - corrected
            sum = next
            index &+= 1
          }
          if pass == 0 { shift = sum / Float(count) } else { squares = sum }
          pass &+= 1
        }
        return (start + shift, squares)
      }
    #endif
  }
#endif
