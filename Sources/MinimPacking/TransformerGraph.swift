// SPDX-License-Identifier: Apache-2.0
internal import MinimLayers
internal import MinimModels
internal import MinimRuntime
internal import MinimSeries
internal import MinimTensor

extension GraphBuilder {
  /// A transformer classifier over the steps of a case, which all have one length.
  ///
  /// Throws `PackingError`.
  mutating func add(
    _ model: TransformerClassifier<Float>, calibratedOn cases: PreparedCases
  ) throws {
    let encoder = model.encoder, configuration = encoder.configuration
    try check(configuration)
    guard cases.lengths.allSatisfy({ $0 == self.window }) else {
      throw PackingError.transformer(
        "cases of several lengths", instead: "train with --length resample:N")
    }
    needsWindow = true
    let window = append(
      .init(
        code: .window, input: 0, parameter: try parameter(self.window, "steps of a window"),
        outputLength: self.window * configuration.inputs))
    endStep()
    var rows = try embed(operands(of: encoder), configuration, window)
    let largest = cases.largestInputs(model.visitInputs), kinds = TransformerInput.allCases.count
    for (index, layer) in encoder.layers.enumerated() {
      let tensors = try tensors(of: layer, largest: Array(largest.dropFirst(kinds * index)))
      let found = attend(tensors, rows, over: rows, heads: configuration.heads, besidesLast: false)
      rows = self.layer(tensors, rows, found: found)
    }
    let pooled = append(
      .init(code: .pool, input: relu(rows), outputLength: configuration.width))
    try finish(pooled, head: model.head, largest: largest[largest.count - 1])
  }

  /// What a network makes of the last rows of samples, the newest of them the window's last row, or, `ahead` of that row, the
  /// one before it, which stands for it.
  ///
  /// Without positions earlier rows go through the encoder once, as they come. `windows` (count, window · channels) are those that
  /// int8 inputs are calibrated on. Throws `PackingError`.
  mutating func add(
    _ binarised: Binarised<StepTransformer<Float>>, over sample: Int, ahead: Bool = false,
    calibratedOn windows: Tensor<Float>
  ) throws -> Int {
    let network = binarised.effective, encoder = network.encoder
    let configuration = encoder.configuration, steps = configuration.steps
    seeds = binarised.signSeeds.compactMap { $0 }
    try check(configuration)
    // How many of the rows have come.
    let known = ahead ? steps - 1 : steps
    let isSet = configuration.positions == .none && configuration.looks == .lastStep
    var layers: [LayerTensors] = []
    let largest = precision == .int8 ? network.largestInputs(windows, steps: steps) : []
    for (index, layer) in encoder.layers.enumerated() {
      layers.append(try tensors(of: layer, largest: largest.isEmpty ? [] : largest[index]))
    }
    let embedding = try operands(of: encoder)
    let own = isSet ? try embed(embedding, configuration, sample) : sample
    // What each layer asks: the rows that come into it.
    var asked: [Int] = []
    if isSet {
      var past = own
      for index in layers.indices {
        if index > 0 { past = layer(layers[index - 1], past, found: nil) }
        asked.append(try lastRows(known, of: past))
      }
      endStep()
    } else {
      // Rows that look everywhere see the last one as what stands for it.
      let isSeen = (network.predicts || ahead) && configuration.looks == .everywhere
      let window =
        isSeen
        ? try rowsAndStandIn(steps, of: sample, ahead: ahead) : try lastRows(known, of: sample)
      endStep()
      var rows = try embed(embedding, configuration, window)
      for index in layers.indices {
        asked.append(rows)
        if index == layers.count - 1 { break }
        let found =
          configuration.looks == .lastStep
          ? nil
          : attend(
            layers[index], rows, over: rows, heads: configuration.heads,
            besidesLast: false)
        rows = layer(layers[index], rows, found: found)
      }
    }
    var last = own
    if network.predicts { last = try zeros(for: sample) }
    if !isSet || network.predicts {
      last = try embed(embedding, configuration, last, at: steps - 1)
    }
    for (index, tensors) in layers.enumerated() {
      let found = attend(
        tensors, last, over: asked[index], heads: configuration.heads,
        besidesLast: configuration.looks == .lastStep && !ahead)
      last = layer(tensors, last, found: found)
    }
    let operands: [Int?] = [
      try fineMatrix(
        network.decoder.weight.scalars, rows: network.decoder.bias.count, name: "decoder"),
      try bias(network.decoder, name: "decoder"),
    ]
    return append(
      .init(
        code: .linear, input: relu(last), tensors: operands,
        outputLength: network.decoder.bias.count))
  }

