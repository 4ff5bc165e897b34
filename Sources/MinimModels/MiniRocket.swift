// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimTensor

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// MiniRocket (Dempster, Schmidt and Webb 2021) with a ridge classifier: a yardstick, fitted rather
/// than trained.
///
/// Fixed convolutions of many dilations; a feature is the share of steps at which one of them is above a
/// bias. With several channels each combination of kernel and dilation sees the sum of some of them,
/// drawn at random. `fit` finds biases and head. For F features it has F + (F + 1) C' fitted numbers,
/// C' = 1 for two classes, else their number.
///
/// The output is decision values: about 1 for the class, -1 for the others. They rank cases (which
/// suffices for accuracy, AUC-PRC and AUC-ROC); their softmax is no probability, and its log loss says little.
public struct MiniRocket: StoredClassifier {
  /// The number type.
  public typealias Scalar = Float

  /// What fixes its shape.
  public struct Configuration: ClassifierConfiguration {
    /// Features, a multiple of 84; 9,996 in the paper.
    public var features: Int
    /// Steps of every series, at least 9.
    public var length: Int
    /// Channels of the series, at least 1.
    public var channels: Int
    /// Classes, at least 2.
    public var classes: Int

    /// A configuration from its four parts.
    public init(features: Int, length: Int, channels: Int, classes: Int) {
      self.features = features
      self.length = length
      self.channels = channels
      self.classes = classes
    }

    /// `length`.
    public var seriesLength: Int? { length }

    /// Whether every size is in its range.
    public var isValid: Bool {
      (84...84_000).contains(features) && features % 84 == 0 && (9...1_000_000).contains(length)
        && (1...10_000).contains(channels) && (2...10_000).contains(classes)
    }

    /// F + (F + 1) C', and a buffer of a number for each combination and channel.
    public var storedCount: Double {
      let plan = MiniRocketPlan(length: length, features: features)
      return Double(features) + Double(features + 1) * Double(classes == 2 ? 1 : classes)
        + Double(plan.combinations) * Double(channels)
    }
  }

  /// "minirocket".
  public static var architecture: String { "minirocket" }
  /// The sizes of this classifier.
  public let configuration: Configuration
  /// The bias of each feature (features).
  public var biases: Tensor<Float>
  /// The map from features to decision values: of the second class if there are two, else of each.
  public var head: Linear<Float>
  /// 1 where a combination of kernel and dilation sees a channel, else 0 (combinations, channels), a
  /// buffer.
  public var channels: Tensor<Float>
  let plan: MiniRocketPlan

