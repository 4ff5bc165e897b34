// SPDX-License-Identifier: Apache-2.0
import CMinimKernels
import MinimTensor
import Testing

/// Each level of the kernels that this processor has, against the plain versions.
///
/// The level that a test chooses is its thread's own.
@Suite struct KernelTests {
  static let levels = ["generic", "neon", "avx2", "avx512"]

  private func atEveryLevel(_ body: () -> Void) {
    let before = kernelLevel
    defer { _ = useKernelLevel(before) }
    var tried = 0
    for level in Self.levels where useKernelLevel(level) {
      tried += 1
      body()
    }
    #expect(tried > 0)
  }

  private func random(_ count: Int, _ generator: inout SeededGenerator) -> [Float] {
    (0..<count).map { _ in Float(generator.nextNormal()) }
  }

  private func close(_ a: [Float], _ b: [Float], _ tolerance: Float) -> Bool {
    zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
  }

  /// Every way through the product: sums of products, B as it lies, both packed, A as it lies or not
  /// (its rows 2,048 bytes apart), whole and partial tiles.
  @Test func products() {
    let shapes = [
      (1, 1, 1), (1, 16, 3), (5, 7, 0), (13, 33, 17), (12, 32, 256), (25, 49, 300), (97, 65, 40),
      (64, 520, 31), (3, 9, 37), (2, 300, 20), (61, 130, 512), (70, 40, 30), (203, 47, 513),
    ]
    atEveryLevel {
      var generator = SeededGenerator(seed: 1)
      for (m, n, k) in shapes {
        for (transposesA, transposesB) in [
          (false, false), (true, false), (false, true), (true, true),
        ] {
          for accumulates in [Int32(0), 1] {
            let a = random(max(m * k, 1), &generator), b = random(max(k * n, 1), &generator)
            var c = random(m * n, &generator)
            var expected = c
            let (ar, ac) = transposesA ? (1, m) : (k, 1), (br, bc) = transposesB ? (1, k) : (n, 1)
            minim_product_f32(m, n, k, a, ar, ac, b, br, bc, &c, n, accumulates)
            minim_product_reference_f32(m, n, k, a, ar, ac, b, br, bc, &expected, n, accumulates)
            let tolerance = 5e-6 * Float(max(16, k)).squareRoot()
            let agrees = close(c, expected, tolerance)
            #expect(agrees, "\(kernelLevel) \(m) \(n) \(k)")
            let bias = random(n, &generator)
            minim_product_biased_f32(m, n, k, a, ar, ac, b, br, bc, bias, &c, n, 0)
            minim_product_reference_f32(m, n, k, a, ar, ac, b, br, bc, &expected, n, 0)
            for i in c.indices { expected[i] += bias[i % n] }
            let agreesToo = close(c, expected, tolerance)
            #expect(agreesToo, "\(kernelLevel) \(m) \(n) \(k) with bias")
          }
        }
      }
    }
  }

  @Test func recurrentLayers() {
    let sizes = [
      (1, 1, 1, 1), (2, 3, 3, 20), (4, 3, 25, 8), (16, 3, 2, 8), (17, 4, 3, 5), (33, 2, 19, 20),
    ]
    atEveryLevel {
      var generator = SeededGenerator(seed: 2)
      for (cell, gates) in [(MINIM_RNN, 1), (MINIM_LSTM, 4), (MINIM_GRU, 3), (MINIM_MGU, 2)] {
        for (batch, steps, inputs, hidden) in sizes {
          var shape = minim_recurrent_shape(
            cell: cell, batch: batch, steps: steps, inputs: inputs, hidden: hidden, lengths: nil)
          let x = random(batch * steps * inputs, &generator), rows = gates * hidden
          let w = random(rows * inputs, &generator), u = random(rows * hidden, &generator)
          let b = random(rows, &generator), d = random(rows, &generator)
          let h0 = random(batch * hidden, &generator), c0 = random(batch * hidden, &generator)
          var h = [Float](repeating: 0, count: batch * steps * hidden)
          var expected = h
          minim_recurrent_forward_f32(&shape, x, w, u, b, d, h0, c0, &h, nil, nil)
          minim_recurrent_reference_f32(&shape, x, w, u, b, d, h0, c0, &expected, nil)
          #expect(
            close(h, expected, 1e-5), "\(kernelLevel) \(cell) \(batch) \(steps) \(inputs) \(hidden)"
          )
        }
      }
    }
  }

  /// A few cases take another path than many, and than those with gradients.
  @Test func fewCasesAreAsMany() {
    atEveryLevel {
      var generator = SeededGenerator(seed: 5)
      for hidden in [8, 16, 37] {
        func normal(_ shape: [Int]) -> Tensor<Float> { .normal(shape: shape, using: &generator) }
        let weights = RecurrentWeights(
          input: normal([4 * hidden, 5]), recurrent: normal([4 * hidden, hidden]),
          inputBias: normal([4 * hidden]), recurrentBias: normal([4 * hidden]))
        let (x, h, c) = (normal([3, 6, 5]), normal([3, hidden]), normal([3, hidden]))
        for lengths in [nil, [6, 2, 4]] {
          let few = x.recurrent(
            .lstm, weights: weights, initialHidden: h, initialCell: c, lengths: lengths)
          let tracked = x.variable().recurrent(
            .lstm, weights: weights, initialHidden: h, initialCell: c, lengths: lengths)
          #expect(few.hidden == tracked.hidden, "\(kernelLevel) \(hidden)")
          #expect(few.cell == tracked.cell, "\(kernelLevel) \(hidden)")
        }
      }
    }
  }

  @Test func functionsAtTheirEnds() {
    atEveryLevel {
      let x = Tensor<Float>(
        [
          0, -0.0, .infinity, -.infinity, .nan, Float(1e-40 as Double), 90, -90, 1000, -1000, 88.7,
          -87.3,
        ], shape: [12])
      let exp = x.exp().scalars
      #expect(exp[0] == 1 && exp[1] == 1 && exp[2] == .infinity && exp[3] == 0 && exp[4].isNaN)
      #expect(
        exp[5] == 1 && exp[6] == .infinity && exp[7] == 0 && exp[8] == .infinity && exp[9] == 0)
      #expect(abs(exp[10] / 3.3264e38 - 1) < 1e-3 && exp[11] > 0)
      let tanh = x.tanh().scalars
      #expect(tanh[0] == 0 && tanh[4].isNaN && tanh[5] > 0 && tanh[5] < 1e-38)
      for index in [2, 6, 8] {
        #expect(abs(tanh[index] - 1) < 1e-6 && abs(tanh[index + 1] + 1) < 1e-6)
      }
      let sigmoid = x.sigmoid().scalars
      #expect(sigmoid[0] == 0.5 && sigmoid[2] == 1 && sigmoid[3] == 0 && sigmoid[4].isNaN)
      let softplus = x.softplus().scalars
      #expect(
        softplus[2] == .infinity && softplus[3] == 0 && softplus[4].isNaN && softplus[8] == 1000)
      let log = Tensor<Float>([0, -1, .infinity, .nan, 1, Float(1e-40 as Double)], shape: [6]).log()
        .scalars
      #expect(
        log[0] == -.infinity && log[1].isNaN && log[2] == .infinity && log[3].isNaN && log[4] == 0)
      #expect(abs(log[5] + 92.1034) < 1e-3)
    }
  }
}
