// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimTensor

/// A stack of recurrent layers whose last hidden state a linear head turns into logits.
///
/// The teacher of the MemKD paper is three LSTM layers of 100 units, its student one layer of 8
/// (methods, memkd 1.6): 202,800 + 101 C and 352 + 9 C parameters for one channel and C classes.
public struct RecurrentClassifier<Scalar: TensorScalar>: StoredClassifier {
  /// What fixes a recurrent classifier's shape.
  public struct Configuration: ClassifierConfiguration {
    /// The kind of cell.
    public var cell: RecurrentCell
    /// Layers, at least 1.
    public var layers: Int
    /// Units in each layer, at least 1.
    public var hidden: Int
    /// Channels of the series, at least 1.
    public var channels: Int
    /// Classes, at least 1.
    public var classes: Int

    /// A configuration from its five parts.
    public init(cell: RecurrentCell, layers: Int, hidden: Int, channels: Int, classes: Int) {
      self.cell = cell
      self.layers = layers
      self.hidden = hidden
      self.channels = channels
      self.classes = classes
    }

    /// Whether every size is in its range.
    public var isValid: Bool {
      [layers, hidden, channels, classes].allSatisfy { (1...1_000_000).contains($0) }
    }

    /// g h (c + h + 2) + (layers - 1) g h (2 h + 2) + (h + 1) C, g gates.
    public var storedCount: Double {
      let h = Double(hidden), gates = Double(cell.gateCount) * h
      return gates * (Double(channels) + h + 2) + Double(layers - 1) * gates * (2 * h + 2)
        + (h + 1) * Double(classes)
    }
  }

  /// "recurrent".
  public static var architecture: String { "recurrent" }
  /// The sizes of this classifier.
  public let configuration: Configuration
  /// The recurrent layers.
  public var recurrent: RecurrentStack<Scalar>
  /// The map from the last hidden state to logits.
  public var head: Linear<Scalar>

  /// A classifier at its random start; sizes must be positive.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    self.configuration = configuration
    recurrent = RecurrentStack(
      cell: configuration.cell, inputs: configuration.channels, hidden: configuration.hidden,
      layers: configuration.layers, using: &generator)
    head = Linear(
      inputs: configuration.hidden, outputs: configuration.classes, using: &generator)
  }

  /// Logits (batch, classes) for series (batch, time, channels); taps `hidden`, `hidden.1` and so on
  /// for each layer, `features` and, for LSTM, `cell`.
  public func callAsFunction(
    _ series: Tensor<Scalar>, lengths: [Int]?, training: Bool
  ) -> Forward<Scalar> {
    let states = recurrent(series, lengths: lengths)
    let top = states[states.count - 1]
    let features = top.last(lengths: lengths).hidden
    var taps: [Tap: Tensor<Scalar>] = [.hidden: top.hidden, .features: features]
    for (index, layer) in states.enumerated() { taps[.hidden(layer: index + 1)] = layer.hidden }
    if let cell = top.cell { taps[.cell] = cell }
    return Forward(output: head(features), taps: taps)
  }

  /// Visits `recurrent` and `head`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try recurrent.visitParameters(under: path.appending("recurrent"), visit)
    try head.visitParameters(under: path.appending("head"), visit)
  }
}
