// SPDX-License-Identifier: Apache-2.0
internal import MinimModels
internal import MinimRuntime
internal import MinimSeries

extension GraphBuilder {
  /// The blocks of a temporal convolution with their norms folded, the mean and the head.
  mutating func add(
    _ model: TemporalConvolution<Float>, calibratedOn cases: PreparedCases
  ) throws {
    let largest = cases.largestInputs(model.visitInputs)
    var x = 0
    for (index, block) in model.blocks.enumerated() {
      var result = try convolution(
        x, block.convolution, norm: FoldedNorm(block.norm), largest: largest[index],
        name: "block \(index + 1)")
      if length(of: result) == length(of: x) {
        result = append(
          .init(
            code: .add, input: result, parameter: UInt16(x), outputLength: length(of: result)))
      }
      x = relu(result)
    }
    try finish(mean(x), head: model.head, largest: largest[model.blocks.count])
  }
}
