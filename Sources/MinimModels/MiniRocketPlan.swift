// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The fixed part of MiniRocket: its kernels, dilations and how many features each combination gives.
///
/// The 84 kernels are all choices of three taps of nine for weight 2, -1 elsewhere. Dilations are
/// ⌊2^e⌋ for m = min(per, 32) exponents e evenly from 0 to log2((length - 1) / 8), `per` = features /
/// 84; a dilation that comes up c times gives ⌊c · per / m⌋ features a kernel, and one more each, from
/// the first dilation on, until there are `per`. Combinations go dilation by dilation, in each kernel
/// by kernel in the order of the taps (Dempster, Schmidt and Webb 2021).
struct MiniRocketPlan: Sendable {
  /// The three taps of weight 2 of each kernel.
  static let kernels: [(Int, Int, Int)] = (0..<9).flatMap { a in
    ((a + 1)..<9).flatMap { b in ((b + 1)..<max(9, b + 1)).map { (a, b, $0) } }
  }

  /// Rising.
  let dilations: [Int]
  /// Features of one kernel at each dilation.
  let counts: [Int]
  let features: Int
  let length: Int

  /// A plan for series of `length` steps, at least 9, and a multiple of 84 features.
  init(length: Int, features: Int) {
    precondition(
      length >= 9 && features >= 84 && features % 84 == 0, "\(features) features of \(length) steps"
    )
    let each = features / 84, most = min(each, 32)
    let end = log2(Double(length - 1) / 8)
    var found: [(dilation: Int, times: Int)] = []
    for place in 0..<most {
      let exponent = most > 1 ? end * Double(place) / Double(most - 1) : 0
      let dilation = Int(exp2(exponent))
      if found.last?.dilation == dilation {
        found[found.count - 1].times += 1
      } else {
        found.append((dilation, 1))
      }
    }
    var counts = found.map { $0.times * each / most }
    var next = 0
    while counts.reduce(0, +) < each {
      counts[next % counts.count] += 1
      next += 1
    }
    self.length = length
    self.features = features
    self.counts = counts
    dilations = found.map(\.dilation)
  }

  /// Kernels times dilations.
  var combinations: Int { 84 * dilations.count }

  /// The quantiles at which biases are taken: the fractional part of k φ, k = 1, 2, ..., φ the golden
  /// ratio.
  func quantile(_ feature: Int) -> Double {
    let value = Double(feature + 1) * (1 + 5.0.squareRoot()) / 2
    return value - value.rounded(.down)
  }

  /// Where a combination's features begin, and how many they are.
  func place(_ combination: Int) -> Range<Int> {
    let (dilation, kernel) = combination.quotientAndRemainder(dividingBy: 84)
    let first = 84 * counts[..<dilation].reduce(0, +) + kernel * counts[dilation]
    return first..<(first + counts[dilation])
  }

  /// One combination's convolution of a series, zeros on both sides: y[t] = Σ w[s] x[t + (s - 4) d].
  ///
  /// `series` has `length` steps, those of all its channels summed.
  func convolved(_ series: [Float], _ combination: Int) -> [Float] {
    let (place, kernel) = combination.quotientAndRemainder(dividingBy: 84)
    let d = dilations[place], (a, b, c) = Self.kernels[kernel]
    var result = [Float](repeating: 0, count: length)
    for tap in 0..<9 {
      let weight: Float = tap == a || tap == b || tap == c ? 2 : -1
      let shift = (tap - 4) * d
      let from = max(0, -shift), end = min(length, length - shift)
      guard from < end else { continue }
      for t in from..<end { result[t] += weight * series[t + shift] }
    }
    return result
  }

  /// The steps over which a combination's shares are counted: all of them, or, every other
  /// combination, those whose taps are all inside the series.
  func counted(_ combination: Int) -> Range<Int> {
    let (place, kernel) = combination.quotientAndRemainder(dividingBy: 84)
    let margin = 4 * dilations[place]
    return (place + kernel) % 2 == 0 ? 0..<length : margin..<(length - margin)
  }
}

/// The value at a quantile of sorted numbers, between neighbours by proportion.
func quantile(_ position: Double, ofSorted numbers: [Float]) -> Float {
  let place = position * Double(numbers.count - 1)
  let below = Int(place), above = min(below + 1, numbers.count - 1)
  let low = Double(numbers[below])
  return Float(low + (Double(numbers[above]) - low) * (place - Double(below)))
}
