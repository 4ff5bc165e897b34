// SPDX-License-Identifier: Apache-2.0
internal import MinimLayers
internal import MinimModels
internal import MinimRuntime
internal import MinimSeries
internal import MinimTensor

extension GraphBuilder {
  /// Recurrent layers on top of each other, and the head over the last state.
  ///
  /// The two bias vectors of a layer are folded into one (GRU and MGU: but for the part of the
  /// candidate gate that is multiplied by a gate). Hidden states are in ±1 and need no calibration.
  mutating func add(
    _ model: RecurrentClassifier<Float>, calibratedOn cases: PreparedCases
  ) throws {
    let cell = model.configuration.cell, hidden = model.configuration.hidden
    let rows = cell.gateCount * hidden
    var value = 0
    for (index, layer) in model.recurrent.layers.enumerated() {
      let name = "recurrent layer \(index + 1)"
      let bias = RecurrentBias(layer, cell: cell, hidden: hidden)
      var operands: [Int?] = [
        try matrix(
          layer.input.scalars, rows: rows, largest: index > 0 ? 1 : cases.largestValue, name: name),
        try matrix(layer.recurrent.scalars, rows: rows, largest: 1, name: name),
        try vector(bias.folded, name: name),
      ]
      if let candidate = bias.candidate { operands.append(try vector(candidate, name: name)) }
      value = append(
        .init(
          code: .recurrent, variant: cell.variant.rawValue, input: value, tensors: operands,
          outputLength: hidden))
    }
    try finish(value, head: model.head, largest: 1)
  }
}

extension RecurrentCell {
  /// The model file's name of this cell.
  fileprivate var variant: RecurrentVariant {
    switch self {
    case .rnn: .rnn
    case .lstm: .lstm
    case .gru: .gru
    case .mgu: .mgu
    }
  }
}

/// The bias vectors of a recurrent layer, folded as far as the cell permits.
private struct RecurrentBias {
  let folded: [Float]
  /// GRU and MGU: c of r (U h + c).
  let candidate: [Float]?

  init(_ weights: RecurrentWeights<Float>, cell: RecurrentCell, hidden: Int) {
    let first = weights.inputBias.scalars, second = weights.recurrentBias.scalars
    // The candidate is the last of the gates.
    let own = cell == .gru || cell == .mgu ? hidden : 0, end = first.count - own
    folded = first.indices.map { $0 < end ? first[$0] + second[$0] : first[$0] }
    candidate = own > 0 ? Array(second[end...]) : nil
  }
}
