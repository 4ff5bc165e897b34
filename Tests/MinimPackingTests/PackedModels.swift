// SPDX-License-Identifier: Apache-2.0
import MinimLearning
import MinimModels
import MinimPacking
import MinimSeries
import MinimTensor

/// A classifier at its random start, with random cases for it, and what packing them gives.
struct PackedModels {
  var model: RecurrentClassifier<Float>
  let set: SeriesSet
  let cases: LearningCases

  init(
    cell: RecurrentCell = .lstm, layers: Int = 1, hidden: Int = 8, channels: Int = 1,
    classes: Int = 2, lengths: ClosedRange<Int> = 24...24, caseCount: Int = 20,
    preparation: Preparation = Preparation(), gaps: Bool = false, seed: UInt64 = 3
  ) throws {
    var generator = SeededGenerator(seed: seed)
    set = SeriesSet(
      name: "random", channelCount: channels, classNames: (1...classes).map { "\($0)" },
      cases: (0..<caseCount).map { index in
        let length = lengths.lowerBound + index % lengths.count
        let walk = Tensor<Double>.normal(shape: [channels * length], using: &generator).scalars
        var values = walk.map { 5 + 3 * $0 }
        // Missing at the beginning, inside and at the end.
        if gaps { for place in [0, 1, 4, 5, channels * length - 1] { values[place] = .nan } }
        return SeriesCase(
          length: length, values: values, label: index % classes, line: index + 1)
      })
    cases = try LearningCases(set, preparation: preparation, splitSeed: 1)
    model = RecurrentClassifier(
      .init(cell: cell, layers: layers, hidden: hidden, channels: channels, classes: classes),
      using: &generator)
  }

  func packed(
    _ precision: Precision = .float32, bare: Bool = false, provenance: [String: String] = [:]
  ) throws -> PackedClassifier {
    try pack(
      model, trainedOn: set, cases: cases, precision: precision, provenance: provenance, bare: bare)
  }
}

extension RecurrentCell {
  /// The cells that the model file format has.
  static let packed: [RecurrentCell] = [.rnn, .lstm, .gru, .mgu]
}
