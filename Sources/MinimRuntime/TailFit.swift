// SPDX-License-Identifier: Apache-2.0

/// A generalised Pareto distribution of peaks: P(Y > y) = (1 + γ y / σ)^(-1/γ), for γ = 0
/// exp(-y / σ).
public struct TailFit: Equatable, Sendable {
  /// The shape γ > -1: above 0 a heavy tail, below 0 one that ends at -σ / γ.
  public var gamma: Double
  /// The scale σ, in the unit of the peaks; 0 where there are none.
  public var sigma: Double
  /// -N ln σ - (1 + 1/γ) Σ ln(1 + γ Y / σ); 0 where there are no peaks.
  public var logLikelihood: Double
  /// γ / σ times the mean of the peaks: where the next fit starts.
  package var root: Double
  /// How often the fit looked at all peaks: what it cost.
  package var passes: Int

  /// The fewest peaks of which a shape is fitted; fewer are taken for exponential.
  public static let fewestPeaks = 10
}

/// The generalised Pareto distribution of greatest likelihood, of at least 10 peaks; of fewer, or
/// of equal ones, the exponential distribution (γ = 0, σ = their mean).
///
/// `peaks` are finite, above 0 and at most 2e300; those of a mean below 1e-270 are taken for
/// exponential. The stationary points of the likelihood are found by Grimshaw's reduction to one
/// unknown x = γ Ȳ / σ and a scan of 600 places, and compared with γ = 0. Below γ = -1 the
/// likelihood has no bound, but no stationary point either: u v = 1 with v > 0 asks for
/// γ = u - 1 > -1. Source: methods, gon 2.2.
public func fitTail(_ peaks: UnsafeBufferPointer<Double>) -> TailFit {
  fitTail(peaks, minus: 0)
}

/// As `fitTail`, of peaks that are what numbers exceed a start by.
func fitTail(_ numbers: UnsafeBufferPointer<Double>, minus start: Double) -> TailFit {
  var search = TailSearch(numbers, minus: start)
  return search.scan()
}

/// As `fitTail`, from the root of a fit of nearly the same peaks: some five passes instead of 600.
///
/// Newton's method, which must stay within a factor of 2 of that root, on the side of 0 to which
/// the likelihood rises, and end at a maximum that is no worse than γ = 0; else the scan decides.
package func fitTail(_ peaks: UnsafeBufferPointer<Double>, near root: Double) -> TailFit {
  var search = TailSearch(peaks, minus: 0)
  return search.follow(root) ?? search.scan()
}

/// The places where w(x) = u(x) v(x) - 1 falls through 0, which are the maxima of the likelihood:
/// u = 1 + mean ln(1 + xY), v = mean 1/(1 + xY), the peaks divided by their mean.
private struct TailSearch {
  let numbers: UnsafeBufferPointer<Double>
  let start: Double
  var mean = 0.0
  /// The smallest and the largest peak divided by the mean.
  var smallest = 0.0, largest = 0.0
  var best: TailFit

  /// Where the scan leaves out a neighbourhood of 0.
  static let least = 1e-6
  static let negativePlaces = 200
  static let positivePlaces = 400

  init(_ numbers: UnsafeBufferPointer<Double>, minus start: Double) {
    self.numbers = numbers
    self.start = start
    best = TailFit(gamma: 0, sigma: 0, logLikelihood: 0, root: 0, passes: 1)
    guard numbers.count > 0 else { return }
    var sum = 0.0
    smallest = peak(0)
    largest = peak(0)
    var index = 0
    while index < numbers.count {
      let peak = peak(index)
      sum = sum + peak
      if peak < smallest { smallest = peak }
      if peak > largest { largest = peak }
      index &+= 1
    }
    let number = Double(numbers.count)
    mean = sum / number
    // The mean of equal numbers may differ from them in the last place.
    if smallest == largest { mean = smallest }
    best.sigma = mean
    best.logLikelihood = -number * (1 + logOf(mean))
    smallest = smallest / mean
    largest = largest / mean
  }

  @inline(__always)
  private func peak(_ index: Int) -> Double { numbers[index] - start }

  /// Whether the peaks have a shape to search for.
  private var haveShape: Bool {
    numbers.count >= TailFit.fewestPeaks && smallest < largest && mean >= 1e-270
  }