  private func check(_ configuration: TransformerConfiguration) throws {
    guard configuration.activationMask == .none else {
      throw PackingError.transformer(
        "--activation-mask \(configuration.activationMask.rawValue)", instead: "train without it")
    }
    guard configuration.norm != .time else {
      throw PackingError.transformer(
        "norms over time", instead: "train with --norm token or none")
    }
  }

  private func parameter(_ number: Int, _ what: String) throws -> UInt16 {
    guard let parameter = UInt16(exactly: number) else {
      throw PackingError.transformer(
        "\(number) \(what)", instead: "train with fewer, at most \(UInt16.max)")
    }
    return parameter
  }

  /// The last `count` samples or rows of a value; an operation that says so already is taken.
  mutating func lastRows(_ count: Int, of value: Int) throws -> Int {
    let parameter = try parameter(count, "rows")
    let given = operations.firstIndex {
      $0.code == .window && $0.input == value && $0.parameter == parameter
    }
    if let given { return given + 1 }
    return append(
      .init(
        code: .window, input: value, parameter: parameter,
        outputLength: count * length(of: value)))
  }

  /// Zeros in place of a sample.
  private mutating func zeros(for sample: Int) throws -> Int {
    let bounds = try vector([0, 0], name: "zeros")
    return append(
      .init(code: .clip, input: sample, tensors: [bounds], outputLength: length(of: sample)))
  }

  /// `count` rows, 2 or more: samples, and for the last of them zeros in place of the newest or, `ahead`, the newest once more.
  private mutating func rowsAndStandIn(_ count: Int, of sample: Int, ahead: Bool) throws -> Int {
    let channels = length(of: sample)
    let past = try lastRows(count - 1, of: ahead ? sample : sampleBefore(sample))
    let standIn =
      ahead
      ? append(.init(code: .window, input: sample, parameter: 1, outputLength: channels))
      : try zeros(for: sample)
    precondition(standIn == past + 1, "values that are joined are not one behind the other")
    return append(
      .init(code: .join, input: past, parameter: 2, outputLength: count * channels))
  }

  /// The sample before the newest.
  private mutating func sampleBefore(_ sample: Int) throws -> Int {
    let channels = length(of: sample), pair = try lastRows(2, of: sample)
    var older = [Float](repeating: 0, count: 2 * channels * channels)
    for channel in 0..<channels { older[channel * 2 * channels + channel] = 1 }
    return append(
      .init(
        code: .linear, input: pair,
        tensors: [add(try fineTensor(older, rows: channels, name: "older sample"))],
        outputLength: channels))
  }

  /// The tensors of an embedding: weight, bias and positions.
  private mutating func operands(of encoder: TransformerEncoder<Float>) throws -> [Int?] {
    let configuration = encoder.configuration
    return [
      try fineMatrix(
        encoder.embedding.weight.scalars, rows: configuration.width, name: "embedding"),
      try bias(encoder.embedding, name: "embedding"),
      configuration.positions == .learned
        ? add(
          try fineTensor(
            encoder.positions.scalars, rows: configuration.steps, name: "positions"))
        : nil,
    ]
  }

  /// √d (W x + b) and positions from `first` on.
  private mutating func embed(
    _ operands: [Int?], _ configuration: TransformerConfiguration, _ value: Int, at first: Int = 0
  ) throws -> Int {
    let variants: [TransformerConfiguration.Positions: UInt8] = [.sinusoid: 1, .learned: 2]
    return append(
      .init(
        code: .embed, variant: variants[configuration.positions] ?? 0, input: value,
        parameter: configuration.positions == .none ? 0 : try parameter(first, "rows"),
        tensors: operands,
        outputLength: length(of: value) / configuration.inputs * configuration.width))
  }

