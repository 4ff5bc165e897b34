// SPDX-License-Identifier: Apache-2.0
import MinimTensor
import Testing

/// Sizes that are split over threads, in every way that a product, a sum or a step can be: the same
/// bits for any number of threads, and close to the plain loops.
@Suite(.serialized) struct ThreadTests {
  private func results(_ seed: UInt64) -> [[Float]] {
    var generator = SeededGenerator(seed: seed)
    var found: [[Float]] = []
    // Tall; short; few rows and many columns; few of both and deep.
    for (m, n, k) in [(400, 70, 90), (64, 190, 128), (20, 900, 100), (64, 64, 6400)] {
      let a = Tensor<Float>.normal(shape: [m, k], using: &generator)
      let b = Tensor<Float>.normal(shape: [n, k], using: &generator)
      let bias = Tensor<Float>.normal(shape: [n], using: &generator)
      found.append(a.linear(weight: b, bias: bias).scalars)
      found.append(a.transposed().product(b.transposed(), transposed: true).scalars)
    }
    var large = Tensor<Float>.normal(shape: [50, 33, 40], using: &generator)
    found.append(large.scalars)
    for axes in [nil, [0], [0, 1], [2], [1]] { found.append(large.sum(over: axes).scalars) }
    found.append(large.max(over: [0]).scalars)
    found.append(large.transposed().scalars)
    found.append(
      large.gelu().layerNorm(scale: .init(repeating: 1, shape: [40]), shift: .init(zeros: [40]))
        .scalars)
    found += parallelMap(5) { [large] part in
      large.sliced(part * 10..<part * 10 + 10, along: 0).exp().sum(over: [2]).scalars
    }
    // Enough work for the pool, and too little.
    for (channels, groups) in [(40, 1), (64, 64), (4, 1)] {
      let series = Tensor<Float>.normal(shape: [17, channels, 130], using: &generator).variable()
      let weight = Tensor<Float>.normal(
        shape: [channels, channels / groups, 7], using: &generator
      ).variable()
      let bias = Tensor<Float>.normal(shape: [channels], using: &generator).variable()
      let result = series.causalConvolution(
        weight: weight, bias: bias, dilation: 2, groups: groups)
      found.append(result.scalars)
      found += gradients(of: (result * result).sum(), for: [series, weight, bias]).map(\.scalars)
    }
    var first = Tensor<Float>(zeros: large.shape), second = first
    let gradient = large.tanh()
    large.adamStep(gradient: gradient, first: &first, second: &second, step: 1, rate: 0.1)
    found.append(large.scalars)
    return found
  }

  @Test func theSameBitsForAnyNumberOfThreads() {
    let before = threadCount
    defer { threadCount = before }
    threadCount = 1
    let alone = results(3)
    for threads in [2, 3, 4, 8] {
      threadCount = threads
      for round in 0..<3 {
        let same = results(3) == alone
        #expect(same, "\(threads) threads, round \(round)")
      }
    }
  }

  @Test func partsComeInOrder() {
    #expect(parallelMap(100) { "\($0)" } == (0..<100).map(String.init))
    #expect(parallelMap(0) { $0 }.isEmpty)
  }

  /// A level chosen for this thread holds for the pool's share of its work, too.
  @Test func theSameBitsAtAChosenLevel() {
    let before = threadCount, level = kernelLevel
    defer {
      threadCount = before
      _ = useKernelLevel(level)
    }
    for chosen in KernelTests.levels where useKernelLevel(chosen) {
      threadCount = 1
      let alone = results(6)
      threadCount = 4
      for round in 0..<5 {
        let same = results(6) == alone
        #expect(same, "\(chosen), round \(round)")
      }
    }
  }

  @Test func splitProductsAreProducts() {
    var generator = SeededGenerator(seed: 4)
    for (m, n, k) in [(400, 70, 90), (64, 190, 128), (20, 900, 100), (64, 64, 6400)] {
      let a = Tensor<Double>.normal(shape: [m, k], using: &generator)
      let b = Tensor<Double>.normal(shape: [n, k], using: &generator)
      let bias = Tensor<Double>.normal(shape: [n], using: &generator)
      let found = a.linear(weight: b, bias: bias).scalars
      let x = a.scalars, y = b.scalars, z = bias.scalars
      var worst = 0.0
      for i in 0..<m {
        for j in stride(from: 0, to: n, by: 7) {
          let sum = (0..<k).reduce(z[j]) { $0 + x[i * k + $1] * y[j * k + $1] }
          worst = max(worst, abs(found[i * n + j] - sum))
        }
      }
      #expect(worst < 1e-10, "\(m) \(n) \(k)")
    }
  }
}

/// What a repeated training step asks of the system, and what the tape holds on to.
@Suite(.serialized) struct MemoryTests {
  /// A step over `layers` maps of 512 x 512, of which each keeps an input of 2 MiB.
  private func step(_ layers: Int, _ weights: [Tensor<Float>], _ x: Tensor<Float>) -> [Float] {
    let tracked = weights.map { $0.variable() }
    var y = x
    for layer in 0..<layers { y = y.linear(weight: tracked[layer]).tanh() }
    let found = gradients(of: y.squared().sum(), for: tracked)
    return found.map { $0.scalars[0] }
  }

  @Test func aRepeatedStepFindsItsMemoryInThePool() {
    var generator = SeededGenerator(seed: 5)
    let weights = (0..<6).map { _ in
      Tensor<Float>.normal(deviation: 0.05, shape: [512, 512], using: &generator)
    }
    let x = Tensor<Float>.normal(shape: [1024, 512], using: &generator)
    let first = step(6, weights, x)
    _ = step(6, weights, x)
    // Other tests run beside this one and use the pool too: a step that asks anew does so in every round.
    let growth = (0..<5).map { _ in
      let before = tensorMemoryInBytes()
      for _ in 0..<10 { #expect(step(6, weights, x) == first) }
      return tensorMemoryInBytes() - before
    }
    #expect((growth.min() ?? .max) < 4 << 20)
  }
}
