// SPDX-License-Identifier: Apache-2.0
import MinimLayers
import MinimModels
import MinimTensor
import Testing

/// An architecture at some size, made for 2 channels, 9 steps and 3 classes.
///
/// A new model adds its cases here; every check of `ModelChecks` then runs on it.
enum CheckedModel: Hashable, CustomTestStringConvertible {
  case recurrent(RecurrentCell, layers: Int)
  case tcn(layers: Int, hidden: Int)
  case lite(hidden: Int)
  case linear
  case transformer(TransformerNorm, TransformerConfiguration.Positions)

  static let all: [CheckedModel] =
    RecurrentCell.allCases.flatMap { [.recurrent($0, layers: 1), .recurrent($0, layers: 2)] } + [
      .tcn(layers: 1, hidden: 2), .tcn(layers: 3, hidden: 6), .lite(hidden: 2),
      .linear, .transformer(.batch, .sinusoid), .transformer(.token, .learned),
      .transformer(.none, .none),
    ]
  /// Those that take cases of any length.
  static let ofAnyLength = all.filter { $0 != .linear }
  /// Those with norms.
  static let normed = all.filter {
    switch $0 {
    case .tcn, .lite, .transformer(.batch, _): true
    case .recurrent, .linear, .transformer: false
    }
  }

  var testDescription: String { "\(self)" }

  func make<S: TensorScalar>(seed: UInt64 = 1) -> any StoredClassifier<S> {
    var generator = SeededGenerator(seed: seed)
    switch self {
    case .recurrent(let cell, let layers):
      return RecurrentClassifier<S>(
        .init(cell: cell, layers: layers, hidden: 6, channels: 2, classes: 3), using: &generator)
    case .tcn(let layers, let hidden):
      return TemporalConvolution<S>(
        .init(layers: layers, hidden: hidden, channels: 2, classes: 3), using: &generator)
    case .lite(let hidden):
      return Lite<S>(.init(hidden: hidden, channels: 2, classes: 3), using: &generator)
    case .linear:
      return LogisticRegression<S>(.init(length: 9, channels: 2, classes: 3), using: &generator)
    case .transformer(let norm, let positions):
      return TransformerClassifier<S>(
        .init(
          encoder: .init(
            inputs: 2, width: 6, feedForward: 8, steps: 9, norm: norm, positions: positions),
          classes: 3), using: &generator)
    }
  }
}

/// What every model must do.
@Suite struct ModelChecks {
  private func series<S: TensorScalar>(_ cases: Int, steps: Int = 9, seed: UInt64 = 2) -> Tensor<S>
  {
    var generator = SeededGenerator(seed: seed)
    return .normal(shape: [cases, steps, 2], using: &generator)
  }

  /// The model with buffers that are not those of the start.
  private func calibrated<M: StoredClassifier<Float>>(_ model: M) -> any StoredClassifier<Float> {
    var model = model
    model.calibrate(series(7, seed: 9) * 2, lengths: nil)
    return model
  }

  @Test(arguments: CheckedModel.all) func sameSeedSameBits(_ checked: CheckedModel) {
    let model: any StoredClassifier<Float> = checked.make()
    #expect(model.parameters == (checked.make() as any StoredClassifier<Float>).parameters)
    #expect(model.parameters != (checked.make(seed: 2) as any StoredClassifier<Float>).parameters)
  }

  @Test(arguments: CheckedModel.all) func savesAndLoads(_ checked: CheckedModel) throws {
    func check<M: StoredClassifier<Float>>(_ model: M) throws {
      let bytes = try model.file(metadata: ["note": "x"]).encoded()
      let found = try storedClassifier(from: SafetensorsFile(bytes: bytes), path: "here")
      let loaded = try #require(found as? M)
      #expect(loaded.configuration == model.configuration)
      #expect(loaded(series(3)).output == model(series(3)).output)
    }
    try check(calibrated(checked.make()))
  }

  @Test(arguments: CheckedModel.all) func refusesAFileOfAnotherShape(_ checked: CheckedModel) throws
  {
    let model: any StoredClassifier<Float> = checked.make()
    var file = try model.file(metadata: [:])
    file.metadata["configuration"] = file.metadata["configuration"]?.replacing(
      "\"classes\":3", with: "\"classes\":4")
    #expect(throws: SafetensorsError.self) { try storedClassifier(from: file, path: "here") }
    file = try model.file(metadata: [:])
    file.entries.removeLast()
    #expect(throws: SafetensorsError.self) { try storedClassifier(from: file, path: "here") }
    file = try model.file(metadata: [:])
    file.metadata["configuration"] = file.metadata["configuration"]?.replacing(
      "\"channels\":2", with: "\"channels\":0"
    ).replacing("\"inputs\":2", with: "\"inputs\":0")
    #expect(throws: SafetensorsError.self) { try storedClassifier(from: file, path: "here") }
    file.metadata["configuration"] = "{\"hidden\":-1}"
    #expect(throws: SafetensorsError.self) { try storedClassifier(from: file, path: "here") }
    file.metadata["model"] = "another"
    #expect(throws: SafetensorsError.self) { try storedClassifier(from: file, path: "here") }
  }

