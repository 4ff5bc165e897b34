// SPDX-License-Identifier: Apache-2.0
internal import CMinimKernels

/// A seeded random number generator: xoshiro256** by Blackman and Vigna, seeded through SplitMix64.
///
/// The same seed gives the same numbers on every machine. Randomness is always an argument:
/// functions that need it take `inout SeededGenerator`. The state can be stored and restored, so a
/// resumed run goes on exactly.
///
///     var generator = SeededGenerator(seed: 1)
///     let weights = Tensor<Float>.uniform(in: -0.1...0.1, shape: [3, 2], using: &generator)
public struct SeededGenerator: RandomNumberGenerator, Hashable, Sendable {
  /// The four words of state; never all zero.
  public private(set) var state: (UInt64, UInt64, UInt64, UInt64)

  /// A generator for a seed; every seed is good.
  public init(seed: UInt64) {
    var word = seed
    func next() -> UInt64 {
      word &+= 0x9E37_79B9_7F4A_7C15
      return splitMix(word)
    }
    state = (next(), next(), next(), next())
  }

  /// A generator that goes on from a stored state: four words, not all zero; nil otherwise.
  public init?(state words: [UInt64]) {
    guard words.count == 4, words.contains(where: { $0 != 0 }) else { return nil }
    state = (words[0], words[1], words[2], words[3])
  }

  /// The state as four words, for storing.
  public var words: [UInt64] { [state.0, state.1, state.2, state.3] }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    let product = state.1 &* 5
    let result = ((product << 7) | (product >> 57)) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = (state.3 << 45) | (state.3 >> 19)
    return result
  }

  /// A generator of its own for a part of the work; this one moves on by one number.
  public mutating func split() -> SeededGenerator { SeededGenerator(seed: next()) }

  /// A number in [0, 1) with 53 random bits.
  public mutating func nextUniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number from the standard normal distribution (Box-Muller, one of the pair).
  public mutating func nextNormal() -> Double {
    let uniforms = [nextUniform(), nextUniform()]
    var value = 0.0
    minim_normal(1, uniforms, &value)
    return value
  }

  /// An integer in 0 ..< bound without bias.
  ///
  /// `bound` must be positive.
  public mutating func nextIndex(below bound: Int) -> Int {
    precondition(bound > 0, "an index below \(bound) does not exist")
    let limit = UInt64(bound)
    while true {
      let (high, low) = next().multipliedFullWidth(by: limit)
      if low >= (0 &- limit) % limit { return Int(high) }
    }
  }

  /// 0 ..< count in random order (Fisher-Yates).
  public mutating func permutation(of count: Int) -> [Int] {
    var order = Array(0..<count)
    for index in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(index, nextIndex(below: index + 1))
    }
    return order
  }

  /// Whether two generators will give the same numbers.
  public static func == (left: SeededGenerator, right: SeededGenerator) -> Bool {
    left.words == right.words
  }

  /// Hashes the state.
  public func hash(into hasher: inout Hasher) { hasher.combine(words) }
}

extension Tensor {
  /// Independent numbers from the uniform distribution on a range.
  @specialized(where Scalar == Float)
  public static func uniform(
    in range: ClosedRange<Scalar>, shape: [Int], using generator: inout SeededGenerator
  ) -> Tensor {
    let width = range.upperBound - range.lowerBound
    return Tensor(
      (0..<shape.elementCount).map { _ in
        range.lowerBound + width * Scalar(generator.nextUniform())
      }, shape: shape)
  }

  /// Independent numbers from the normal distribution with mean 0 and the given standard deviation.
  @specialized(where Scalar == Float)
  public static func normal(
    deviation: Scalar = 1, shape: [Int], using generator: inout SeededGenerator
  ) -> Tensor {
    let uniforms = (0..<(2 * shape.elementCount)).map { _ in generator.nextUniform() }
    return Tensor(uninitialised: shape) { out in
      uniforms.withUnsafeBufferPointer { uniforms in
        inPieces(of: shape.elementCount) { start, count in
          guard let pairs = uniforms.baseAddress else { return }
          withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { normals in
            minim_normal(count, pairs + 2 * start, normals.baseAddress)
            for index in 0..<count { out[start + index] = deviation * Scalar(normals[index]) }
          }
        }
      }
    }
  }
}

/// The output function of SplitMix64 (Steele, Lea and Flood, 2014).
package func splitMix(_ number: UInt64) -> UInt64 {
  var z = number
  z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
  return z ^ z >> 31
}
