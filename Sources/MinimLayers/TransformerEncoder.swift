// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A transformer encoder of the sparse binary transformer paper: √d (W x + b) + positions, layers, ReLU
/// at the end (methods, sbt 1).
public struct TransformerEncoder<Scalar: TensorScalar>: ParameterTree {
  /// What fixes it.
  public let configuration: TransformerConfiguration
  /// The map from steps to the encoder's width.
  public var embedding: Linear<Scalar>
  /// The layers, bottom first.
  public var layers: [TransformerLayer<Scalar>]
  /// The rows of `learned` positions (steps, width); empty otherwise.
  public var positions: Tensor<Scalar>
  /// The masks of queries, keys and values of each layer, (steps, width) each; none unless by `elements`.
  package let masks: [[Tensor<Scalar>]]

  /// An encoder of random weights; the configuration must be valid.
  public init(_ configuration: TransformerConfiguration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "\(configuration)")
    self.configuration = configuration
    let d = configuration.width, steps = configuration.steps
    embedding = Linear(inputs: configuration.inputs, outputs: d, using: &generator)
    var layers: [TransformerLayer<Scalar>] = []
    for _ in 0..<configuration.layers {
      layers.append(TransformerLayer(configuration, using: &generator))
    }
    self.layers = layers
    positions =
      configuration.positions == .learned
      ? .uniform(in: -0.02...0.02, shape: [steps, d], using: &generator) : Tensor(zeros: [0, d])
    masks = configuration.activationMask == .elements ? elementMasks(configuration) : []
  }

  /// What norm follows, by its place 2 · layer or 2 · layer + 1, x and y: the norm of x + y.
  private typealias Norm = (Int, Tensor<Scalar>, Tensor<Scalar>) -> Tensor<Scalar>
  /// What sees the inputs of a layer's maps.
  private typealias Visit = (Int, TransformerInput, Tensor<Scalar>) -> Void

  /// All steps (batch, steps, width) of series (batch, steps, inputs), right-padded where `lengths` say;
  /// wants `everywhere`.
  public func callAsFunction(
    _ series: Tensor<Scalar>, lengths: [Int]? = nil, training: Bool = false
  ) -> Tensor<Scalar> {
    everywhere(series, lengths: lengths, lastAlone: false) { place, x, y in
      layers[place / 2].norms[place % 2](x, adding: y, lengths: lengths, training: training)
    }
  }

  /// The last step (batch, width) of series (batch, steps, inputs), as many as the configuration has;
  /// not with batch norm.
  public func last(of series: Tensor<Scalar>) -> Tensor<Scalar> {
    precondition(configuration.norm != .batch, "a last step alone under a batch norm")
    let norm: Norm = { place, x, y in
      layers[place / 2].norms[place % 2](x, adding: y, lengths: nil, training: false)
    }
    let rows =
      configuration.looks == .lastStep
      ? lastStep(series, norm) : everywhere(series, lengths: nil, lastAlone: true, norm)
    let end = rows.shape[1]
    return rows.sliced(end - 1..<end, along: 1)
      .reshaped(to: [rows.shape[0], configuration.width])
  }

  /// Calls `visit` with what the maps of each layer read, a layer's number with it: of all steps or, with `lastAlone`, as
  /// `last` has it; returns the rows.
  @discardableResult
  package func visitInputs(
    _ series: Tensor<Scalar>, lengths: [Int]?, lastAlone: Bool,
    _ visit: (Int, TransformerInput, Tensor<Scalar>) -> Void
  ) -> Tensor<Scalar> {
    let norm: Norm = { place, x, y in
      layers[place / 2].norms[place % 2](x, adding: y, lengths: lengths, training: false)
    }
    return withoutActuallyEscaping(visit) { visit in
      configuration.looks == .lastStep
        ? lastStep(series, norm, visit)
        : everywhere(series, lengths: lengths, lastAlone: lastAlone, norm, visit)
    }
  }

  /// Sets the buffers of batch norms, bottom first, in one pass.
  public mutating func calibrate(_ series: Tensor<Scalar>, lengths: [Int]?) {
    var norms = layers.map(\.norms)
    _ = everywhere(series, lengths: lengths, lastAlone: false) { place, x, y in
      norms[place / 2][place % 2].batch?.calibrate(x + y, lengths: lengths)
        ?? norms[place / 2][place % 2](x, adding: y, lengths: lengths, training: false)
    }
    for index in layers.indices { layers[index].norms = norms[index] }
  }

  private func embedded(_ series: Tensor<Scalar>) -> Tensor<Scalar> {
    let d = configuration.width, steps = series.shape[1]
    let root = Scalar(d).squareRoot(), rows = root * embedding(series)
    switch configuration.positions {
    case .none: return rows
    case .sinusoid:
      let places: Tensor<Scalar> = sinusoids(steps: steps, width: d)
      return rows + places
    case .learned:
      return rows + positions.gathered((0..<steps).map { $0 % configuration.steps }, along: 0)
    }
  }

  private func everywhere(
    _ series: Tensor<Scalar>, lengths: [Int]?, lastAlone: Bool, _ norm: Norm,
    _ visit: Visit? = nil
  ) -> Tensor<Scalar> {
    var x = embedded(series)
    let steps = series.shape[1], kept = keptSteps(of: steps)
    let padding: Tensor<Scalar>? = lengths.map {
      paddingMask($0, queries: steps, keys: kept ?? Array(0..<steps))
    }
    for (index, layer) in layers.enumerated() {
      // What only the last step needs of the last layer.
      let asks = lastAlone && index == layers.count - 1 && configuration.norm != .time
      let own = asks ? x.sliced(steps - 1..<steps, along: 1) : x
      let seen = kept.map { x.gathered($0, along: 1) } ?? x
      let see = visit.map { visit in { visit(index, $0, $1) } }
      see?(.rows, x)
      let found = Tensor.attention(
        query: masked(layer.query(own), index, 0), key: masked(layer.key(seen), index, 1),
        value: masked(layer.value(seen), index, 2), heads: layer.heads, mask: padding)
      let z = norm(2 * index, own, layer.given(found, see))
      x = norm(2 * index + 1, z, layer.fed(z, see))
    }
    return x.relu()
  }

  /// The step-t model: earlier rows go their own way, the last one asks them.
  private func lastStep(
    _ series: Tensor<Scalar>, _ norm: Norm, _ visit: Visit? = nil
  ) -> Tensor<Scalar> {
    precondition(
      series.shape[1] == configuration.steps,
      "\(series.shape[1]) steps for an encoder of \(configuration.steps)")
    var x = embedded(series)
    let end = series.shape[1] - 1
    for (index, layer) in layers.enumerated() {
      let past = x.sliced(0..<end, along: 1), last = x.sliced(end..<end + 1, along: 1)
      let see = visit.map { visit in { visit(index, $0, $1) } }
      see?(.rows, x)
      let found = layer.found(by: last, in: past, see)
      if index == layers.count - 1, configuration.norm != .time {
        x = norm(2 * index, last, found)
      } else {
        let own = layer.given(layer.value(past), see)
        x = norm(2 * index, x, .concatenated([own, found], along: 1))
      }
      x = norm(2 * index + 1, x, layer.fed(x, see))
    }
    return x.relu()
  }

  /// The steps whose keys and values the mask by `steps` keeps, nil for all: evenly spread from the first over
  /// those of the configuration, of longer series the same again, so that they do not depend on a set's padding.
  private func keptSteps(of steps: Int) -> [Int]? {
    guard configuration.activationMask == .steps else { return nil }
    let whole = configuration.steps
    let kept = max(1, Int((configuration.activationKeep * Double(whole)).rounded()))
    let places = Set((0..<kept).map { $0 * whole / kept })
    return (0..<steps).filter { places.contains($0 % whole) }
  }

  /// Rows (batch, steps, width) under one of a layer's masks by `elements`: of queries, keys, values.
  private func masked(_ rows: Tensor<Scalar>, _ layer: Int, _ index: Int) -> Tensor<Scalar> {
    guard layer < masks.count else { return rows }
    let places = (0..<rows.shape[1]).map { $0 % configuration.steps }
    return rows * masks[layer][index].gathered(places, along: 0)
  }

  /// Visits `embedding`, `layers.0` and so on and, where they are learned, `positions`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try embedding.visitParameters(under: path.appending("embedding"), visit)
    for index in layers.indices {
      try layers[index].visitParameters(
        under: path.appending("layers").appending("\(index)"), visit)
    }
    if positions.count > 0 { try visit(path.appending("positions"), &positions) }
  }

  /// Visits the buffers of batch norms.
  public mutating func visitBuffers(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    for index in layers.indices {
      try layers[index].visitBuffers(
        under: path.appending("layers").appending("\(index)"), visit)
    }
  }
}

