// SPDX-License-Identifier: Apache-2.0
internal import MinimLayers
internal import MinimModels
internal import MinimRuntime
internal import MinimSeries
internal import MinimTensor

extension GraphBuilder {
  /// The convolutions of a LITE side by side, joined, then the separable ones, the mean and the
  /// head; norms are folded into the convolutions before them.
  mutating func add(_ model: Lite<Float>, calibratedOn cases: PreparedCases) throws {
    let largest = cases.largestInputs(model.visitInputs)
    let norm = FoldedNorm(model.norms[0])
    var first = 0, joined = 0
    for (index, layer) in (model.parallel + [fixedConvolution(model)]).enumerated() {
      let end = first + layer.weight.shape[0]
      joined = try convolution(
        0, layer, norm: norm.part(first..<end), largest: largest[0],
        name: index < model.parallel.count ? "parallel \(index + 1)" : "fixed filters")
      first = end
    }
    let count = model.parallel.count + 1
    var x = relu(
      append(
        .init(
          code: .join, input: joined - count + 1, parameter: UInt16(count), outputLength: first)))
    for index in model.depthWise.indices {
      let spread = try convolution(
        x, model.depthWise[index], largest: largest[1 + 2 * index], name: "depth-wise \(index + 1)")
      x = relu(
        try convolution(
          spread, model.pointWise[index], norm: FoldedNorm(model.norms[index + 1]),
          largest: largest[2 + 2 * index], name: "point-wise \(index + 1)"))
    }
    try finish(mean(x), head: model.head, largest: largest[largest.count - 1])
  }

  /// The fixed filters, which see the sum of all channels, with the same taps for each of them.
  private func fixedConvolution(_ model: Lite<Float>) -> CausalConvolution<Float> {
    let channels = [Tensor<Float>](repeating: model.fixed, count: model.configuration.channels)
    return CausalConvolution(weight: .concatenated(channels, along: 1))
  }
}
