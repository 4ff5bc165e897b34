// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimTensor

/// What forecasters are shown: the rows up to now, in standardised units.
public struct LookBack<Scalar: TensorScalar>: Sendable {
  /// The rows, oldest first: (batch, channels, look-back).
  public let values: Tensor<Scalar>
  /// Hour, weekday, day of the month and of the year of each row within ±0.5: (batch, 4, look-back); nil without time stamps.
  public let marks: Tensor<Scalar>?
  /// The number of each window's first row to come, by a clock that counts the series' steps.
  public let steps: [Int]

  /// Windows from their parts; counts that differ trap.
  public init(values: Tensor<Scalar>, marks: Tensor<Scalar>? = nil, steps: [Int]) {
    precondition(
      values.rank == 3 && steps.count == values.shape[0]
        && (marks.map { $0.shape == [steps.count, 4, values.shape[2]] } ?? true),
      "look-back windows \(values.shape), marks \(marks?.shape ?? []), \(steps.count) steps")
    self.values = values
    self.marks = marks
    self.steps = steps
  }
}

/// What a forecaster makes of windows.
public struct ForecastPass<Scalar: TensorScalar>: Sendable {
  /// The rows to come, in standardised units: (batch, channels, horizon).
  public var output: Tensor<Scalar>
  /// What it knows of each channel before the last map: (batch, channels, width); nil where there is nothing to learn from.
  public var feature: Tensor<Scalar>?
  /// A term of the model's own beside the errors; nil for most.
  public var penalty: Tensor<Scalar>?

  /// A pass from its parts.
  public init(
    output: Tensor<Scalar>, feature: Tensor<Scalar>? = nil, penalty: Tensor<Scalar>? = nil
  ) {
    self.output = output
    self.feature = feature
    self.penalty = penalty
  }
}

/// What fixes a forecaster's shape: enough to make one of the same tensors.
public protocol ForecasterConfiguration: Codable, Equatable, Sendable {
  /// Channels of the rows, at least 1.
  var channels: Int { get }
  /// Rows that a forecast looks at, at least 1.
  var lookback: Int { get }
  /// Rows that are forecast, at least 1.
  var horizon: Int { get }
  /// Whether every size is in its range, so that a forecaster can be made.
  var isValid: Bool { get }
  /// Rows of the period that parts look-back and horizon; nil where none does.
  var partingPeriod: Int? { get }
  /// The numbers of a forecaster of a valid configuration, parameters and buffers; a `Double`, which no sizes overflow.
  var storedCount: Double { get }
}

extension ForecasterConfiguration {
  /// None.
  public var partingPeriod: Int? { nil }
}

/// A model that makes of the last rows of a series the rows to come.
///
/// All numbers are parameters or buffers of the tree, so any forecaster is saved, counted and read like a model.
public protocol Forecaster<Scalar>: ParameterTree {
  /// What fixes its shape.
  associatedtype Configuration: ForecasterConfiguration
  /// The name on the command line and in files, such as "dlinear".
  static var name: String { get }
  /// Its sizes.
  var configuration: Configuration { get }
  /// A forecaster before training; the configuration must be valid.
  init(_ configuration: Configuration, using generator: inout SeededGenerator)

  /// The pass of windows of the configuration's channels and look-back.
  ///
  /// With `training` norms go by the batch and units are dropped at random.
  func pass(
    _ windows: LookBack<Scalar>, training: Bool, using generator: inout SeededGenerator
  ) -> ForecastPass<Scalar>

  /// Sets buffers, such as those of batch norms, by windows of the training rows.
  mutating func calibrate(_ windows: LookBack<Scalar>)
}

extension Forecaster {
  /// No buffers to set.
  public mutating func calibrate(_ windows: LookBack<Scalar>) {}

  /// The pass in use, nothing random.
  public func callAsFunction(_ windows: LookBack<Scalar>) -> ForecastPass<Scalar> {
    var generator = SeededGenerator(seed: 0)
    return pass(windows, training: false, using: &generator)
  }
}
