// SPDX-License-Identifier: Apache-2.0
import MinimLayers
import MinimLearning
import MinimModels
import MinimSeries
import MinimTensor

/// A classifier of any architecture, with what it takes to pack it.
enum PackedArchitecture: String, CaseIterable {
  case tcn, deepTCN, narrowTCN, lite, linear, mgu

  /// Those that pool over time, and so take cases of any length.
  static let pooled: [Self] = [.tcn, .deepTCN, .narrowTCN, .lite]
  /// Those that run over a window whatever the normalisation.
  static let windowed: [Self] = [.tcn, .lite, .linear]

  /// A classifier with random norms that are calibrated on the cases to learn from.
  func make(
    for cases: LearningCases, seed: UInt64 = 7
  ) -> any StoredClassifier<Float> {
    let channels = cases.train.channelCount, classes = cases.train.classNames.count
    var generator = SeededGenerator(seed: seed)
    func tcn(layers: Int, hidden: Int) -> any StoredClassifier<Float> {
      TemporalConvolution(
        .init(layers: layers, hidden: hidden, channels: channels, classes: classes),
        using: &generator)
    }
    let model: any StoredClassifier<Float> =
      switch self {
      case .tcn: tcn(layers: 3, hidden: 8)
      // Looks back 62 steps, more than the tests' cases have.
      case .deepTCN: tcn(layers: 5, hidden: 5)
      // As wide as the series: the first block has a sum, too.
      case .narrowTCN: tcn(layers: 2, hidden: channels)
      case .lite:
        Lite(.init(hidden: 4, channels: channels, classes: classes), using: &generator)
      case .linear:
        LogisticRegression(
          .init(length: cases.train.length, channels: channels, classes: classes),
          using: &generator)
      case .mgu:
        RecurrentClassifier(
          .init(cell: .mgu, layers: 2, hidden: 6, channels: channels, classes: classes),
          using: &generator)
      }
    return calibrated(model, cases, using: &generator)
  }
}
