// SPDX-License-Identifier: Apache-2.0
internal import MinimTensor

/// How far a hidden state moves between two steps. With a = h(t), e = h(t+k), d = e - a:
public enum Discrepancy: String, CaseIterable, Codable, Sendable {
  /// N1, the paper's: ‖d‖ / (‖a‖ + ε).
  case startNorm = "n1"
  /// N2: ‖d‖ / (‖e‖ + ε).
  case endNorm = "n2"
  /// N3: ‖d‖ / (‖a‖ + ‖e‖ + ε), in 0 ... 1.
  case bothNorms = "n3"
  /// N4: ‖d‖ divided by the mean of ‖h‖ over the case's steps.
  case meanNorm = "n4"
  /// N5: ‖d‖ / √width.
  case width = "n5"
  /// N6: N1 with sums of magnitudes for norms.
  case magnitudes = "n6-l1"
  /// N6: N1 with sums of squares for norms.
  case squares = "n6-squares"
  /// N7: 1 - cos(e, a).
  case direction = "n7"
  /// N8: N1 on the LSTM's cell state.
  case cell = "n8-cell"
  /// N8: N1 on hidden and cell state joined.
  case hiddenAndCell = "n8-both"
  /// N9: d / (‖a‖ + ε) as a vector, the student's mapped to the teacher's width by a trained linear
  /// map.
  case vector = "n9"
  /// N10: ‖d‖ of all pairs of steps, divided by its mean over the case's pairs.
  case relational = "n10"

  /// Whether it needs a trained map between the widths.
  public var needsRegressor: Bool { self == .vector }
}

/// The states of one case of one network, and how they move.
struct Movement<Scalar: TensorScalar> {
  private let kind: Discrepancy
  private let states: UnsafePointer<Scalar>
  private let steps: Int
  private let width: Int
  private let epsilon: Scalar
  /// The mean of ‖h(t)‖ over the steps; N4 alone needs it.
  private var meanNorm: Scalar = 1

  init(_ kind: Discrepancy, states: UnsafePointer<Scalar>, steps: Int, width: Int) {
    self.kind = kind
    self.states = states
    self.steps = steps
    self.width = width
    epsilon = Scalar(MemoryLayout<Scalar>.size == 4 ? 1e-6 : 1e-8)
    if kind == .meanNorm {
      var sum: Scalar = 0
      for step in 0..<steps { sum += dot(state(step), state(step)).squareRoot() }
      meanNorm = max(sum / Scalar(steps), epsilon)
    }
  }

  private func state(_ step: Int) -> UnsafePointer<Scalar> { states + step * width }

  /// Sums that every form is made of.
  private struct Sums {
    var dd: Scalar = 0, aa: Scalar = 0, ee: Scalar = 0, ae: Scalar = 0
    var d1: Scalar = 0, a1: Scalar = 0
  }

  private func sums(_ span: Span) -> Sums {
    let a = state(span.start), e = state(span.start + span.length)
    var s = Sums()
    if kind == .magnitudes {
      for i in 0..<width {
        s.d1 += (e[i] - a[i]).magnitude
        s.a1 += a[i].magnitude
      }
      return s
    }
    for i in 0..<width {
      let d = e[i] - a[i]
      s.dd += d * d
      s.aa += a[i] * a[i]
    }
    if kind == .endNorm || kind == .bothNorms || kind == .direction {
      for i in 0..<width {
        s.ee += e[i] * e[i]
        s.ae += a[i] * e[i]
      }
    }
    return s
  }

  /// δ of a span.
  func value(_ span: Span) -> Scalar {
    let s = sums(span)
    switch kind {
    case .startNorm, .cell, .hiddenAndCell: return s.dd.squareRoot() / (s.aa.squareRoot() + epsilon)
    case .endNorm: return s.dd.squareRoot() / (s.ee.squareRoot() + epsilon)
    case .bothNorms:
      return s.dd.squareRoot() / (s.aa.squareRoot() + s.ee.squareRoot() + epsilon)
    case .meanNorm: return s.dd.squareRoot() / meanNorm
    case .width: return s.dd.squareRoot() / Scalar(width).squareRoot()
    case .magnitudes: return s.d1 / (s.a1 + epsilon)
    case .squares: return s.dd / (s.aa + epsilon)
    case .direction: return 1 - s.ae / (s.aa.squareRoot() * s.ee.squareRoot() + epsilon)
    case .vector, .relational: preconditionFailure("\(kind) is no number of a span")
    }
  }

