internal import MinimLayers
// SPDX-License-Identifier: Apache-2.0
internal import MinimLearning
internal import MinimModels
internal import MinimSeries
internal import MinimTensor

extension GraphBuilder {
  /// The graph of a classifier of any architecture that has one.
  ///
  /// `cases` are those that int8 inputs are calibrated on, `window` the steps of the longest case.
  /// Throws `PackingError`.
  init<Model: StoredClassifier<Float>>(
    _ model: Model, calibratedOn cases: PreparedCases, precision: Precision,
    masks: MaskCoding = .plain,
    window: Int
  ) throws {
    self.init(precision: precision, window: window, channels: model.configuration.channels)
    maskCoding = masks
    try addAny(model, calibratedOn: cases)
  }

  private mutating func addAny(
    _ model: some StoredClassifier<Float>, calibratedOn cases: PreparedCases
  ) throws {
    switch model {
    case let model as RecurrentClassifier<Float>: try add(model, calibratedOn: cases)
    case let model as TemporalConvolution<Float>: try add(model, calibratedOn: cases)
    case let model as Lite<Float>: try add(model, calibratedOn: cases)
    case let model as LogisticRegression<Float>: try add(model, calibratedOn: cases)
    case let model as TransformerClassifier<Float>: try add(model, calibratedOn: cases)
    case let model as any BinaryModel:
      seeds = model.signSeeds
      try addAny(model.inUse, calibratedOn: cases)
    default: throw PackingError.architecture(type(of: model).architecture)
    }
  }
}

extension PreparedCases {
  /// The largest |x| of all cases.
  var largestValue: Float { values.reduce(0) { max($0, abs($1)) } }

  /// The largest |x| of each tensor that `visitInputs` shows, over the valid steps of all cases.
  ///
  /// `visitInputs` calls its last argument with the same tensors in the same order for every batch:
  /// (batch, time, width) or (batch, width).
  func largestInputs(
    _ visitInputs: (Tensor<Float>, [Int]?, (Tensor<Float>) -> Void) -> Void
  ) -> [Float] {
    var largest: [Float] = []
    forEachBatch { indices in
      let (series, lengths) = batch(indices)
      var place = 0
      visitInputs(series, lengths) { input in
        let valid =
          input.rank == 3 ? ValidSteps(of: input.shape, lengths: lengths).masked(input) : input
        if place == largest.count { largest.append(0) }
        largest[place] = valid.scalars.reduce(largest[place]) { max($0, abs($1)) }
        place += 1
      }
    }
    return largest
  }
}
