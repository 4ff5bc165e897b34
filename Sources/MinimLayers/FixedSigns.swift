// SPDX-License-Identifier: Apache-2.0

/// Signs from a seed, true for minus, the same on every machine.
///
/// Sign i is bit i mod 64 (the least significant first) of word i / 64; word k is SplitMix64's mix of
/// (seed · 2³² + k) + 9E3779B97F4A7C15. Source: methods, sbt 7.4.
package func fixedSigns(seed: UInt32, count: Int) -> [Bool] {
  var signs: [Bool] = []
  signs.reserveCapacity(count)
  for word in 0..<((count + 63) / 64) {
    var z = (UInt64(seed) << 32 | UInt64(word)) &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    for bit in 0..<min(64, count - 64 * word) { signs.append(z >> bit & 1 == 1) }
  }
  return signs
}
