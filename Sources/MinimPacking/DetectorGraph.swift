// SPDX-License-Identifier: Apache-2.0
internal import MinimDetection
internal import MinimLayers
internal import MinimRuntime
internal import MinimTensor

extension GraphBuilder {
  /// The graph of a detector over scaled samples, which are clipped to `bounds`; `name` is for messages.
  ///
  /// `windows` are scaled normal windows (count, window · channels) that int8 inputs are calibrated on. The last
  /// value is the score; returns the value of the channels' parts, nil where there are none. Throws
  /// `PackingError`.
  mutating func add(
    _ detector: any Detector, named name: String, bounds: ClosedRange<Float>,
    calibratedOn windows: Tensor<Float>
  ) throws -> Int? {
    guard detector.configuration.lag == 0 else {
      throw PackingError.detector("\(name), whose window leaves the scored row out")
    }
    let window = detector.configuration.window
    guard window <= UInt16.max else {
      throw PackingError.windowTooLong(window, limit: Int(UInt16.max))
    }
    let sample = try clip(0, to: bounds)
    if let detector = detector as? LSTMAutoencoder {
      return finish(errors: [(try add(detector, over: sample), nil)], sample: sample)
    }
    if let detector = detector as? MSCRED {
      return try add(detector, over: sample, calibratedOn: windows)
    }
    if let detector = detector as? StepTransformerDetector {
      let made = try add(detector.network, over: sample, calibratedOn: windows)
      return finish(errors: [(made, nil)], sample: sample)
    }
    let newest = rows(window, of: sample)
    endStep()
    switch detector {
    case let detector as PrincipalComponents:
      let made = try add(detector, over: newest, calibratedOn: windows)
      return finish(errors: [(made, nil)], sample: sample)
    case let detector as ONLAD:
      let made = try add(detector, over: newest, calibratedOn: windows)
      return finish(errors: [(made, nil)], sample: sample)
    case let detector as USAD:
      let (made, remade) = try add(detector, over: newest, calibratedOn: windows)
      let weights = try [Float(0.1), 0.9].map { try number($0) }
      return finish(errors: [(made, weights[0]), (remade, weights[1])], sample: sample)
    case let detector as GON where detector.configuration.score == .reconstruction:
      return finish(errors: [(try add(detector, over: newest), nil)], sample: sample)
    case let detector as IsolationForest:
      try add(detector, over: newest)
      return nil
    default: throw PackingError.detector(name)
    }
  }

  /// w (made - sample)² of each, summed, and their mean over the channels; gives the former.
  private mutating func finish(errors: [(made: Int, weight: Int?)], sample: Int) -> Int {
    let channels = length(of: sample)
    let parts = errors.map { made, weight in
      append(
        .init(
          code: .error, input: made, parameter: UInt16(sample), tensors: [weight],
          outputLength: channels))
    }
    let sum = parts.dropFirst().reduce(parts[0]) { sum, part in
      append(.init(code: .add, input: sum, parameter: UInt16(part), outputLength: channels))
    }
    _ = append(.init(code: .reduce, input: sum, outputLength: 1))
    return sum
  }

  private mutating func clip(_ value: Int, to bounds: ClosedRange<Float>) throws -> Int {
    let operand = try vector([bounds.lowerBound, bounds.upperBound], name: "bounds")
    return append(
      .init(code: .clip, input: value, tensors: [operand], outputLength: length(of: value)))
  }

  /// The last `count` rows, the oldest first.
  private mutating func rows(_ count: Int, of value: Int) -> Int {
    guard count > 1 else { return value }
    return append(
      .init(
        code: .window, input: value, parameter: UInt16(count),
        outputLength: count * length(of: value)))
  }

  private mutating func number(_ number: Float) throws -> Int {
    try vector([number], name: "a weight")
  }

  /// y = b + W x; W is given row by row, and `largest` is the largest |x| of normal windows.
  private mutating func linear(
    _ value: Int, _ weight: [Float], bias: [Float], largest: Float, name: String
  ) throws -> Int {
    let outputs = bias.count
    let operands: [Int?] = [
      try matrix(weight, rows: outputs, largest: largest, name: name),
      try vector(bias, name: name),
    ]
    return append(.init(code: .linear, input: value, tensors: operands, outputLength: outputs))
  }

