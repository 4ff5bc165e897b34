// SPDX-License-Identifier: Apache-2.0
package import MinimLayers
public import MinimTensor

/// What a long-term accumulator is made of.
public struct LongTermMemory: Codable, Equatable, Sendable {
  /// How ten numbers a channel come of a recurrent cell (methods, gon 3.5 A1).
  public enum Form: String, CaseIterable, Codable, Sendable {
    /// One cell of ten units that every channel shares: L (channels, 10) holds their states.
    case shared
    /// One cell of as many units as channels: L holds its last ten states.
    case history
    /// One cell of ten units over all channels, and a map W (channels, 10) of its state h: L = √10 W h, a single column.
    case projected
  }

  /// The recurrent cell, of the paper RNN, LSTM or GRU.
  public var cell: RecurrentCell
  /// How its states become a matrix.
  public var form: Form

  /// A memory of a cell; the form is shared by default.
  public init(cell: RecurrentCell, form: Form = .shared) {
    self.cell = cell
    self.form = form
  }

  /// Numbers that it adds for so many channels, c: g (h (i + h) + 2 h) for g gates, i inputs and h units, 10 c more with a
  /// map.
  public func storedCount(channels: Double) -> Double {
    let inputs = form == .shared ? 1 : channels, units = form == .history ? channels : 10
    return Double(cell.gateCount) * (units * (inputs + units) + 2 * units)
      + (form == .projected ? 10 * channels : 0)
  }
}

/// A long-term accumulator (LTA): a recurrent cell that reads a stream row by row and gives at any row a matrix
/// β = L Lᵀ / 10, to be added to the signature matrices there.
///
/// β is symmetric and positive semidefinite, of rank 10 at most. Source: methods, gon 3.3 and 3.5 A1.
package struct LongTermAccumulator: ParameterTree {
  /// The state between two rows, (cases, units).
  package struct State {
    package var hidden: Tensor<Float>
    /// Of an LSTM; nil for the others.
    package var cell: Tensor<Float>?

    /// A state from its tensors.
    package init(hidden: Tensor<Float>, cell: Tensor<Float>?) {
      self.hidden = hidden
      self.cell = cell
    }
  }

  /// What it is made of.
  package let memory: LongTermMemory
  /// The cell's weights.
  package var weights: RecurrentWeights<Float>
  /// (channels, 10), of the projected form.
  package var projection: Tensor<Float>?

  /// All numbers uniform in ±1/√units.
  package init(_ memory: LongTermMemory, channels: Int, using generator: inout SeededGenerator) {
    self.memory = memory
    let units = memory.form == .history ? channels : 10
    weights =
      RecurrentStack(
        cell: memory.cell, inputs: memory.form == .shared ? 1 : channels, hidden: units, layers: 1,
        using: &generator
      ).layers[0]
    let bound = 1 / Float(units).squareRoot()
    projection =
      memory.form == .projected
      ? .uniform(in: -bound...bound, shape: [channels, 10], using: &generator) : nil
  }

  /// β after each of some counts of rows, (streams, counts, channels, channels), and the state after the row `carry`
  /// counts, from rows (streams, time, channels) of parallel streams that follow `state`, zeros where nil.
  ///
  /// Counts are 1 … time, at least 10 for the history form.
  package func callAsFunction(
    _ rows: Tensor<Float>, after state: State?, at counts: [Int], carry: Int
  ) -> (matrices: Tensor<Float>, state: State) {
    let streams = rows.shape[0], time = rows.shape[1], channels = rows.shape[2]
    let isShared = memory.form == .shared
    let input =
      isShared
      ? rows.permuted([0, 2, 1]).reshaped(to: [streams * channels, time, 1]) : rows
    let states = input.recurrent(
      memory.cell, weights: weights, initialHidden: state?.hidden, initialCell: state?.cell)
    let hidden = states.hidden
    let all = counts.map { count -> Tensor<Float> in
      switch memory.form {
      case .shared:
        let last = Self.state(hidden, after: count).reshaped(to: [streams, channels, -1])
        return last.product(last, otherTransposed: true) / 10
      case .history:
        let last = hidden.sliced(count - 10..<count, along: 1)
        return last.product(last, transposed: true) / 10
      case .projected:
        guard let projection else { preconditionFailure("no map of a projected memory") }
        let column = Self.state(hidden, after: count).linear(weight: projection)
          .reshaped(to: [streams, channels, 1])
        return column.product(column, otherTransposed: true)
      }
    }
    return (
      all.isEmpty
        ? Tensor(zeros: [streams, 0, channels, channels])
        : .concatenated(
          all.map { $0.reshaped(to: [streams, 1, channels, channels]) }, along: 1),
      State(
        hidden: Self.state(hidden, after: carry),
        cell: states.cell.map { Self.state($0, after: carry) })
    )
  }

  /// The states (cases, units) after so many rows.
  private static func state(_ states: Tensor<Float>, after count: Int) -> Tensor<Float> {
    states.sliced(count - 1..<count, along: 1).reshaped(to: [states.shape[0], states.shape[2]])
  }

  package mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    try visit(path.appending("weight_ih"), &weights.input)
    try visit(path.appending("weight_hh"), &weights.recurrent)
    try visit(path.appending("bias_ih"), &weights.inputBias)
    try visit(path.appending("bias_hh"), &weights.recurrentBias)
    if var map = projection {
      try visit(path.appending("projection"), &map)
      projection = map
    }
  }
}
