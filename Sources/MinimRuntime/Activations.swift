// SPDX-License-Identifier: Apache-2.0

// Built from additions, multiplications and divisions alone, each rounded by itself, so that every
// processor gives the same bits. NaN becomes a finite number: no state can be poisoned.

/// tanh x = x P(x²) / Q(x²), within 4.2e-7; beyond ±7.90531 it is
/// ±0.9999996, six units of the last place below ±1.
@inline(__always)
public func tanhOf(_ x: Float) -> Float {
  // Both comparisons are false for NaN.
  let limit: Float = 7.90531
  let c = x > -limit ? (x < limit ? x : limit) : -limit
  let z = c * c
  var p = 2.4073949431148158e-11 * z - 1.4895797484371087e-08
  p = p * z + 9.93609046417987e-06
  p = p * z + 0.002991780173033476
  p = p * z + 0.1298462152481079
  p = p * z + 1
  var q = 0.00023804181546438485 * z + 0.024051817134022713
  q = q * z + 0.4631793797016144
  q = q * z + 1
  return c * p / q
}

/// 1 / (1 + exp(-x)) = (1 + tanh(x / 2)) / 2, within 2.4e-7.
@inline(__always)
public func sigmoidOf(_ x: Float) -> Float { 0.5 + 0.5 * tanhOf(0.5 * x) }

/// exp x for x ≤ 0 within 2e-7 of its value; below -87 it is taken for -87.
@inline(__always)
public func expOf(_ x: Float) -> Float {
  let clamped = x > -87 ? (x < 0 ? x : 0) : -87
  // x = n ln 2 + r: adding 1.5 * 2^23 rounds to the nearest integer.
  let shifted = clamped * 1.44269504 + 12_582_912
  let n = shifted - 12_582_912
  var r = clamped - n * 0.693359375
  r = r + n * 2.12194440e-4
  var p: Float = 0.0013836845755577087
  p = p * r + 0.008374815806746483
  p = p * r + 0.04166822507977486
  p = p * r + 0.16666419804096222
  p = p * r + 0.49999991059303284
  p = p * r + 1
  p = p * r + 1
  return Float(bitPattern: p.bitPattern &+ (shifted.bitPattern << 23))
}

#if !MINIM_OPERATIONS_1_4
  /// SELU x = λ x above 0, else λ α (exp x - 1), within 4e-7.
  @inline(__always)
  public func seluOf(_ x: Float) -> Float {
    let clamped = x > -87 ? (x < 0 ? x : 0) : -87
    // As `expOf`, but 1 is taken away before it can swallow digits of p.
    let shifted = clamped * 1.44269504 + 12_582_912
    let n = shifted - 12_582_912
    var r = clamped - n * 0.693359375
    r = r + n * 2.12194440e-4
    var p: Float = 0.0013836845755577087
    p = p * r + 0.008374815806746483
    p = p * r + 0.04166822507977486
    p = p * r + 0.16666419804096222
    p = p * r + 0.49999991059303284
    p = p * r + 1
    p = p * r
    let power = Float(bitPattern: (1 as Float).bitPattern &+ (shifted.bitPattern << 23))
    let lower = 1.758_099_3 * (power * p + (power - 1))
    return x > 0 ? 1.050_701 * x : lower
  }
#endif

/// The number that the bits of a finite IEEE binary16 number stand for, exactly.
@inline(__always)
package func floatFromHalf(_ half: UInt16) -> Float {
  #if arch(arm)
    // One instruction where there is a floating-point unit; elsewhere it may be a call.
    return Float(Float16(bitPattern: half))
  #else
    let bits = UInt32(half)
    // The exponent's bias differs by 112; a multiplication also gets subnormal numbers right.
    let size = Float(bitPattern: (bits & 0x7FFF) << 13) * Float(bitPattern: 0x7780_0000)
    return Float(bitPattern: size.bitPattern | (bits & 0x8000) << 16)
  #endif
}

/// √x for x ≥ 0, within two units in the last place, by four steps of Heron's method; 0 below 1e-37.
func squareRootOf(_ x: Float) -> Float {
  guard x >= 1e-37 else { return 0 }
  var root = Float(bitPattern: (x.bitPattern >> 1) &+ 0x1FBD_1DF5)
  for _ in 0..<4 { root = 0.5 * (root + x / root) }
  return root
}
