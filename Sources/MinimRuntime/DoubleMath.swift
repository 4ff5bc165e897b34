// SPDX-License-Identifier: Apache-2.0

// As those of Activations.swift: additions, multiplications and divisions alone, each rounded by
// itself, so that every processor gives the same bits. ln 2 is a sum of two numbers; multiples of
// the first by an exponent are exact.
private let logOfTwo = 0x1.62e42fefa3800p-1
private let restOfLogOfTwo = 0x1.ef35793c76730p-45

/// ln x for finite x > 0, within 1 unit in the last place.
package func logOf(_ x: Double) -> Double {
  guard x < 0x1p-1022 else { return logOf(x, plus: 0) }
  return (logOf(x * 0x1p54, plus: 0) - 54 * restOfLogOfTwo) - 54 * logOfTwo
}

/// ln(1 + x) for finite x > -1, within 2 units in the last place.
package func log1pOf(_ x: Double) -> Double {
  let sum = 1 + x
  return logOf(sum, plus: lostOf(x, sum) / sum)
}

/// What the sum 1 + x lost by rounding.
@inline(__always)
func lostOf(_ x: Double, _ sum: Double) -> Double { x < 1 ? x - (sum - 1) : 1 - (sum - x) }

/// ln x + rest for normal x > 0 and a rest that is small beside x.
///
/// x = 2^k m with m from √½ to √2; with s = (m - 1) / (m + 1), ln m = 2 (s + s³/3 + s⁵/5 + …).
@inline(__always)
func logOf(_ x: Double, plus rest: Double) -> Double {
  let root: UInt64 = 0x3FE6_A09E_667F_3BCD
  let shifted = x.bitPattern &+ (0x3FF0_0000_0000_0000 &- root)
  let k = Double(Int32(truncatingIfNeeded: shifted >> 52) &- 1023)
  let f = Double(bitPattern: (shifted & 0xF_FFFF_FFFF_FFFF) &+ root) - 1
  let s = f / (2 + f)
  let z = s * s
  var p = z * (2.0 / 21) + 2.0 / 19
  p = p * z + 2.0 / 17
  p = p * z + 2.0 / 15
  p = p * z + 2.0 / 13
  p = p * z + 2.0 / 11
  p = p * z + 2.0 / 9
  p = p * z + 2.0 / 7
  p = p * z + 2.0 / 5
  p = p * z + 2.0 / 3
  // 2 s = f - s f, in which the error of s counts less.
  return k * logOfTwo + (f - (s * (f - z * p) - (k * restOfLogOfTwo + rest)))
}

/// exp x - 1 within 2 units in the last place; infinity above 709, -1 below -60.
package func expm1Of(_ x: Double) -> Double {
  guard x < 709 else { return .infinity }
  guard x > -60 else { return -1 }
  // x = k ln 2 + r: adding 1.5 * 2^52 rounds to the nearest integer.
  let k = (x * 0x1.71547652b82fep+0 + 0x1.8p52) - 0x1.8p52
  let high = x - k * logOfTwo, low = k * restOfLogOfTwo
  let r = high - low
  var p = r * (1.0 / 87_178_291_200) + 1.0 / 6_227_020_800
  p = p * r + 1.0 / 479_001_600
  p = p * r + 1.0 / 39_916_800
  p = p * r + 1.0 / 3_628_800
  p = p * r + 1.0 / 362_880
  p = p * r + 1.0 / 40_320
  p = p * r + 1.0 / 5_040
  p = p * r + 1.0 / 720
  p = p * r + 1.0 / 120
  p = p * r + 1.0 / 24
  p = p * r + 1.0 / 6
  p = p * r + 0.5
  let e = r + (r * r * p + ((high - r) - low))
  guard k != 0 else { return e }
  let exponent = UInt64(bitPattern: 1023 &+ Int64(k))
  // 2^1023 times 2 at most, for x is below 709.
  let scale = Double(bitPattern: exponent << 52)
  return scale * e + (scale - 1)
}