  /// Adds weight · ∂δ/∂h to `gradient` (steps, width).
  ///
  /// Returns weight · ∂δ/∂(mean norm), for `addSharedGradient`.
  func addGradient(_ span: Span, weight: Scalar, to gradient: UnsafeMutablePointer<Scalar>)
    -> Scalar
  {
    let s = sums(span)
    let a = state(span.start), e = state(span.start + span.length)
    let ga = gradient + span.start * width, ge = gradient + (span.start + span.length) * width
    let tiny = Scalar(1e-12)
    let size = s.dd.squareRoot(), sizeA = s.aa.squareRoot(), sizeE = s.ee.squareRoot()
    // ∂δ = byD · d on the difference, byA · a and byE · e on the states themselves.
    var byD: Scalar = 0, byA: Scalar = 0, byE: Scalar = 0, shared: Scalar = 0
    func share(_ numerator: Scalar, _ denominator: Scalar) -> Scalar {
      denominator < tiny ? 0 : numerator / denominator
    }
    switch kind {
    case .startNorm, .cell, .hiddenAndCell:
      let n = sizeA + epsilon
      (byD, byA) = (share(1, size * n), -share(size, sizeA * n * n))
    case .endNorm:
      let n = sizeE + epsilon
      (byD, byE) = (share(1, size * n), -share(size, sizeE * n * n))
    case .bothNorms:
      let n = sizeA + sizeE + epsilon
      byD = share(1, size * n)
      (byA, byE) = (-share(size, sizeA * n * n), -share(size, sizeE * n * n))
    case .meanNorm:
      byD = share(1, size * meanNorm)
      shared = -weight * size / (meanNorm * meanNorm)
    case .width: byD = share(1, size * Scalar(width).squareRoot())
    case .squares:
      let n = s.aa + epsilon
      (byD, byA) = (2 / n, -2 * s.dd / (n * n))
    case .magnitudes:
      let n = s.a1 + epsilon
      for i in 0..<width {
        let toward = sign(e[i] - a[i]) * weight / n
        ge[i] += toward
        ga[i] -= toward + sign(a[i]) * weight * s.d1 / (n * n)
      }
      return 0
    case .direction:
      let n = sizeA * sizeE + epsilon
      let cross = -weight / n, own = weight * s.ae / (n * n)
      for i in 0..<width {
        ga[i] += cross * e[i] + own * share(sizeE, sizeA) * a[i]
        ge[i] += cross * a[i] + own * share(sizeA, sizeE) * e[i]
      }
      return 0
    case .vector, .relational: preconditionFailure("\(kind) is no number of a span")
    }
    (byD, byA, byE) = (weight * byD, weight * byA, weight * byE)
    for i in 0..<width {
      let toward = byD * (e[i] - a[i])
      ga[i] += byA * a[i] - toward
      ge[i] += byE * e[i] + toward
    }
    return shared
  }

  /// Adds what the mean norm passes on: ∂(mean norm)/∂h(t) = h(t) / (‖h(t)‖ steps).
  func addSharedGradient(_ shared: Scalar, to gradient: UnsafeMutablePointer<Scalar>) {
    guard shared != 0 else { return }
    for step in 0..<steps {
      let h = state(step), size = dot(h, h).squareRoot()
      guard size > Scalar(1e-12) else { continue }
      let factor = shared / (size * Scalar(steps))
      for i in 0..<width { gradient[step * width + i] += factor * h[i] }
    }
  }

  private func dot(_ x: UnsafePointer<Scalar>, _ y: UnsafePointer<Scalar>) -> Scalar {
    var sum: Scalar = 0
    for i in 0..<width { sum += x[i] * y[i] }
    return sum
  }

  private func sign(_ x: Scalar) -> Scalar { x > 0 ? 1 : (x < 0 ? -1 : 0) }
}
