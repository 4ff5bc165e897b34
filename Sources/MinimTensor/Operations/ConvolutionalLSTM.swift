// SPDX-License-Identifier: Apache-2.0
internal import CMinimKernels

/// The state of a convolutional LSTM.
public struct ConvolutionalLSTMState<Scalar: TensorScalar>: Sendable {
  /// (batch, hidden, height, width).
  public var hidden: Tensor<Scalar>
  /// (batch, hidden, height, width).
  public var cell: Tensor<Scalar>

  /// A state from its two tensors.
  public init(hidden: Tensor<Scalar>, cell: Tensor<Scalar>) {
    self.hidden = hidden
    self.cell = cell
  }
}

/// The weights of a convolutional LSTM; gates are stacked in PyTorch's order i f g o.
public struct ConvolutionalLSTMWeights<Scalar: TensorScalar>: Sendable {
  /// (4 · hidden, inputs + hidden, kh, kw): the kernels over the input's channels, then over the
  /// hidden state's.
  public var kernel: Tensor<Scalar>
  /// (4 · hidden), or none.
  public var bias: Tensor<Scalar>?
  /// (3, hidden, height, width): what the gates i, f and o see of the cell state, or none.
  public var peepholes: Tensor<Scalar>?

  /// Weights from their tensors.
  public init(
    kernel: Tensor<Scalar>, bias: Tensor<Scalar>? = nil, peepholes: Tensor<Scalar>? = nil
  ) {
    self.kernel = kernel
    self.bias = bias
    self.peepholes = peepholes
  }
}

extension Tensor {
  /// One step of a convolutional LSTM, as Shi and others described it in 2015.
  ///
  /// This tensor is the input (batch, inputs, height, width). With a = kernel * [x; h] + bias: i = σ(aᵢ + wᵢ ∘ c), f = σ(a_f + w_f ∘ c), g = tanh a_g,
  /// c' = f ∘ c + i ∘ g, o = σ(a_o + w_o ∘ c'), h' = o ∘ tanh c', w the peepholes. The convolution
  /// keeps the image's size: zeros around it, (k - 1) / 2 before and k / 2 after. `state` nil is
  /// all zeros, and costs no convolution of the hidden state.
  public func convolutionalLSTMStep(
    weights: ConvolutionalLSTMWeights<Scalar>, state: ConvolutionalLSTMState<Scalar>? = nil
  ) -> ConvolutionalLSTMState<Scalar> {
    let kernel = weights.kernel
    precondition(
      rank == 4 && kernel.rank == 4 && kernel.shape[0] % 4 == 0
        && kernel.shape[1] == shape[1] + kernel.shape[0] / 4,
      "a kernel of shape \(kernel.shape) does not fit input \(shape): it wants (4 hidden, inputs + hidden, kh, kw)"
    )
    let hidden = kernel.shape[0] / 4, like = [shape[0], hidden, shape[2], shape[3]]
    precondition(
      (state?.hidden.shape ?? like) == like && (state?.cell.shape ?? like) == like,
      "states of shapes \(state?.hidden.shape ?? []) and \(state?.cell.shape ?? []) must have \(like)"
    )
    precondition(
      (weights.bias?.shape ?? [4 * hidden]) == [4 * hidden]
        && (weights.peepholes?.shape ?? [3] + like.dropFirst()) == [3] + like.dropFirst(),
      "bias \(weights.bias?.shape ?? []) and peepholes \(weights.peepholes?.shape ?? []) do not fit states of \(like)"
    )
    let call = ConvolutionalLSTMCall(input: self, weights: weights, state: state)
    let (next, gates) = call.forward()
    let optional = [state?.hidden, state?.cell, weights.bias, weights.peepholes].compactMap { $0 }
    let outputs = Tensor.recorded(
      [next.hidden, next.cell], inputs: [self, kernel] + optional
    ) { call.backward(cell: next.cell, gates: gates, gradients: $0) }
    return ConvolutionalLSTMState(hidden: outputs[0], cell: outputs[1])
  }
}

/// The arguments of one step, checked, and its two passes through the kernels.
private struct ConvolutionalLSTMCall<Scalar: TensorScalar>: Sendable {
  let input: Tensor<Scalar>
  let weights: ConvolutionalLSTMWeights<Scalar>
  let state: ConvolutionalLSTMState<Scalar>?

  private var hidden: Int { weights.kernel.shape[0] / 4 }
  private var stateShape: [Int] { [input.shape[0], hidden] + input.shape[2...] }
  private var gateShape: [Int] { [input.shape[0], 4 * hidden] + input.shape[2...] }
  /// Elements of one gate of one case.
  private var run: Int { hidden * input.shape[2] * input.shape[3] }

  private var geometry: ConvolutionGeometry {
    let kernel = Array(weights.kernel.shape[2...]), image = Array(input.shape[2...])
    return ConvolutionGeometry(
      batch: input.shape[0], inputs: input.shape[1], extra: hidden, outputs: 4 * hidden,
      image: image, kernel: kernel, stride: [1, 1], padding: kernel.map { ($0 - 1) / 2 },
      grid: image)
  }

  /// The next state, and the gates' activations.
  func forward() -> (ConvolutionalLSTMState<Scalar>, gates: Tensor<Scalar>) {
    let gates = input.convolutionValue(
      geometry, weights.kernel, bias: weights.bias, extra: state?.hidden, shape: gateShape)
    let cell = Tensor<Scalar>(uninitialised: stateShape) { _ in }
    let hidden = Tensor<Scalar>(uninitialised: stateShape) { out in
      Scalar.kernels.gates(
        input.shape[0], run, weights.peepholes?.pointer, state?.cell.pointer,
        gates.storage.pointer, cell.storage.pointer, out)
    }
    return (ConvolutionalLSTMState(hidden: hidden, cell: cell), gates)
  }

  /// Gradients of the input, the kernel, then of what there is of h, c, bias and peepholes.
  func backward(
    cell: Tensor<Scalar>, gates: Tensor<Scalar>, gradients: [Tensor<Scalar>?]
  ) -> [Tensor<Scalar>?] {
    func fresh(_ like: Tensor<Scalar>?) -> Tensor<Scalar>? {
      like.flatMap { $0.isTracked ? Tensor(uninitialised: $0.shape) { _ in } : nil }
    }
    let ofCell = fresh(state?.cell), ofPeepholes = fresh(weights.peepholes)
    let ofGates = Tensor<Scalar>(uninitialised: gateShape) { out in
      Scalar.kernels.gatesBackward(
        input.shape[0], run, weights.peepholes?.pointer, state?.cell.pointer, cell.pointer,
        gates.pointer, gradients[0]?.pointer, gradients[1]?.pointer, out,
        ofCell?.storage.pointer, ofPeepholes?.storage.pointer)
    }
    let ofInput = fresh(input), ofHidden = fresh(state?.hidden)
    geometry.withShape {
      Scalar.kernels.convolutionByInput(
        $0, ofGates.pointer, weights.kernel.pointer, nil, ofInput?.storage.pointer,
        ofHidden?.storage.pointer)
    }
    let (ofKernel, ofBias) = ofGates.convolutionByWeight(
      geometry, image: input, extra: state?.hidden,
      weight: weights.kernel.isTracked ? weights.kernel.shape : nil,
      bias: weights.bias?.isTracked == true)
    withExtendedLifetime((cell, gates, gradients, ofGates)) {}
    var found = [ofInput, ofKernel]
    if state != nil { found += [ofHidden, ofCell] }
    if weights.bias != nil { found.append(ofBias) }
    if weights.peepholes != nil { found.append(ofPeepholes) }
    return found
  }
}
