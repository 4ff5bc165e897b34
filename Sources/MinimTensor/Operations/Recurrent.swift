// SPDX-License-Identifier: Apache-2.0
internal import CMinimKernels

/// The kinds of recurrent cell.
public enum RecurrentCell: String, CaseIterable, Codable, Sendable {
  /// h' = tanh(W x + b + U h + c)
  case rnn
  /// PyTorch's LSTM: gates i f g o; c' = f c + i g, h' = o tanh c'.
  case lstm
  /// PyTorch's GRU: gates r z n; n = tanh(W x + b + r (U h + c)), h' = (1 - z) n + z h.
  case gru
  /// Minimal gated unit, gates f n: f = σ(W x + b + U h + c), n = tanh(W x + b + f (U h + c)),
  /// h' = (1 - f) h + f n; the gate acts after the product, as in PyTorch's GRU.
  case mgu

  /// Rows of the weight matrices for one hidden unit: 1, 4, 3 or 2.
  public var gateCount: Int {
    switch self {
    case .rnn: 1
    case .lstm: 4
    case .gru: 3
    case .mgu: 2
    }
  }

  var code: minim_cell {
    switch self {
    case .rnn: MINIM_RNN
    case .lstm: MINIM_LSTM
    case .gru: MINIM_GRU
    case .mgu: MINIM_MGU
    }
  }
}

/// The weights of one recurrent layer, in PyTorch's layout, gates stacked in the cell's order.
public struct RecurrentWeights<Scalar: TensorScalar>: Sendable {
  /// (gates · hidden, inputs).
  public var input: Tensor<Scalar>
  /// (gates · hidden, hidden).
  public var recurrent: Tensor<Scalar>
  /// (gates · hidden).
  public var inputBias: Tensor<Scalar>
  /// (gates · hidden).
  public var recurrentBias: Tensor<Scalar>

  /// Weights from their four tensors.
  public init(
    input: Tensor<Scalar>, recurrent: Tensor<Scalar>, inputBias: Tensor<Scalar>,
    recurrentBias: Tensor<Scalar>
  ) {
    self.input = input
    self.recurrent = recurrent
    self.inputBias = inputBias
    self.recurrentBias = recurrentBias
  }

  var all: [Tensor<Scalar>] { [input, recurrent, inputBias, recurrentBias] }
}

/// Every state of a recurrent layer over a batch of sequences.
public struct RecurrentStates<Scalar: TensorScalar>: Sendable {
  /// Hidden states (batch, time, hidden); zeros past a case's length.
  public let hidden: Tensor<Scalar>
  /// LSTM cell states (batch, time, hidden); nil for the other cells.
  public let cell: Tensor<Scalar>?

  /// The states (batch, hidden) after the last valid step of each case.
  public func last(lengths: [Int]?) -> (hidden: Tensor<Scalar>, cell: Tensor<Scalar>?) {
    let steps =
      lengths.map { $0.map { $0 - 1 } }
      ?? [Int](repeating: hidden.shape[1] - 1, count: hidden.shape[0])
    return (hidden.gatheredSteps(steps), cell?.gatheredSteps(steps))
  }
}

extension Tensor {
  /// One recurrent layer over whole sequences, as one operation with a hand-written backward pass.
  ///
  /// This tensor is (batch, time, inputs) with at least one step. `initialHidden` and `initialCell`
  /// (LSTM) are (batch, hidden), zeros when nil. `lengths` (one for each case, 1 ... time) mark
  /// right-padded batches: past its length a case holds its state and puts out zeros. Stacked
  /// layers are calls in a row, each fed the hidden states of the one before.
  @specialized(where Scalar == Float)
  public func recurrent(
    _ cell: RecurrentCell, weights: RecurrentWeights<Scalar>, initialHidden: Tensor? = nil,
    initialCell: Tensor? = nil, lengths: [Int]? = nil
  ) -> RecurrentStates<Scalar> {
    let call = RecurrentCall(
      cell: cell, input: self, weights: weights, initialHidden: initialHidden,
      initialCell: initialCell, lengths: lengths)
    let inputs = call.inputs
    let tracked = inputs.contains(where: { $0.isTracked })
    let (hidden, cellStates, saved) = call.forward(saving: tracked)
    guard tracked, let saved else {
      profile(#function, .forward)
      return RecurrentStates(hidden: hidden, cell: cellStates)
    }
    let outputs = Tensor.recorded([hidden] + (cellStates.map { [$0] } ?? []), inputs: inputs) {
      call.backward(hidden: hidden, saved: saved, gradients: $0)
    }
    return RecurrentStates(hidden: outputs[0], cell: outputs.count > 1 ? outputs[1] : nil)
  }
}

/// The arguments of one call of a recurrent layer, checked, and its two passes through the kernels.
private struct RecurrentCall<Scalar: TensorScalar>: Sendable {
  let cell: RecurrentCell
  let input: Tensor<Scalar>
  let weights: RecurrentWeights<Scalar>
  let initialHidden: Tensor<Scalar>?
  let initialCell: Tensor<Scalar>?
  let lengths: [Int]?
  let hiddenSize: Int

