// SPDX-License-Identifier: Apache-2.0
internal import MinimLayers
internal import MinimModels
internal import MinimRuntime
internal import MinimSeries
internal import MinimTensor

extension GraphBuilder {
  /// One linear map of all steps: a convolution as long as the window, whose result at the last step
  /// is that of the case.
  ///
  /// Throws `PackingError.tooManySteps` beyond the taps that a convolution can have.
  mutating func add(
    _ model: LogisticRegression<Float>, calibratedOn cases: PreparedCases
  ) throws {
    let (steps, channels) = (model.configuration.length, model.configuration.channels)
    guard steps <= ModelFormat.maximumTaps else {
      throw PackingError.tooManySteps(steps, limit: ModelFormat.maximumTaps)
    }
    needsWindow = true
    // Its weights stand step by step, a convolution's channel by channel.
    let weight = model.head.weight.reshaped(to: [model.configuration.classes, steps, channels])
    let layer = CausalConvolution(weight: weight.transposed(), bias: model.head.bias)
    finish(try convolution(0, layer, largest: cases.largestValue, name: "head"))
  }
}
