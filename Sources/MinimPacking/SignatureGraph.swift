// SPDX-License-Identifier: Apache-2.0
internal import MinimDetection
internal import MinimLayers
internal import MinimRuntime
internal import MinimTensor

extension GraphBuilder {
  /// The score of an MSCRED over clipped samples; gives the value of the channels' parts.
  ///
  /// Up to the gates' parts of the input everything runs once for each new matrix and is kept for five of them; states,
  /// attention and decoder are for a result. Of the decoder's last layer only the shortest segment's matrix is kept, for
  /// nothing else is scored; it is never in int8, for small differences are the score. Throws `PackingError`.
  mutating func add(
    _ model: MSCRED, over sample: Int, calibratedOn windows: Tensor<Float>
  ) throws -> Int {
    let configuration = model.configuration, channels = configuration.channels
    guard model.network.recurs else {
      throw PackingError.detector("an mscred whose states do not go from step to step")
    }
    guard channels <= ModelFormat.maximumExtent else {
      throw PackingError.detector(
        "an mscred of \(channels) channels, more than \(ModelFormat.maximumExtent)")
    }
    let memory = try model.accumulator.map { try add($0, over: sample, channels: channels) }
    let signatures = append(
      .init(
        code: .signatures, input: sample, parameter: UInt16(configuration.span),
        outputLength: 3 * channels * channels))
    let matrices =
      memory.map {
        append(
          .init(
            code: .accumulate, input: signatures, parameter: UInt16($0),
            outputLength: 3 * channels * channels))
      } ?? signatures
    let rows = windows.reshaped(to: [windows.shape[0], configuration.window, channels])
    let seen = SeenImages(model.network, model.samples(of: rows, after: nil).inputs)
    var image = (value: matrices, extent: channels), levels: [(value: Int, extent: Int)] = []
    for (level, layer) in model.network.encoder.enumerated() {
      let largest = level == 0 ? 2 * seen.matrices : seen.codes[level - 1].largestSize
      image = try add(layer, over: image, largest: largest, selu: true)
      let gates = try addGates(
        model.network.memories[level], over: image, codes: seen.codes[level])
      levels.append((gates, image.extent))
    }
    endStep()
    let top = levels.count - 1
    func states(_ level: Int, in graph: inout GraphBuilder) throws -> Int {
      try graph.addStates(
        model.network.memories[level], over: levels[level], largest: seen.hidden[level])
    }
    image = (try states(top, in: &self), levels[top].extent)
    for (index, layer) in model.network.decoder.enumerated().dropLast() {
      let level = top - index
      image = try add(
        layer, over: image, to: levels[level - 1].extent, largest: seen.decoded[index],
        selu: true)
      let attended = try states(level - 1, in: &self)
      image.value = append(
        .init(
          code: .join, input: image.value, parameter: 2,
          outputLength: length(of: image.value) + length(of: attended)))
    }
    let made = try addLast(model.network.decoder[top], over: image)
    let target = configuration.target == .matrices ? signatures : matrices
    let parts = append(
      .init(
        code: .deviations, variant: configuration.score == .broken ? 0 : 1, input: made,
        parameter: UInt16(target), outputLength: channels))
    _ = append(.init(code: .reduce, input: parts, outputLength: 1))
    return parts
  }

  /// The states of a memory that all channels share.
  private mutating func add(
    _ accumulator: LongTermAccumulator, over sample: Int, channels: Int
  ) throws -> Int {
    guard accumulator.memory.form == .shared else {
      throw PackingError.detector(
        "an mscred with a memory of the form \(accumulator.memory.form.rawValue), not shared")
    }
    let weights = accumulator.weights, units = weights.recurrent.shape[1]
    let rows = weights.inputBias.count
    var bias = (weights.inputBias + weights.recurrentBias).scalars
    var candidate: [Float]?
    if accumulator.memory.cell == .gru {
      // U's part of the candidate is multiplied by a gate.
      bias.replaceSubrange(2 * units..<rows, with: weights.inputBias.scalars[(2 * units)...])
      candidate = Array(weights.recurrentBias.scalars[(2 * units)...])
    }
    let variant: RecurrentVariant =
      switch accumulator.memory.cell {
      case .lstm: .lstm
      case .gru: .gru
      default: .rnn
      }
    let operands: [Int?] = [
      try fineMatrix(weights.input.scalars, rows: rows, name: "memory"),
      try matrix(weights.recurrent.scalars, rows: rows, largest: 1, name: "memory"),
      try vector(bias, name: "memory"), try candidate.map { try vector($0, name: "memory") },
    ]
    return append(
      .init(
        code: .remember, variant: variant.rawValue, input: sample, tensors: operands,
        outputLength: channels * units))
  }

