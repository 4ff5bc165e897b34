// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MinimLayers
import MinimLearning
import MinimModels
import MinimSeries
import MinimTensor

/// The architectures that `--model` names.
enum ModelKind: String, CaseIterable, ExpressibleByArgument {
  case rnn, lstm, gru, mgu, tcn, lite, linear, minirocket

  /// The cell of a recurrent one.
  var cell: RecurrentCell? { RecurrentCell(rawValue: rawValue) }

  /// What a student of the kind shows to distillation losses.
  var taps: Set<Tap> {
    switch self {
    case .lstm: [.features, .hidden, .cell]
    case .rnn, .gru, .mgu, .tcn, .lite: [.features, .hidden]
    case .linear, .minirocket: [.features]
    }
  }

  /// Whether `--layers` says how deep it is.
  var hasLayers: Bool { cell != nil || self == .tcn }

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
  func freshClassifier(for cases: LearningCases) throws(DataError) -> any StoredClassifier<Float> {
    var generator = SeededGenerator(seed: seed)
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
