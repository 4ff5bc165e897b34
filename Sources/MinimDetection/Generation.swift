// SPDX-License-Identifier: Apache-2.0
package import MinimLayers
package import MinimTensor

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Windows made by moving points uphill on a discriminator: what a GON has instead of a generator.
///
/// Each point z takes Adam steps on BCE(D(z), target), with the rate 0.01 (1 + cos(πk/10)) / 2 of
/// step k, and stays in [0, 1] where `clamps`. A point ends once for 11 steps on end it moved less
/// than `tolerance` in every number or its loss fell by less than that. Each goes by itself, whoever
/// is beside it. Source: methods, gon 1.3.
package struct Generation: Equatable, Sendable {
  /// The most steps.
  package var steps: Int
  /// The move or fall below which a point may rest.
  package var tolerance: Float
  /// Whether points stay in [0, 1].
  package var clamps: Bool
  /// What D is to say: 1, or 0.9 with smoothing.
  package var target: Float

  /// A way to make points, from its parts.
  package init(steps: Int, tolerance: Float, clamps: Bool, target: Float = 1) {
    self.steps = steps
    self.tolerance = tolerance
    self.clamps = clamps
    self.target = target
  }

  /// The points (count, size) at their ends, and the steps that each took.
  package func run(
    from start: Tensor<Float>, on discriminator: Perceptron<Float>
  ) -> (points: Tensor<Float>, steps: [Int]) {
    let count = start.shape[0], size = start.shape[1]
    var result = start.scalars, taken = [Int](repeating: 0, count: count)
    var active = Array(0..<count), counters = [Int](repeating: 0, count: count)
    var lastLosses = [Float](repeating: 10, count: count)
    var points = start
    var first = Tensor<Float>(zeros: start.shape), second = first
    for step in 0..<steps where !active.isEmpty {
      let tracked = points.variable()
      let logits = discriminator(tracked)
      let losses = logits.binaryCrossEntropy(with: target)
      let gradient = gradients(of: losses.sum(), for: [tracked])[0]
      let rate = 0.01 * (1 + cos(Double.pi * Double(step) / 10)) / 2
      var next = points
      next.adamStep(
        gradient: gradient, first: &first, second: &second, step: step + 1, rate: Float(rate))
      if clamps { next = next.clamped(to: 0...1) }
      let moves = Self.largestMoves(from: points, to: next)
      let heights = losses.detached().scalars
      points = next
      var kept: [Int] = []
      points.withUnsafeScalars { values in
        for (place, index) in active.enumerated() {
          let fall = lastLosses[index] - heights[place]
          lastLosses[index] = heights[place]
          let rests = moves[place] < tolerance || (fall > 0 && fall < tolerance)
          counters[index] = rests ? counters[index] + 1 : 0
          taken[index] = step + 1
          if counters[index] <= 10, step + 1 < steps {
            kept.append(place)
          } else {
            for number in 0..<size { result[index * size + number] = values[place * size + number] }
          }
        }
      }
      if kept.count < active.count {
        active = kept.map { active[$0] }
        guard !kept.isEmpty else { break }
        points = points.gathered(kept, along: 0)
        first = first.gathered(kept, along: 0)
        second = second.gathered(kept, along: 0)
      }
    }
    return (Tensor(result, shape: start.shape), taken)
  }

  /// The largest change of a number in each row.
  private static func largestMoves(from old: Tensor<Float>, to new: Tensor<Float>) -> [Float] {
    (new - old).absolute().max(over: [1]).scalars
  }
}
