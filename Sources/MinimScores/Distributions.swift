// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The probability that a standard normal variable is above `x`.
func normalTail(_ x: Double) -> Double { erfc(x * 0.5.squareRoot()) / 2 }

/// The probability that a chi-square variable with `degrees` >= 1 degrees of freedom is above
/// `x` >= 0.
///
/// With h = x / 2 this is the upper incomplete gamma function, which ends for whole degrees:
///
///     Q = [erfc(sqrt h) if degrees is odd] + sum over s of e^-h h^s / Gamma(s + 1),
///     s = 0, 1, ... or 1/2, 3/2, ... below degrees / 2.
package func chiSquareTail(_ x: Double, degrees: Int) -> Double {
  let half = x / 2
  let isOdd = degrees % 2 == 1
  var s = isOdd ? 0.5 : 0
  var tail = isOdd ? erfc(half.squareRoot()) : 0
  // Logarithms, so that many degrees do not underflow; Gamma(3/2) = sqrt(pi) / 2.
  var logTerm = isOdd ? log(half) / 2 - half - log(Double.pi.squareRoot() / 2) : -half
  while s < Double(degrees) / 2 {
    tail += exp(logTerm)
    s += 1
    logTerm += log(half / s)
  }
  return min(tail, 1)
}

/// The value that the range of `count` >= 2 standard normal variables exceeds with probability
/// `alpha`, between 0 and 1: the studentized range for infinite degrees of freedom.
///
/// Bisection on 1 - P(range <= q), found by the trapezoid rule, which is as good as exact for a
/// function that fades like the normal density:
///
///     P(range <= q) = count * integral of density(z) (Phi(z + q) - Phi(z))^(count - 1) dz.
func rangeQuantile(count: Int, alpha: Double) -> Double {
  func probability(_ q: Double) -> Double {
    let step = 1.0 / 32
    var sum = 0.0
    for index in -320...320 {
      let z = Double(index) * step
      let inside = normalTail(z) - normalTail(z + q)
      sum += exp(-z * z / 2) * pow(inside, Double(count - 1))
    }
    return Double(count) * sum * step / (2 * Double.pi).squareRoot()
  }
  var low = 0.0, high = 40.0
  for _ in 0..<60 {
    let middle = (low + high) / 2
    if 1 - probability(middle) > alpha { low = middle } else { high = middle }
  }
  return (low + high) / 2
}
