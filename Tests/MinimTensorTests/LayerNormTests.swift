// SPDX-License-Identifier: Apache-2.0
import MinimTensor
import Testing

/// Layer norm at every level of the kernels, at sizes past one piece of rows, against its parts.
@Suite struct LayerNormTests {
  private func inputs<S: TensorScalar>(_ rows: Int, _ width: Int, _: S.Type) -> [Tensor<S>] {
    var generator = SeededGenerator(seed: 4)
    return [[rows, width], [rows, width], [width], [width], [rows, width]].map {
      let numbers = Tensor<Float>.normal(shape: $0, using: &generator).scalars
      return Tensor(numbers.map { S($0) }, shape: $0)
    }
  }

  private func passes<S: TensorScalar>(
    _ inputs: [Tensor<S>], _ norm: ([Tensor<S>]) -> Tensor<S>
  ) -> [Tensor<S>] {
    let variables = inputs.prefix(4).map { $0.variable() }
    let output = norm(variables)
    return [output.detached()] + gradients(of: (output * inputs[4]).sum(), for: variables)
  }

  private func fused<S: TensorScalar>(_ x: [Tensor<S>]) -> Tensor<S> {
    x[0].layerNorm(adding: x[1], scale: x[2], shift: x[3])
  }

  private func composed<S: TensorScalar>(_ x: [Tensor<S>]) -> Tensor<S> {
    let sum = x[0] + x[1]
    let centred = sum - sum.mean(over: [-1], keepingAxes: true)
    let variance = centred.squared().mean(over: [-1], keepingAxes: true)
    return centred / (variance + 1e-5).squareRoot() * x[2] + x[3]
  }

  @Test(arguments: [(600, 64), (70, 513), (5, 7), (3, 16)])
  func agreesWithItsParts(_ rows: Int, _ width: Int) {
    let expected = passes(inputs(rows, width, Double.self), composed)
    let before = kernelLevel
    defer { _ = useKernelLevel(before) }
    for level in KernelTests.levels where useKernelLevel(level) {
      for (found, wanted) in zip(passes(inputs(rows, width, Float.self), fused), expected) {
        let scale = wanted.scalars.map(\.magnitude).max() ?? 1
        let worst =
          zip(found.scalars, wanted.scalars).map { (Double($0) - $1).magnitude }.max() ?? 0
        #expect(found.shape == wanted.shape && worst <= 2e-6 * scale, "\(level) \(rows) \(width)")
      }
    }
  }

  @Test func bitsDoNotDependOnThreads() {
    let before = threadCount
    defer { threadCount = before }
    let inputs = inputs(900, 70, Float.self)
    threadCount = 1
    let one = passes(inputs, fused)
    threadCount = 3
    #expect(passes(inputs, fused) == one)
  }

  @Test func maximaOfRowsSeeEveryPlace() {
    for width in [1, 15, 16, 17, 40, 64] {
      for place in 0..<width {
        var x = Tensor<Float>(zeros: [1, width])
        x.withUnsafeMutableScalars { $0[place] = 200 }
        let shares = x.softmax().scalars
        let sum = shares.reduce(0, +)
        #expect(shares[place] == 1 && sum == 1)
        x.withUnsafeMutableScalars { $0[place] = .nan }
        #expect(x.softmax().scalars.allSatisfy { $0.isNaN })
      }
    }
  }
}