  /// Takes the best of all maxima.
  mutating func scan() -> TailFit {
    guard haveShape else { return best }
    let end = -1 / largest * (1 - 1e-9)
    if end < -Self.least {
      let step = (-Self.least - end) / Double(Self.negativePlaces &- 1)
      var left = end, rising = evaluate(end).w > 0
      for place in 1..<Self.negativePlaces {
        let x = end + step * Double(place)
        let rises = evaluate(x).w > 0
        if rising && !rises { take(left, x) }
        (left, rising) = (x, rises)
      }
    }
    let bound = min(1.01 * (2 * (1 - smallest) / (smallest * smallest)), 1e30)
    if bound > Self.least {
      let step = logOf(bound / Self.least) / Double(Self.positivePlaces &- 1)
      var left = Self.least, rising = evaluate(left).w > 0
      for place in 1..<Self.positivePlaces {
        let x = Self.least * (1 + expm1Of(step * Double(place)))
        let rises = evaluate(x).w > 0
        if rising && !rises { take(left, x) }
        (left, rising) = (x, rises)
      }
    }
    return best
  }

  /// Finds the maximum between two places, Newton's method where it stays inside and halving
  /// where it does not, to 1e-12 of its size, and keeps it where it is the best.
  private mutating func take(_ left: Double, _ right: Double) {
    var left = left, right = right, x = 0.5 * (left + right)
    var point = evaluate(x)
    for _ in 0..<100 {
      if point.w > 0 { left = x } else { right = x }
      var next = x - point.w / point.slope
      if !(next > left && next < right) { next = 0.5 * (left + right) }
      let change = abs(next - x)
      x = next
      point = evaluate(x)
      if change <= 1e-12 * abs(x) { break }
    }
    _ = keep(x, gamma: point.gamma)
  }

  /// The maximum that a root has moved to, or nothing where that is in doubt.
  mutating func follow(_ root: Double) -> TailFit? {
    guard root != 0, haveShape else { return nil }
    var meanSquare = 0.0, index = 0
    while index < numbers.count {
      let peak = peak(index) / mean
      meanSquare = meanSquare + peak * peak
      index &+= 1
    }
    meanSquare = meanSquare / Double(numbers.count)
    best.passes &+= 1
    guard (meanSquare > 2) == (root > 0) else { return nil }
    var x = root
    for _ in 0..<10 {
      guard abs(x) > Self.least, abs(x) < 1e30, x * largest > -(1 - 1e-9),
        x / root > 0.5, x / root < 2
      else { return nil }
      let point = evaluate(x)
      guard point.slope < 0 else { return nil }
      let change = point.w / point.slope
      if abs(change) <= 1e-12 * abs(x) { return keep(x, gamma: point.gamma) ? best : nil }
      x = x - change
    }
    return nil
  }

  /// Keeps a maximum that is better than the best so far.
  private mutating func keep(_ x: Double, gamma: Double) -> Bool {
    let sigma = gamma / x * mean
    // At a stationary point Σ ln(1 + γ Y / σ) = N γ.
    let logLikelihood = -Double(numbers.count) * (logOf(sigma) + 1 + gamma)
    guard logLikelihood > best.logLikelihood else { return false }
    best = TailFit(
      gamma: gamma, sigma: sigma, logLikelihood: logLikelihood, root: x, passes: best.passes)
    return true
  }

  /// u - 1 (which is γ at a root), w, and the slope of w, at x ≠ 0 with 1 + xY > 0 for all peaks.
  ///
  /// Near 0, u - 1 and v - 1 are sums of small numbers, which are added before 1 is.
  @inline(never)
  private mutating func evaluate(_ x: Double) -> (gamma: Double, w: Double, slope: Double) {
    best.passes &+= 1
    let scaled = x / mean
    var logs = 0.0, first = 0.0, second = 0.0
    var index = 0
    while index < numbers.count {
      let product = scaled * peak(index)
      let sum = 1 + product
      let inverse = 1 / sum
      logs = logs + logOf(sum, plus: lostOf(product, sum) * inverse)
      let part = product * inverse
      first = first + part
      second = second + part * inverse
      index &+= 1
    }
    let number = Double(numbers.count)
    let a = logs / number, b = -first / number, c = second / number
    return (a, a + b + a * b, -(b * (1 + b) + (1 + a) * c) / x)
  }
}
