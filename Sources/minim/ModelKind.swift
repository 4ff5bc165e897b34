// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MinimLayers
import MinimLearning
import MinimModels
import MinimSeries
import MinimTensor

/// The architectures that `--model` names.
enum ModelKind: String, CaseIterable, ExpressibleByArgument {
  case rnn, lstm, gru, mgu, tcn, lite, transformer, linear, minirocket

  /// The cell of a recurrent one.
  var cell: RecurrentCell? { RecurrentCell(rawValue: rawValue) }

  /// What a student of the kind shows to distillation losses.
  var taps: Set<Tap> {
    switch self {
    case .lstm: [.features, .hidden, .cell]
    case .rnn, .gru, .mgu, .tcn, .lite, .transformer: [.features, .hidden]
    case .linear, .minirocket: [.features]
    }
  }

  /// Whether `--layers` says how deep it is.
  var hasLayers: Bool { cell != nil || self == .tcn || self == .transformer }

  /// Whether `--hidden` says how wide it is.
  var hasWidth: Bool { !hasFixedLength }

  /// Whether it takes series of one length alone.
  var hasFixedLength: Bool { self == .linear || self == .minirocket }
}

extension TrainingOptions {
  /// Refuses options that the kind of model has no use for.
  func checkModel() throws(OptionError) {
    func refuse(_ option: String, _ found: String) throws(OptionError) {
      throw OptionError("--\(option): found \(found), expected none with --model \(model.rawValue)")
    }
    if !model.hasLayers, layers != 1 { try refuse("layers", "\(layers)") }
    if !model.hasWidth, hidden != 8 { try refuse("hidden", "\(hidden)") }
    if model == .tcn, layers > 24 {
      throw OptionError("--layers: found \(layers), expected 1 to 24 with --model tcn")
    }
    if model != .minirocket, let features { try refuse("features", "\(features)") }
    if let features, !(84...84_000).contains(features) || features % 84 != 0 {
      throw OptionError("--features: found \(features), expected a multiple of 84 up to 84000")
    }
    if model != .transformer, let given = transformer.given.first {
      try refuse(given.key, given.value)
    }
    if model == .minirocket, let given = binary.given.first { try refuse(given.key, given.value) }
    _ = try binary.binarisation(seed: seed)
    if transformer.activationMask != nil, binary.keep == nil {
      throw OptionError("--activation-mask: found it without --keep, the share that it keeps")
    }
    if model == .minirocket {
      if learningRate != 0.003 { try refuse("learning-rate", "\(learningRate)") }
      if epochs != 500 { try refuse("epochs", "\(epochs)") }
      if batch != 32 { try refuse("batch", "\(batch)") }
      if patience != 50 { try refuse("patience", "\(patience)") }
      if schedule != .plateau { try refuse("schedule", schedule.rawValue) }
      if optimiser != .adam { try refuse("optimiser", optimiser.rawValue) }
    }
    if model.hasFixedLength, try LengthPolicy(length) == .pad {
      throw OptionError(
        "--length: found pad, expected require or resample:N with --model \(model.rawValue)")
    }
  }

  /// The model's size for the name of a run folder, such as "1x8".
  var size: String {
    let parts =
      (model.hasLayers ? ["\(layers)"] : []) + (model.hasWidth ? ["\(hidden)"] : [])
      + (model == .minirocket ? ["\(featureCount)"] : [])
    return parts.joined(separator: "x")
  }

  /// MiniRocket's features, the paper's number by default.
  var featureCount: Int { features ?? 9_996 }

  /// A classifier at its start for prepared cases; a MiniRocket fitted to the cases to learn from.
  ///
  /// Throws `DataError` for series too short for it.
  func freshClassifier(for cases: LearningCases) throws -> any StoredClassifier<Float> {
    var generator = SeededGenerator(seed: seed)
    let dense = try freshDenseClassifier(for: cases, using: &generator)
    guard let binarisation = try binary.binarisation(seed: seed) else { return dense }
    try checkNames(of: binarisation, in: dense)
    switch dense {
    case let base as RecurrentClassifier<Float>:
      return binarised(base, binarisation, using: &generator)
    case let base as TemporalConvolution<Float>:
      return binarised(base, binarisation, using: &generator)
    case let base as Lite<Float>: return binarised(base, binarisation, using: &generator)
    case let base as LogisticRegression<Float>:
      return binarised(base, binarisation, using: &generator)
    case let base as TransformerClassifier<Float>:
      return binarised(base, binarisation, using: &generator)
    default: return dense
    }
  }

  private func binarised<Base: StoredClassifier<Float>>(
    _ base: Base, _ binarisation: Binarisation, using generator: inout SeededGenerator
  ) -> any StoredClassifier<Float> {
    BinaryClassifier<Base>(
      .init(base: base.configuration, binarisation: binarisation), using: &generator)
  }

  private func freshDenseClassifier(
    for cases: LearningCases, using generator: inout SeededGenerator
  ) throws -> any StoredClassifier<Float> {
    let channels = cases.train.channelCount, classes = cases.train.classNames.count
    switch model {
    case .rnn, .lstm, .gru, .mgu:
      return RecurrentClassifier(
        .init(
          cell: model.cell ?? .lstm, layers: layers, hidden: hidden, channels: channels,
          classes: classes), using: &generator)
    case .tcn:
      return TemporalConvolution(
        .init(layers: layers, hidden: hidden, channels: channels, classes: classes),
        using: &generator)
    case .lite:
      return Lite(
        .init(hidden: hidden, channels: channels, classes: classes), using: &generator)
    case .transformer:
      let configuration = TransformerClassifier<Float>.Configuration(
        encoder: TransformerConfiguration(
          inputs: channels, width: hidden, heads: transformer.heads ?? 2, layers: layers,
          feedForward: transformer.feedForward ?? 256, steps: cases.train.length,
          norm: transformer.norm ?? .batch, positions: transformer.positions ?? .sinusoid,
          activationMask: transformer.activationMask ?? .none, activationKeep: binary.keep ?? 1),
        classes: classes)
      guard configuration.isValid else {
        throw OptionError(
          "--hidden, --heads, --feed-forward, --norm: found sizes that no transformer classifier has, expected an even --hidden that --heads divide, --feed-forward 1 to 65536, --norm none, batch or token"
        )
      }
      return TransformerClassifier(configuration, using: &generator)
    case .linear:
      return LogisticRegression(
        .init(length: cases.train.length, channels: channels, classes: classes),
        using: &generator)
    case .minirocket:
      guard cases.train.length >= 9 else {
        throw DataError(
          file: data, found: "series of \(cases.train.length) steps",
          expected: "9 or more, the length of MiniRocket's kernels")
      }
      var rocket = MiniRocket(
        .init(
          features: featureCount, length: cases.train.length, channels: channels, classes: classes),
        using: &generator)
      let all = cases.train.batch(Array(0..<cases.train.caseCount)).series
      rocket.fit(all, labels: cases.train.labels, using: &generator)
      return rocket
    }
  }
}
