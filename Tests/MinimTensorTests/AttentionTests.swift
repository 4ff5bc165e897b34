// SPDX-License-Identifier: Apache-2.0
import MinimTensor
import Testing

/// Attention at every level of the kernels, at sizes past one block, against products and softmax.
@Suite struct AttentionTests {
  /// softmax(Q Kᵀ / √(width / heads) + mask) V by the operations it is made of.
  private func composed(
    _ query: Tensor<Double>, _ key: Tensor<Double>, _ value: Tensor<Double>, heads: Int,
    mask: Tensor<Double>
  ) -> Tensor<Double> {
    func split(_ x: Tensor<Double>) -> Tensor<Double> {
      x.reshaped(to: [x.shape[0], x.shape[1], heads, x.shape[2] / heads]).permuted([0, 2, 1, 3])
    }
    let scale = 1 / Double(query.shape[2] / heads).squareRoot()
    let scores = split(query).product(split(key), otherTransposed: true) * scale + mask
    return scores.softmax().product(split(value)).permuted([0, 2, 1, 3]).reshaped(to: query.shape)
  }

  private func widened(_ x: Tensor<Float>) -> Tensor<Double> {
    Tensor(x.scalars.map { Double($0) }, shape: x.shape)
  }

  /// Random query, key, value, mask and the gradient that arrives: batch, queries, keys, width.
  private func inputs(_ size: [Int]) -> [Tensor<Float>] {
    var generator = SeededGenerator(seed: 3)
    let queries = [size[0], size[1], size[3]], keys = [size[0], size[2], size[3]]
    return [queries, keys, keys, [size[1], size[2]], queries].map {
      Tensor.normal(shape: $0, using: &generator)
    }
  }

  private func passes(_ inputs: [Tensor<Float>], heads: Int) -> [Tensor<Float>] {
    let variables = inputs[0...2].map { $0.variable() }
    let output = Tensor.attention(
      query: variables[0], key: variables[1], value: variables[2], heads: heads, mask: inputs[3])
    return [output.detached()] + gradients(of: (output * inputs[4]).sum(), for: variables)
  }

  @Test(arguments: [
    ([2, 50, 50, 64], 2), ([1, 97, 130, 24], 3), ([1, 200, 33, 128], 2), ([3, 13, 1, 5], 1),
    ([1, 1, 40, 20], 1),
  ])
  func agreesWithItsParts(_ size: [Int], heads: Int) {
    let inputs = inputs(size)
    let variables = inputs[0...2].map { widened($0).variable() }
    let output = composed(
      variables[0], variables[1], variables[2], heads: heads, mask: widened(inputs[3]))
    let loss = (output * widened(inputs[4])).sum()
    let expected = [output.detached()] + gradients(of: loss, for: variables)
    let before = kernelLevel
    defer { _ = useKernelLevel(before) }
    for level in KernelTests.levels where useKernelLevel(level) {
      for (found, wanted) in zip(passes(inputs, heads: heads), expected) {
        let scale = wanted.scalars.map(\.magnitude).max() ?? 1
        let worst =
          zip(found.scalars, wanted.scalars).map { (Double($0) - $1).magnitude }.max() ?? 0
        #expect(found.shape == wanted.shape && worst <= 2e-6 * max(scale, 1), "\(level) \(size)")
      }
    }
  }

  @Test func bitsDoNotDependOnThreads() {
    let before = threadCount
    defer { threadCount = before }
    let inputs = inputs([3, 120, 120, 64])
    threadCount = 1
    let one = passes(inputs, heads: 4)
    threadCount = 3
    #expect(passes(inputs, heads: 4) == one)
  }

  @Test func sideBySideIsTheSame() {
    let parts = inputs([2, 50, 50, 64])
    let apart = passes(parts, heads: 2)
    let packed = Tensor.concatenated(Array(parts[0...2]), along: -1).variable()
    let output = Tensor.attention(queryKeyValue: packed, heads: 2, mask: parts[3])
    let gradient = gradients(of: (output * parts[4]).sum(), for: [packed])[0]
    #expect(output.detached() == apart[0])
    #expect(gradient == Tensor.concatenated(Array(apart[1...]), along: -1))
  }

  @Test func notANumberIsNotHidden() {
    var query = Tensor<Float>(repeating: 0.5, shape: [1, 2, 4])
    query.withUnsafeMutableScalars { $0[5] = .nan }
    let key = Tensor<Float>(repeating: 1, shape: [1, 3, 4])
    let output = Tensor.attention(query: query, key: key, value: key, heads: 1).scalars
    #expect(output[..<4].allSatisfy { $0 == 1 } && output[4...].allSatisfy(\.isNaN))
  }
}
