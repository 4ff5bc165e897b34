// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimTensor

/// All values of a series to logits, by one linear map: a control that knows no time.
///
/// (length · channels + 1) · classes trained numbers.
public struct LogisticRegression<Scalar: TensorScalar>: StoredClassifier {
  /// What fixes its shape.
  public struct Configuration: ClassifierConfiguration {
    /// Steps of every series, at least 1.
    public var length: Int
    /// Channels of the series, at least 1.
    public var channels: Int
    /// Classes, at least 1.
    public var classes: Int

    /// A configuration from its three parts.
    public init(length: Int, channels: Int, classes: Int) {
      self.length = length
      self.channels = channels
      self.classes = classes
    }

    /// `length`.
    public var seriesLength: Int? { length }

    /// Whether every size is in its range.
    public var isValid: Bool {
      [length, channels, classes].allSatisfy { (1...1_000_000).contains($0) }
    }

    /// (length · channels + 1) · classes.
    public var storedCount: Double {
      (Double(length) * Double(channels) + 1) * Double(classes)
    }
  }

  /// "linear".
  public static var architecture: String { "linear" }
  /// The sizes of this classifier.
  public let configuration: Configuration
  /// The map from values, step by step, to logits.
  public var head: Linear<Scalar>

  /// A classifier at its random start; the configuration must be valid.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "\(configuration)")
    self.configuration = configuration
    head = Linear(
      inputs: configuration.length * configuration.channels, outputs: configuration.classes,
      using: &generator)
  }

  /// Logits (batch, classes) for series (batch, length, channels), none padded; the tap `features`
  /// has the values themselves.
  public func callAsFunction(
    _ series: Tensor<Scalar>, lengths: [Int]?, training: Bool
  ) -> Forward<Scalar> {
    precondition(
      lengths == nil
        && Array(series.shape.dropFirst())
          == [configuration.length, configuration.channels],
      "series of shape \(series.shape) for \(configuration)")
    let values = series.reshaped(to: [
      series.shape[0], configuration.length * configuration.channels,
    ])
    return Forward(output: head(values), taps: [.features: values])
  }

  /// Visits `head`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    try head.visitParameters(under: path.appending("head"), visit)
  }
}
