// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimTensor
import Testing

@Suite struct RandomnessTests {
  @Test func givesTheNumbersOfThePublishedAlgorithms() throws {
    // SplitMix64 from 0, and xoshiro256** from there, by a separate implementation.
    var generator = SeededGenerator(seed: 0)
    #expect(
      generator.words == [
        0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F, 0xF88B_B8A8_724C_81EC,
      ])
    let expected: [UInt64] = [
      0x99EC_5F36_CB75_F2B4, 0xBF6E_1F78_4956_452A, 0x1A5F_849D_4933_E6E0, 0x6AA5_94F1_262D_2D2C,
    ]
    #expect(expected.allSatisfy { $0 == generator.next() })
    var restored = try #require(SeededGenerator(state: generator.words))
    #expect(restored.next() == generator.next())
    #expect(SeededGenerator(state: [0, 0, 0, 0]) == nil)
    #expect(SeededGenerator(state: [1]) == nil)
  }

  @Test func drawsFromTheRightDistributions() {
    var generator = SeededGenerator(seed: 4)
    var counts = [0, 0, 0]
    for _ in 0..<30_000 { counts[generator.nextIndex(below: 3)] += 1 }
    #expect(counts.allSatisfy { abs($0 - 10_000) < 400 })
    #expect(generator.permutation(of: 50).sorted() == Array(0..<50))
    let normal = Tensor<Double>.normal(deviation: 2, shape: [20_000], using: &generator)
    #expect(abs(normal.mean().item) < 0.06)
    #expect(abs(normal.squared().mean().item - 4) < 0.2)
    let uniform = Tensor<Float>.uniform(in: -1...3, shape: [20_000], using: &generator)
    #expect(abs(uniform.mean().item - 1) < 0.04)
    #expect(uniform.scalars.allSatisfy { $0 >= -1 && $0 <= 3 })
  }

  /// √(-2 ln(1 - u)) cos 2πv by the C library.
  @Test func normalNumbersAreThoseOfBoxAndMuller() {
    var generator = SeededGenerator(seed: 9)
    var uniforms = generator
    for _ in 0..<100_000 {
      let value = generator.nextNormal(), u = uniforms.nextUniform(), v = uniforms.nextUniform()
      let expected = (-2 * log(1 - u)).squareRoot() * cos(2 * Double.pi * v)
      #expect(abs(value - expected) < 4e-15, "\(u) \(v)")
    }
  }

  @Test func dropoutKeepsTheMeanAndPassesTheGradientOfWhatItKept() {
    let ones = Tensor<Double>(repeating: 1, shape: [100, 100]).variable()
    var generator = SeededGenerator(seed: 2)
    var same = generator
    let dropped = ones.dropout(rate: 0.25, using: &generator)
    #expect(dropped == ones.dropout(rate: 0.25, using: &same))
    let zeros = dropped.scalars.count { $0 == 0 }
    #expect(abs(zeros - 2500) < 150)
    #expect(dropped.scalars.allSatisfy { $0 == 0 || abs($0 - 4.0 / 3) < 1e-12 })
    #expect(gradients(of: dropped.sum(), for: [ones])[0].scalars == dropped.scalars)
    #expect(ones.dropout(rate: 0, using: &generator) == ones)
  }
}

@Suite struct TapeTests {
  @Test func copiesShareUntilOneIsWrittenTo() {
    let first = Tensor<Float>([1, 2, 3], shape: [3])
    var second = first
    second.withUnsafeMutableScalars { $0[0] = 9 }
    #expect(first.scalars == [1, 2, 3] && second.scalars == [9, 2, 3])
  }

  @Test func aValueUsedTwiceAddsItsGradients() {
    let x = Tensor<Double>([2, 3], shape: [2]).variable(), y = Tensor<Double>(5).variable()
    let unused = Tensor<Double>(1).variable()
    let loss = (x * x * y + x * y).sum()
    let found = gradients(of: loss, for: [x, y, unused])
    #expect(found[0].scalars == [25, 35])
    #expect(found[1].scalars == [18])
    #expect(found[2].scalars == [0])
  }

  @Test func gradientsOfIntermediateValues() {
    let x = Tensor<Double>([1, 2], shape: [2]).variable()
    let y = x * 3
    let found = gradients(of: (y * y).sum(), for: [y, x])
    #expect(found[0].scalars == [6, 12] && found[1].scalars == [18, 36])
  }

  @Test func untrackedTensorsRecordNothing() {
    let x = Tensor<Float>([1, 2], shape: [2])
    #expect(!(x * x).isTracked && (x * x.variable()).isTracked)
    #expect(!(x.variable() * x).detached().isTracked)
  }

  @Test func anEmptyBatchOfSequencesHasZeroGradients() {
    var generator = SeededGenerator(seed: 1)
    func weight(_ shape: [Int]) -> Tensor<Float> {
      Tensor.normal(shape: shape, using: &generator).variable()
    }
    let weights = RecurrentWeights(
      input: weight([12, 2]), recurrent: weight([12, 3]), inputBias: weight([12]),
      recurrentBias: weight([12]))
    let states = Tensor<Float>(zeros: [0, 4, 2]).recurrent(.lstm, weights: weights)
    #expect(states.hidden.shape == [0, 4, 3])
    let found = gradients(of: states.hidden.sum(), for: [weights.input, weights.recurrentBias])
    #expect(found.allSatisfy { $0.scalars.allSatisfy { $0 == 0 } })
  }
}
