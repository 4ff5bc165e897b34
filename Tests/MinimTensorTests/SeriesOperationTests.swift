// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimTensor
import Testing

/// What the rows of `OperationCases` cannot say: equals, NaN, long series, threads.
@Suite(.serialized) struct SeriesOperationTests {
  private func noise(_ shape: [Int], seed: UInt64 = 1) -> Tensor<Float> {
    var generator = SeededGenerator(seed: seed)
    return Tensor(
      (0..<shape.reduce(1, *)).map { _ in Float(generator.nextUniform() * 2 - 1) }, shape: shape)
  }

  @Test func maximaGiveTheirGradientToTheFirstOfEquals() {
    let x = Tensor<Float>([1, 2, 2, 0, 2, 2, 2, 1, 0, 0, 3, 3], shape: [3, 4]).variable()
    let lines = x.maxPooled(over: [4])
    #expect(lines.scalars == [2, 2, 3] && lines.shape == [3, 1])
    #expect(
      gradients(of: lines.sum(), for: [x])[0].scalars == [0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0])
    let planes = x.maxPooled(over: [2, 2], stride: [1, 2])
    #expect(planes.scalars == [2, 2, 2, 3])
    #expect(
      gradients(of: planes.sum(), for: [x])[0].scalars == [0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0])
    #expect(Tensor<Float>([1, .nan, 3], shape: [3]).maxPooled(over: [3]).item.isNaN)
  }

  /// Windows of 1, shorter than and longer than the series, beside plain sums, after a peak of 1e6.
  @Test(arguments: [1, 2, 25, 300, 2001, 5000]) func movingAveragesAreMeans(_ window: Int) {
    var x = noise([2, 2000])
    x.withUnsafeMutableScalars { $0[3] = 1e6 }
    let found = x.movingAverage(over: window, along: 1).scalars, values = x.scalars
    let front = (window - 1) / 2
    var worst = 0.0
    for row in 0..<2 {
      for t in stride(from: 0, to: 2000, by: 7) {
        var sum = 0.0, size = 0.0
        for i in (t - front)..<(t - front + window) {
          let value = Double(values[row * 2000 + min(max(i, 0), 1999)])
          sum += value
          size += abs(value)
        }
        worst = max(worst, abs(Double(found[row * 2000 + t]) * Double(window) - sum) / size)
      }
    }
    #expect(worst < 1e-5)
  }

  @Test func aMissingValueReachesItsWindowsOnly() {
    var x = Tensor<Float>(repeating: 1, shape: [20])
    x.withUnsafeMutableScalars { $0[8] = .nan }
    let found = x.movingAverage(over: 4, along: 0).scalars
    #expect(found.indices.filter { found[$0].isNaN } == [6, 7, 8, 9])
    #expect(found.filter { !$0.isNaN }.allSatisfy { $0 == 1 })
  }

  /// The golden vector of TimeDistill's specification (2, losses and training).
  @Test func scalesAndSpectraOfTheSpecification() {
    let t = Tensor<Double>([0.1, 0.4, 0.2, -0.3, -0.1, 0.5, 0.3, -0.2], shape: [8])
    let s = Tensor<Double>([0, 0.3, 0.3, -0.1, -0.2, 0.2, 0.4, 0.1], shape: [8])
    var (a, b) = (t, s)
    var errors = [Tensor.meanSquaredError(a, b).item]
    for _ in 0..<3 {
      (a, b) = (a.averagePooled(over: [2]), b.averagePooled(over: [2]))
      errors.append(Tensor.meanSquaredError(a, b).item)
    }
    for (x, y) in zip(errors, [0.03375, 0.028125, 0.0003125, 0.00015625]) {
      #expect(abs(x - y) < 1e-12)
    }
    let amplitudes = t.spectrumAmplitudes().scalars
    for (x, y) in zip(amplitudes.dropFirst(), [0.31350322, 1.48660687, 0.20424429, 0.1]) {
      #expect(abs(x - y) < 1e-8)
    }
  }

  /// A sine of 5 turns has amplitude n / 2 there and none elsewhere; Parseval for noise.
  @Test(arguments: [11, 64, 97, 720, 1024]) func longSpectra(_ width: Int) {
    let sine = Tensor<Float>(
      (0..<width).map { Float(sin(10 * Double.pi * Double($0) / Double(width))) }, shape: [width])
    let worst = sine.spectrumAmplitudes().scalars.enumerated().reduce(Float(0)) { worst, bin in
      max(worst, abs(bin.element - (bin.offset == 5 ? Float(width) / 2 : 0)))
    }
    #expect(worst < 2e-6 * Float(width))
    let x = noise([3, width])
    let a = x.spectrumAmplitudes()
    let squares = a.squared().scalars.enumerated().reduce(0.0) { sum, place in
      let k = place.offset % a.shape[1]
      return sum + Double(place.element) * (k == 0 || 2 * k == width ? 1 : 2)
    }
    let energy = x.scalars.reduce(0.0) { $0 + Double($1) * Double($1) } * Double(width)
    #expect(abs(squares - energy) < 1e-5 * energy)
  }

  @Test func silenceHasNoGradient() {
    let x = Tensor<Float>(zeros: [2, 12]).variable()
    let a = x.spectrumAmplitudes()
    #expect(a.scalars.allSatisfy { $0 == 0 })
    #expect(gradients(of: a.sum(), for: [x])[0] == Tensor(zeros: [2, 12]))
  }

  /// More than 65,536 numbers each, so that the pool of threads takes part.
  @Test func theSameBitsForAnyNumberOfThreads() {
    let before = threadCount
    defer { threadCount = before }
    typealias Operation = (Tensor<Float>) -> Tensor<Float>
    let operations: [Operation] = [
      { $0.averagePooled(over: [3, 4]) }, { $0.maxPooled(over: [3, 4], stride: [2, 3]) },
      { $0.movingAverage(over: 25, along: 1) }, { $0.movingAverage(over: 4, along: 2) },
      { $0.spectrumAmplitudes() }, { $0.cumulativeSum(along: 1) }, { $0.cumulativeSum(along: 2) },
      { $0.sliced(0..<64, along: 2).outerProducts() }, { $0.topKMask(31_000) },
    ]
    let x = noise([9, 90, 101])
    for (place, operation) in operations.enumerated() {
      var results: [[Tensor<Float>]] = []
      for threads in [1, 2, 5] {
        threadCount = threads
        let variable = x.variable()
        let value = operation(variable)
        results.append([value] + gradients(of: (value * value).sum(), for: [variable]))
      }
      #expect(results[1] == results[0] && results[2] == results[0], "operation \(place)")
    }
  }
}