  /// A convolution, which halves or keeps the extent, or a transposed one to `extent`.
  private mutating func add(
    _ layer: ImageConvolution<Float>, over image: (value: Int, extent: Int),
    to extent: Int? = nil, largest: Float, selu: Bool
  ) throws -> (value: Int, extent: Int) {
    let outputs = layer.bias.count, larger = extent ?? image.extent
    let kind: ImageVariant =
      layer.stride == 1 ? .same : layer.transposed ? .doubled : .halved
    let operands: [Int?] = [
      try matrix(layer.rows, rows: outputs, largest: largest, name: "convolution"),
      try vector(layer.bias.scalars, name: "convolution"),
    ]
    let written = extent ?? (image.extent + layer.stride - 1) / layer.stride
    let value = append(
      .init(
        code: .image, variant: kind.rawValue | (selu ? 4 : 0), input: image.value,
        parameter: UInt16(larger), tensors: operands,
        outputLength: outputs * written * written))
    return (value, written)
  }

  /// The last layer's first matrix.
  private mutating func addLast(
    _ layer: ImageConvolution<Float>, over image: (value: Int, extent: Int)
  ) throws -> Int {
    let operands: [Int?] = [
      try fineMatrix(
        Array(layer.rows[..<(layer.rows.count / layer.bias.count)]), rows: 1, name: "last layer"),
      try vector([layer.bias.scalars[0]], name: "last layer"),
    ]
    return append(
      .init(
        code: .image, input: image.value, parameter: UInt16(image.extent), tensors: operands,
        outputLength: image.extent * image.extent))
  }

  /// The input's part of the gates of five steps.
  private mutating func addGates(
    _ memory: ConvolutionalLSTM<Float>, over image: (value: Int, extent: Int),
    codes: Tensor<Float>
  ) throws -> Int {
    let channels = memory.bias.count / 4, places = image.extent * image.extent
    var input = image.value, largest = codes.largestSize
    if let depthwise = memory.depthwise {
      let kernels = depthwise.sliced(0..<channels, along: 0)
      let operand = try matrix(
        kernels.scalars, rows: channels, largest: largest, name: "convolutional LSTM")
      input = append(
        .init(
          code: .image, variant: ImageVariant.depthwise.rawValue, input: input,
          parameter: UInt16(image.extent), tensors: [operand], outputLength: channels * places))
      largest =
        codes.convolution(weight: kernels, padding: [1, 1], groups: channels).largestSize
    }
    let operands: [Int?] = [
      try matrix(
        memory.rows(ofState: false), rows: 4 * channels, largest: largest,
        name: "convolutional LSTM"),
      try vector(memory.bias.scalars, name: "convolutional LSTM"),
    ]
    let gates = append(
      .init(
        code: .image, input: input, parameter: UInt16(image.extent), tensors: operands,
        outputLength: 4 * channels * places))
    return append(
      .init(
        code: .window, input: gates, parameter: UInt16(SignatureScales.steps),
        outputLength: SignatureScales.steps * 4 * channels * places))
  }

