// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// The name of an intermediate value that a model shows beside its output.
public struct Tap: Hashable, Sendable, CustomStringConvertible {
  /// The name in plain text.
  public let description: String

  /// A tap of any name.
  public init(_ name: String) { description = name }

  /// Hidden states of the top recurrent layer (batch, time, hidden).
  public static let hidden = Tap("hidden")
  /// Cell states of the top LSTM layer (batch, time, hidden).
  public static let cell = Tap("cell")
  /// Hidden states of one recurrent layer (batch, time, hidden), counted from 1 at the bottom.
  public static func hidden(layer: Int) -> Tap { Tap("hidden.\(layer)") }
  /// What the head reads (batch, features).
  public static let features = Tap("features")
}

/// What a forward pass returns: the output, and named values on the way to it.
///
/// Distillation losses know teacher and student by their taps alone.
public struct Forward<Scalar: TensorScalar>: Sendable {
  /// The model's output; for a classifier the logits (batch, classes).
  public let output: Tensor<Scalar>
  /// The named intermediate values.
  public let taps: [Tap: Tensor<Scalar>]

  /// An output with its taps.
  public init(output: Tensor<Scalar>, taps: [Tap: Tensor<Scalar>]) {
    self.output = output
    self.taps = taps
  }
}

/// A model that maps a batch of series to logits.
public protocol Classifier<Scalar>: ParameterTree {
  /// Logits (batch, classes) for series (batch, time, channels), right-padded where `lengths` say.
  ///
  /// With `training`, norms take the batch's own statistics; without, their buffers.
  func callAsFunction(
    _ series: Tensor<Scalar>, lengths: [Int]?, training: Bool
  ) -> Forward<Scalar>

  /// Sets the buffers to the statistics of given series, as if they were one batch.
  ///
  /// Called before every look at validation data, with training cases alone. Nothing unless a model
  /// has buffers.
  mutating func calibrate(_ series: Tensor<Scalar>, lengths: [Int]?)
}

extension Classifier {
  /// The pass of a model in use.
  public func callAsFunction(_ series: Tensor<Scalar>, lengths: [Int]? = nil) -> Forward<Scalar> {
    self(series, lengths: lengths, training: false)
  }

  /// No buffers to set.
  public mutating func calibrate(_ series: Tensor<Scalar>, lengths: [Int]?) {}
}
