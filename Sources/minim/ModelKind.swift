// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MinimLayers
import MinimLearning
import MinimModels
import MinimSeries
import MinimTensor

/// The architectures that `--model` names.
enum ModelKind: String, CaseIterable, ExpressibleByArgument {
  case rnn, lstm, gru, mgu, tcn, lite, linear

  /// The cell of a recurrent one.
  var cell: RecurrentCell? { RecurrentCell(rawValue: rawValue) }

  /// Whether `--layers` says how deep it is.
  var hasLayers: Bool { cell != nil || self == .tcn }

  /// Whether `--hidden` says how wide it is.
  var hasWidth: Bool { self != .linear }

  /// Whether it takes series of one length alone.
  var hasFixedLength: Bool { self == .linear }
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
    if model.hasFixedLength, try LengthPolicy(length) == .pad {
      throw OptionError(
        "--length: found pad, expected require or resample:N with --model \(model.rawValue)")
    }
  }

  /// The model's size for the name of a run folder, such as "1x8".
  var size: String {
    let parts = (model.hasLayers ? ["\(layers)"] : []) + (model.hasWidth ? ["\(hidden)"] : [])
    return parts.joined(separator: "x")
  }

  /// A classifier at its start for prepared cases.
  func freshClassifier(for cases: LearningCases) -> any StoredClassifier<Float> {
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
    }
  }
}
