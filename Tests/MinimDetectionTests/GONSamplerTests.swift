// SPDX-License-Identifier: Apache-2.0
import MinimDetection
import MinimLearning
import MinimSeries
import MinimTensor
import Testing

/// A GON as a sampler: the Gaussian of two dimensions of the paper's appendix.
@Suite struct GONSamplerTests {
  /// Rows of a Gaussian about (0.5, 0.5), deviations 0.16 and 0.08 along the diagonals.
  private func gaussian(_ count: Int, seed: UInt64) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    let bells = Tensor<Float>.normal(shape: [count, 2], using: &generator).scalars
    return stride(from: 0, to: bells.count, by: 2).flatMap { place -> [Float] in
      let along = 0.16 * bells[place], across = 0.08 * bells[place + 1]
      return [0.5 + 0.7071 * (along - across), 0.5 + 0.7071 * (along + across)]
    }
  }

  /// 2 E|x - y| - E|x - x'| - E|y - y'|: 0 for the same distribution.
  private func energyDistance(_ x: [Float], _ y: [Float]) -> Double {
    func mean(_ a: [Float], _ b: [Float]) -> Double {
      var sum = 0.0
      for i in stride(from: 0, to: a.count, by: 2) {
        for j in stride(from: 0, to: b.count, by: 2) {
          let u = Double(a[i] - b[j]), v = Double(a[i + 1] - b[j + 1])
          sum += (u * u + v * v).squareRoot()
        }
      }
      return sum / Double(a.count / 2 * (b.count / 2))
    }
    return 2 * mean(x, y) - mean(x, x) - mean(y, y)
  }

  @Test func drawsNearAGaussian() throws {
    var generator = SeededGenerator(seed: 1)
    var model = GON(.init(channels: 2, window: 1, hidden: 32), using: &generator)
    let rows = Recording(name: "gaussian", channels: 2, values: gaussian(1000, seed: 2))
    var plan = GON.plan
    plan.epochs = 60
    plan.learningRate = 2e-3
    let windows = Windows(rows, for: model.configuration)
    try model.fit(
      windows, held: windows, plan: plan,
      progress: Progress("test", total: plan.epochs, unit: "epoch", quiet: true))
    let drawn = model.samples(500, using: &generator).scalars
    let noise = Tensor<Float>.uniform(in: 0...1, shape: [500, 2], using: &generator).scalars
    let truth = gaussian(500, seed: 3)
    let distances = (own: energyDistance(drawn, truth), noise: energyDistance(noise, truth))
    #expect(drawn.allSatisfy { (0...1).contains($0) })
    #expect(distances.own < 0.5 * distances.noise)
  }
}