  /// The same for what is compared with the sample: never in int8, for small differences are the score.
  private mutating func row(
    _ value: Int, _ weight: [Float], bias: [Float]?, outputs: Int, name: String
  ) throws -> Int {
    let operands: [Int?] = [
      try fineMatrix(weight, rows: outputs, name: name),
      try bias.map { try vector($0, name: name) },
    ]
    return append(.init(code: .linear, input: value, tensors: operands, outputLength: outputs))
  }

  /// The newest row of x̂ = μ + Vᵀ (V x - V μ).
  private mutating func add(
    _ model: PrincipalComponents, over window: Int, calibratedOn windows: Tensor<Float>
  ) throws -> Int {
    let size = model.mean.count, channels = model.configuration.channels
    // No component, where nothing changes in training, is one of zeros.
    let basis = model.configuration.components > 0 ? model.basis : Tensor(zeros: [1, size])
    let last = size - channels..<size
    let mean = model.mean.scalars
    let rows = basis.scalars
    let shift = (0..<basis.shape[0]).map { row -> Float in
      var sum = 0.0
      for (place, number) in mean.enumerated() {
        sum += Double(rows[row * size + place]) * Double(number)
      }
      return Float(sum)
    }
    let code = try linear(
      window, basis.scalars, bias: shift.map { -$0 }, largest: windows.largestInput,
      name: "components")
    return try row(
      code, basis.sliced(last, along: 1).transposed().scalars,
      bias: Array(mean[last]), outputs: channels, name: "components")
  }

  /// The newest row of h β, h = σ(W x + b).
  private mutating func add(
    _ model: ONLAD, over window: Int, calibratedOn windows: Tensor<Float>
  ) throws -> Int {
    let channels = model.configuration.channels, size = model.configuration.window * channels
    let hidden = try linear(
      window, model.weight.scalars, bias: model.bias.scalars, largest: windows.largestInput,
      name: "hidden layer")
    return try row(
      activation(.sigmoid, hidden),
      model.output.sliced(size - channels..<size, along: 1).transposed().scalars, bias: nil,
      outputs: channels, name: "output layer")
  }

  /// AE1(x), and the newest row of AE2(AE1(x)).
  private mutating func add(
    _ model: USAD, over window: Int, calibratedOn windows: Tensor<Float>
  ) throws -> (made: Int, remade: Int) {
    // Both passes through the encoder read the same tensors: the scale is that of the larger inputs.
    let codes = model.encoder(windows).relu()
    let made = model.first(codes).sigmoid()
    var encoderInputs = zip(model.encoder.inputs(windows), model.encoder.inputs(made)).map {
      max($0.largestSize, $1.largestSize)
    }
    encoderInputs[0] = max(encoderInputs[0], windows.largestInput)
    let encoder = try operands(of: model.encoder, largest: encoderInputs, name: "encoder")
    let first = try operands(
      of: model.first, largest: model.first.inputs(codes).map(\.largestSize), name: "decoder 1")
    var second = model.second
    let channels = model.configuration.channels, size = model.configuration.window * channels
    let last = second.maps.count - 1
    second.maps[last].weight = second.maps[last].weight.sliced(size - channels..<size, along: 0)
    second.maps[last].bias = second.maps[last].bias.sliced(size - channels..<size, along: 0)
    let secondInputs = second.inputs(model.encoder(made).relu()).map(\.largestSize)
    let remaker = try operands(of: second, largest: secondInputs, name: "decoder 2")
    let code = relu(layers(encoder, over: window))
    let autoencoded = activation(.sigmoid, layers(first, over: code))
    let again = relu(layers(encoder, over: autoencoded))
    return (autoencoded, activation(.sigmoid, layers(remaker, over: again)))
  }

  private typealias LayerOperands = (weight: Int, bias: Int, outputs: Int)

  /// The tensors of a perceptron's maps.
  private mutating func operands(
    of model: Perceptron<Float>, largest: [Float], name: String
  ) throws -> [LayerOperands] {
    try zip(model.maps, largest).map { map, largest in
      let outputs = map.bias.count
      return (
        try matrix(map.weight.scalars, rows: outputs, largest: largest, name: name),
        try vector(map.bias.scalars, name: name), outputs
      )
    }
  }

