// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimScores
public import MinimSeries
package import MinimTensor

extension PreparedCases {
  /// The cases at some indices as a tensor (batch, time, channels), with their lengths when some
  /// are padded.
  package func batch(_ indices: [Int]) -> (series: Tensor<Float>, lengths: [Int]?) {
    let part = subset(indices)
    let series = Tensor(part.values, shape: [indices.count, length, channelCount])
    return (series, isPadded ? part.lengths : nil)
  }

  /// Calls `body` for all cases in order, some hundred at a time.
  package func forEachBatch(_ body: (_ indices: [Int]) throws -> Void) rethrows {
    for start in stride(from: 0, to: caseCount, by: 256) {
      try body(Array(start..<min(start + 256, caseCount)))
    }
  }
}

/// A classifier's logits (cases, classes) for prepared cases, nothing recorded.
///
/// The batch size changes nothing.
package func logits(
  of model: some Classifier<Float>, for cases: PreparedCases
) -> Tensor<Float> {
  var parts: [Tensor<Float>] = []
  cases.forEachBatch { indices in
    let (series, lengths) = cases.batch(indices)
    parts.append(model(series, lengths: lengths).output)
  }
  return .concatenated(parts, along: 0)
}

/// Cross-entropy of a classifier on prepared cases: the mean over all of them.
func crossEntropy(of model: some Classifier<Float>, on cases: PreparedCases) -> Double {
  Double(Tensor.crossEntropy(logits: logits(of: model, for: cases), labels: cases.labels).item)
}

/// How good a classifier is on prepared cases.
///
/// Throws `ScoreError`, also where a probability is NaN.
public func scores(
  of model: some Classifier<Float>, on cases: PreparedCases
) throws -> ClassificationScores {
  let logits = logits(of: model, for: cases)
  let wide = Tensor<Double>(logits.scalars.map { Double($0) }, shape: logits.shape)
  return try ClassificationScores(
    probabilities: wide.softmax().scalars, classCount: logits.shape[1], labels: cases.labels)
}
