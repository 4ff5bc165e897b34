// SPDX-License-Identifier: Apache-2.0

import Foundation
import MinimRuntime
import Testing

@Suite struct DoubleMathTests {
  /// The largest distance from the C library's values, in units of their last places.
  func worst(
    _ ours: (Double) -> Double, _ theirs: (Double) -> Double, _ arguments: [Double]
  ) -> Double {
    arguments.map { abs(ours($0) - theirs($0)) / theirs($0).ulp }.max() ?? 0
  }

  @Test func logarithms() {
    var dice = Dice(state: 1)
    let near = (0..<100_000).map { _ in 0.5 + 1.5 * dice.uniform() }
    let far = (0..<100_000).map { _ in exp(1400 * dice.uniform() - 700) }
    #expect(
      worst(
        logOf, log,
        near + far + [.leastNonzeroMagnitude, 0x1p-1030, 0x1p-1022, 1.7976931348623157e308]) <= 1)
    #expect(logOf(1) == 0)
  }

  @Test func logarithmsOfSums() {
    var dice = Dice(state: 2)
    let small = (0..<100_000).map { _ in exp(-40 * dice.uniform()) * (dice.uniform() - 0.5) }
    let near = (0..<100_000).map { _ in 3 * dice.uniform() - 1 }
    let far = (0..<100_000).map { _ in exp(700 * dice.uniform()) }
    #expect(
      worst(log1pOf, log1p, small + near + far + [-1 + 0x1p-53, .leastNonzeroMagnitude]) <= 2)
    #expect(log1pOf(0) == 0)
  }

  @Test func exponentials() {
    var dice = Dice(state: 3)
    let small = (0..<100_000).map { _ in exp(-40 * dice.uniform()) * (dice.uniform() - 0.5) }
    let far = (0..<100_000).map { _ in 769 * dice.uniform() - 60 }
    #expect(worst(expm1Of, expm1, small + far + [708.9999, -59.999, .leastNonzeroMagnitude]) <= 2)
    #expect(expm1Of(0) == 0)
    #expect(expm1Of(709) == .infinity && expm1Of(.infinity) == .infinity)
    #expect(expm1Of(-60) == -1 && expm1Of(-.infinity) == -1)
  }

  /// A contracted multiply-add, or a literal rounded twice, would change some of these bits.
  @Test func bitsAreTheSameEverywhere() {
    var sum = Checksum()
    for index in 1...20_000 {
      let x = Double(index) / 4096
      for value in [logOf(x), log1pOf(x - 0.0001), expm1Of(x - 2)] {
        withUnsafeBytes(of: value.bitPattern.littleEndian) { sum.update($0) }
      }
    }
    #expect(sum.value == 0x5776_7194)
  }
}