  /// The bias of a map; none where it is zero.
  private mutating func bias(_ map: Linear<Float>, name: String) throws -> Int? {
    map.bias.scalars.allSatisfy { $0 == 0 } ? nil : try vector(map.bias.scalars, name: name)
  }

  /// The tensors of a layer, one behind the other as `attend` and `layer` want them.
  ///
  /// The key's bias adds the same to all scores and is left out. `largest` has the largest |x| of each `TransformerInput`, for
  /// int8 alone.
  private mutating func tensors(
    of layer: TransformerLayer<Float>, largest: [Float]
  ) throws -> LayerTensors {
    let maps: [(Linear<Float>, String, reads: TransformerInput, biased: Bool)] = [
      (layer.query, "query", .rows, true), (layer.key, "key", .rows, false),
      (layer.value, "value", .rows, true), (layer.output, "output", .found, true),
      (layer.first, "first map", .residual, true), (layer.second, "second map", .hidden, true),
    ]
    let hasBiases = maps.contains { map in map.biased && map.0.bias.scalars.contains { $0 != 0 } }
    var places: [Int] = []
    for (map, name, input, biased) in maps {
      places.append(
        try matrix(
          map.weight.scalars, rows: map.bias.count,
          largest: input.rawValue < largest.count ? largest[input.rawValue] : 1, name: name))
      if hasBiases, biased { _ = try vector(map.bias.scalars, name: name) }
    }
    let norms = layer.affineNorms
    for norm in norms {
      _ = try vector(norm.gain.scalars, name: "norm")
      _ = try vector(norm.shift.scalars, name: "norm")
    }
    let kind: UInt8 = norms.isEmpty ? 0 : layer.normsMeasure ? 1 : 2
    return LayerTensors(
      attention: places[0], own: places[2], fed: places[4], hasBiases: hasBiases, norm: kind)
  }

  /// What rows find in others.
  private mutating func attend(
    _ tensors: LayerTensors, _ rows: Int, over asked: Int, heads: Int, besidesLast: Bool
  ) -> Int {
    append(
      .init(
        code: .attend,
        variant: UInt8(heads - 1) << 2 | (besidesLast ? 2 : 0) | (tensors.hasBiases ? 1 : 0),
        input: rows, parameter: UInt16(asked), tensors: [tensors.attention],
        outputLength: length(of: rows)))
  }

  /// A layer on rows with what they found, or with their own values.
  private mutating func layer(_ tensors: LayerTensors, _ rows: Int, found: Int?) -> Int {
    append(
      .init(
        code: .layer, variant: tensors.norm << 1 | (tensors.hasBiases ? 1 : 0), input: rows,
        parameter: UInt16(found ?? 0), tensors: [found == nil ? tensors.own : tensors.fed],
        outputLength: length(of: rows)))
  }
}

extension StepTransformer<Float> {
  /// The largest |x| of each `TransformerInput` of each layer, over windows (count, steps · channels).
  fileprivate func largestInputs(_ windows: Tensor<Float>, steps: Int) -> [[Float]] {
    var largest = encoder.layers.map { _ in TransformerInput.allCases.map { _ in Float(0) } }
    let count = windows.shape[0]
    for first in stride(from: 0, to: count, by: 64) {
      let own = windows.sliced(first..<min(first + 64, count), along: 0)
      visitInputs(own.reshaped(to: [own.shape[0], steps, own.shape[1] / steps])) {
        layer, input, x in
        largest[layer][input.rawValue] = x.scalars.reduce(largest[layer][input.rawValue]) {
          max($0, abs($1))
        }
      }
    }
    return largest
  }
}

/// Where the tensors of a transformer's layer begin: for attention, for a layer with its own values and for one with what
/// was found; and what its operations' variants say.
private struct LayerTensors {
  let attention: Int
  let own: Int
  let fed: Int
  let hasBiases: Bool
  let norm: UInt8
}