  /// A classifier before `fit`: channels drawn, biases zero; the configuration must be valid.
  ///
  /// A combination sees ⌊2^u⌋ channels, u uniform in 0 ..< log2(min(channels, 9) + 1).
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "\(configuration)")
    self.configuration = configuration
    plan = MiniRocketPlan(length: configuration.length, features: configuration.features)
    let all = configuration.channels, limit = log2(Double(min(all, 9) + 1))
    var seen = [Float](repeating: 0, count: plan.combinations * all)
    for combination in 0..<plan.combinations {
      let count = min(all, Int(exp2(generator.nextUniform() * limit)))
      for channel in generator.permutation(of: all).prefix(count) {
        seen[combination * all + channel] = 1
      }
    }
    channels = Tensor(seen, shape: [plan.combinations, all])
    biases = Tensor(zeros: [configuration.features])
    head = Linear(
      inputs: configuration.features,
      outputs: configuration.classes == 2 ? 1 : configuration.classes, using: &generator)
  }

  /// Fits biases and head to labelled series (cases, length, channels), two cases or more.
  ///
  /// A combination's biases are quantiles of its convolution of one case drawn at random; the head is a
  /// ridge regression on features of ±1 for and against each class, its penalty chosen by leaving out
  /// cases of these (`Ridge`).
  public mutating func fit(
    _ series: Tensor<Float>, labels: [Int], using generator: inout SeededGenerator
  ) {
    precondition(
      labels.count == series.shape[0] && labels.count >= 2
        && labels.allSatisfy { (0..<configuration.classes).contains($0) },
      "\(labels.count) labels for series of shape \(series.shape)")
    let examples = (0..<plan.combinations).map { _ in
      Int(generator.nextUniform() * Double(labels.count))
    }
    setBiases(from: series, examples: examples)
    let goals = head.weight.shape[0] == 1 ? [1] : Array(0..<configuration.classes)
    let ridge = Ridge(
      columns: features(of: series).scalars.map { Double($0) },
      targets: goals.map { goal in labels.map { $0 == goal ? 1 : -1 } })
    head.weight = Tensor(
      ridge.weights.flatMap { $0.map { Float($0) } }, shape: [goals.count, configuration.features])
    head.bias = Tensor(ridge.intercepts.map { Float($0) }, shape: [goals.count])
  }

  /// Sets the biases from the convolution of case `examples[i]` by combination i.
  package mutating func setBiases(from series: Tensor<Float>, examples: [Int]) {
    let values = series.scalars, chosen = chosenChannels
    let found = parallelMap(plan.combinations) { [self] combination in
      let sorted = plan.convolved(
        sum(of: chosen[combination], in: values, at: examples[combination]), combination
      ).sorted()
      return plan.place(combination).map { quantile(plan.quantile($0), ofSorted: sorted) }
    }
    biases = Tensor(found.flatMap { $0 }, shape: [configuration.features])
  }

  /// The features (cases, features) of series (cases, length, channels).
  package func features(of series: Tensor<Float>) -> Tensor<Float> {
    precondition(
      Array(series.shape.dropFirst()) == [configuration.length, configuration.channels],
      "series of shape \(series.shape) for \(configuration)")
    let values = series.scalars, limits = biases.scalars, chosen = chosenChannels
    let rows = parallelMap(series.shape[0]) { item in
      var row = [Float](repeating: 0, count: configuration.features)
      for combination in 0..<plan.combinations {
        let result = plan.convolved(
          sum(of: chosen[combination], in: values, at: item), combination)
        let counted = plan.counted(combination)
        for feature in plan.place(combination) {
          let limit = limits[feature]
          let above = result.withUnsafeBufferPointer { steps in
            counted.reduce(Int32(0)) { $0 + (steps[$1] > limit ? 1 : 0) }
          }
          row[feature] = Float(above) / Float(counted.count)
        }
      }
      return row
    }
    return Tensor(rows.flatMap { $0 }, shape: [series.shape[0], configuration.features])
  }

  /// The channels that each combination sees.
  private var chosenChannels: [[Int]] {
    let width = configuration.channels, mask = channels.scalars
    return (0..<plan.combinations).map { combination in
      (0..<width).filter { mask[combination * width + $0] > 0 }
    }
  }

  /// The sum of some channels of a case.
  private func sum(of chosen: [Int], in values: [Float], at item: Int) -> [Float] {
    let length = configuration.length, width = configuration.channels
    if width == 1 { return Array(values[(item * length)..<((item + 1) * length)]) }
    return (0..<length).map { step in
      chosen.reduce(0) { $0 + values[(item * length + step) * width + $1] }
    }
  }

  /// Decision values (batch, classes) for series (batch, length, channels), none padded.
  ///
  /// Those of two classes are each other's negatives. The tap `features` has the shares. No gradients.
  public func callAsFunction(
    _ series: Tensor<Float>, lengths: [Int]?, training: Bool
  ) -> Forward<Float> {
    precondition(lengths == nil, "MiniRocket takes no padded series")
    let features = features(of: series), values = head(features)
    let isBinary = head.weight.shape[0] == 1
    return Forward(
      output: isBinary ? .concatenated([-values, values], along: 1) : values,
      taps: [.features: features])
  }

  /// Visits `biases` and `head`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    try visit(path.appending("biases"), &biases)
    try head.visitParameters(under: path.appending("head"), visit)
  }

  /// Visits `channels`.
  public mutating func visitBuffers(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    try visit(path.appending("channels"), &channels)
  }
}