  /// The attended states; `largest` are the largest |x| that the kernel or both parts of it read.
  private mutating func addStates(
    _ memory: ConvolutionalLSTM<Float>, over window: (value: Int, extent: Int),
    largest: (state: Float, parted: Float)
  ) throws -> Int {
    let channels = memory.bias.count / 4
    var operands: [Int?] = [
      try matrix(
        memory.rows(ofState: true), rows: 4 * channels,
        largest: memory.depthwise == nil ? largest.state : largest.parted,
        name: "convolutional LSTM")
    ]
    if let depthwise = memory.depthwise {
      operands.append(
        try matrix(
          depthwise.sliced(channels..<2 * channels, along: 0).scalars, rows: channels,
          largest: largest.state, name: "convolutional LSTM"))
    }
    return append(
      .init(
        code: .imageLSTM, input: window.value, parameter: UInt16(window.extent),
        tensors: operands, outputLength: channels * window.extent * window.extent))
  }
}

/// What an autoencoder's layers read in normal samples.
private struct SeenImages {
  /// The largest |x| of the matrices.
  let matrices: Float
  /// The codes of each level, (count, channels, height, width).
  let codes: [Tensor<Float>]
  /// The largest |x| of states and, of a level in two parts, of what comes of the first.
  private(set) var hidden: [(state: Float, parted: Float)] = []
  /// The largest |x| that each layer of the decoder reads.
  private(set) var decoded: [Float] = []

  /// From samples (count, 5, 3, channels, channels).
  init(_ network: SignatureNetwork<Float>, _ samples: Tensor<Float>) {
    let shape = samples.shape
    matrices = samples.largestSize
    codes = network.encoded(samples.reshaped(to: [shape[0] * shape[1]] + shape[2...]))
    let windows = codes.map { $0.reshaped(to: [shape[0], shape[1]] + $0.shape[1...]) }
    for (window, memory) in zip(windows, network.memories) {
      var state: ConvolutionalLSTMState<Float>?, largest: (Float, Float) = (0, 0)
      for step in 0..<shape[1] {
        let image = window.sliced(step..<step + 1, along: 1)
          .reshaped(to: [shape[0]] + window.shape[2...])
        let next = memory.step(image, after: state)
        largest.0 = max(largest.0, next.hidden.largestSize)
        if let depthwise = memory.depthwise {
          let channels = image.shape[1]
          let parted = next.hidden.convolution(
            weight: depthwise.sliced(channels..<2 * channels, along: 0), padding: [1, 1],
            groups: channels)
          largest.1 = max(largest.1, parted.largestSize)
        }
        state = next
      }
      hidden.append(largest)
    }
    let attended = network.attended(windows), top = attended.count - 1
    var image = attended[top]
    for (index, layer) in network.decoder.enumerated() {
      let level = top - index
      if level < top { image = .concatenated([image, attended[level]], along: 1) }
      decoded.append(image.largestSize)
      guard level > 0 else { break }
      image = layer(image, to: Array(attended[level - 1].shape[2...])).selu()
    }
  }
}

extension ImageConvolution<Float> {
  /// The matrix of a model file, row by row: of a transposed one without stride that of the convolution that is the same.
  fileprivate var rows: [Float] {
    let outputs = bias.count, kernel = weight.shape[2]
    let ordered = transposed ? weight.permuted([1, 0, 2, 3]) : weight
    let numbers = ModelFile.Tensor.convolutionRows(
      ordered.scalars, outputs: outputs, taps: kernel * kernel)
    guard transposed, stride == 1 else { return numbers }
    // Its taps stand the other way round.
    let inputs = ordered.shape[1], taps = kernel * kernel
    return (0..<outputs * taps).flatMap { place in
      let other = place / taps * taps + (taps - 1 - place % taps)
      return numbers[other * inputs..<(other + 1) * inputs]
    }
  }
}

extension ConvolutionalLSTM<Float> {
  /// The matrix of the input's or the state's part of the gates, row by row.
  fileprivate func rows(ofState isState: Bool) -> [Float] {
    let outputs = bias.count, channels = outputs / 4, first = isState ? channels : 0
    return ModelFile.Tensor.convolutionRows(
      kernel.sliced(first..<first + channels, along: 1).scalars, outputs: outputs,
      taps: kernel.shape[2] * kernel.shape[3])
  }
}