  init(
    cell: RecurrentCell, input: Tensor<Scalar>, weights: RecurrentWeights<Scalar>,
    initialHidden: Tensor<Scalar>?, initialCell: Tensor<Scalar>?, lengths: [Int]?
  ) {
    precondition(
      input.rank == 3 && input.shape[1] >= 1,
      "a recurrent layer wants (batch, time, inputs) with a step, not \(input.shape)")
    precondition(
      weights.recurrent.rank == 2, "recurrent weights have shape \(weights.recurrent.shape)")
    let hidden = weights.recurrent.shape[1], rows = cell.gateCount * hidden
    precondition(
      weights.recurrent.shape == [rows, hidden] && weights.input.shape == [rows, input.shape[2]]
        && weights.inputBias.shape == [rows] && weights.recurrentBias.shape == [rows],
      "\(cell.rawValue) weights \(weights.all.map(\.shape)) do not fit input \(input.shape)")
    let state = [input.shape[0], hidden]
    precondition(
      (initialHidden?.shape ?? state) == state && (initialCell?.shape ?? state) == state,
      "initial states must have shape \(state)")
    precondition(initialCell == nil || cell == .lstm, "only an LSTM has a cell state")
    if let lengths {
      precondition(
        lengths.count == input.shape[0] && lengths.allSatisfy { (1...input.shape[1]).contains($0) },
        "lengths must be one for each of \(input.shape[0]) cases, each in 1...\(input.shape[1])")
    }
    self.cell = cell
    self.input = input
    self.weights = weights
    self.initialHidden = initialHidden
    self.initialCell = initialCell
    self.lengths = lengths
    hiddenSize = hidden
  }

  /// What gradients are wanted for, in the order that `backward` answers: input, weights, initial
  /// states.
  var inputs: [Tensor<Scalar>] {
    [input] + weights.all + [initialHidden, initialCell].compactMap { $0 }
  }

  private func withShape<Result>(
    _ body: (UnsafePointer<minim_recurrent_shape>) -> Result
  ) -> Result {
    func call(_ pointer: UnsafePointer<Int>?) -> Result {
      var shape = minim_recurrent_shape(
        cell: cell.code, batch: input.shape[0], steps: input.shape[1], inputs: input.shape[2],
        hidden: hiddenSize, lengths: pointer)
      return withUnsafePointer(to: &shape, body)
    }
    guard let lengths else { return call(nil) }
    return lengths.withUnsafeBufferPointer { call($0.baseAddress) }
  }

  @specialized(where Scalar == Float)
  func forward(saving: Bool) -> (Tensor<Scalar>, Tensor<Scalar>?, Storage<Scalar>?) {
    let outputShape = [input.shape[0], input.shape[1], hiddenSize]
    return withShape { shape in
      let saved = saving ? Storage<Scalar>(count: Scalar.kernels.recurrentSaved(shape)) : nil
      let cellStates = cell == .lstm ? Tensor<Scalar>(uninitialised: outputShape) { _ in } : nil
      let hidden = Tensor<Scalar>(uninitialised: outputShape) { out in
        Scalar.kernels.recurrentForward(
          shape, input.pointer, weights.input.pointer, weights.recurrent.pointer,
          weights.inputBias.pointer, weights.recurrentBias.pointer, initialHidden?.pointer,
          initialCell?.pointer, out, cellStates?.storage.pointer, saved?.pointer)
      }
      return (hidden, cellStates, saved)
    }
  }

  @specialized(where Scalar == Float)
  func backward(
    hidden: Tensor<Scalar>, saved: Storage<Scalar>, gradients: [Tensor<Scalar>?]
  ) -> [Tensor<Scalar>?] {
    func fresh(_ like: Tensor<Scalar>?) -> Tensor<Scalar>? {
      like.map { Tensor(uninitialised: $0.shape) { _ in } }
    }
    let ofInput = input.isTracked ? fresh(input) : nil
    let ofWeights = weights.all.map { Tensor<Scalar>(uninitialised: $0.shape) { _ in } }
    let ofHidden = fresh(initialHidden), ofCell = fresh(initialCell)
    let ofOutput = gradients[0], ofCellOutput = gradients.count > 1 ? gradients[1] : nil
    withShape { shape in
      Scalar.kernels.recurrentBackward(
        shape, input.pointer, weights.input.pointer, weights.recurrent.pointer,
        initialHidden?.pointer, initialCell?.pointer, hidden.pointer, saved.pointer,
        ofOutput?.pointer, ofCellOutput?.pointer, ofInput?.storage.pointer,
        ofWeights[0].storage.pointer, ofWeights[1].storage.pointer, ofWeights[2].storage.pointer,
        ofWeights[3].storage.pointer, ofHidden?.storage.pointer, ofCell?.storage.pointer)
    }
    withExtendedLifetime((ofOutput, ofCellOutput, saved)) {}
    return [ofInput] + ofWeights + [ofHidden, ofCell].compactMap { $0 }
  }
}
