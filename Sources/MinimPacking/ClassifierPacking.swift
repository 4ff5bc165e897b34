// SPDX-License-Identifier: Apache-2.0
internal import MinimHost
public import MinimLearning
public import MinimModels
internal import MinimRuntime
public import MinimSeries
internal import MinimTensor

/// What packing a classifier gave: the file, and how its outputs compare with the trained model's.
public struct PackedClassifier: Sendable {
  /// The model file.
  public let bytes: [UInt8]
  /// The largest difference of any probability, over all training and validation cases.
  public let largestDifference: Double
  /// The root mean square difference of the probabilities, over the same.
  public let meanDifference: Double
  /// Of the same cases, those on which the two decide differently.
  public let changedDecisions: Int
  /// Training and validation cases.
  public let cases: Int
  /// Share of the validation cases that the trained model gets right.
  public let accuracyBefore: Double
  /// Share of the validation cases that the packed model gets right.
  public let accuracyAfter: Double
  /// Matrices of the model.
  public let matrices: Int
  /// Those stored as signs of one magnitude under a mask.
  public let oneBitMatrices: Int
}

/// Packs a trained classifier into a model file.
///
/// Bias vectors and norms are folded into the products before them. int8 inputs are calibrated on
/// the cases to learn from: the largest |x| that a product reads becomes 127. A model that looks at a
/// case as a whole, as by a mean over its steps, runs over a window however it is normalised.
///
/// `set` is the raw training part that `cases` was made of. `bare` leaves `provenance` and the
/// self-test out of the file. `window` is the longest series that the packed model takes, where the
/// preparation pads; by default the longest case of the set. Throws `PackingError`, and `DataError` where the set does not fit the
/// preparation.
public func pack<Model: StoredClassifier<Float>>(
  _ model: Model, trainedOn set: SeriesSet, cases: LearningCases,
  precision: Precision, masks: MaskCoding = .plain, window: Int? = nil,
  provenance: [String: String] = [:], bare: Bool = false
) throws -> PackedClassifier {
  let prepared = try cases.preparation.apply(to: set)
  let raw = set.cases.map { rawCase($0, channels: set.channelCount) }
  let graph = try GraphBuilder(
    model, calibratedOn: cases.train, precision: precision, masks: masks,
    window: max(window ?? 0, prepared.length))
  var file = ModelFile(
    operations: graph.operations, stepOperations: graph.stepOperations, tensors: graph.tensors,
    preprocessing: preprocessing(cases.preparation, prepared: prepared, graph: graph),
    decision: .classes(prepared.classNames))
  let packed = try LoadedModel(try file.bytes(), path: "packed model")
  defer { withExtendedLifetime(packed) {} }

  let trained = logits(of: model, for: prepared).softmax()
  let classes = model.configuration.classes
  var largest = 0.0, squares = 0.0, changed = 0
  var right = (before: 0, after: 0)
  let validation = Set(cases.validationIndices)
  for (index, values) in raw.enumerated() {
    guard let result = packed.result(forCase: values) else {
      // A case that only the trained model takes: nothing would be compared.
      throw PackingError.outputsDiffer(
        difference: .infinity, tolerance: precision.tolerance, precision: precision)
    }
    let expected = Array(trained.scalars[(index * classes)..<((index + 1) * classes)])
    let decision = expected.indices.reduce(0) { expected[$1] > expected[$0] ? $1 : $0 }
    for (a, b) in zip(result.outputs, expected) {
      let difference = Double(abs(a - b))
      // A NaN is the largest of differences.
      largest = difference <= largest ? largest : difference
      squares += difference * difference
    }
    changed += result.decision == decision ? 0 : 1
    if validation.contains(index) {
      right.before += decision == prepared.labels[index] ? 1 : 0
      right.after += result.decision == prepared.labels[index] ? 1 : 0
    }
  }
  let mean = (squares / Double(max(1, raw.count * classes))).squareRoot()
  let tolerance = max(precision.tolerance, graph.hasRoundedSigns ? 0.005 : 0)
  guard mean <= tolerance else {
    throw PackingError.outputsDiffer(
      difference: mean, tolerance: tolerance, precision: precision)
  }
  let share = 1 / Double(max(1, validation.count))
  let before = Double(right.before) * share, after = Double(right.after) * share
  if !bare {
    file.provenance = provenance.merging([
      "tool": "minim \(minimVersion)", "data-hash": cases.dataHash,
      "precision": precision.rawValue,
      "validation-accuracy-trained": "\(before)", "validation-accuracy-packed": "\(after)",
    ]) { given, _ in given }
    file.selfTests = selfTests(packed, raw: raw)
  }
  return PackedClassifier(
    bytes: try file.bytes(), largestDifference: largest, meanDifference: mean,
    changedDecisions: changed, cases: raw.count, accuracyBefore: before, accuracyAfter: after,
    matrices: graph.matrices.all, oneBitMatrices: graph.matrices.oneBit)
}

/// The values of a case in (time, channels) order.
private func rawCase(_ item: SeriesCase, channels: Int) -> [Double] {
  (0..<item.length).flatMap { step in
    (0..<channels).map { item.values[$0 * item.length + step] }
  }
}

/// The first case that has no missing value and at most 65,536 steps, as it is fed to the model.
private func selfTests(_ packed: LoadedModel, raw: [[Double]]) -> [ModelFile.SelfTestVector] {
  let model = packed.model
  let whole = raw.first {
    $0.allSatisfy { Float($0).isFinite } && $0.count <= 65_536 * model.channelCount
  }
  guard let samples = whole?.map({ Float($0) }) else { return [] }
  return [packed.selfTest(of: samples)]
}

extension LoadedModel {
  /// What the model makes of some samples from the beginning of a stream; the session ends reset.
  func selfTest(of samples: [Float]) -> ModelFile.SelfTestVector {
    defer { session.reset() }
    session.reset()
    for start in stride(from: 0, to: samples.count, by: model.channelCount) {
      _ = samples[start...].withUnsafeBufferPointer { buffer in
        buffer.baseAddress.map { session.step($0) }
      }
    }
    let output = UnsafeBufferPointer(start: session.result(), count: model.outputCount)
    return ModelFile.SelfTestVector(samples: samples, output: Array(output))
  }
}

/// How samples are prepared; a graph that needs a window gets one however it is normalised.
private func preprocessing(
  _ preparation: Preparation, prepared: PreparedCases, graph: GraphBuilder
) -> ModelFile.Preprocessing {
  var resamples = false
  if case .resample = preparation.length { resamples = true }
  let normalisation: Normalisation =
    switch preparation.normalise {
    case .eachCase: .window
    case .training: .scaler
    case .none: .none
    }
  let scaler = preparation.scaler.map { zip($0.means, $0.deviations).flatMap { [$0, $1] } }
  return .init(
    mode: normalisation == .window || graph.needsWindow ? .window : .stream,
    normalisation: normalisation, channels: prepared.channelCount, window: graph.window,
    shortest: prepared.lengths.min() ?? prepared.length, resamplesCases: resamples,
    interpolatesMissing: preparation.missing == .interpolate, scaler: scaler ?? [])
}
