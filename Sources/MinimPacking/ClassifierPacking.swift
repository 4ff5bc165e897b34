// SPDX-License-Identifier: Apache-2.0
internal import MinimHost
internal import MinimLayers
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
}

/// Packs a trained classifier into a model file.
///
/// The two bias vectors of a recurrent layer are folded into one (GRU: but for the part of the
/// candidate gate that is multiplied by r). int8 inputs are calibrated on the training cases: the
/// largest |x| becomes 127; hidden states are in ±1 and need no calibration.
///
/// `set` is the raw training part that `cases` was made of. `bare` leaves `provenance` and the
/// self-test out of the file. `window` is the longest series that the packed model takes, where the
/// preparation pads; by default the longest case of the set. Throws `PackingError`, and `DataError` where the set does not fit the
/// preparation.
public func pack<Model: StoredClassifier<Float>>(
  _ model: Model, trainedOn set: SeriesSet, cases: LearningCases,
  precision: Precision, window: Int? = nil, provenance: [String: String] = [:], bare: Bool = false
) throws -> PackedClassifier {
  guard let classifier = model as? RecurrentClassifier<Float> else {
    throw PackingError.architecture(Model.architecture)
  }
  let prepared = try cases.preparation.apply(to: set)
  let raw = set.cases.map { rawCase($0, channels: set.channelCount) }
  var file = try contents(of: classifier, cases: cases, prepared: prepared, precision: precision)
  if let window { file.preprocessing.window = max(window, file.preprocessing.window) }
  let packed = try LoadedModel(try file.bytes(), path: "packed model")
  defer { withExtendedLifetime(packed) {} }

  let trained = logits(of: classifier, for: prepared).softmax()
  let classes = classifier.configuration.classes
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
  let difference = precision == .float32 ? largest : mean
  guard difference <= precision.tolerance else {
    throw PackingError.outputsDiffer(
      difference: difference, tolerance: precision.tolerance, precision: precision)
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
    changedDecisions: changed, cases: raw.count, accuracyBefore: before, accuracyAfter: after)
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
  packed.session.reset()
  for start in stride(from: 0, to: samples.count, by: model.channelCount) {
    _ = samples[start...].withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { packed.session.step($0) }
    }
  }
  let output = UnsafeBufferPointer(start: packed.session.result(), count: model.outputCount)
  return [ModelFile.SelfTestVector(samples: samples, output: Array(output))]
}

private func contents(
  of classifier: RecurrentClassifier<Float>, cases: LearningCases, prepared: PreparedCases,
  precision: Precision
) throws -> ModelFile {
  let configuration = classifier.configuration
  let largestInput = cases.train.values.reduce(0) { max($0, abs($1)) }
  let unit: Float = 1.0 / 127
  var tensors: [ModelFile.Tensor] = []
  var operations: [ModelFile.Operation] = []
  func add(_ tensor: ModelFile.Tensor) -> Int {
    tensors.append(tensor)
    return tensors.count - 1
  }
  for (index, layer) in classifier.recurrent.layers.enumerated() {
    let rows = configuration.cell.gateCount * configuration.hidden
    let folded = RecurrentBias(layer, cell: configuration.cell, hidden: configuration.hidden)
    let name = "recurrent layer \(index + 1)"
    let inputScale = index > 0 ? unit : (largestInput > 0 ? largestInput / 127 : 1)
    var operands: [Int?] = [
      add(
        try .matrix(
          layer.input.scalars, rows: rows, name: name, precision: precision, inputScale: inputScale)
      ),
      add(
        try .matrix(
          layer.recurrent.scalars, rows: rows, name: name, precision: precision, inputScale: unit)),
      add(try .vector(folded.bias, name: name, precision: precision)),
    ]
    if let candidate = folded.candidate {
      operands.append(add(try .vector(candidate, name: name, precision: precision)))
    }
    operations.append(
      .init(
        code: .recurrent, variant: try variant(of: configuration.cell).rawValue, input: index,
        tensors: operands, outputLength: configuration.hidden))
  }
  let layers = operations.count
  let head: [Int?] = [
    add(
      try .matrix(
        classifier.head.weight.scalars, rows: configuration.classes, name: "head",
        precision: precision, inputScale: unit)),
    add(try .vector(classifier.head.bias.scalars, name: "head", precision: precision)),
  ]
  operations.append(
    .init(code: .linear, input: layers, tensors: head, outputLength: configuration.classes))
  operations.append(.init(code: .softmax, input: layers + 1, outputLength: configuration.classes))
  return ModelFile(
    operations: operations, stepOperations: layers, tensors: tensors,
    preprocessing: preprocessing(cases.preparation, prepared: prepared),
    decision: .classes(prepared.classNames))
}

private func preprocessing(
  _ preparation: Preparation, prepared: PreparedCases
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
    mode: normalisation == .window ? .window : .stream, normalisation: normalisation,
    channels: prepared.channelCount, window: prepared.length,
    shortest: prepared.lengths.min() ?? prepared.length, resamplesCases: resamples,
    interpolatesMissing: preparation.missing == .interpolate, scaler: scaler ?? [])
}

private func variant(of cell: RecurrentCell) throws(PackingError) -> RecurrentVariant {
  switch cell {
  case .rnn: .rnn
  case .lstm: .lstm
  case .gru: .gru
  case .mgu: throw .architecture(cell.rawValue)
  }
}

/// The bias vectors of a recurrent layer, folded as far as the cell permits.
private struct RecurrentBias {
  let bias: [Float]
  /// GRU: the bias inside r (U h + c).
  var candidate: [Float]?

  init(_ weights: RecurrentWeights<Float>, cell: RecurrentCell, hidden: Int) {
    let first = weights.inputBias.scalars, second = weights.recurrentBias.scalars
    guard cell == .gru else {
      bias = zip(first, second).map { $0 + $1 }
      return
    }
    bias = first.indices.map { $0 < 2 * hidden ? first[$0] + second[$0] : first[$0] }
    candidate = Array(second[(2 * hidden)...])
  }
}
