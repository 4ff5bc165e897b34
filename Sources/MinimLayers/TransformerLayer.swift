// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// One layer of a transformer encoder: attention and two maps with ReLU between them, each with a
/// residual connection and the norm after it (methods, sbt 1).
///
/// z = N1(x + O · attention(Q x, K x, V x)), y = N2(z + W2 relu(W1 z)).
public struct TransformerLayer<Scalar: TensorScalar>: ParameterTree {
  /// The map to queries, (d, d) as the next three; head h has rows h d / H and on.
  public var query: Linear<Scalar>
  /// The map to keys.
  public var key: Linear<Scalar>
  /// The map to values.
  public var value: Linear<Scalar>
  /// The map from all heads to the residual stream.
  public var output: Linear<Scalar>
  /// The first map of the feed-forward part, (f, d).
  public var first: Linear<Scalar>
  /// The second, (d, f).
  public var second: Linear<Scalar>
  var norms: [ResidualNorm<Scalar>]
  let heads: Int

  /// A layer of random weights (PyTorch's start); the configuration must be valid.
  package init(_ configuration: TransformerConfiguration, using generator: inout SeededGenerator) {
    let d = configuration.width
    query = Linear(inputs: d, outputs: d, using: &generator)
    key = Linear(inputs: d, outputs: d, using: &generator)
    value = Linear(inputs: d, outputs: d, using: &generator)
    output = Linear(inputs: d, outputs: d, using: &generator)
    first = Linear(inputs: d, outputs: configuration.feedForward, using: &generator)
    second = Linear(inputs: configuration.feedForward, outputs: d, using: &generator)
    norms = [0, 1].map { _ in
      ResidualNorm(configuration.norm, width: d, steps: configuration.steps)
    }
    heads = configuration.heads
  }

  /// The feed-forward part of rows (…, d).
  func fed(_ rows: Tensor<Scalar>, _ see: TransformerInput.Visit<Scalar>? = nil) -> Tensor<Scalar> {
    let hidden = first(rows).relu()
    see?(.residual, rows)
    see?(.hidden, hidden)
    return second(hidden)
  }

  /// O of what heads found.
  func given(_ found: Tensor<Scalar>, _ see: TransformerInput.Visit<Scalar>?) -> Tensor<Scalar> {
    see?(.found, found)
    return output(found)
  }

  /// Rows (batch, steps, d), all of which look at all, through the layer as forecasters have it: with GELU for ReLU, and
  /// numbers dropped at random (methods, timedistill 3.1).
  ///
  /// z = N1(x + drop(O · attention(Q x, K x, V x))), y = N2(z + drop(W2 drop(gelu(W1 z)))). Weights of attention are not
  /// dropped: they are never stored. Nothing is drawn from the generator where `dropout`, in 0 ..< 1, is 0. Not for batch
  /// norms.
  package func callAsFunction(
    _ x: Tensor<Scalar>, dropout: Scalar, using generator: inout SeededGenerator
  ) -> Tensor<Scalar> {
    let found = output(
      .attention(query: query(x), key: key(x), value: value(x), heads: heads)
    ).dropout(rate: dropout, using: &generator)
    let z = norms[0](x, adding: found, lengths: nil, training: false)
    let hidden = first(z).gelu().dropout(rate: dropout, using: &generator)
    let fed = second(hidden).dropout(rate: dropout, using: &generator)
    return norms[1](z, adding: fed, lengths: nil, training: false)
  }

  /// What one row of each case (batch, 1, d) finds in others (batch, steps, d), before the residual
  /// connection.
  ///
  /// Keys and values are never formed: of head h, with its rows of the maps, scores are those of
  /// u = K_hᵀ q_h with the rows, and V_h maps the weighted sum of the rows; a bias of K adds the same to
  /// all scores and cancels (methods, sbt 7.5).
  func found(
    by row: Tensor<Scalar>, in others: Tensor<Scalar>,
    _ see: TransformerInput.Visit<Scalar>? = nil
  ) -> Tensor<Scalar> {
    let batch = row.shape[0], d = row.shape[2], part = d / heads
    let queries = query(row.reshaped(to: [batch, d]))
    let asked = (0..<heads).map { head -> Tensor<Scalar> in
      let own = head * part..<(head + 1) * part
      return queries.sliced(own, along: 1).product(key.weight.sliced(own, along: 0))
        .reshaped(to: [batch, 1, d])
    }
    let sums = Tensor.attention(
      query: .concatenated(asked, along: 1), key: others, value: others, heads: 1,
      scale: 1 / Scalar(part).squareRoot())
    let values = (0..<heads).map { head -> Tensor<Scalar> in
      let own = head * part..<(head + 1) * part
      return sums.sliced(head..<head + 1, along: 1).reshaped(to: [batch, d])
        .linear(
          weight: value.weight.sliced(own, along: 0), bias: value.bias.sliced(own, along: 0))
    }
    return given(Tensor.concatenated(values, along: 1), see).reshaped(to: row.shape)
  }

  /// Gain and shift of each norm in use: after mean and deviation are brought to 0 and 1 with `normsMeasure`, else
  /// alone, batch norms folded; none without norms.
  package var affineNorms: [(gain: Tensor<Scalar>, shift: Tensor<Scalar>)] {
    norms.compactMap { norm in
      switch norm.kind {
      case .none: nil
      case .token, .time: (norm.weight, norm.bias)
      case .batch: norm.batch?.affine
      }
    }
  }

  /// Whether norms take the mean and deviation of what they read.
  package var normsMeasure: Bool { norms[0].kind == .token || norms[0].kind == .time }

  /// Visits the six maps and, where there are any, the norms `norm1` and `norm2`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try query.visitParameters(under: path.appending("query"), visit)
    try key.visitParameters(under: path.appending("key"), visit)
    try value.visitParameters(under: path.appending("value"), visit)
    try output.visitParameters(under: path.appending("output"), visit)
    try first.visitParameters(under: path.appending("first"), visit)
    try second.visitParameters(under: path.appending("second"), visit)
    for index in norms.indices {
      try norms[index].visitParameters(under: path.appending("norm\(index + 1)"), visit)
    }
  }

  /// Visits the norms' buffers.
  public mutating func visitBuffers(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    for index in norms.indices {
      try norms[index].visitBuffers(under: path.appending("norm\(index + 1)"), visit)
    }
  }
}

/// What the maps of a transformer's layer read.
package enum TransformerInput: Int, CaseIterable, Sendable {
  /// The layer's rows: queries, keys and values.
  case rows
  /// What heads found: O.
  case found
  /// The rows after the first residual connection: the first map of the feed-forward part.
  case residual
  /// Its units: the second.
  case hidden

  /// Sees what is read, of a layer.
  package typealias Visit<Scalar: TensorScalar> = (TransformerInput, Tensor<Scalar>) -> Void
}