  /// Linear maps with ReLU between them.
  private mutating func layers(_ layers: [LayerOperands], over value: Int) -> Int {
    layers.enumerated().reduce(value) { value, layer in
      append(
        .init(
          code: .linear, input: layer.offset == 0 ? value : relu(value),
          tensors: [layer.element.weight, layer.element.bias], outputLength: layer.element.outputs))
    }
  }

  /// The end of the point that climbs on D from the window, its newest row.
  private mutating func add(_ model: GON, over window: Int) throws -> Int {
    let configuration = model.configuration
    guard configuration.activation == .leakyRelu, configuration.real == 1 else {
      throw PackingError.detector("a gon of other activations or labels than the preset's")
    }
    guard precision != .int8 else {
      throw PackingError.detectorPrecision("a gon", precision, others: [.float32, .float16])
    }
    let maps = model.discriminator.maps.count
    guard maps <= ModelFormat.maximumMaps else {
      throw PackingError.detector("a gon of \(maps) maps, more than \(ModelFormat.maximumMaps)")
    }
    let first = tensors.count
    for map in model.discriminator.maps {
      _ = try matrix(map.weight.scalars, rows: map.bias.count, largest: 1, name: "discriminator")
      _ = try vector(map.bias.scalars, name: "discriminator")
    }
    return append(
      .init(
        code: .generate, variant: configuration.clamps ? 1 : 0, input: window,
        parameter: UInt16(maps), tensors: [first],
        outputLength: configuration.channels))
  }

  /// The newest row that the decoder repeats from the encoder's last state.
  private mutating func add(_ model: LSTMAutoencoder, over sample: Int) throws -> Int {
    needsWindow = true
    // Samples of training lie in 0...1, states in ±1.
    func operands(_ stack: RecurrentStack<Float>, largest: Float) throws -> [Int?] {
      let layer = stack.layers[0]
      return [
        try matrix(
          layer.input.scalars, rows: layer.inputBias.count, largest: largest, name: "LSTM"),
        try matrix(layer.recurrent.scalars, rows: layer.inputBias.count, largest: 1, name: "LSTM"),
        try vector((layer.inputBias + layer.recurrentBias).scalars, name: "LSTM"),
      ]
    }
    let hidden = model.configuration.hidden, lstm = RecurrentVariant.lstm.rawValue
    let state = append(
      .init(
        code: .recurrent, variant: lstm, input: sample,
        tensors: try operands(model.encoder, largest: 2), outputLength: hidden))
    endStep()
    let recalled = append(
      .init(
        code: .recall, variant: lstm, input: state, parameter: UInt16(model.configuration.window),
        tensors: try operands(model.decoder, largest: 1), outputLength: hidden))
    return try row(
      recalled, model.head.weight.scalars, bias: model.head.bias.scalars,
      outputs: model.configuration.channels, name: "head")
  }

  /// The score of an isolation forest.
  private mutating func add(_ model: IsolationForest, over window: Int) throws {
    guard precision == .float32 else {
      throw PackingError.detectorPrecision("an isolation forest", precision, others: [.float32])
    }
    guard model.configuration.subsample > 1 else {
      throw PackingError.detector("a forest grown on one window")
    }
    func perNode(_ tensor: Tensor<Float>, _ name: String) throws -> Int {
      try matrix(tensor.scalars, rows: model.configuration.trees, largest: 1, name: name)
    }
    let factor =
      0.693_147_180_559_945_3 / Double(model.configuration.trees)
      / model.normalPath
    let operands: [Int?] = [
      try perNode(model.features, "splits"), try perNode(model.values, "values"),
      try number(Float(factor)),
    ]
    _ = append(.init(code: .forest, input: window, tensors: operands, outputLength: 1))
  }
}

extension Tensor<Float> {
  /// The largest |x|.
  var largestSize: Float { scalars.reduce(0) { Swift.max($0, abs($1)) } }

  /// Twice the largest |x| of normal windows: anomalies lie beyond it.
  fileprivate var largestInput: Float { 2 * largestSize }
}

extension Perceptron<Float> {
  /// What each map reads, of an input to the first.
  fileprivate func inputs(_ x: Tensor<Float>) -> [Tensor<Float>] {
    var inputs = [x]
    for map in maps.dropLast() { inputs.append(activation(map(inputs[inputs.count - 1]))) }
    return inputs
  }
}