  @Test(arguments: CheckedModel.ofAnyLength)
  func paddedCasesGiveWhatTheyGiveAlone(_ checked: CheckedModel) {
    let model = calibrated(checked.make())
    let batch: Tensor<Float> = series(4), lengths = [9, 1, 5, 3]
    let together = model(batch, lengths: lengths)
    for (index, length) in lengths.enumerated() {
      let alone = model(batch.sliced(index..<(index + 1), along: 0).sliced(0..<length, along: 1))
      for (a, b) in zip(
        alone.output.scalars, together.output.sliced(index..<(index + 1), along: 0).scalars)
      {
        #expect(abs(a - b) < 1e-6)
      }
    }
  }

  /// Every step's state, and zeros past the end; what the head reads.
  @Test(arguments: CheckedModel.ofAnyLength) func tapsHoldEveryStep(_ checked: CheckedModel) throws
  {
    let model = calibrated(checked.make()), lengths = [9, 2]
    let forward = model(series(2), lengths: lengths)
    let hidden = try #require(forward.taps[.hidden]),
      features = try #require(forward.taps[.features])
    #expect(hidden.shape == [2, 9, features.shape[1]] && features.shape[0] == 2)
    #expect(hidden.sliced(1..<2, along: 0).sliced(2..<9, along: 1).absolute().max().item == 0)
    if case .transformer = checked { return }  // Its steps look everywhere.
    let early = model(series(2).sliced(0..<4, along: 1)).taps[.hidden]
    let difference = try #require(early) - model(series(2)).taps[.hidden]!.sliced(0..<4, along: 1)
    #expect(difference.absolute().max().item < 1e-6, "a step sees those after it")
  }

  @Test(arguments: CheckedModel.all) func theOrderOfABatchChangesNothing(_ checked: CheckedModel) {
    let model = calibrated(checked.make())
    let batch: Tensor<Float> = series(4), order = [2, 0, 3, 1]
    let turned = model(batch.gathered(order, along: 0)).output
    #expect((turned - model(batch).output.gathered(order, along: 0)).absolute().max().item < 1e-6)
  }

  @Test(arguments: CheckedModel.all, [nil, [9, 4, 1]] as [[Int]?])
  func passesItsGradientCheck(_ checked: CheckedModel, _ lengths: [Int]?) throws {
    func check<M: StoredClassifier<Double>>(_ model: M) throws {
      let batch: Tensor<Double> = series(3)
      for training in [true, false] {
        try checkGradients(at: model.parameters) { inputs in
          var copy = model
          var place = 0
          copy.visitParameters(under: .root) { _, tensor in
            tensor = inputs[place]
            place += 1
          }
          return [copy(batch, lengths: lengths, training: training).output]
        }
      }
    }
    if lengths == nil || CheckedModel.ofAnyLength.contains(checked) { try check(checked.make()) }
  }

  /// Statistics of the calibration batch make the pass in use that of training.
  @Test(arguments: CheckedModel.normed, [nil, [9, 4, 1, 7]] as [[Int]?])
  func calibrationIsOneBatch(_ checked: CheckedModel, _ lengths: [Int]?) {
    func check<M: StoredClassifier<Float>>(_ model: M) {
      var model = model
      let batch: Tensor<Float> = series(4) * 3 + 1
      let training = model(batch, lengths: lengths, training: true).output
      #expect(model(batch, lengths: lengths).output != training)
      model.calibrate(batch, lengths: lengths)
      #expect(
        (model(batch, lengths: lengths).output - training).absolute().max().item < 2e-5)
      var again = model
      again.calibrate(batch, lengths: lengths)
      #expect(again(batch, lengths: lengths).output == model(batch, lengths: lengths).output)
    }
    check(checked.make())
  }

  @Test(arguments: CheckedModel.all) func learnsAToySet(_ checked: CheckedModel) {
    func check<M: StoredClassifier<Float>>(_ start: M) {
      var model = start
      let labels = (0..<12).map { $0 % 3 }
      let shifts = Tensor(labels.map { Float($0) - 1 }, shape: [12, 1, 1])
      let batch: Tensor<Float> = series(12) * 0.3 + shifts
      func loss(_ model: M) -> Tensor<Float> {
        .crossEntropy(
          logits: model(batch, lengths: nil, training: true).output, labels: labels)
      }
      let before = loss(model).item
      for _ in 0..<80 {
        let tracked = model.tracked()
        let found = gradients(of: loss(tracked), for: tracked.parameters)
        model = model.replacingParameters(zip(model.parameters, found).map { $0 - $1 * 0.2 })
      }
      #expect(loss(model).item < 0.6 * before)
    }
    check(checked.make())
  }
}