/// Masks of queries, keys and values for each layer, drawn one by one: ⌊(1 - keep) T d / H⌋ zeros among T steps
/// of the d / H channels of a head, the same for all H heads (methods, sbt 3).
///
/// They are no parameters: a file's reader finds the same.
private func elementMasks<Scalar: TensorScalar>(
  _ configuration: TransformerConfiguration
) -> [[Tensor<Scalar>]] {
  let heads = configuration.heads, steps = configuration.steps
  let part = configuration.width / heads
  let zeros = dropped(of: steps * part, keep: configuration.activationKeep)
  var generator = SeededGenerator(seed: 0x4D41_534B)
  return (0..<configuration.layers).map { _ in
    (0..<3).map { _ in
      var mask = [Scalar](repeating: 1, count: steps * part)
      for place in generator.permutation(of: steps * part).prefix(zeros) { mask[place] = 0 }
      let own = Tensor(mask, shape: [steps, part])
      return .concatenated(Array(repeating: own, count: heads), along: 1)
    }
  }
}

/// Sinusoid positions (steps, width): sin and cos of t · 10000^(-2i / width) side by side.
package func sinusoids<Scalar: TensorScalar>(steps: Int, width: Int) -> Tensor<Scalar> {
  var rows = [Scalar](repeating: 0, count: steps * width)
  for pair in 0..<width / 2 {
    let rate = pow(10_000, -2 * Double(pair) / Double(width))
    for step in 0..<steps {
      rows[step * width + 2 * pair] = Scalar(sin(Double(step) * rate))
      rows[step * width + 2 * pair + 1] = Scalar(cos(Double(step) * rate))
    }
  }
  return Tensor(rows, shape: [steps, width])
}

/// -infinity where a key lies past its case's length, else 0: (batch, queries, keys).
private func paddingMask<Scalar: TensorScalar>(
  _ lengths: [Int], queries: Int, keys: [Int]
) -> Tensor<Scalar> {
  let row = lengths.flatMap { length in keys.map { $0 < length ? Scalar(0) : -.infinity } }
  return Tensor(row, shape: [lengths.count, 1, keys.count])
    + Tensor(zeros: [1, queries, 1])
}
