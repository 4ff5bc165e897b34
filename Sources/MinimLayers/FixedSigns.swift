// SPDX-License-Identifier: Apache-2.0
import MinimTensor

/// The signs that a device makes of a seed for the elements of a one-bit matrix, row by row; true is negative.
///
/// Element e has bit e mod 64, from the lowest, of mix(2^32 seed + e / 64 + 9E3779B97F4A7C15), where mix is the
/// output function of SplitMix64 (Steele, Lea and Flood, 2014). `Documentation/model-file.md` has the same.
package func fixedSigns(seed: UInt32, count: Int) -> [Bool] {
  var word: UInt64 = 0
  return (0..<count).map { element in
    if element % 64 == 0 {
      word = splitMix(UInt64(seed) << 32 &+ UInt64(element / 64) &+ 0x9E37_79B9_7F4A_7C15)
    }
    return word >> UInt64(element % 64) & 1 != 0
  }
}

/// The seed of the signs of one of many matrices, which does not depend on the others.
package func signSeed(_ seed: UInt64, matrix: Int) -> UInt32 {
  UInt32(
    truncatingIfNeeded: splitMix(splitMix(seed) &+ UInt64(matrix + 1) &* 0x9E37_79B9_7F4A_7C15))
}
